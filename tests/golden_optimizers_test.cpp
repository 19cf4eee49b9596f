// torch.optim's parameters after some steps on given gradients. Optimizers that are not built are passed over by name.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "engine/optimizer.hpp"
#include "tests/golden.hpp"

namespace gradrace {
namespace {

/// A torch option as the text that Options takes: 0.1 -> "0.1", [0.9, 0.95] -> "0.9/0.95", true -> "true".
std::string option_text(const nlohmann::ordered_json& value) {
  return value.is_array() ? value[0].dump() + "/" + value[1].dump() : value.dump();
}

void check_case(const kernels::Isa& isa, const nlohmann::ordered_json& file, const nlohmann::ordered_json& entry,
                const std::string& name) {
  std::map<std::string, std::string> given;
  for (const auto& [key, value] : entry.at("options").items()) given[key] = option_text(value);
  Options options(given);
  const auto optimizer = OptimizerRegistry::instance().make(name, options);

  const auto p0 = file.at("p0").get<std::vector<float>>();
  auto p = p0;
  const std::size_t n = p.size();
  std::vector<std::vector<float>> states;
  std::vector<float*> arrays;
  for (const float initial : optimizer->initial_state()) states.emplace_back(n, initial);
  for (auto& state : states) arrays.push_back(state.data());
  int compared = 0;
  for (std::size_t step = 1; step <= file.at("grads").size(); ++step) {
    const auto g = file.at("grads")[step - 1].get<std::vector<float>>();
    optimizer->begin_step(Index(step));
    optimizer->update(isa, p, g, arrays);
    const auto expected = entry.at("parameters_after_step").find(std::to_string(step));
    if (expected == entry.at("parameters_after_step").end()) continue;
    for (std::size_t i = 0; i < n; ++i) {
      const double e = (*expected)[i].get<double>();
      const double moved = std::abs(e - double(p0[i])), size = std::max(std::abs(e), std::abs(double(p0[i])));
      // The way travelled to 2e-6, and one rounding of the parameter itself per step.
      ASSERT_NEAR(p[i], e, 2e-6 * moved + double(step) * 6e-8 * size) << "step " << step << ", parameter " << i;
    }
    ++compared;
  }
  EXPECT_GT(compared, 0);
}

TEST(GoldenOptimizers, EveryBuiltOneFollowsPyTorch) {
  const auto file = golden::json("optimizers.json");
  const auto built = OptimizerRegistry::instance().names();
  std::map<std::string, int> cases;
  for (const auto& entry : file.at("cases")) {
    std::string name = entry.at("optimizer");
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    if (std::find(built.begin(), built.end(), name) == built.end()) continue;
    ++cases[name];
    for (const kernels::Isa& isa : kernels::Isa::available()) {
      SCOPED_TRACE(std::string(isa.name()) + " " + entry.at("optimizer").get<std::string>() +
                   entry.at("options").dump());
      check_case(isa, file, entry, name);
    }
  }
  EXPECT_GT(cases["adam"], 0);
  EXPECT_GT(cases["adadelta"], 0);
}

}  // namespace
}  // namespace gradrace
