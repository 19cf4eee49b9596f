// The parameters after some steps on given gradients: torch.optim's of PyTorch 1.13 and 2.11, in single and in double
// precision, and for what it does not have those of an independent script in double precision.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <iostream>
#include <map>
#include <set>

#include "engine/optimizers/optimizer.hpp"
#include "tests/golden.hpp"

namespace gradrace {
namespace {

using Json = nlohmann::ordered_json;

/// An option of a golden file as the text that Options takes: 0.1 -> "0.1", [0.9, 0.95] -> "0.9/0.95", true -> "true".
std::string option_text(const Json& value) {
  return value.is_array() ? value[0].dump() + "/" + value[1].dump() : value.dump();
}

/// A number; those that JSON does not know are text: "nan", "inf", "-inf".
double number(const Json& value) {
  return value.is_string() ? std::stod(value.get<std::string>()) : value.get<double>();
}

/// The numbers of a tensor or of a list of tensors, one after the other: a step goes element by element.
std::vector<double> numbers(const Json& value) {
  if (!value.is_array()) return {number(value)};
  std::vector<double> all;
  for (const Json& part : value) {
    const std::vector<double> some = numbers(part);
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}
std::vector<float> floats(const Json& value) {
  const std::vector<double> all = numbers(value);
  return {all.begin(), all.end()};
}

/// How far a parameter of this size may be from what is expected after `step` steps, which went this way to and fro.
using Tolerance = double (*)(double size, double way, int step);

constexpr double kRounding = 0x1p-24;  // half a unit in the last place, relative

/// From double precision. Each step rounds the parameter; the way travelled has eight roundings of its own.
double double_precision(double size, double way, int step) {
  return step * kRounding * size + 5e-7 * way;
}
/// From single precision, which adds its own: PyTorch rounds a parameter that decays two and a half times, for the
/// factor just below one (half as much), for the product and for the difference.
double single_precision(double size, double way, int step) {
  return 3.5 * step * kRounding * size + 1e-6 * way;
}
double millionth(double size, double, int) {
  return 1e-6 * size;
}

/// A set of cases: its file, the file with their p0 and grads, the key of a case's parameters by step, and the
/// optimizers that are passed over, each with the reason.
struct Source {
  const char *name, *cases, *inputs, *trace;
  Tolerance tolerance;
  std::map<std::string, const char*> passed_over;
};
void PrintTo(const Source& source, std::ostream* out) {
  *out << source.cases << " " << source.trace;
}

const std::map<std::string, const char*> kOutdated = {
    {"nadam", "counts a step's share of the momentum twice in PyTorch 1.13; later versions do not, and are followed"}};
const std::map<std::string, const char*> kNotHere = {
    {"adafactor", "there is none here yet"},
    {"muon", "the one here is its author's: other defaults and scales, and float32 where PyTorch rounds to bfloat16"}};

constexpr const char *kTorch1 = "optimizers.json", *kSpoiled = "optimizers_spoiled.json",
                     *kTorch2 = "torch2/optimizers.json", *kSteps = "parameters_after_step";
const Source kSources[] = {
    {"PyTorch1", kTorch1, kTorch1, kSteps, single_precision, kOutdated},
    {"PyTorch1InDoublePrecision", "optimizers_double.json", kTorch1, kSteps, double_precision, kOutdated},
    {"PyTorch1IntoNanAndInfinity", kSpoiled, kSpoiled, kSteps, single_precision, kOutdated},
    {"PyTorch2", kTorch2, kTorch2, "float32", single_precision, kNotHere},
    {"PyTorch2InDoublePrecision", kTorch2, kTorch2, "float64", double_precision, kNotHere},
    {"TheirPapersWherePyTorchHasThemNot", "lion_muon.json", kTorch1, kSteps, millionth, {}}};

/// PyTorch's class name in lower case.
std::string registered_name(const Json& entry) {
  std::string name = entry.at("optimizer");
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  return name;
}

Options options_of(const Json& entry) {
  std::map<std::string, std::string> given;
  for (const auto& [key, value] : entry.at("options").items()) given[key] = option_text(value);
  return Options(given);
}

/// Parameters on their way from p0, with the optimizer's arrays.
class Walk {
 public:
  Walk(const Optimizer& optimizer, const std::vector<float>& p0) : p_(p0), size_(p0.size()), way_(p0.size()) {
    for (std::size_t i = 0; i < p0.size(); ++i) size_[i] = std::abs(double(p0[i]));
    for (const float initial : optimizer.initial_state()) states_.emplace_back(p0.size(), initial);
  }

  void step(const kernels::Isa& isa, Optimizer& optimizer, const std::vector<float>& g) {
    const std::vector<float> before = p_;
    std::vector<float*> arrays;
    for (auto& state : states_) arrays.push_back(state.data());
    optimizer.begin_step(++steps_);
    optimizer.update(isa, p_, g, arrays);
    for (std::size_t i = 0; i < p_.size(); ++i) {
      size_[i] = std::max(size_[i], std::abs(double(p_[i])));
      way_[i] += std::abs(double(p_[i]) - double(before[i]));
    }
  }

  void expect_at(const std::vector<double>& expected, Tolerance tolerance) const {
    ASSERT_EQ(p_.size(), expected.size());
    for (std::size_t i = 0; i < p_.size(); ++i)
      if (std::isfinite(expected[i]))
        ASSERT_NEAR(p_[i], expected[i], tolerance(size_[i], way_[i], steps_)) << "parameter " << i;
      else
        ASSERT_TRUE(std::isnan(p_[i]) || double(p_[i]) == expected[i])  // infinity may become NaN early: 0 times it is
            << "parameter " << i << ": " << p_[i] << " instead of " << expected[i];
  }

 private:
  std::vector<float> p_;
  std::vector<std::vector<float>> states_;
  std::vector<double> size_, way_;  // the largest so far; the sum of all moves
  int steps_ = 0;
};

void check_case(const kernels::Isa& isa, const Json& entry, const Json& inputs, const Source& source) {
  Options options = options_of(entry);
  const auto optimizer = OptimizerRegistry::instance().make(registered_name(entry), options);
  Walk walk(*optimizer, floats(inputs.at("p0")));
  const Json &trace = entry.at(source.trace), &gradients = inputs.at("grads");
  std::size_t compared = 0;
  for (std::size_t step = 1; step <= gradients.size(); ++step) {
    SCOPED_TRACE(step);
    walk.step(isa, *optimizer, floats(gradients[step - 1]));
    const auto expected = trace.find(std::to_string(step));
    if (expected == trace.end()) continue;
    walk.expect_at(numbers(*expected), source.tolerance);
    ++compared;
  }
  EXPECT_EQ(compared, trace.size());
  EXPECT_GT(compared, 0u);
}

class GoldenOptimizers : public testing::TestWithParam<Source> {};
INSTANTIATE_TEST_SUITE_P(Follow, GoldenOptimizers, testing::ValuesIn(kSources),
                         [](const auto& test) { return test.param.name; });

TEST_P(GoldenOptimizers, StepByStep) {
  const Source& source = GetParam();
  const Json inputs = golden::json(source.inputs), file = golden::json(source.cases);
  for (const auto& entry : file.at("cases")) {
    const std::string name = registered_name(entry), title = name + entry.at("options").dump();
    if (const auto it = source.passed_over.find(name); it != source.passed_over.end()) {
      std::cout << "passed over: " << title << ": " << it->second << "\n";
      continue;
    }
    for (const kernels::Isa& isa : kernels::Isa::available()) {
      SCOPED_TRACE(std::string(isa.name()) + " " + title);
      check_case(isa, entry, inputs, source);
    }
  }
}

/// What "defaults" of a case says beside options of ours: how PyTorch computes, not what; and what makes AdamW of Adam.
bool is_no_option(const std::string& name, const std::string& key, const Json& value) {
  return key == "capturable" || key == "differentiable" ||
         (name == "adamw" && key == "decoupled_weight_decay" && value == true);
}

TEST(GoldenOptimizerOptions, HavePyTorchsNamesAndDefaults) {
  const Json file = golden::json(kTorch2);
  for (const auto& entry : file.at("cases")) {
    const std::string name = registered_name(entry);
    if (kNotHere.contains(name)) continue;
    SCOPED_TRACE(name + entry.at("options").dump());
    Options options = options_of(entry);
    OptimizerRegistry::instance().make(name, options);
    std::map<std::string, Json> ours;
    for (const auto& [key, text] : options.resolved()) ours[key] = Json::parse(text);
    for (const auto& [key, value] : entry.at("defaults").items())
      EXPECT_TRUE(ours[key] == value || is_no_option(name, key, value)) << key << ": " << ours[key] << " for " << value;
  }
}

TEST(GoldenOptimizerOptions, LeaveOutNone) {
  std::set<std::string> covered;
  for (const Source& source : kSources) {
    const Json file = golden::json(source.cases);
    for (const auto& entry : file.at("cases"))
      if (const std::string name = registered_name(entry); !source.passed_over.contains(name)) covered.insert(name);
  }
  for (const std::string& name : OptimizerRegistry::instance().names()) EXPECT_TRUE(covered.contains(name)) << name;
}

}  // namespace
}  // namespace gradrace
