#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/command_options.hpp"
#include "apps/completion.hpp"

namespace gradrace {
namespace {

constexpr const char* kHead = R"(# Completion of gradrace for bash, made by gradrace from its own options.

# _gradrace_offer FILES WORDS: the words, and files ("-f") or directories ("-d"), that begin like the current word.
_gradrace_offer() {
  mapfile -t COMPREPLY < <(compgen -W "$2" -- "$current"; [ -z "$1" ] || compgen "$1" -- "$current")
  [ -z "$1" ] || compopt -o filenames 2>/dev/null
}

_gradrace() {
  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command=compare
  [ "$before" != = ] || before=${COMP_WORDS[COMP_CWORD-2]}  # --order=paired is three words to bash
  [ "$current" != = ] || current=
)";

constexpr const char* kTail = R"(}
complete -F _gradrace gradrace
)";

std::string offer(const Values& takes) {
  const char* files = takes.may_be_file() ? "-f" : takes.may_be_directory() ? "-d" : "";
  return fmt::format("_gradrace_offer \"{}\" \"{}\"; return ;;\n", files, fmt::join(takes.choices, " "));
}

/// What follows an option, and what stands by itself.
std::string values(const Command& command) {
  std::string lines;
  const std::string name = full_name(command);
  for (const CommandOption& about : command.described) {
    if (!about.is_flag() && !about.stands_by_itself())
      lines += fmt::format("    \"{} {} \"*) {}", name, about.name, offer(about.takes));
  }
  for (const CommandOption& about : command.described)
    if (about.stands_by_itself())
      lines += fmt::format("    \"{0} \"*\" \" | \"{0} \"*\" \"[!-]*) {1}", name, offer(about.takes));
  return lines;
}

std::string options(const Command& command) {
  std::string words = "--help";
  if (command.get_name() == "compare") words += " --version";
  for (const CommandOption& about : command.described)
    if (!about.stands_by_itself()) words += " " + about.name;
  for (const Command* part : commands_of(command)) words += " " + part->get_name();
  return words;
}

}  // namespace

std::string bash_completion(const CLI::App& program) {
  std::string first, which, after, words;
  const std::vector<const Command*> commands = commands_of(program);
  for (const Command* command : commands) {
    const std::string name = full_name(*command);
    if (command->get_parent() == &program) first += name + " ";
    // The more words, the earlier: "data fetch" before "data".
    which.insert(0, fmt::format("    \"{0} \"*) command=\"{0}\" ;;\n", name));
    after += values(*command);
    words += fmt::format("    \"{}\") words=\"{}\" ;;\n", name, options(*command));
  }
  return fmt::format(
      "{}  local words\n  case \"${{COMP_WORDS[*]:1:COMP_CWORD-1}} \" in\n{}  esac\n"
      "  case \"$command $before $current\" in\n{}  esac\n  case \"$command\" in\n{}  esac\n"
      "  [[ $COMP_CWORD -gt 1 || $current = -* ]] || words=\"{}\"\n  _gradrace_offer \"\" \"$words\"\n{}",
      kHead, which, after, words, first, kTail);
}

}  // namespace gradrace
