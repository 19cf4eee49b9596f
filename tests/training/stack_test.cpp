// Which memory layers share, and which gradients nobody computes.
#include "engine/training/stack.hpp"

#include <gtest/gtest.h>

#include "engine/training/trainer.hpp"
#include "tests/data_files.hpp"
#include "tests/races.hpp"

namespace gradrace {
namespace {

Network network_of(const std::vector<std::string>& layers) {
  Network network{.name = "test", .input = {12, 12, 1}, .layers = {}};
  for (const std::string& layer : layers) network.layers.push_back(Spec::parse(layer));
  return network;
}

/// The losses of a pass over the small set.
std::vector<float> losses_of(const std::vector<std::string>& layers) {
  const Dataset data = small_dataset();
  const kernels::Team team({.threads = 1});
  Options options;
  const auto optimizer = OptimizerRegistry::instance().make("adam", options);
  Trainer trainer(network_of(layers), kernels::Isa::best(), team, *optimizer, {.batch_size = 4});
  Generator generator(3);
  trainer.model().load(trainer.model().initial_values(generator));
  Batches batches(data.train, 4);
  std::vector<float> losses;
  trainer.train(batches, generator, [&](Index, float loss) {
    losses.push_back(loss);
    return true;
  });
  return losses;
}

/// Dropout works in place, but not where tanh's backward pass reads what it would overwrite. A pooling window of one
/// element changes nothing, and keeps the two apart.
TEST(Stack, LeavesAloneWhatABackwardPassReads) {
  for (const std::string smooth : {"tanh", "sigmoid", "relu"}) {
    const auto layers = [&](const std::vector<std::string>& between) {
      std::vector<std::string> all = {"fc1@linear:out_features=9", smooth};
      all.insert(all.end(), between.begin(), between.end());
      all.insert(all.end(), {"dropout:p=0.4", "fc2@linear:out_features=10"});
      return all;
    };
    EXPECT_EQ(losses_of(layers({})), losses_of(layers({"avg_pool2d:kernel_size=1"}))) << smooth;
  }
}

bool gradient_was_wanted = false;

/// Passes everything on, and tells whether its input's gradient is wanted.
class Probe final : public Layer {
 public:
  explicit Probe(Options&) {}
  Shape plan(const std::string& name, const Shape& input, LayerPlan& plan) override {
    floats_ = input.floats();
    plan.add({.name = name + ".weight",
              .shape = {1},
              .draw_initial = uniform_by_fan_in(1),
              .layout = {1, 1},
              .place = [](Index i) { return i; }});
    return input;
  }
  bool wants_all_samples() const override { return true; }
  void forward(const Context&, Range samples, Activations in, Activations out) const override {
    for (Index s = samples.begin; s < samples.end; ++s) std::copy_n(in[s], floats_, out[s]);
  }
  void backward(const Context&, Range samples, Activations, Activations, Activations d_out,
                Activations d_in) const override {
    gradient_was_wanted = bool(d_in);
    for (Index s = samples.begin; d_in && s < samples.end; ++s) std::copy_n(d_out[s], floats_, d_in[s]);
  }
  void parameter_gradient(const Context&, Index, Range panels, Activations, Activations,
                          float* gradient) const override {
    std::fill_n(gradient, panels.size() * kPanel, 0.0f);
  }

 private:
  Index floats_ = 0;
};

TEST(Stack, ComputesNoGradientThatNobodyNeeds) {
  static const LayerRegistry::Entry<Probe> entry("probe");
  const std::string linear = "linear:out_features=10";
  losses_of({"probe", linear});
  EXPECT_FALSE(gradient_was_wanted) << "of the images";
  losses_of({"relu", "max_pool2d", "probe", linear});
  EXPECT_FALSE(gradient_was_wanted) << "of layers without parameters";
  losses_of({linear, "relu", "probe"});
  EXPECT_TRUE(gradient_was_wanted);
}

TEST(Trainer, RefusesImagesThatAreNotOfTheNetworksInput) {
  const Dataset data = small_dataset();
  const kernels::Team team({.threads = 1});
  Options options;
  const auto optimizer = OptimizerRegistry::instance().make("adam", options);
  Network network = network_of({"linear:out_features=10"});
  network.input = {28, 28, 1};
  Trainer trainer(network, kernels::Isa::best(), team, *optimizer, {});
  Generator generator(3);
  trainer.model().load(trainer.model().initial_values(generator));
  Batches batches(data.train, 4);
  const std::string sentence = "expected images of 784 values, the network's input, found images of 144";
  const auto train = [&] { trainer.train(batches, generator, [](Index, float) { return true; }); };
  expect_contains(error_of(ExitCode::kUsage, train), sentence);
  expect_contains(error_of(ExitCode::kUsage, [&] { trainer.evaluate(data.test, generator); }), sentence);
}

}  // namespace
}  // namespace gradrace
