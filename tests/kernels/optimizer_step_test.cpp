#include "kernels/optimizer_step.hpp"

#include <deque>

#include "tests/reference.hpp"

namespace gradrace::kernels {
namespace {

using Adam = reference::Adam<double>;
using Adadelta = reference::Adadelta<double>;

constexpr Adam kAdams[] = {
    {.lr = 0.001, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8, .weight_decay = 0},
    {.lr = 0.01, .beta1 = 0.5, .beta2 = 0.9, .epsilon = 0.3, .weight_decay = 0},  // epsilon's place
    {.lr = 0.001, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8, .weight_decay = 0.1},
    {.lr = 0.01, .beta1 = 0.8, .beta2 = 0.6, .epsilon = 1e-4, .weight_decay = 0, .amsgrad = true},
    {.lr = 0.01, .beta1 = 0, .beta2 = 0.5, .epsilon = 0.1, .weight_decay = 0.1, .amsgrad = true}};
constexpr Adadelta kAdadeltas[] = {{.lr = 0.5, .rho = 0.9, .epsilon = 1e-6, .weight_decay = 0},
                                   {.lr = 1, .rho = 0.5, .epsilon = 0.3, .weight_decay = 0},
                                   {.lr = 0.05, .rho = 0.9, .epsilon = 1e-4, .weight_decay = 0.1}};

/// Parameters, then the arrays of state.
using Arrays = std::vector<std::vector<float>>;

Index states(const Adam& o) {
  return o.amsgrad ? 3 : 2;
}
Index states(const Adadelta&) {
  return 2;
}

void call(const Isa& isa, const Adam& o, int t, std::span<float> p, std::span<const float> g,
          std::span<float* const> state) {
  const AdamScalars scalars{.first = mean(o.beta1),
                            .second = mean(o.beta2),
                            .epsilon = float(o.epsilon),
                            .weight_decay = float(o.weight_decay),
                            .decay = 0,
                            .step_size = float(o.lr / (1 - std::pow(o.beta1, t))),
                            .inv_sqrt_correction2 = float(1 / std::sqrt(1 - std::pow(o.beta2, t))),
                            .amsgrad = o.amsgrad,
                            .decoupled = false};
  optimizer_step(isa, scalars, p, g, state);
}
void call(const Isa& isa, const Adadelta& o, int, std::span<float> p, std::span<const float> g,
          std::span<float* const> state) {
  const AdadeltaScalars scalars{
      .mean = mean(o.rho), .lr = float(o.lr), .epsilon = float(o.epsilon), .weight_decay = float(o.weight_decay)};
  optimizer_step(isa, scalars, p, g, state);
}

/// One step in two calls, on [0, cut) and [cut, n).
template <class Options>
Arrays step(const Isa& isa, const Options& options, int t, const Arrays& before, const std::vector<float>& g,
            Index slack = 0, std::size_t cut = 0) {
  const Input gradients(g, slack);
  std::deque<Output<float>> arrays;
  for (const auto& values : before) arrays.emplace_back(values, slack);
  for (const auto& [begin, size] : {std::pair{std::size_t(0), cut}, std::pair{cut, g.size() - cut}}) {
    std::vector<float*> state;
    for (std::size_t k = 1; k < arrays.size(); ++k) state.push_back(arrays[k].data() + begin);
    call(isa, options, t, arrays[0].span().subspan(begin, size), gradients.span().subspan(begin, size), state);
  }
  Arrays after;
  for (const auto& array : arrays) after.push_back(array.values());
  return after;
}

class OptimizerStep : public EveryIsa {
 protected:
  /// n parameters in the middle of training, gradients about as large as `scale`.
  template <class Options>
  Arrays arrays(const Options& options, Index n, float scale) {
    Arrays list{random_.numbers(n, -scale, scale)};
    for (Index k = 0; k < states(options); ++k) list.push_back(random_.numbers(n, 0.1f * scale * scale, scale * scale));
    return list;
  }

  /// A few roundings of each term: the magnitudes come from the same step with positive numbers only.
  template <class Options>
  void expect_step(const Options& options, int t, const Arrays& before, const std::vector<float>& g,
                   const Arrays& after) {
    for (std::size_t i = 0; i < g.size(); ++i) {
      Options exact = options, magnitude = options;
      exact.p = before[0][i];
      magnitude.p = std::abs(exact.p);
      for (std::size_t k = 1; k < before.size(); ++k) {
        exact.state[k - 1] = before[k][i];
        magnitude.state[k - 1] = std::abs(exact.state[k - 1]);
      }
      exact.step(g[i], t);
      const double update = magnitude.step(std::abs(double(g[i])), t);
      const double tolerance = kEpsilon * (std::abs(double(before[0][i])) + 16 * update);
      ASSERT_TRUE(is_close(after[0][i], exact.p, tolerance))
          << "p " << i << ": " << after[0][i] << " instead of " << exact.p << " +- " << tolerance;
      for (std::size_t k = 1; k < before.size(); ++k)
        ASSERT_TRUE(is_close(after[k][i], exact.state[k - 1], 8 * kEpsilon * magnitude.state[k - 1]))
            << "state " << k << ", element " << i << ": " << after[k][i] << " instead of " << exact.state[k - 1];
    }
  }

  template <class Options>
  void check_one_step(const Options& options) {
    for (const Index n : {0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 101})
      for (const float scale : {1.0f, 1e-3f})
        for (const int t : {1, 2, 1000}) {
          SCOPED_TRACE(testing::Message() << n << " parameters, scale " << scale << ", step " << t);
          const Arrays before = arrays(options, n, scale);
          const std::vector<float> g = random_.numbers(n, -scale, scale);
          expect_step(options, t, before, g, step(isa(), options, t, before, g, n % 2));
        }
  }

  /// Errors of a step add up over t steps, each at most about t roundings of the largest updates so far.
  template <class Options>
  void check_training(const Options& options) {
    const Index n = 37;
    std::vector<Options> exact(n, options);
    Arrays now(states(options) + 1, std::vector<float>(n));
    double path = 0;
    for (int t = 1; t <= 100; ++t) {
      const std::vector<float> g = random_.numbers(n, -0.5f, 1);
      now = step(isa(), options, t, now, g);
      double longest = 0;
      for (std::size_t i = 0; i < exact.size(); ++i) longest = std::max(longest, std::abs(exact[i].step(g[i], t)));
      path += longest;
      for (std::size_t i = 0; i < exact.size(); ++i)
        ASSERT_NEAR(now[0][i], exact[i].p, 4 * t * kEpsilon * path) << "parameter " << i << " after step " << t;
    }
  }

  template <class Options>
  void check_cuts(const Options& options) {
    const Arrays before = arrays(options, 41, 1);
    const std::vector<float> g = random_.numbers(41);
    const Arrays whole = step(isa(), options, 7, before, g);
    for (std::size_t cut = 0; cut <= g.size(); ++cut)
      EXPECT_EQ(step(isa(), options, 7, before, g, 0, cut), whole) << cut;
  }

  template <class Options>
  void check_spoiled(const Options& options) {
    for (int i = 0; i < 20; ++i) {
      Arrays before = arrays(options, 41, 1);
      std::vector<float> g = random_.numbers(41);
      random_.spoil(g);
      for (auto& array : before) array[random_.between(0, 40)] = kNan;
      before.back()[3] = kNan;  // the largest second moment alone: a plain maximum would forget it
      expect_step(options, 2, before, g, step(isa(), options, 2, before, g));
    }
  }

  Random random_;
};
GRADRACE_ON_EVERY_ISA(OptimizerStep);

TEST_P(OptimizerStep, EqualsTheFormula) {
  for (const Adam& options : kAdams) check_one_step(options);
  for (const Adadelta& options : kAdadeltas) check_one_step(options);
}

TEST_P(OptimizerStep, EqualsTheFormulaOverManySteps) {
  for (const Adam& options : kAdams) check_training(options);
  for (const Adadelta& options : kAdadeltas) check_training(options);
}

TEST_P(OptimizerStep, GivesTheSameBitsHoweverItIsCut) {
  for (const Adam& options : kAdams) check_cuts(options);
  for (const Adadelta& options : kAdadeltas) check_cuts(options);
}

TEST_P(OptimizerStep, KeepsNanAndInfinityInTheirElement) {
  for (const Adam& options : kAdams) check_spoiled(options);
  for (const Adadelta& options : kAdadeltas) check_spoiled(options);
}

TEST(OptimizerStepDeathTest, RefusesArraysThatDoNotFit) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  std::vector<float> p(4), g(3);
  const std::vector<float*> two(2, p.data()), three(3, p.data());
  EXPECT_DEATH(optimizer_step(Isa::best(), AdamScalars{}, p, g, two), "left is 3 and right is 4");
  EXPECT_DEATH(optimizer_step(Isa::best(), AdamScalars{}, p, p, three), "left is 3 and right is 2");
  EXPECT_DEATH(optimizer_step(Isa::best(), AdadeltaScalars{}, p, p, three), "left is 3 and right is 2");
}

}  // namespace
}  // namespace gradrace::kernels
