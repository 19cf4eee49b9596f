// What holds for every optimizer that is registered, whatever its formula.
#include "engine/optimizers/optimizer.hpp"

#include <numeric>

#include "tests/support.hpp"

namespace gradrace {
namespace {

using kernels::Isa;
using kernels::Random;

std::unique_ptr<Optimizer> make(const std::string& name, std::map<std::string, std::string> given = {}) {
  Options options(std::move(given));
  return OptimizerRegistry::instance().make(name, options);
}

/// Parameters with the arrays of state that one optimizer wants.
struct Arrays {
  Arrays(const Optimizer& optimizer, std::vector<float> parameters) : p(std::move(parameters)) {
    for (const float initial : optimizer.initial_state()) state.emplace_back(p.size(), initial);
  }
  /// Updates [begin, end).
  void update(const Isa& isa, const Optimizer& optimizer, const std::vector<float>& g, std::size_t begin,
              std::size_t end) {
    std::vector<float*> arrays;
    for (auto& array : state) arrays.push_back(array.data() + begin);
    optimizer.update(isa, std::span(p).subspan(begin, end - begin), std::span(g).subspan(begin, end - begin), arrays);
  }
  void step(const Isa& isa, Optimizer& optimizer, Index step, const std::vector<float>& g) {
    optimizer.begin_step(step);
    update(isa, optimizer, g, 0, p.size());
  }
  bool operator==(const Arrays&) const = default;

  std::vector<float> p;
  std::vector<std::vector<float>> state;
};

class EveryOptimizer : public testing::TestWithParam<std::tuple<std::string, Isa>> {
 protected:
  std::string name() const { return std::get<0>(GetParam()); }
  Isa isa() const { return std::get<1>(GetParam()); }
  std::unique_ptr<Optimizer> optimizer_ = make(name());
  Random random_;
};
INSTANTIATE_TEST_SUITE_P(, EveryOptimizer,
                         testing::Combine(testing::ValuesIn(OptimizerRegistry::instance().names()),
                                          testing::ValuesIn(Isa::available())),
                         [](const auto& test) {
                           return std::get<0>(test.param) + "_" + std::string(std::get<1>(test.param).name());
                         });

TEST_P(EveryOptimizer, GivesTheSameBitsHoweverItIsCut) {
  const Arrays start(*optimizer_, random_.numbers(41));
  const std::vector<float> first = random_.numbers(41), second = random_.numbers(41);
  Arrays whole = start;
  whole.step(isa(), *optimizer_, 1, first);
  whole.step(isa(), *optimizer_, 2, second);
  for (std::size_t cut = 0; cut <= 41; ++cut) {
    Arrays parts = start;
    parts.step(isa(), *optimizer_, 1, first);
    optimizer_->begin_step(2);
    parts.update(isa(), *optimizer_, second, cut, 41);
    parts.update(isa(), *optimizer_, second, 0, cut);
    EXPECT_EQ(parts, whole) << cut;
  }
}

TEST_P(EveryOptimizer, DependsOnTheNumberOfTheStepAlone) {
  const std::vector<float> g = random_.numbers(16);
  for (const Index step : {1, 2, 7, 100}) {
    Arrays after_all(*optimizer_, std::vector<float>(16, 1.0f)), at_once = after_all;
    for (Index before = 1; before < step; ++before) optimizer_->begin_step(before);
    after_all.step(isa(), *optimizer_, step, g);
    at_once.step(isa(), *make(name()), step, g);
    EXPECT_EQ(after_all, at_once) << step;
  }
}

TEST_P(EveryOptimizer, LeavesPaddingZero) {
  Arrays padding(*optimizer_, std::vector<float>(19));
  for (Index step = 1; step <= 5; ++step) padding.step(isa(), *optimizer_, step, std::vector<float>(19));
  EXPECT_EQ(padding.p, std::vector<float>(19));
}

TEST_P(EveryOptimizer, KeepsNanInItsElement) {
  const std::vector<float> p = random_.numbers(19), g = random_.numbers(19);
  Arrays clean(*optimizer_, p), spoiled(*optimizer_, p);
  std::vector<float> with_nan = g;
  with_nan[4] = kernels::kNan;
  for (Index step = 1; step <= 3; ++step) {
    clean.step(isa(), *optimizer_, step, g);
    spoiled.step(isa(), *optimizer_, step, with_nan);
  }
  for (std::size_t i = 0; i < p.size(); ++i) EXPECT_EQ(clean.p[i] == spoiled.p[i], i != 4) << i;
}

TEST_P(EveryOptimizer, WalksDownASlope) {
  Arrays arrays(*optimizer_, random_.numbers(37, 0.5f, 1));
  const auto height = [&] { return std::inner_product(arrays.p.begin(), arrays.p.end(), arrays.p.begin(), 0.0f); };
  const float start = height();
  for (Index step = 1; step <= 200; ++step) arrays.step(isa(), *optimizer_, step, std::vector<float>(arrays.p));
  EXPECT_LT(height(), 0.99f * start);
}

/// Options with which all that shrinks the parameters does so, decoupled from the gradient where there is the choice.
std::map<std::string, std::string> with_decay(const std::string& name, const std::string& decoupled) {
  Options options;
  OptimizerRegistry::instance().make(name, options);
  std::map<std::string, std::string> given;
  for (const auto& [key, value] : options.resolved())
    if (key == "decoupled_weight_decay")
      given[key] = decoupled;
    else if (key.ends_with("weight_decay") || key == "lambd")
      given[key] = "0.1";
  return given;
}

TEST_P(EveryOptimizer, WalksUphillByTheSameBitsAsDown) {
  for (const char* decoupled : {"false", "true"}) {
    std::map<std::string, std::string> given = with_decay(name(), decoupled);
    const auto downhill = make(name(), given);
    given["maximize"] = "true";
    const auto uphill = make(name(), given);
    Arrays down(*downhill, random_.numbers(41)), up(*uphill, down.p);
    for (Index step = 1; step <= 10; ++step) {
      std::vector<float> g = random_.numbers(41);
      down.step(isa(), *downhill, step, g);
      for (float& x : g) x = -x;
      up.step(isa(), *uphill, step, g);
      EXPECT_EQ(up.p, down.p) << step;
    }
  }
}

std::string refusal(const std::string& name, const std::string& key, const std::string& value) {
  try {
    make(name, {{key, value}});
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    return error.what();
  }
  return "nothing";
}

TEST(OptimizerOptions, AreRefusedInOneSentenceThatNamesTheOptimizer) {
  for (const char* word : {"fast", "inf", "-infinity", "nan", "1e999", ""})
    EXPECT_EQ(refusal("adam", "lr", word), fmt::format("adam: option lr: expected a number, found '{}'", word));
  EXPECT_EQ(refusal("adam", "lr", "-1"), "adam: option lr: expected a number from 0 on, found -1");
  EXPECT_EQ(refusal("adam", "betas", "0.9"),
            "adam: option betas: expected two numbers with a slash between them, found '0.9'");
  EXPECT_EQ(refusal("adamw", "amsgrad", "yes"), "adamw: option amsgrad: expected true or false, found 'yes'");
  EXPECT_EQ(refusal("rmsprop", "alpha", "1.5"), "rmsprop: option alpha: expected a number from 0 to 1, found 1.5");
  EXPECT_EQ(refusal("sgd", "nesterov", "true"),
            "sgd: option nesterov: expected momentum above 0 and dampening 0, found 0 and 0");
  EXPECT_EQ(refusal("rprop", "etas", "1.2/0.5"),
            "rprop: option etas: expected a number between 0 and 1 and one above 1, found 1.2/0.5");
  EXPECT_EQ(refusal("rprop", "step_sizes", "2/1"),
            "rprop: option step_sizes: expected the smaller one first, found 2/1");
  EXPECT_EQ(refusal("lion", "eps", "1"),
            "lion: there is no option 'eps'; there are: lr, schedule, warmup, maximize, betas, weight_decay");
  EXPECT_EQ(refusal("adam", "schedule", "linear"),
            "adam: option schedule: expected one of constant, step, cosine, onecycle, found 'linear'");
  EXPECT_EQ(refusal("adam", "warmup", "1.5"), "adam: option warmup: expected a whole number, found 1.5");
  EXPECT_EQ(refusal("rprop", "schedule", "cosine"),
            "rprop: option schedule: expected constant without warmup, for lr is where the step sizes begin");
}

}  // namespace
}  // namespace gradrace
