// The promises of a training step: the same bits for any number of threads, agreement between instruction sets, no
// allocation.
#include "engine/training/trainer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <mutex>
#include <set>
#include <thread>

#include "tests/allocations.hpp"
#include "tests/convnet.hpp"

namespace gradrace {
namespace {

/// Noise with a label that a network can learn: the brightest quarter of the image.
ImageSet noise(Index count, std::uint64_t seed) {
  Generator generator(seed);
  ImageSet set{.count = count,
               .height = 28,
               .width = 28,
               .classes = 10,
               .pixels = std::vector<std::uint8_t>(std::size_t(count * 28 * 28)),
               .labels = std::vector<std::uint8_t>(std::size_t(count))};
  for (auto& label : set.labels) label = std::uint8_t(generator.next32() % 10);
  for (std::size_t i = 0; i < set.pixels.size(); ++i)
    set.pixels[i] = std::uint8_t((generator.next32() >> 24) * set.labels[i / 784] / 9);
  return set;
}

struct Outcome {
  std::vector<float> losses;
  std::vector<NamedTensor> values;
};

Outcome run(const std::string& optimizer_name, const kernels::Isa& isa, Index threads, Index batch_size, Index steps,
            std::optional<double> clip_grad_norm = {}) {
  const ImageSet images = noise(batch_size * 7 + 3, 5);
  const kernels::Team team(threads);
  Options options;
  const auto optimizer = OptimizerRegistry::instance().make(optimizer_name, options);
  Trainer trainer(convnet(28, 28), isa, team, *optimizer, {.batch_size = batch_size, .clip_grad_norm = clip_grad_norm});
  Generator generator(1);
  trainer.model().load(trainer.model().initial_values(generator));
  Batches batches(images, batch_size);
  Outcome outcome;
  while (Index(outcome.losses.size()) < steps)
    trainer.train(batches, generator, [&](Index, float loss) {
      outcome.losses.push_back(loss);
      return Index(outcome.losses.size()) < steps;
    });
  outcome.values = trainer.model().values();
  return outcome;
}

bool same_bits(const Outcome& a, const Outcome& b) {
  bool same = a.losses == b.losses && a.values.size() == b.values.size();
  for (std::size_t i = 0; same && i < a.values.size(); ++i) same = a.values[i].values == b.values[i].values;
  return same;
}

/// More workers than a layer that they share has parts: some have no work.
constexpr int kManyThreads = 13;

class TrainerThreads : public testing::TestWithParam<std::tuple<const char*, Index>> {};

TEST_P(TrainerThreads, AnyNumberGivesTheSameBits) {
  const auto [optimizer, batch] = GetParam();
  const Outcome one = run(optimizer, kernels::Isa::best(), 1, batch, 100);
  for (const Index threads : {2, 3, 5, 8, kManyThreads}) {
    std::set<std::thread::id> ids;
    std::mutex mutex;
    kernels::Team(threads).run([&](kernels::Worker worker) noexcept {
      EXPECT_EQ(worker.count(), threads);
      const std::lock_guard lock(mutex);
      ids.insert(std::this_thread::get_id());
    });
    ASSERT_EQ(Index(ids.size()), threads);
    EXPECT_TRUE(same_bits(one, run(optimizer, kernels::Isa::best(), threads, batch, 100))) << threads << " threads";
  }
}

INSTANTIATE_TEST_SUITE_P(Batch, TrainerThreads,
                         testing::Combine(testing::Values("adam", "adadelta"), testing::Values<Index>(32, 20, 7)),
                         [](const auto& param) {
                           return std::string(std::get<0>(param.param)) + "_" +
                                  std::to_string(std::get<1>(param.param));
                         });

/// Down to one sample a worker, and less.
TEST(Trainer, GivesTheSameBitsWithUpTo33WorkersOnEveryInstructionSet) {
  constexpr Index kSteps = 3;
  for (const kernels::Isa& isa : kernels::Isa::available())
    for (const Index batch : {1, 7, 20, 32, 33}) {
      const Outcome one = run("adam", isa, 1, batch, kSteps);
      for (const Index threads : {2, 6, 9, 16, 31, 32, 33})
        EXPECT_TRUE(same_bits(one, run("adam", isa, threads, batch, kSteps)))
            << isa.name() << ", batch " << batch << ", " << threads << " threads";
    }
}

TEST(Trainer, EvaluatesWithAnyNumberOfThreadsAlike) {
  const ImageSet images = noise(64 + 3, 5);  // in the last batch, all workers but one have no samples
  const auto losses = [&](Index threads) {
    const kernels::Team team(threads);
    Options options;
    const auto optimizer = OptimizerRegistry::instance().make("adam", options);
    Trainer trainer(convnet(28, 28), kernels::Isa::best(), team, *optimizer, {.test_batch_size = 32});
    Generator generator(1);
    trainer.model().load(trainer.model().initial_values(generator));
    std::vector<Answer> answers(std::size_t(images.count));
    std::vector<double> list = {trainer.evaluate(images, generator, answers).loss};
    for (const Answer& answer : answers) list.push_back(double(answer.loss));
    return list;
  };
  EXPECT_EQ(losses(1), losses(kManyThreads));
}

TEST(Trainer, InstructionSetsAgreeButAreNotTheSameCode) {
  if (kernels::Isa::available().size() < 2) GTEST_SKIP() << "this CPU has no second instruction set";
  const Outcome best = run("adam", kernels::Isa::best(), 2, 32, 10);
  const Outcome last = run("adam", kernels::Isa::available().back(), 2, 32, 10);
  for (std::size_t i = 0; i < 10; ++i) EXPECT_NEAR(best.losses[i], last.losses[i], 1e-4) << "step " << i + 1;
  EXPECT_FALSE(same_bits(best, last)) << "fused and separate roundings cannot agree in every bit";
}

TEST(Trainer, LossFalls) {
  const Outcome outcome = run("adam", kernels::Isa::best(), 2, 32, 60);
  EXPECT_LT(outcome.losses.back(), outcome.losses.front() / 2);
}

class TrainerWithEach : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Optimizer, TrainerWithEach, testing::ValuesIn(OptimizerRegistry::instance().names()),
                         [](const auto& test) { return test.param; });

TEST_P(TrainerWithEach, AnyNumberOfThreadsGivesTheSameBits) {
  const Outcome one = run(GetParam(), kernels::Isa::best(), 1, 20, 20);
  EXPECT_TRUE(same_bits(one, run(GetParam(), kernels::Isa::best(), 3, 20, 20)));
}

TEST(TrainerClipping, GivesTheSameBitsForAnyNumberOfThreads) {
  for (const char* optimizer : {"adadelta", "muon"}) {
    const Outcome one = run(optimizer, kernels::Isa::best(), 1, 20, 20, 0.1);
    EXPECT_FALSE(same_bits(one, run(optimizer, kernels::Isa::best(), 1, 20, 20))) << "nothing was clipped";
    for (const Index threads : {2, 3, 8})
      EXPECT_TRUE(same_bits(one, run(optimizer, kernels::Isa::best(), threads, 20, 20, 0.1)))
          << optimizer << ", threads: " << threads;
  }
}

TEST(TrainerClipping, LeavesSmallGradientsAlone) {
  EXPECT_TRUE(
      same_bits(run("adam", kernels::Isa::best(), 2, 20, 10, 1e6), run("adam", kernels::Isa::best(), 2, 20, 10)));
}

class TrainerAllocations : public testing::TestWithParam<std::tuple<std::string, double>> {};
INSTANTIATE_TEST_SUITE_P(Optimizer, TrainerAllocations,
                         testing::Combine(testing::ValuesIn(OptimizerRegistry::instance().names()),
                                          testing::Values(0.0, 0.1)),
                         [](const auto& test) {
                           return std::get<0>(test.param) + (std::get<1>(test.param) > 0 ? "_clipped" : "");
                         });

TEST_P(TrainerAllocations, StepsAndEvaluationAllocateNothing) {
  const auto [name, max_norm] = GetParam();
  const ImageSet images = noise(67, 5);
  const kernels::Team team(2);
  Options options;
  const auto optimizer = OptimizerRegistry::instance().make(name, options);
  TrainerOptions trainer_options;
  if (max_norm > 0) trainer_options.clip_grad_norm = max_norm;
  Trainer trainer(convnet(28, 28), kernels::Isa::best(), team, *optimizer, trainer_options);
  Generator generator(1);
  trainer.model().load(trainer.model().initial_values(generator));
  Batches batches(images, 32);
  batches.begin_shuffled(generator);
  trainer.step(batches, 0, generator);  // the OpenMP runtime makes its threads here
  const long before = allocation_count();
  for (int pass = 0; pass < 3; ++pass) {
    batches.begin_shuffled(generator);
    for (Index b = 0; b < batches.count(); ++b) trainer.step(batches, b, generator);
  }
  EXPECT_EQ(allocation_count() - before, 0);
  ::operator delete(::operator new(1));  // which no compiler may leave out, as it may a new expression
  EXPECT_GT(allocation_count() - before, 0) << "the counter works";
}

/// What a dense layer's first step leaves that is not finite; pixels are divided by `deviation`.
std::string not_finite_after_step(const std::string& optimizer_and_options, double deviation, Index threads) {
  const ImageSet images = noise(32, 5);
  const kernels::Team team(threads);
  const Spec spec = Spec::parse(optimizer_and_options);
  Options options(spec.options);
  const auto optimizer = OptimizerRegistry::instance().make(spec.name, options);
  TrainerOptions trainer_options;
  trainer_options.normalization.deviation = {deviation};
  Trainer trainer(fitted(find_network("logreg"), {28, 28, 1}, 10), kernels::Isa::best(), team, *optimizer,
                  trainer_options);
  Generator generator(1);
  trainer.model().load(trainer.model().initial_values(generator));
  Batches batches(images, 32);
  batches.begin_in_order(generator);
  trainer.step(batches, 0, generator);
  return trainer.model().not_finite_after_step();
}

TEST(Trainer, NamesWhatIsNotFiniteAfterAStep) {
  for (const Index threads : {1, 3}) {
    EXPECT_EQ(not_finite_after_step("adam", 0.3, threads), "");
    EXPECT_EQ(not_finite_after_step("adam:eps=0", 0.3, threads), "") << "what fills up the last panel does not count";
    EXPECT_EQ(not_finite_after_step("adam", 1e-40, threads), "the gradient of fc.weight");
    EXPECT_EQ(not_finite_after_step("adam", 1e-25, threads), "state 2 of fc.weight") << "squares of gradients";
    EXPECT_EQ(not_finite_after_step("sgd:lr=3e38", 1e-3, threads), "fc.weight");
    EXPECT_EQ(not_finite_after_step("muon", 0.3, threads), "");
    EXPECT_EQ(not_finite_after_step("muon", 1e-40, threads), "state 1 of fc.weight") << "a matrix's momentum";
  }
}

TEST(Trainer, NotANumberInAnImagesPlaceOrAWeightReachesTheLoss) {
  const ImageSet images = noise(32, 5);
  const kernels::Team team(2);
  for (const char* name :
       {"cn1.weight", "cn1.bias", "cn2.weight", "cn2.bias", "fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"}) {
    Options options;
    const auto optimizer = OptimizerRegistry::instance().make("adam", options);
    Trainer trainer(convnet(28, 28), kernels::Isa::best(), team, *optimizer, {});
    Generator generator(1);
    auto values = trainer.model().initial_values(generator);
    for (NamedTensor& tensor : values)
      if (tensor.name == name) tensor.values.back() = std::numeric_limits<float>::quiet_NaN();
    trainer.model().load(values);
    Batches batches(images, 32);
    batches.begin_shuffled(generator);
    EXPECT_TRUE(std::isnan(trainer.step(batches, 0, generator))) << name;
  }
}

}  // namespace
}  // namespace gradrace
