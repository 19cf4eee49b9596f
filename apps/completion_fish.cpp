#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/command_options.hpp"
#include "apps/completion.hpp"

namespace gradrace {
namespace {

/// The text between single quotes.
std::string in_quotes(const std::string& text) {
  std::string escaped;
  for (const char c : text) escaped += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return "'" + escaped + "'";
}

/// What completes a value: the words that can be listed, and directories.
std::string words(const Values& takes) {
  std::string words = fmt::format("{}", fmt::join(takes.choices, " "));
  if (takes.may_be_directory() && !takes.may_be_file()) words += " (__fish_complete_directories)";
  return words.empty() ? "" : " -a " + in_quotes(words);
}

std::string rest_of_line(const CommandOption& about) {
  const bool files = about.takes.may_be_file();
  if (about.stands_by_itself()) return (files ? "-F" : "") + words(about.takes);
  std::string rest = fmt::format("-l {} -d {}", about.name.substr(2), in_quotes(about.help));
  if (!about.is_flag()) rest += (files ? " -r -F" : " -x") + words(about.takes);
  return rest;
}

std::string line(const std::string& condition, const std::string& rest) {
  return fmt::format("complete -c gradrace -n {} {}\n", in_quotes(condition), rest);
}

std::string described(const Command& command) {
  const std::string here = fmt::format("test (__gradrace_command) = \"{}\"", full_name(command));
  std::string lines = line(here, "-l help -d 'say this in short'");
  for (const CommandOption& about : command.described) lines += line(here, rest_of_line(about));
  for (const Command* part : commands_of(command))
    lines += line(here, fmt::format("-a {} -d {}", part->get_name(), in_quotes(part->get_description())));
  return lines;
}

}  // namespace

std::string fish_completion(const CLI::App& program) {
  std::string cases, first, options;
  for (const Command* command : commands_of(program)) {
    const std::string name = full_name(*command);
    // The more words, the earlier: "data fetch" before "data".
    cases.insert(0, fmt::format("    case '{0} *'\n      echo {0}\n", name));
    if (command->get_parent() == &program)
      first += line("test (count (commandline -opc)) -eq 1",
                    fmt::format("-a {} -d {}", name, in_quotes(in_short(*command))));
    options += described(*command);
  }
  return "# Completion of gradrace for fish, made by gradrace from its own options.\n"
         "function __gradrace_command --description 'the command that the line names so far'\n"
         "  set -l words (commandline -opc)\n  switch \"$words[2..-1] \"\n" +
         cases + "    case '*'\n      echo compare\n  end\nend\ncomplete -c gradrace -f\n" + first +
         line("test (count (commandline -opc)) -eq 1", "-l version -d 'say what was built'") + options;
}

}  // namespace gradrace
