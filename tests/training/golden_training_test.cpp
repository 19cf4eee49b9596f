// A miniature of the whole experiment against PyTorch: losses of every step, test results and parameter differences, in
// both orders of random numbers.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "engine/data/idx.hpp"
#include "engine/training/trainer.hpp"
#include "tests/golden.hpp"

namespace gradrace {
namespace {

using Json = nlohmann::ordered_json;

ImageSet read_images(const std::filesystem::path& directory, const std::string& part) {
  return join_images_and_labels(read_idx(directory / (part + "-images-idx3-ubyte.gz"), IdxKind::kImages),
                                read_idx(directory / (part + "-labels-idx1-ubyte.gz"), IdxKind::kLabels));
}

/// Every way to compute the same network.
struct Way {
  const char* name;
  bool fuse;
  KernelChoice kernels;
};
const Way kWays[] = {{"fused", true, {}},
                     {"fused_im2col", true, {kernels::ConvMethod::kIm2col}},
                     {"fused_implicit", true, {kernels::ConvMethod::kImplicit}},
                     {"fused_winograd2", true, {kernels::ConvMethod::kWinograd2}},
                     {"fused_winograd4", true, {kernels::ConvMethod::kWinograd4}},
                     {"plain_winograd4", false, {kernels::ConvMethod::kWinograd4}},
                     {"plain_winograd2", false, {kernels::ConvMethod::kWinograd2}},
                     {"plain_implicit", false, {kernels::ConvMethod::kImplicit}},
                     {"plain_im2col", false, {kernels::ConvMethod::kIm2col}}};

/// Whether tiles of 4 run in cn2, which is also what its shape chooses: the design allows them more.
bool has_tiles_of_4(const KernelChoice& choice) {
  return choice.conv.value_or(kernels::ConvMethod::kWinograd4) == kernels::ConvMethod::kWinograd4;
}

struct Tolerance {
  double first10, all;
};
Tolerance tolerance_of(const std::string& optimizer, const KernelChoice& choice) {  // design, section 1
  const bool winograd4 = has_tiles_of_4(choice);
  return {winograd4 ? 2e-5 : 5e-6, optimizer == "adadelta" ? 2e-5 : winograd4 ? 5e-3 : 2e-3};
}

void expect_losses(const std::vector<float>& actual, const Json& expected, const Tolerance& tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i)
    ASSERT_NEAR(actual[i], expected[i].get<double>(), i < 10 ? tolerance.first10 : tolerance.all) << "step " << i + 1;
}

Normalization normalization(const Json& meta) {
  const Json& numbers = meta.at("normalize");
  return {.mean = {numbers[0].get<double>()}, .deviation = {numbers[1].get<double>()}, .source = "golden"};
}

struct Trained {
  std::vector<float> losses;
  std::vector<TestResult> tests;
  std::vector<NamedTensor> values;
};

/// One optimizer of a golden run, by Gradrace.
Trained train(const Way& way, const Json& meta, const std::string& name, const std::vector<NamedTensor>& init,
              const ImageSet& train_set, const ImageSet& test_set, Generator& generator) {
  std::map<std::string, std::string> given;
  for (const auto& [key, value] : meta.at("optimizers").at(name).items()) given[key] = value.dump();
  Options options(given);
  const auto optimizer = OptimizerRegistry::instance().make(name, options);
  const kernels::Team team(2);
  Trainer trainer(mnist_convnet(train_set.height, train_set.width), kernels::Isa::best(), team, *optimizer,
                  {.batch_size = meta.at("batch"),
                   .test_batch_size = meta.at("test_batch"),
                   .kernels = way.kernels,
                   .fuse = way.fuse,
                   .normalization = normalization(meta)});
  trainer.model().load(init);
  Batches batches(train_set, meta.at("batch"));
  Trained run;
  for (int epoch = 0; epoch < meta.at("epochs").get<int>(); ++epoch) {
    trainer.train(batches, generator, [&](Index, float loss) {
      run.losses.push_back(loss);
      return true;
    });
    run.tests.push_back(trainer.evaluate(test_set, generator));
  }
  run.values = trainer.model().values();
  return run;
}

class GoldenTraining : public testing::TestWithParam<std::tuple<const char*, Way>> {};

TEST_P(GoldenTraining, FollowsPyTorch) {
  const auto& [order, way] = GetParam();
  const Json trace = golden::json(std::string("experiment/trace_") + order + ".json"), meta = trace.at("meta");
  const ImageSet train_set = read_images(golden::path("experiment"), "train");
  const ImageSet test_set = read_images(golden::path("experiment"), "t10k");
  Generator generator(meta.at("seed").get<std::uint64_t>());
  const auto init = Model(mnist_convnet(train_set.height, train_set.width), {}, kernels::Isa::best(), 1, 1, nullptr)
                        .initial_values(generator);
  const Generator after_init = generator;
  std::map<std::string, Trained> runs;
  for (const auto& [name, unused] : meta.at("optimizers").items()) {
    SCOPED_TRACE(name);
    if (meta.at("protocol") == "paired") generator = after_init;
    const Trained& run = runs[name] = train(way, meta, name, init, train_set, test_set, generator);
    const Tolerance tolerance = tolerance_of(name, way.kernels);
    expect_losses(run.losses, trace.at(name).at("train_loss"), tolerance);
    const Json& tests = trace.at(name).at("test");
    ASSERT_EQ(run.tests.size(), tests.size());
    for (std::size_t e = 0; e < tests.size(); ++e) {
      EXPECT_NEAR(run.tests[e].loss, tests[e].at("loss").get<double>(), tolerance.all);
      EXPECT_NEAR(double(run.tests[e].correct), tests[e].at("correct").get<double>(), name == "adadelta" ? 0 : 1);
    }
  }
  if (runs.size() < 2) return;
  const Trained &a = runs.at("adadelta"), &b = runs.at("adam");
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    double difference = 0;
    for (std::size_t k = 0; k < a.values[i].values.size(); ++k)
      difference += double(a.values[i].values[k]) - double(b.values[i].values[k]);
    difference /= double(a.values[i].values.size());
    const Json& expected = trace.at("parameter_difference").at(a.values[i].name);
    EXPECT_NEAR(difference, expected.at("mean_difference").get<double>(), 1e-4) << a.values[i].name;
  }
}

INSTANTIATE_TEST_SUITE_P(Order, GoldenTraining,
                         testing::Combine(testing::Values("continue", "paired"), testing::ValuesIn(kWays)),
                         [](const auto& param) {
                           return std::string(std::get<0>(param.param)) + "_" + std::get<1>(param.param).name;
                         });

TEST(GoldenClipping, FollowsPyTorch) {
  const Json file = golden::json("experiment/clipped.json"), meta = file.at("meta");
  const ImageSet images = read_images(golden::path("experiment"), "train");
  for (const Json& entry : file.at("cases")) {
    SCOPED_TRACE(entry.at("options").dump());
    std::map<std::string, std::string> given;
    for (const auto& [key, value] : entry.at("options").items()) given[key] = value.dump();
    Options options(given);
    const auto optimizer = OptimizerRegistry::instance().make(entry.at("optimizer"), options);
    const kernels::Team team(2);
    Trainer trainer(mnist_convnet(images.height, images.width), kernels::Isa::best(), team, *optimizer,
                    {.batch_size = meta.at("batch"),
                     .clip_grad_norm = entry.at("clip_grad_norm"),
                     .normalization = normalization(meta)});
    Generator generator(meta.at("seed").get<std::uint64_t>());
    trainer.model().load(trainer.model().initial_values(generator));
    Batches batches(images, meta.at("batch"));
    std::vector<float> losses;
    trainer.train(batches, generator, [&](Index, float loss) {
      losses.push_back(loss);
      return true;
    });
    expect_losses(losses, entry.at("train_loss"), {5e-6, 2e-5});
  }
}

/// The original experiment: Adadelta, then Adam from the same weights, while the random numbers go on.
class GoldenMnist : public testing::Test {
 protected:
  void SetUp() override {
    const char* directory = std::getenv("GRADRACE_DATA_DIR");
    if (!directory) GTEST_SKIP() << "GRADRACE_DATA_DIR names no MNIST directory";
    images_ = read_images(directory, "train");
  }

  /// Draws the initial weights.
  void begin(std::uint64_t seed, Index batch) {
    generator_ = Generator(seed);
    batch_ = batch;
    weights_ = model().initial_values(generator_);
  }

  /// Draws what this many epochs of training and evaluation draw.
  void skip(std::size_t epochs) {
    Model model = this->model();
    Batches batches(images_, batch_);
    for (std::size_t epoch = 0; epoch < epochs; ++epoch) {
      batches.begin_shuffled(generator_);
      for (Index b = 0; b < batches.count(); ++b)
        model.draw(model.context(0, batches.size(b), true), generator_, DropoutStream::kMt19937);
      begin_pass(generator_);
    }
  }

  /// The first losses of an optimizer that begins here.
  std::vector<float> losses(const std::string& name, const std::string& lr, Index steps,
                            TrainerOptions trainer_options = {}) const {
    trainer_options.batch_size = batch_;
    Options options(std::map<std::string, std::string>{{"lr", lr}});
    const auto optimizer = OptimizerRegistry::instance().make(name, options);
    const kernels::Team team(2);
    Trainer trainer(network(), kernels::Isa::best(), team, *optimizer, trainer_options);
    trainer.model().load(weights_);
    Generator generator = generator_;
    Batches batches(images_, batch_);
    batches.begin_shuffled(generator);
    std::vector<float> result;
    for (Index step = 0; step < steps; ++step) result.push_back(trainer.step(batches, step, generator));
    return result;
  }

  /// In every way to compute them, they must be as many as a list of PyTorch's says, or the first of it.
  void expect_first_losses(const std::string& name, const std::string& lr, const Json& expected, Index steps) const {
    for (const Way& way : kWays) {
      SCOPED_TRACE(name + " " + way.name);
      const std::vector<float> actual = losses(name, lr, steps, {.kernels = way.kernels, .fuse = way.fuse});
      for (std::size_t i = 0; i < actual.size(); ++i)
        ASSERT_NEAR(actual[i], expected.at(i).get<double>(), 5e-6) << "step " << i + 1;
    }
  }

 private:
  Network network() const { return mnist_convnet(images_.height, images_.width); }
  Model model() const { return Model(network(), {}, kernels::Isa::best(), 1, batch_, nullptr); }

  ImageSet images_;
  Index batch_ = 0;
  Generator generator_{0};
  std::vector<NamedTensor> weights_;
};

TEST_F(GoldenMnist, FirstLossesFollowPyTorch1) {
  const Json file = golden::json("mnist_first_losses.json");
  begin(0, 32);
  expect_first_losses("adadelta", file.at("options").at("lr"), file.at("adadelta"), std::ssize(file.at("adadelta")));
}

TEST_F(GoldenMnist, FirstLossesFollowPyTorch2) {
  const Json file = golden::json("torch2/mnist.json"), runs = file.at("runs");
  begin(file.at("meta").at("seed"), file.at("meta").at("batch"));
  expect_first_losses("adadelta", "0.5", runs.at("adadelta").at("train_loss_first_100"), 40);
  skip(runs.at("adadelta").at("epochs").size());
  expect_first_losses("adam", "0.001", runs.at("adam").at("train_loss_first_100"), 10);
}

TEST_F(GoldenMnist, FirstLossOfTheMklStreamIsThePublishedOne) {
  begin(0, 32);
  EXPECT_NEAR(losses("adadelta", "0.5", 1, {.dropout_stream = DropoutStream::kMkl})[0], 2.310609, 1e-5);
}

}  // namespace
}  // namespace gradrace
