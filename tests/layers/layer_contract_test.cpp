// What every layer of the registry promises, whatever it computes: a layer added tomorrow is tested by its existence.
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <utility>

#include "tests/layers/layer_cases.hpp"

namespace gradrace {
namespace {

using kernels::expect_same_bits;

void expect_same_bits(const LayerStep& a, const LayerStep& b) {
  expect_same_bits(a.y, b.y);
  expect_same_bits(a.dx, b.dx);
  ASSERT_EQ(a.gradients.size(), b.gradients.size());
  for (std::size_t p = 0; p < a.gradients.size(); ++p) expect_same_bits(a.gradients[p], b.gradients[p]);
}

class LayerContract : public testing::TestWithParam<LayerCase> {
 protected:
  SingleLayer make(const LayerSetting& setting) const {
    return SingleLayer(Spec::parse(GetParam().spec), GetParam().input, setting);
  }
  std::vector<float> x(Index samples) const {
    Generator generator(11);
    return Grid(GetParam().input).draw(samples, generator);
  }
  static std::vector<float> dy(const SingleLayer& layer, Index samples) {
    Generator generator(12);
    return uniform(samples * layer.output().floats(), generator);
  }
  LayerStep step(const LayerSetting& setting, Index samples) const {
    SingleLayer layer = make(setting);
    layer.draw_values();
    return layer.step(x(samples), dy(layer, samples));
  }
};
INSTANTIATE_TEST_SUITE_P(, LayerContract, testing::ValuesIn(all_layer_cases()),
                         [](const auto& test) { return case_name(test.param); });

/// The step itself checks that all of it is written and nothing besides.
TEST_P(LayerContract, MakesTheShapeThatItPlanned) {
  SingleLayer layer = make({.batch = 6});
  EXPECT_EQ(Index(step({.batch = 6}, 6).y.size()), 6 * layer.output().floats());
  EXPECT_EQ(Index(step({.batch = 6}, 6).dx.size()), 6 * layer.input().floats());
  for (const Parameter& p : layer.parameters()) {
    std::vector<bool> taken(std::size_t(p.layout.floats()));
    for (Index i = 0; i < p.count(); ++i) {
      ASSERT_FALSE(taken.at(std::size_t(p.place(i)))) << p.name << "[" << i << "] lies where another element does";
      taken[std::size_t(p.place(i))] = true;
    }
  }
}

TEST_P(LayerContract, GivesTheSameBitsForAnyNumberOfThreads) {
  for (const Index samples : {32, 7}) {
    const LayerStep one = step({.batch = 32}, samples);
    for (const Index workers : {2, 3, 4, 5}) {
      SCOPED_TRACE(testing::Message() << workers << " workers, " << samples << " samples");
      expect_same_bits(step({.batch = 32, .workers = workers}, samples), one);
    }
  }
}

TEST_P(LayerContract, GivesTheSameBitsInPlace) {
  if (!make({}).layer().in_place()) GTEST_SKIP() << "never in place";
  for (const bool training : {true, false})
    expect_same_bits(step({.batch = 7, .in_place = true, .training = training}, 7),
                     step({.batch = 7, .training = training}, 7));
}

/// A sample's results depend neither on the others of its batch nor on how many a batch may have.
TEST_P(LayerContract, GivesTheSameBitsInPartialBatches) {
  const LayerStep full = step({.batch = 32}, 32);
  for (const Index samples : {1, 7, 20}) {
    SCOPED_TRACE(testing::Message() << samples << " samples");
    const LayerStep partial = step({.batch = 32}, samples);
    const SingleLayer layer = make({});
    expect_same_bits(partial.y, std::span(full.y).first(std::size_t(samples * layer.output().floats())));
    expect_same_bits(partial.dx, std::span(full.dx).first(std::size_t(samples * layer.input().floats())));
    expect_same_bits(partial, step({.batch = samples}, samples));
  }
}

TEST_P(LayerContract, GivesTheSameGradientsWhereThatOfTheInputIsNotWanted) {
  const LayerStep wanted = step({.batch = 7}, 7), unwanted = step({.batch = 7, .input_gradient = false}, 7);
  expect_same_bits(unwanted, {wanted.y, {}, wanted.gradients});
}

TEST_P(LayerContract, GivesTheSameBitsAgain) {
  SingleLayer layer = make({.batch = 7});
  layer.draw_values();
  const LayerStep first = layer.step(x(7), dy(layer, 7));
  layer.step(std::vector<float>(x(7).size(), 1.0f), std::vector<float>(first.y.size(), 1.0f));
  expect_same_bits(layer.step(x(7), dy(layer, 7)), first);
}

/// How one array answers when one element of another becomes `value`.
using Answer = std::function<std::vector<float>(Index element, float value)>;

/// Where a large number makes a difference, a NaN must be seen, and an infinity makes the result either no number or
/// what a large one makes of it, as saturation does.
void expect_surfacing(Index elements, const Answer& answer) {
  for (Index i = 0; i < elements; i += 1 + elements / 50) {
    for (const float sign : {1.0f, -1.0f}) {
      const std::vector<float> large = answer(i, sign * 1e4f), larger = answer(i, sign * 2e4f);
      const std::vector<float> nan = answer(i, kernels::kNan), infinite = answer(i, sign * kernels::kInfinity);
      for (std::size_t k = 0; k < large.size(); ++k) {
        if (kernels::same_bits(large[k], larger[k])) continue;
        ASSERT_TRUE(std::isnan(nan[k])) << "element " << i << " is NaN, but " << k << " is " << nan[k];
        ASSERT_FALSE(std::isfinite(infinite[k]))
            << "element " << i << " is infinite, but " << k << " is " << infinite[k];
      }
    }
  }
}

TEST_P(LayerContract, ShowsNanAndInfinityOfTheInput) {
  SingleLayer layer = make({.batch = 1});
  layer.draw_values();
  expect_surfacing(layer.input().floats(), [&](Index i, float value) {
    std::vector<float> spoilt = x(1);
    spoilt[std::size_t(i)] = value;
    return layer.forward(spoilt);
  });
}

TEST_P(LayerContract, ShowsNanAndInfinityOfTheParameters) {
  SingleLayer layer = make({.batch = 1});
  layer.draw_values();
  for (std::size_t p = 0; p < layer.parameters().size(); ++p)
    expect_surfacing(layer.parameters()[p].count(), [&](Index i, float value) {
      const float before = std::exchange(layer.value(p, i), value);
      layer.refresh();
      const std::vector<float> y = layer.forward(x(1));
      layer.value(p, i) = before;
      layer.refresh();
      return y;
    });
}

TEST_P(LayerContract, ShowsNanAndInfinityOfTheOutputsGradient) {
  SingleLayer layer = make({.batch = 1});
  layer.draw_values();
  expect_surfacing(layer.output().floats(), [&](Index i, float value) {
    std::vector<float> spoilt = dy(layer, 1);
    spoilt[std::size_t(i)] = value;
    LayerStep step = layer.step(x(1), spoilt);
    for (const std::vector<float>& gradient : step.gradients)
      step.dx.insert(step.dx.end(), gradient.begin(), gradient.end());
    return step.dx;
  });
}

/// Windows larger than the image, and padding that a window cannot have.
TEST_P(LayerContract, RefusesWindowsThatDoNotFit) {
  const Spec spec = Spec::parse(GetParam().spec);
  Options options = spec.options;
  (void)LayerRegistry::instance().make(spec.name, options);
  const auto& resolved = options.resolved();
  if (std::none_of(resolved.begin(), resolved.end(), [](const auto& o) { return o.first == "kernel_size"; }))
    GTEST_SKIP() << "has no window";
  Spec huge = spec;
  huge.options = Options(std::map<std::string, std::string>{{"kernel_size", "9"}});
  for (const auto& [key, value] : spec.options.given())
    if (key == "out_channels") huge.options.give(key, value);
  try {
    SingleLayer(huge, {4, 6, 3}, {});
    FAIL() << "a window of 9x9 fits 4x6";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), usage_error("").code());
    for (const char* part : {"9x9", "4x6"}) EXPECT_NE(std::string(error.what()).find(part), std::string::npos);
  }
}

TEST(LayersWithoutBias, AreThoseWithABiasOfZero) {
  for (const std::string spec : {"conv2d:out_channels=5", "conv_pool:out_channels=16", "linear:out_features=7"}) {
    SCOPED_TRACE(spec);
    SingleLayer with(Spec::parse(spec), {6, 5, 3}, {}), without(Spec::parse(spec + ",bias=false"), {6, 5, 3}, {});
    ASSERT_EQ(without.parameters().size(), 1u);
    with.draw_values();
    without.draw_values();
    for (Index i = 0; i < with.parameters()[1].count(); ++i) with.value(1, i) = 0;
    Generator generator(41);
    const std::vector<float> x = uniform(5 * with.input().floats(), generator);
    const std::vector<float> dy = uniform(5 * with.output().floats(), generator);
    LayerStep expected = with.step(x, dy);
    expected.gradients.pop_back();
    expect_same_bits(without.step(x, dy), expected);
  }
}

TEST(PoolingLayers, RefusePaddingOfMoreThanHalfAWindow) {
  for (const char* spec : {"max_pool2d:kernel_size=3,padding=2", "avg_pool2d:kernel_size=3,padding=2"}) try {
      SingleLayer(Spec::parse(spec), {5, 6, 1}, {});
      FAIL() << spec;
    } catch (const Error& error) {
      EXPECT_STREQ(error.what(), "a padding of 2 is more than half a window of 3x3 (the input is 5x6)");
    }
}

}  // namespace
}  // namespace gradrace
