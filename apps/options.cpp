#include "apps/options.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/base/error.hpp"
#include "engine/optimizers/optimizer.hpp"
#include "engine/training/network.hpp"
#include "kernels/cpus.hpp"
#include "kernels/thread_stack.hpp"

namespace gradrace {
namespace {

constexpr std::uint64_t kMostThreads = 1024;

template <class T>
bool parse(const std::string& text, T& value) {
  const char* end = text.data() + text.size();
  const auto [stop, status] = std::from_chars(text.data(), end, value);
  return status == std::errc() && stop == end;
}

std::string too_many_threads(const std::string& text) {
  Index threads = 0;
  if (!parse(text, threads) || threads <= kernels::thread_limit()) return "";
  return fmt::format("expected no more than OpenMP's limit of threads (OMP_THREAD_LIMIT), {}, found '{}'",
                     kernels::thread_limit(), text);
}

}  // namespace

Values whole_number(std::uint64_t low, std::uint64_t high) {
  const auto check = [=](const std::string& text) {
    std::uint64_t value = 0;
    if (parse(text, value) && value >= low && value <= high) return std::string();
    return fmt::format("expected a whole number from {} to {}, found '{}'", low, high, text);
  };
  return {"N", {}, {CLI::Validator(check, "")}};
}

std::vector<std::uint64_t> whole_numbers(const std::string& list) {
  std::vector<std::uint64_t> numbers;
  if (list.ends_with(',')) return numbers;  // which splitting would not notice
  for (const std::string& word : CLI::detail::split(list, ','))
    if (!parse(word, numbers.emplace_back())) return {};
  return numbers;
}

Values whole_number_or_list(std::uint64_t low, std::uint64_t high) {
  const auto check = [=](const std::string& text) {
    const std::vector<std::uint64_t> numbers = whole_numbers(text);
    if (numbers.size() > 1 || (numbers.size() == 1 && numbers[0] >= low && numbers[0] <= high)) return std::string();
    return fmt::format("expected a whole number from {} to {} or a list of them, found '{}'", low, high, text);
  };
  return {"N|A,B,...", {}, {CLI::Validator(check, "")}};
}

Values whole_number_or(const std::string& word, std::uint64_t low, std::uint64_t high) {
  const auto check = [=](const std::string& text) {
    std::uint64_t value = 0;
    if (text == word || (parse(text, value) && value >= low && value <= high)) return std::string();
    return fmt::format("expected {} or a whole number from {} to {}, found '{}'", word, low, high, text);
  };
  return {"N|" + word, {word}, {CLI::Validator(check, "")}};
}

std::vector<double> numbers_by_channel(const std::string& list) {
  std::vector<double> numbers;
  if (list.empty() || list.ends_with('/')) return numbers;  // which splitting would not notice
  for (const std::string& word : CLI::detail::split(list, '/'))
    if (!parse(word, numbers.emplace_back()) || !std::isfinite(numbers.back())) return {};
  return numbers;
}

Values numbers_by_channel() {
  const auto check = [](const std::string& text) {
    if (!numbers_by_channel(text).empty()) return std::string();
    return fmt::format("expected a number, or several such as 0.5/0.4/0.45, found '{}'", text);
  };
  return {"X[/X/X]", {}, {CLI::Validator(check, "")}};
}

Values number_from_zero() {
  const auto check = [](const std::string& text) {
    double value = 0;
    if (parse(text, value) && std::isfinite(value) && value >= 0) return std::string();
    return fmt::format("expected a number that is not negative, found '{}'", text);
  };
  return {"X", {}, {CLI::Validator(check, "")}};
}

Values fraction() {
  const auto check = [](const std::string& text) {
    double value = 0;
    if (parse(text, value) && value > 0 && value <= 1) return std::string();
    return fmt::format("expected a fraction such as 0.985, above 0 and at most 1, found '{}'", text);
  };
  return {"X", {}, {CLI::Validator(check, "")}};
}

Values one_of(const std::vector<std::string>& choices) {
  const auto check = [=](const std::string& text) {
    if (std::ranges::find(choices, text) != choices.end()) return std::string();
    return fmt::format("expected one of {}, found '{}'", fmt::join(choices, ", "), text);
  };
  return {fmt::format("{}", fmt::join(choices, "|")), choices, {CLI::Validator(check, "")}};
}

std::vector<std::string> optimizer_names() {
  return OptimizerRegistry::instance().names();
}

CommandOption optimizer_option(const std::string& help) {
  return {.name = "--optimizer", .takes = {"[LABEL@]NAME[:KEY=VALUE,...]", optimizer_names()}, .help = help};
}

CommandOption network_option() {
  Values names = {"NAME|FILE.json"};
  for (const Network& network : known_networks()) names.choices.push_back(network.name);
  return {
      .name = "--network", .takes = names, .help = "what is trained; `gradrace networks` lists those that have a name"};
}

CommandOption threads_option() {
  Values number = whole_number(1, kMostThreads);
  number.checks.emplace_back(too_many_threads, "");
  return {.name = "--threads",
          .takes = number,
          .help = "threads that compute",
          .default_text = "the CPUs that the program may use",
          .decisive = false};
}

CommandOption isa_option() {
  std::vector<std::string> names = {"auto"};
  for (const std::string_view isa : kernels::Isa::built()) names.emplace_back(isa);
  return {.name = "--isa",
          .takes = {"NAME", names},
          .help = fmt::format("instruction set of the kernels: {}", fmt::join(names, ", ")),
          .environment = "GRADRACE_ISA"};
}

CommandOption json_option() {
  return {.name = "--json", .help = "print one JSON document and nothing else"};
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

void expect_threads(Index threads) {
  const Index needed = std::max(threads, std::min<Index>(2, kernels::thread_limit()));  // two to look at a stack
  if (const Index some = kernels::startable_threads(needed); some < needed)
    throw failure("{} threads are needed, and the system starts {} only", needed, some);
  const Index stack = kernels::thread_stack();
  if (stack < kernels::kNeededStack)
    throw failure("threads have a stack of {} KiB and need {} (OMP_STACKSIZE sets it, or ulimit -s)", stack >> 10,
                  kernels::kNeededStack >> 10);
}

}  // namespace gradrace
