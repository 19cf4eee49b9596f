#include "apps/command_options.hpp"

#include <algorithm>

namespace gradrace {

std::string json_key(const CommandOption& about) {
  std::string key = about.name.substr(about.name.find_first_not_of('-'));
  std::ranges::replace(key, '-', '_');
  return key;
}

void complete(CLI::App& command, CLI::Option& option, const CommandOption& about) {
  const bool is_list = option.get_items_expected_max() > 1;
  option.multi_option_policy(is_list ? CLI::MultiOptionPolicy::TakeAll : CLI::MultiOptionPolicy::TakeLast);
  if (is_list && !option.get_positional()) option.allow_extra_args(false);  // each value stands after a name
  if (!about.takes.name.empty()) option.type_name(about.takes.name);
  for (const CLI::Validator& check : about.takes.checks) option.check(check);
  option.group(about.group)->required(about.required)->envname(about.environment);
  if (!about.needs.empty()) option.needs(command.get_option(about.needs));
  if (!about.excludes.empty()) option.excludes(command.get_option(about.excludes));
}

}  // namespace gradrace
