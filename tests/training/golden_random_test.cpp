/// Initial weights, sample orders and dropout masks against PyTorch's, exactly.

#include <algorithm>
#include <array>
#include <bit>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/random.hpp"
#include "engine/plan/initial.hpp"
#include "tests/golden.hpp"

namespace gradrace {
namespace {

using Json = nlohmann::ordered_json;

/// The mask of one dropout layer of the experiment.
struct Dropout {
  std::string name;
  Index width;
  double keep;
};
const std::array<Dropout, 2> kDropouts = {{{"dp1", 32, 0.9}, {"dp2", 64, 0.75}}};

/// Draws the network's initial weights and hands each tensor to `visit`; leaves the generator where training starts.
template <class Visit>
Generator init_network(const Json& trace, Visit visit) {
  Generator generator(trace["meta"]["seed"].get<std::uint64_t>());
  for (const golden::Layer& layer : golden::network()) {
    std::vector<float> weight(golden::Layer::size(layer.weight_shape)), bias(layer.weight_shape[0]);
    uniform_by_fan_in(layer.fan_in())(generator, weight);
    uniform_by_fan_in(layer.fan_in())(generator, bias);
    visit(layer.name + ".weight", layer.weight_shape, weight);
    visit(layer.name + ".bias", std::vector<Index>{layer.weight_shape[0]}, bias);
  }
  return generator;
}
Generator init_network(const Json& trace) {
  return init_network(trace, [](const auto&...) {});
}

/// What one optimizer's run takes from the generator.
struct Draws {
  std::vector<std::vector<std::uint32_t>> orders;  ///< of every epoch
  std::vector<std::vector<float>> masks;           ///< of every step, both layers
};
Draws draw_run(Generator& generator, const Json& trace, const Json& run) {
  const Index samples = std::ssize(run["sample_order"][0]), batch = trace["meta"]["batch"];
  Draws draws;
  for (Index epoch = 0; epoch < trace["meta"]["epochs"].get<Index>(); ++epoch) {
    permutation(begin_shuffled_pass(generator), draws.orders.emplace_back(samples));
    for (Index begin = 0; begin < samples; begin += batch)
      for (const Dropout& dropout : kDropouts)
        draw_dropout(generator, DropoutStream::kMt19937, dropout.keep,
                     draws.masks.emplace_back(std::min(batch, samples - begin) * dropout.width));
    begin_pass(generator);  // the evaluation
  }
  return draws;
}

void expect_orders(const Json& run, const Draws& draws) {
  for (std::size_t epoch = 0; epoch < run["sample_order"].size(); ++epoch)
    EXPECT_EQ(draws.orders.at(epoch), run["sample_order"][epoch].get<std::vector<std::uint32_t>>())
        << "epoch " << epoch;
}

TEST(GoldenInit, EveryTensorHasPyTorchsDigest) {
  for (const std::string file : {"trace_continue", "trace_paired", "clipped"}) {
    const Json trace = golden::json("experiment/" + file + ".json");
    std::size_t tensors = 0;
    init_network(trace, [&](const std::string& name, const auto&, const std::vector<float>& values) {
      const auto expected = trace["meta"]["init_sha256"].at(name).get<std::string>();
      EXPECT_EQ(golden::sha256(values), expected) << name << ", " << file;
      ++tensors;
    });
    EXPECT_EQ(tensors, trace["meta"]["init_sha256"].size());
  }
}

/// The digests say all there is to say; where the weights themselves lie beside them, this one says which bit differs.
TEST(GoldenInit, EveryBitIsPyTorchs) {
  const Json trace = golden::json("experiment/trace_continue.json");
  if (!std::filesystem::exists(golden::path("experiment/init.safetensors"))) return;
  const auto expected = golden::tensors("experiment/init.safetensors");
  init_network(trace, [&](const std::string& name, const std::vector<Index>& shape, const std::vector<float>& values) {
    const golden::Tensor& tensor = expected.at(name);
    EXPECT_EQ(tensor.shape, shape) << name;
    ASSERT_EQ(tensor.floats.size(), values.size()) << name;
    for (std::size_t i = 0; i < values.size(); ++i)
      ASSERT_EQ(std::bit_cast<std::uint32_t>(values[i]), std::bit_cast<std::uint32_t>(tensor.floats[i]))
          << name << ", element " << i;
  });
}

TEST(GoldenOrder, OneGeneratorRunsOnThroughAllOptimizers) {
  const Json trace = golden::json("experiment/trace_continue.json");
  Generator generator = init_network(trace);
  for (const auto& [optimizer, options] : trace["meta"]["optimizers"].items()) {
    SCOPED_TRACE(optimizer);
    const Json& run = trace[optimizer];
    ASSERT_EQ(run["sample_order"].size(), trace["meta"]["epochs"]);
    expect_orders(run, draw_run(generator, trace, run));
  }
}

TEST(GoldenOrder, PairedOptimizersSeeTheSameBatches) {
  const Json trace = golden::json("experiment/trace_paired.json");
  const Generator after_init = init_network(trace);
  for (const auto& [optimizer, options] : trace["meta"]["optimizers"].items()) {
    SCOPED_TRACE(optimizer);
    Generator generator = after_init;
    ASSERT_GE(trace[optimizer]["sample_order"].size(), 1u);
    expect_orders(trace[optimizer], draw_run(generator, trace, trace[optimizer]));
  }
}

TEST(GoldenDropout, MasksOfTheFirstTwoSteps) {
  const Json trace = golden::json("experiment/trace_continue.json");
  const std::string first_optimizer = trace["meta"]["optimizers"].begin().key();
  Generator generator = init_network(trace);
  const Draws draws = draw_run(generator, trace, trace[first_optimizer]);

  for (std::size_t i = 0; i < 2 * kDropouts.size(); ++i) {
    const Dropout& dropout = kDropouts[i % kDropouts.size()];
    const std::string name = fmt::format("step{}_{}", i / kDropouts.size(), dropout.name);
    std::vector<float> expected;
    for (const Json& row : trace["dropout_masks_first_two_steps"].at(name))
      for (const Json& kept : row) expected.push_back(kept.get<float>() / static_cast<float>(dropout.keep));
    EXPECT_EQ(draws.masks.at(i), expected) << name;
  }
}

}  // namespace
}  // namespace gradrace
