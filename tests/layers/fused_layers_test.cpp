// conv_pool against the layers that it stands for: the same outputs and gradients from the same draws.
#include <gtest/gtest.h>

#include "tests/layers/layer_cases.hpp"

namespace gradrace {
namespace {

constexpr Index kSamples = 7;

struct Fusion {
  std::string fused;
  std::vector<std::string> plain;
  Shape input;
};
void PrintTo(const Fusion& fusion, std::ostream* out) {
  *out << fusion.fused;
}

/// What layers one after the other make of x and dy; gradients are those of the first.
LayerStep chain(const Fusion& fusion, const std::vector<float>& x, const std::vector<float>& dy) {
  std::vector<std::unique_ptr<SingleLayer>> layers;
  std::vector<std::vector<float>> activations = {x};
  Shape shape = fusion.input;
  for (const std::string& spec : fusion.plain) {
    layers.push_back(std::make_unique<SingleLayer>(Spec::parse(spec), shape, LayerSetting{.batch = kSamples}));
    layers.back()->draw_values();
    activations.push_back(layers.back()->forward(activations.back()));
    shape = layers.back()->output();
  }
  LayerStep result{.y = activations.back(), .dx = dy, .gradients = {}};
  for (std::size_t i = layers.size(); i-- > 0;) {
    LayerStep step = layers[i]->step(activations[i], result.dx);
    result.dx = step.dx;
    result.gradients = step.gradients;
  }
  return result;
}

class FusedLayers : public testing::TestWithParam<Fusion> {};
INSTANTIATE_TEST_SUITE_P(, FusedLayers,
                         testing::Values(Fusion{"conv_pool:out_channels=16,p=0.2",
                                                {"conv2d:out_channels=16", "relu", "max_pool2d", "dropout2d:p=0.2"},
                                                {10, 9, 1}},
                                         Fusion{"conv_pool:out_channels=16,kernel_size=2,pool_size=3,bias=false",
                                                {"conv2d:out_channels=16,kernel_size=2,bias=false", "relu",
                                                 "max_pool2d:kernel_size=3"},
                                                {8, 9, 16}},
                                         Fusion{"conv_pool:out_channels=5,stride=2",
                                                {"conv2d:out_channels=5,stride=2", "relu", "max_pool2d"},
                                                {11, 12, 3}}),
                         [](const auto& test) {
                           return case_name({test.param.fused, test.param.input});
                         });

/// Sums of n terms, in whatever order, differ by n roundings of the largest sum of magnitudes.
void expect_close(const std::vector<float>& a, const std::vector<float>& b, Index terms, double magnitude) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    ASSERT_NEAR(a[i], b[i], double(terms) * kernels::kEpsilon * magnitude) << "element " << i;
}

TEST_P(FusedLayers, DoWhatThePlainOnesDo) {
  Generator generator(31);
  SingleLayer layer(Spec::parse(GetParam().fused), GetParam().input, {.batch = kSamples});
  layer.draw_values();
  const std::vector<float> x = uniform(kSamples * GetParam().input.floats(), generator);
  const std::vector<float> dy = uniform(kSamples * layer.output().floats(), generator);
  const LayerStep fused = layer.step(x, dy), plain = chain(GetParam(), x, dy);
  // |x| <= 1, |w| <= 1/2, |dy| <= 1.25 after dropout, so each sum's terms are below 1.25.
  const Index depth = layer.parameters()[0].layout.rows, channels = layer.output().c;
  const Index positions = kSamples * layer.output().h * layer.output().w;
  expect_close(fused.y, plain.y, depth + 2, 1.25 * double(depth));
  expect_close(fused.dx, plain.dx, depth * channels, 1.25 * double(depth * channels));
  ASSERT_EQ(fused.gradients.size(), plain.gradients.size());
  for (std::size_t p = 0; p < fused.gradients.size(); ++p)
    expect_close(fused.gradients[p], plain.gradients[p], positions, 1.25 * double(positions));
}

}  // namespace
}  // namespace gradrace
