#include "engine/race/race.hpp"

#include <barrier>
#include <cmath>
#include <thread>

#include <gtest/gtest.h>

#include "tests/data_files.hpp"
#include "tests/races.hpp"

namespace gradrace {
namespace {

std::vector<std::string> labels(const std::vector<std::string>& texts) {
  std::vector<Spec> specs;
  for (const std::string& text : texts) specs.push_back(Spec::parse(text));
  std::vector<std::string> found;
  for (const Entrant& entrant : line_up(specs)) found.push_back(entrant.label);
  return found;
}

/// Writes down what happens, and sets `stop` after a number of steps.
class Witness final : public RaceObserver {
 public:
  explicit Witness(Index stop_after = -1) : left_(stop_after) {}
  void run_began(const RaceResult& race) override { seen += race.runs.back().label + "("; }
  void step_done(const RaceResult&, const StepEvent& step) override {
    seen += std::to_string(step.epoch) + "." + std::to_string(step.batch) + " ";
    if (--left_ == 0) stop = 2;
  }
  void epoch_done(const RaceResult&) override { seen += "| "; }
  void run_ended(const RaceResult& race) override {
    seen += std::string(name(race.runs.back().status)) + ")";
    ended.push_back(race.runs.back());
  }

  std::string seen;
  std::vector<RunResult> ended;  // with their models
  std::atomic<int> stop{0};

 private:
  Index left_;
};

RaceResult run_with(const RaceOptions& options, Witness& witness) {
  RaceObserver* const observers[] = {&witness};
  return Race(options).run(small_dataset(), observers, witness.stop);
}

TEST(Race, CountsSubnormalsAtTheEndOfARun) {
  const float subnormal = 1e-40f;
  const std::vector<NamedTensor> tensors = {{"a", {3}, {subnormal, 0, 1}}, {"b", {2}, {-subnormal, NAN}}};
  EXPECT_EQ(count_subnormals(tensors), 2);
  RaceOptions options = small_race({"sgd:lr=0"});
  options.init = run_race(options, small_dataset()).initial;
  options.init.front().values.front() = subnormal;
  options.subnormals = kernels::Subnormals::kKeep;
  EXPECT_EQ(run_race(options, small_dataset()).runs[0].subnormals->weights, 1);
  options.subnormals = kernels::Subnormals::kFlush;
  EXPECT_EQ(run_race(options, small_dataset()).runs[0].subnormals->weights, 0);
}

TEST(Labels, AreNamesWithANumberWhereTaken) {
  EXPECT_EQ(labels({"adam", "adadelta", "adam:lr=1", "adam"}),
            (std::vector<std::string>{"adam", "adadelta", "adam-2", "adam-3"}));
  EXPECT_EQ(labels({"adam", "adam", "adam-2@adam"}), (std::vector<std::string>{"adam", "adam-3", "adam-2"}));
}

TEST(Labels, MustBeUniqueAndNameFiles) {
  const std::vector<std::string> too_long(1, fmt::format("{:a>65}@adam", ""));
  expect_contains(error_of(ExitCode::kUsage, [] { labels({"a@adam", "a@adadelta"}); }), "two optimizers");
  for (const char* bad : {"../a@adam", ".a@adam", "-a@adam", "a b@adam", "a,b@adam", "\xc3\xa4@adam", "@adam"})
    error_of(ExitCode::kUsage, [&] { labels({bad}); });
  error_of(ExitCode::kUsage, [&] { labels(too_long); });
}

TEST(Race, RefusesUnknownOptimizersOptionsAndValues) {
  for (const char* bad : {"nobody", "adam:speed=1", "adam:lr=fast", "adam:lr"})
    error_of(ExitCode::kUsage, [&] { Race race(small_race({bad})); });
}

TEST(Race, TellsWhatHappens) {
  Witness witness;
  const RaceResult result = run_with(small_race({"adadelta", "adam"}), witness);
  EXPECT_EQ(witness.seen,
            "adadelta(1.0 1.1 1.2 | 2.0 2.1 2.2 | finished)"
            "adam(1.0 1.1 1.2 | 2.0 2.1 2.2 | finished)");
  const RunResult& run = result.runs[1];
  EXPECT_EQ(run.steps_per_epoch, 3);
  EXPECT_EQ(run.epochs[1].train_loss_last, run.step_loss[5]);
  EXPECT_NEAR(run.epochs[1].train_loss_mean, (run.step_loss[3] + run.step_loss[4] + run.step_loss[5]) / 3, 1e-6);
  EXPECT_EQ(run.epochs[1].test.total, 10);
  EXPECT_GT(run.epochs[1].train_seconds, 0);
}

TEST(Race, PairedRunsAreAsIfEachRanAlone) {
  const RaceResult both = run_race(small_race({"adadelta:lr=0.5", "adam"}), small_dataset());
  const RaceResult alone = run_race(small_race({"adam"}), small_dataset());
  EXPECT_EQ(both.runs[0].step_loss[0], both.runs[1].step_loss[0]);
  expect_same_run(both.runs[1], alone.runs[0]);
}

TEST(Race, RunsEverySeedPairedAndEverySecondOneInTheOppositeOrder) {
  RaceOptions options = small_race({"adadelta:lr=0.5", "adam", "adam:lr=0.01"});
  options.epochs = 1;
  options.seeds = {7, 3, 5};
  Witness witness;
  const RaceResult many = run_with(options, witness);
  std::string order;
  for (const RunResult& run : many.runs) order += fmt::format("{}:{} ", run.seed, run.label);
  EXPECT_EQ(order, "7:adadelta 7:adam 7:adam-2 3:adam-2 3:adam 3:adadelta 5:adadelta 5:adam 5:adam-2 ");
  EXPECT_EQ(many.all_runs, 9);
  EXPECT_EQ(labels_of(many.runs), (std::vector<std::string>{"adadelta", "adam", "adam-2"}));
  for (std::size_t i = 0; i < 9; i += 3) {
    EXPECT_EQ(many.runs[i].step_loss[0], many.runs[i + 1].step_loss[0]);
    EXPECT_EQ(many.runs[i].step_loss[0], many.runs[i + 2].step_loss[0]);
  }
  EXPECT_NE(many.runs[0].step_loss[0], many.runs[3].step_loss[0]);
  options.seeds = {3};
  const RaceResult alone = run_race(options, small_dataset());
  for (std::size_t i = 0; i < 3; ++i) expect_same_run(witness.ended[5 - i], alone.runs[i]);
}

TEST(Race, RefusesSeedsThatAreOneToTheGenerator) {
  RaceOptions options = small_race({"adam"});
  for (const std::uint64_t same : {std::uint64_t{1}, std::uint64_t{1} << 32 | 1, std::uint64_t{5} << 40 | 1}) {
    options.seeds = {0, 1, same};
    expect_contains(error_of(ExitCode::kUsage, [&] { Race race(options); }),
                    fmt::format("expected distinct seeds, found 1 and {}:", same));
  }
  options.seeds = {0, 1, std::uint64_t{1} << 32 | 2};
  Race race(options);
}

TEST(Race, ContinuesFromOneSeedOnly) {
  RaceOptions options = small_race({"adam"});
  options.order = Order::kContinue;
  options.seeds = {1, 2};
  expect_contains(error_of(ExitCode::kUsage, [&] { Race race(options); }), "an order that continues");
}

TEST(Race, ContinuedRunsGetOtherRandomNumbersFromTheSameWeights) {
  RaceOptions options = small_race({"adam", "adam"});
  options.order = Order::kContinue;
  const RaceResult result = run_race(options, small_dataset());
  expect_same_run(result.runs[0], run_race(small_race({"adam"}), small_dataset()).runs[0]);
  EXPECT_NE(result.runs[0].step_loss, result.runs[1].step_loss);
}

TEST(Race, InitialWeightsDoNotChangeTheRandomNumbers) {
  const RaceResult drawn = run_race(small_race({"adam"}), small_dataset());
  RaceOptions options = small_race({"adam"});
  options.init = {drawn.initial.rbegin(), drawn.initial.rend()};
  const RaceResult loaded = run_race(options, small_dataset());
  expect_same_run(drawn.runs[0], loaded.runs[0]);
  EXPECT_EQ(loaded.initial.front().name, drawn.initial.front().name);
  options.init.front().name = "stranger";
  error_of(ExitCode::kData, [&] { run_race(options, small_dataset()); });
}

TEST(Race, StopsAfterTheStepInWhichItIsAskedTo) {
  Witness witness(4);
  RaceOptions options = small_race({"adadelta", "adam"});
  options.seeds = {0, 1};
  const RaceResult result = run_with(options, witness);
  EXPECT_EQ(witness.seen, "adadelta(1.0 1.1 1.2 | 2.0 interrupted)");
  ASSERT_EQ(result.runs.size(), 1u);
  EXPECT_EQ(result.runs[0].step_loss.size(), 4u);
  EXPECT_EQ(result.runs[0].epochs.size(), 1u);
  EXPECT_EQ(result.runs[0].parameters.size(), 8u);
  EXPECT_EQ(result.initial.size(), 8u);
}

TEST(Race, GoesOnAfterARunThatDiverges) {
  Witness witness;
  const RaceResult result = run_with(small_race({"wild@adam:lr=1e30", "adam"}), witness);
  EXPECT_EQ(witness.seen, "wild(1.0 1.1 diverged)adam(1.0 1.1 1.2 | 2.0 2.1 2.2 | finished)");
  const RunResult& wild = result.runs[0];
  EXPECT_FALSE(std::isfinite(wild.step_loss.back()));
  EXPECT_EQ(wild.problem, "wild (adam) diverged at step 2: the loss is not finite");
  EXPECT_EQ(result.runs[1].problem, "");
}

TEST(Race, NoticesWeightsThatDivergeInTheLastStep) {
  RaceOptions options = small_race({"adam:lr=1e38"});
  options.epochs = 1;
  options.trainer.batch_size = 24;
  const RaceResult result = run_race(options, small_dataset());
  EXPECT_TRUE(std::isfinite(result.runs[0].step_loss.back()));
  EXPECT_EQ(result.runs[0].status, Status::kDiverged);
}

TEST(Race, TakesBatchesLargerThanTheTrainingSet) {
  RaceOptions whole = small_race({"adam"}), larger = whole;
  whole.trainer.batch_size = 24;
  larger.trainer.batch_size = 1'000'000'000;
  expect_same_run(run_race(whole, small_dataset()).runs[0], run_race(larger, small_dataset()).runs[0]);
}

Dataset with_validation(Index train, Index validation) {
  Dataset data = small_dataset(train + validation);
  data.validation = data.train.split_last(validation);
  return data;
}

TEST(Race, NeverTrainsOnValidationImagesNorDrawsForThem) {
  const RaceOptions options = small_race({"adam"});
  Dataset fewer = small_dataset(30);
  fewer.train.keep_first(24);
  const RunResult plain = run_race(options, fewer).runs[0],
                  validated = run_race(options, with_validation(24, 6)).runs[0];
  expect_same_run(plain, validated);
  EXPECT_FALSE(plain.epochs[0].validation);
  ASSERT_TRUE(validated.epochs[1].validation);
  EXPECT_EQ(validated.epochs[1].validation->total, 6);

  Dataset tested = small_dataset(30);  // the same images, now as the test set
  tested.test = tested.train.split_last(6);
  EXPECT_EQ(run_race(options, tested).runs[0].epochs[1].test.loss, validated.epochs[1].validation->loss);
}

TEST(Race, ReachesItsTargetAndStopsThereIfAskedTo) {
  RaceOptions options = small_race({"adam:lr=0.01"});
  options.epochs = 40;
  Dataset data = small_dataset();
  data.test = data.train;  // to be learnt by heart
  const RunResult whole = run_race(options, data).runs[0];
  EXPECT_FALSE(whole.target);
  options.target_accuracy = 0.9;
  const RunResult reached = run_race(options, data).runs[0];
  ASSERT_TRUE(reached.target);
  const auto epoch = std::size_t(reached.target->epoch);
  ASSERT_LT(epoch, 40u);
  ASSERT_GT(epoch, 1u);
  EXPECT_GE(reached.epochs[epoch - 1].test.accuracy(), 0.9);
  EXPECT_LT(reached.epochs[epoch - 2].test.accuracy(), 0.9);
  EXPECT_EQ(reached.target->step, Index(epoch) * 3);
  EXPECT_GT(reached.target->train_seconds, 0);
  expect_same_run(reached, whole);

  options.until_target = true;
  const RunResult stopped = run_race(options, data).runs[0];
  EXPECT_EQ(stopped.epochs.size(), epoch);
  EXPECT_EQ(stopped.status, Status::kFinished);

  data.validation = data.test;  // now that counts
  data.test.labels.assign(24, 0);
  EXPECT_EQ(run_race(options, data).runs[0].epochs.size(), epoch);
}

TEST(Race, StopsAtConvergenceWithoutATargetAccuracy) {
  RaceOptions options = small_race({"adam"});
  options.epochs = 50;
  options.target_loss = 1000;
  options.until_target = true;
  const RunResult run = run_race(options, small_dataset()).runs[0];
  ASSERT_TRUE(run.target);
  EXPECT_EQ(run.target->metric, "loss");
  EXPECT_EQ(run.target->step, 100);
  EXPECT_EQ(run.epochs.size(), 34u);
}

TEST(Race, TrainsOnColourImagesOfAnyNumberOfClasses) {
  Dataset data = small_dataset(24, 9);
  for (ImageSet* set : {&data.train, &data.test}) {
    set->channels = 3;
    set->count /= 3;
    set->classes = 17;
    set->labels.assign(std::size_t(set->count), 16);
  }
  data.normalization = {.mean = {0.1, 0.2, 0.3}, .deviation = {1, 2, 3}, .source = "given"};
  const RunResult run = run_race(small_race({"adam"}), data).runs[0];
  EXPECT_EQ(run.status, Status::kFinished);
  EXPECT_EQ(run.parameters.front().shape, (std::vector<Index>{16, 3, 3, 3}));
  EXPECT_EQ(run.parameters.back().shape, (std::vector<Index>{17}));
  ASSERT_EQ(run.answers.size(), 3u);
  EXPECT_EQ(run.answers[0].label, 16) << "what all training images are";
}

TEST(Race, ConvergesWithTheSecondsSpentUntilThen) {
  RaceOptions options = small_race({"adam"});
  options.trainer.batch_size = 1;
  options.epochs = 5;
  options.target_loss = 1000;
  const RunResult run = run_race(options, small_dataset()).runs[0];
  ASSERT_TRUE(run.convergence);
  EXPECT_EQ(run.convergence->step, 100);
  double before = 0;
  for (int epoch = 0; epoch < 4; ++epoch) before += run.epochs[epoch].train_seconds;
  EXPECT_GT(run.convergence->train_seconds, before);
  EXPECT_LT(run.convergence->train_seconds, before + run.epochs[4].train_seconds);
  options.target_loss = 0;
  EXPECT_FALSE(run_race(options, small_dataset()).runs[0].convergence);
}

/// Where the racing thread may run after each epoch.
class CpuWatch final : public RaceObserver {
 public:
  void epoch_done(const RaceResult&) override { seen.push_back(kernels::CpuSet::of_this_thread().list()); }
  std::vector<std::vector<int>> seen;
};

TEST(Race, InTwoThreadsAtOnceGivesTheSameBitsOnCpusOfItsOwn) {
  const Dataset data = small_dataset(80);
  RaceOptions options[] = {small_race({"adam"}), small_race({"adadelta"})};
  CpuWatch watches[2];
  RaceResult alone[2], together[2];
  for (int i = 0; i < 2; ++i) {
    options[i].threads = 2;
    options[i].cpus = {i == 0 ? kernels::given_cpus().front() : kernels::given_cpus().back()};
    alone[i] = run_race(options[i], data);
  }
  std::barrier start(2);
  const auto race = [&](int i) {
    start.arrive_and_wait();
    together[i] = run_race(options[i], data, {&watches[i]});
  };
  const auto before = kernels::CpuSet::of_this_thread().list();
  std::thread other(race, 1);
  race(0);
  other.join();
  EXPECT_EQ(kernels::CpuSet::of_this_thread().list(), before);
  for (int i = 0; i < 2; ++i) {
    expect_same_run(together[i].runs[0], alone[i].runs[0]);
    EXPECT_EQ(watches[i].seen, std::vector(2, options[i].cpus));
  }
}

TEST(Race, RefusesCpusThatItCannotHave) {
  for (const std::vector<int>& cpus :
       {std::vector<int>{}, {kernels::given_cpus()[0], kernels::given_cpus()[0]}, {-1}}) {
    RaceOptions options = small_race({"adam"});
    options.cpus = cpus;
    EXPECT_THROW(Race{options}, Error);
  }
}

}  // namespace
}  // namespace gradrace
