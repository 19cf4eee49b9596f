// conv_pool, and conv2d with ReLU, against the layers that they stand for: the same outputs and gradients from the same
// draws.
#include <gtest/gtest.h>

#include <cmath>
#include <memory>

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

std::vector<float> absolute(std::vector<float> values) {
  for (float& v : values) v = std::abs(v);
  return values;
}

/// What layers one after the other make of x and dy, and the sums of magnitudes behind it; both of the gradients that
/// the first layer forms.
struct Chain {
  LayerStep step, magnitudes;
};

Chain chain(const Fusion& fusion, const std::vector<float>& x, const std::vector<float>& dy) {
  std::vector<std::unique_ptr<SingleLayer>> layers;
  std::vector<std::vector<float>> activations = {x};
  Shape shape = fusion.input;
  for (const std::string& spec : fusion.plain) {
    layers.push_back(std::make_unique<SingleLayer>(Spec::parse(spec), shape, LayerSetting{.batch = kSamples}));
    layers.back()->draw_values();
    activations.push_back(layers.back()->forward(activations.back()));
    shape = layers.back()->output();
  }
  std::vector<float> gradient = dy;
  for (std::size_t i = layers.size(); i-- > 1;) gradient = layers[i]->step(activations[i], gradient).dx;
  SingleLayer& first = *layers.front();
  Chain result{.step = first.step(x, gradient), .magnitudes = {}};
  result.step.y = activations.back();
  for (std::size_t p = 0; p < first.parameters().size(); ++p)
    for (Index i = 0; i < first.parameters()[p].count(); ++i) first.value(p, i) = std::abs(first.value(p, i));
  first.refresh();
  result.magnitudes = first.step(absolute(x), absolute(gradient));
  return result;
}

class FusedLayers : public testing::TestWithParam<Fusion> {};
INSTANTIATE_TEST_SUITE_P(
    , FusedLayers,
    testing::Values(
        Fusion{"conv_pool:out_channels=16,p=0.2",
               {"conv2d:out_channels=16", "relu", "max_pool2d", "dropout2d:p=0.2"},
               {10, 9, 1}},
        Fusion{"conv_pool:out_channels=16,kernel_size=2,pool_size=3,bias=false",
               {"conv2d:out_channels=16,kernel_size=2,bias=false", "relu", "max_pool2d:kernel_size=3"},
               {8, 9, 16}},
        Fusion{
            "conv_pool:out_channels=5,stride=2", {"conv2d:out_channels=5,stride=2", "relu", "max_pool2d"}, {11, 12, 3}},
        Fusion{"conv2d:out_channels=16,relu=true", {"conv2d:out_channels=16", "relu"}, {10, 9, 1}},
        Fusion{"conv2d:out_channels=16,padding=1,relu=true", {"conv2d:out_channels=16,padding=1", "relu"}, {8, 9, 16}}),
    [](const auto& test) {
      return case_name({test.param.fused, test.param.input});
    });

/// Sums of n terms, in whatever order: each is off by n / 2 roundings of the sum of magnitudes.
void expect_close(const std::vector<float>& a, const std::vector<float>& b, Index n, const std::vector<float>& sum) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    ASSERT_NEAR(a[i], b[i], double(n + 2) * kernels::kEpsilon * double(sum[i])) << "element " << i;
}

TEST_P(FusedLayers, DoWhatThePlainOnesDo) {
  Generator generator(31);
  SingleLayer layer(Spec::parse(GetParam().fused), GetParam().input, {.batch = kSamples});
  layer.draw_values();
  const std::vector<float> x = uniform(kSamples * GetParam().input.floats(), generator);
  const std::vector<float> dy = uniform(kSamples * layer.output().floats(), generator);
  const LayerStep fused = layer.step(x, dy);
  const auto [plain, magnitudes] = chain(GetParam(), x, dy);
  kernels::expect_same_bits(fused.y, plain.y);
  const std::vector<Index>& weight = layer.parameters()[0].shape;  // [out][in][ky][kx]
  expect_close(fused.dx, plain.dx, weight[0] * weight[2] * weight[3], magnitudes.dx);
  ASSERT_EQ(fused.gradients.size(), plain.gradients.size());
  const Index terms = kSamples * layer.output().h * layer.output().w;  // maxima of a channel
  for (std::size_t p = 0; p < fused.gradients.size(); ++p)
    expect_close(fused.gradients[p], plain.gradients[p], terms, magnitudes.gradients[p]);
}

}  // namespace
}  // namespace gradrace
