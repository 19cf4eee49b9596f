#include "apps/command_options.hpp"

#include <algorithm>
#include <iterator>
#include <memory>

namespace gradrace {
namespace {

/// An empty path is a variable of a script that was not set; inside, it would stand for an option that was not given.
std::string empty_path(const std::string& text) {
  return text.empty() ? "expected a path, found ''" : "";
}

}  // namespace

Command& add_command(CLI::App& parent, const std::string& name, const std::string& description) {
  const auto command = std::make_shared<Command>(description, name);
  parent.add_subcommand(command);
  return *command;
}

std::vector<const Command*> commands_of(const CLI::App& app) {
  std::vector<const Command*> commands;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App* c) { return !c->get_group().empty(); })) {
    commands.push_back(&dynamic_cast<const Command&>(*command));
    std::ranges::copy(commands_of(*command), std::back_inserter(commands));
  }
  return commands;
}

std::string full_name(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return parent && parent->get_parent() ? full_name(*parent) + " " + command.get_name() : command.get_name();
}

std::string in_short(const CLI::App& command) {
  return command.get_name() == "compare" ? "the race" : command.get_description();
}

std::string json_key(const CommandOption& about) {
  std::string key = about.name.substr(about.name.find_first_not_of('-'));
  std::ranges::replace(key, '-', '_');
  return key;
}

void complete(Command& command, CLI::Option& option, const CommandOption& about) {
  const bool is_list = option.get_items_expected_max() > 1;
  option.multi_option_policy(is_list ? CLI::MultiOptionPolicy::TakeAll : CLI::MultiOptionPolicy::TakeLast);
  if (is_list && !option.get_positional()) option.allow_extra_args(false);  // each value stands after a name
  if (!about.takes.name.empty()) option.type_name(about.takes.name);
  for (const CLI::Validator& check : about.takes.checks) option.check(check);
  if (about.takes.may_be_file() || about.takes.may_be_directory()) option.check(CLI::Validator(empty_path, ""));
  option.group(about.group)->required(about.required)->envname(about.environment);
  if (!about.needs.empty()) option.needs(command.get_option(about.needs));
  if (!about.excludes.empty()) option.excludes(command.get_option(about.excludes));
  option.default_str(about.default_text);
  command.described.push_back(about);
}

}  // namespace gradrace
