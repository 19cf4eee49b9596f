// The parameters after some steps on given gradients: torch.optim's, in single and in double precision, and for what it
// does not have those of an independent script in double precision.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cmath>
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
std::vector<float> floats(const Json& values) {
  std::vector<float> result;
  for (const Json& value : values) result.push_back(float(number(value)));
  return result;
}

/// How far a parameter may be from `expected` after `step` steps that began at `start`.
using Tolerance = double (*)(double expected, double start, int step);

constexpr double kRounding = 0x1p-24;  // half a unit in the last place, relative

/// From double precision. Each step rounds the parameter, and, half as much, the factor just below one by which it
/// decays; the way travelled has eight roundings of its own.
double double_precision(double expected, double start, int step) {
  return 1.5 * step * kRounding * std::max(std::abs(expected), std::abs(start)) + 5e-7 * std::abs(expected - start);
}
/// From single precision, which has been rounded as well: at most twice the above, and two roundings a step do.
double single_precision(double expected, double start, int step) {
  return 2 * step * kRounding * std::max(std::abs(expected), std::abs(start)) + 1e-6 * std::abs(expected - start);
}
double millionth(double expected, double start, int) {
  return 1e-6 * std::max(std::abs(expected), std::abs(start));
}

void expect_parameters(const std::vector<float>& p, const Json& expected, const std::vector<float>& p0, int step,
                       Tolerance tolerance) {
  ASSERT_EQ(p.size(), expected.size());
  for (std::size_t i = 0; i < p.size(); ++i) {
    const double e = number(expected[i]), start = double(p0[i]);
    if (std::isfinite(e))
      ASSERT_NEAR(p[i], e, tolerance(e, start, step)) << "step " << step << ", parameter " << i;
    else
      ASSERT_TRUE(std::isnan(p[i]) || double(p[i]) == e)  // an infinity may become NaN early: weight_decay 0 times it
          << "step " << step << ", parameter " << i << ": " << p[i] << " instead of " << e;
  }
}

void check_case(const kernels::Isa& isa, const Json& entry, const Json& inputs, const std::string& name,
                Tolerance tolerance) {
  std::map<std::string, std::string> given;
  for (const auto& [key, value] : entry.at("options").items()) given[key] = option_text(value);
  Options options(given);
  const auto optimizer = OptimizerRegistry::instance().make(name, options);

  const std::vector<float> p0 = floats(inputs.at("p0"));
  std::vector<float> p = p0;
  std::vector<std::vector<float>> states;
  std::vector<float*> arrays;
  for (const float initial : optimizer->initial_state()) states.emplace_back(p.size(), initial);
  for (auto& state : states) arrays.push_back(state.data());
  const Json& trace = entry.at("parameters_after_step");
  std::size_t compared = 0;
  for (int step = 1; step <= int(inputs.at("grads").size()); ++step) {
    optimizer->begin_step(step);
    optimizer->update(isa, p, floats(inputs.at("grads")[std::size_t(step) - 1]), arrays);
    const auto expected = trace.find(std::to_string(step));
    if (expected == trace.end()) continue;
    expect_parameters(p, *expected, p0, step, tolerance);
    ++compared;
  }
  EXPECT_EQ(compared, trace.size());
}

/// PyTorch's class name in lower case.
std::string registered_name(const Json& entry) {
  std::string name = entry.at("optimizer");
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  return name;
}

/// All cases of a file; `inputs` holds their p0 and grads.
void check_file(const std::string& cases, const std::string& inputs, Tolerance tolerance) {
  const Json given = golden::json(inputs), file = golden::json(cases);
  for (const auto& entry : file.at("cases")) {
    const std::string name = registered_name(entry);
    for (const kernels::Isa& isa : kernels::Isa::available()) {
      SCOPED_TRACE(std::string(isa.name()) + " " + name + entry.at("options").dump());
      check_case(isa, entry, given, name, tolerance);
    }
  }
}

TEST(GoldenOptimizers, FollowPyTorch) {
  check_file("optimizers.json", "optimizers.json", single_precision);
}

TEST(GoldenOptimizers, FollowPyTorchInDoublePrecision) {
  check_file("optimizers_double.json", "optimizers.json", double_precision);
}

TEST(GoldenOptimizers, FollowPyTorchIntoNanAndInfinity) {
  check_file("optimizers_spoiled.json", "optimizers_spoiled.json", single_precision);
}

TEST(GoldenOptimizers, FollowTheirPapersWherePyTorchHasThemNot) {
  check_file("lion_muon.json", "optimizers.json", millionth);
}

TEST(GoldenOptimizers, LeaveOutNone) {
  std::set<std::string> covered;
  for (const char* name : {"optimizers.json", "lion_muon.json"}) {
    const Json file = golden::json(name);
    for (const auto& entry : file.at("cases")) covered.insert(registered_name(entry));
  }
  for (const std::string& name : OptimizerRegistry::instance().names()) EXPECT_TRUE(covered.contains(name)) << name;
}

}  // namespace
}  // namespace gradrace
