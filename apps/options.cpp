#include "apps/options.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/base/error.hpp"
#include "kernels/cpus.hpp"

namespace gradrace {
namespace {

constexpr std::uint64_t kMostThreads = 1024;

template <class T>
bool parse(const std::string& text, T& value) {
  const char* end = text.data() + text.size();
  const auto [stop, status] = std::from_chars(text.data(), end, value);
  return status == std::errc() && stop == end;
}

CLI::Validator one_of(const std::vector<std::string>& choices) {
  const auto check = [=](const std::string& text) {
    if (std::ranges::find(choices, text) != choices.end()) return std::string();
    return fmt::format("expected one of {}, found '{}'", fmt::join(choices, ", "), text);
  };
  return CLI::Validator(check, "");
}

std::string too_many_threads(const std::string& text) {
  Index threads = 0;
  if (!parse(text, threads) || threads <= kernels::thread_limit()) return "";
  return fmt::format("expected no more than OpenMP's limit of threads (OMP_THREAD_LIMIT), {}, found '{}'",
                     kernels::thread_limit(), text);
}

}  // namespace

CLI::Validator whole_number(std::uint64_t low, std::uint64_t high) {
  const auto check = [=](const std::string& text) {
    std::uint64_t value = 0;
    if (parse(text, value) && value >= low && value <= high) return std::string();
    return fmt::format("expected a whole number from {} to {}, found '{}'", low, high, text);
  };
  return CLI::Validator(check, "");
}

std::vector<std::uint64_t> whole_numbers(const std::string& list) {
  std::vector<std::uint64_t> numbers;
  if (list.ends_with(',')) return numbers;  // which splitting would not notice
  for (const std::string& word : CLI::detail::split(list, ','))
    if (!parse(word, numbers.emplace_back())) return {};
  return numbers;
}

CLI::Validator whole_number_or_list(std::uint64_t low, std::uint64_t high) {
  const auto check = [=](const std::string& text) {
    std::vector<std::uint64_t> numbers = whole_numbers(text);
    std::ranges::sort(numbers);
    const bool distinct = std::ranges::adjacent_find(numbers) == numbers.end();
    if (numbers.size() > 1 ? distinct : numbers.size() == 1 && numbers[0] >= low && numbers[0] <= high)
      return std::string();
    return fmt::format("expected a whole number from {} to {} or a list of distinct ones, found '{}'", low, high, text);
  };
  return CLI::Validator(check, "");
}

CLI::Validator number_from_zero() {
  const auto check = [](const std::string& text) {
    double value = 0;
    if (parse(text, value) && std::isfinite(value) && value >= 0) return std::string();
    return fmt::format("expected a number that is not negative, found '{}'", text);
  };
  return CLI::Validator(check, "");
}

CLI::Validator fraction() {
  const auto check = [](const std::string& text) {
    double value = 0;
    if (parse(text, value) && value > 0 && value <= 1) return std::string();
    return fmt::format("expected a fraction such as 0.985, above 0 and at most 1, found '{}'", text);
  };
  return CLI::Validator(check, "");
}

CLI::Option* add_choice(CLI::App& command, const std::string& name, std::string& value,
                        const std::vector<std::string>& choices, const std::string& help) {
  return command.add_option(name, value, help)
      ->check(one_of(choices))
      ->type_name(fmt::format("{}", fmt::join(choices, "|")));
}

CLI::Option* add_optimizer_option(CLI::App& command, std::vector<std::string>& optimizers, const std::string& help) {
  return command.add_option("--optimizer", optimizers, help)
      ->type_name("[LABEL@]NAME[:KEY=VALUE,...]")
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->default_str(fmt::format("{}", fmt::join(optimizers, " and ")));
}

CLI::Option* add_threads_option(CLI::App& command, Index& threads) {
  return command.add_option("--threads", threads, "default: the CPUs that the program may use")
      ->type_name("N")
      ->check(whole_number(1, kMostThreads))
      ->check(too_many_threads);
}

CLI::Option* add_isa_option(CLI::App& command, std::string& isa) {
  const std::string help =
      fmt::format("instruction set of the kernels: auto, {}", fmt::join(kernels::Isa::built(), ", "));
  return command.add_option("--isa", isa, help)->type_name("NAME")->envname("GRADRACE_ISA");
}

kernels::Isa find_isa(const std::string& name) {
  if (name == "auto") return kernels::Isa::best();
  std::vector<std::string_view> names;
  for (const kernels::Isa& isa : kernels::Isa::available()) {
    if (isa.name() == name) return isa;
    names.push_back(isa.name());
  }
  throw usage_error("instruction set '{}' is not to be had on this machine; there are: auto, {}", name,
                    fmt::join(names, ", "));
}

}  // namespace gradrace
