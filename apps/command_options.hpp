#pragma once
/// The options of commands, as data. A command keeps its options in a struct, a member each, and shows all of them, in
/// the order of its help, to whoever asks:
///
///   template <class Self, class Visit>
///   static void visit(Self& self, const Visit& visit) {
///     visit(self.epochs, {.name = "--epochs", .takes = whole_number(1, 100), .help = "passes over the images"});
///   }
///
/// Parsing, help, manual pages, completions, the JSON of results and the identity of a race come from that visit. A
/// member is a string, a number, an optional number, a bool (a flag, which takes no value) or a vector, whose option
/// may be given several times. What it holds at first is the default.

#include <concepts>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

namespace gradrace {

/// The values that an option takes.
struct Values {
  std::string name;                         ///< what the help calls one: N, FILE
  std::vector<std::string> choices = {};    ///< the words among them that can be listed
  std::vector<CLI::Validator> checks = {};  ///< a value that fails one is a usage error

  bool may_be_file() const { return name.find("FILE") != std::string::npos; }
  bool may_be_directory() const { return name.find("DIR") != std::string::npos; }
};

/// All that is to be known of an option but for the member that it fills.
struct CommandOption {
  std::string name;  ///< "--batch-size", or a word for what stands on the command line by itself
  Values takes = {};
  std::string help;
  std::string group = "Options";          ///< the heading under which the help has it
  std::string default_text = {};          ///< what the help says instead of the default
  std::string environment = {};           ///< the variable that holds its value where it is not given
  std::string needs = {}, excludes = {};  ///< another option, which comes earlier in the visit
  bool required = false;
  bool decisive = true;  ///< whether the numbers of a run hang on it

  bool is_flag() const { return takes.name.empty(); }
  bool stands_by_itself() const { return !name.starts_with('-'); }
};

/// A command of the program: CLI11 parses its line, and whoever writes about it finds its options here.
class Command : public CLI::App {
 public:
  using App::App;
  std::vector<CommandOption> described;  ///< in the order of its help; default_text is what the help shows
};

/// Makes a command of the program, or of another command, which owns it.
Command& add_command(CLI::App& parent, const std::string& name, const std::string& description);

/// The commands of a program or command, and theirs after them, in the order of its help; without those it hides.
std::vector<const Command*> commands_of(const CLI::App& app);
/// "data fetch": what is typed after the program's name.
std::string full_name(const CLI::App& command);
/// What a list of commands says of one: its description, which is too long for that where it is the race's.
std::string in_short(const CLI::App& command);

/// The option's key in JSON: batch_size for --batch-size.
std::string json_key(const CommandOption& about);

/// A default as the help shows it; empty where there is nothing to show.
inline std::string default_text(bool) {
  return "";
}
template <class T>
std::string default_text(const T& value) {
  return fmt::format("{}", value);
}
template <class T>
std::string default_text(const std::optional<T>& value) {
  return value ? default_text(*value) : "";
}
template <class T>
std::string default_text(const std::vector<T>& values) {
  return fmt::format("{}", fmt::join(values, " and "));
}

/// A visitor that puts the options that it is shown under a heading and hands them on to `visit`, which must outlive
/// it.
template <class Visit>
auto in_group(const char* group, const Visit& visit) {
  return [group, &visit](auto& value, CommandOption about) {
    about.group = group;
    visit(value, about);
  };
}

/// Gives an option that was added for some member the rest of what is known about it.
void complete(Command& command, CLI::Option& option, const CommandOption& about);

/// Lets `command` fill the members of `options`, which must outlive it. Of an option that is given several times the
/// last value counts, unless it is a list.
template <class T>
void add_options(Command& command, T& options) {
  T::visit(options, [&command]<class Value>(Value& value, const CommandOption& about) {
    CLI::Option* option = nullptr;
    if constexpr (std::same_as<Value, bool>)
      option = command.add_flag(about.name, value, about.help);
    else
      option = command.add_option(about.name, value, about.help);
    CommandOption whole = about;
    if (about.default_text.empty()) whole.default_text = default_text(value);
    complete(command, *option, whole);
  });
}

/// Every option with its value; null where it has none.
template <class T>
nlohmann::ordered_json options_json(const T& options) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  T::visit(options, [&json](const auto& value, const CommandOption& about) {
    if constexpr (requires { value.has_value(); })
      json[json_key(about)] = value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
    else
      json[json_key(about)] = value;
  });
  return json;
}

}  // namespace gradrace
