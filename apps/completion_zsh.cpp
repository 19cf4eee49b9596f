#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/command_options.hpp"
#include "apps/completion.hpp"

namespace gradrace {
namespace {

constexpr const char* kHead = R"(#compdef gradrace
# Completion of gradrace for zsh, made by gradrace from its own options.
_gradrace() {
)";

/// The text between single quotes, where _arguments and _describe take brackets and colons for their own.
std::string in_quotes(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\'')
      escaped += "'\\''";
    else if (c == '[' || c == ']' || c == ':' || c == '\\')
      escaped += std::string("\\") + c;
    else
      escaped += c;
  }
  return escaped;
}

/// Who completes a value: the words, and files or directories.
std::string action(const Values& takes) {
  const std::string words = fmt::format("{}", fmt::join(takes.choices, " "));
  const char* files = takes.may_be_file() ? "_files" : takes.may_be_directory() ? "_files -/" : "";
  if (words.empty()) return *files ? files : " ";
  return *files ? fmt::format("{{compadd -- {}; {}}}", words, files) : fmt::format("({})", words);
}

/// One specification of _arguments; an option may be given again.
std::string specification(const CommandOption& about) {
  const std::string value = fmt::format(":{}:{}", in_quotes(about.takes.name), action(about.takes));
  if (about.stands_by_itself()) return "'*" + value + "'";
  return fmt::format("'*{}{}[{}]{}'", about.name, about.is_flag() ? "" : "=", in_quotes(about.help),
                     about.is_flag() ? "" : value);
}

std::string arguments(const Command& command) {
  std::string call = "_arguments -s '--help[say this in short]'";
  for (const CommandOption& about : command.described) call += " \\\n        " + specification(about);
  return call;
}

/// Offers the commands below `parent`.
std::string describe(const CLI::App& parent) {
  std::string list;
  for (const Command* command : commands_of(parent))
    if (command->get_parent() == &parent)
      list += fmt::format(" '{}:{}'", command->get_name(), in_quotes(in_short(*command)));
  return fmt::format("local -a commands=({}); _describe command commands", list.substr(1));
}

}  // namespace

std::string zsh_completion(const CLI::App& program) {
  std::string cases;
  const Command* race = nullptr;
  for (const Command* command : commands_of(program)) {
    const std::string name = full_name(*command);
    const int words = command->get_parent() == &program ? 1 : 2;
    const bool has_parts = !commands_of(*command).empty();
    if (name == "compare") race = command;
    const std::string work = has_parts ? describe(*command) : arguments(*command);
    // The more words, the earlier: "data fetch" before "data".
    cases.insert(0, fmt::format("    '{} '*)\n      shift {} words; (( CURRENT -= {} ))\n      {} ;;\n", name, words,
                                words, work));
  }
  return fmt::format(
      "{}  case \"${{(j: :)words[2,CURRENT-1]}} \" in\n{}    *)\n"
      "      [[ $CURRENT -gt 2 || $PREFIX = -* ]] || {{ {}; return; }}\n"
      "      {} \\\n        '--version[say what was built]' ;;\n  esac\n}}\n_gradrace \"$@\"\n",
      kHead, cases, describe(program), arguments(*race));
}

}  // namespace gradrace
