#pragma once
/// The race: the same network, from the same initial weights, trained by one optimizer after the other; and all of it
/// again from other seeds. Prints nothing.

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/data/dataset.hpp"
#include "engine/optimizers/entrant.hpp"
#include "engine/race/convergence.hpp"
#include "engine/training/trainer.hpp"

namespace gradrace {

/// What the random numbers of the second and later runs from a seed are. kPaired: those of the first, so that all see
/// the same batches and dropout masks. kContinue: the generator runs on, as PyTorch's does when one script trains both.
enum class Order { kPaired, kContinue };

struct RaceOptions {
  std::vector<Spec> optimizers;
  Index epochs = 5;
  TrainerOptions trainer;
  std::vector<std::uint64_t> seeds = {0};  ///< distinct
  Order order = Order::kPaired;
  Index threads = kernels::default_threads();
  kernels::Isa isa = kernels::Isa::best();
  kernels::Subnormals subnormals = kernels::Subnormals::kFlush;
  std::vector<NamedTensor> init;  ///< initial weights; empty: drawn, which does not change any other random number
  double target_loss = 0.1;       ///< at which a run counts as converged
  /// The run's target, as a fraction: of the validation set, or of the test set if there is none. Without it the target
  /// is to converge.
  std::optional<double> target_accuracy;
  bool until_target = false;  ///< end a run after the epoch in which it reaches its target
};

struct EpochResult {
  Index epoch = 0;  ///< counted from 1
  double train_seconds = 0;
  double train_loss_mean = 0;
  float train_loss_last = 0;
  TestResult test;
  std::optional<TestResult> validation = {};  ///< if there are images for it
  std::vector<StageSeconds> stages = {};      ///< where the time of training and evaluation went
};

/// How a run ended. While it is under way it counts as interrupted, so that whatever is saved of it says so.
enum class Status { kFinished, kDiverged, kInterrupted };
std::string_view name(Status status);

struct RunResult {
  std::string label, optimizer;
  std::vector<std::pair<std::string, std::string>> options;  ///< resolved, as Options::resolved()
  std::uint64_t seed = 0;
  Status status = Status::kInterrupted;
  Index resumed_after = 0;  ///< epochs that came from a checkpoint
  std::string problem;      ///< of a diverged run: one sentence that names label, step and tensor
  std::vector<std::pair<std::string, std::string>> kernels;  ///< layer and what it ran on, as Model::kernels_used()
  Index steps_per_epoch = 0;
  std::vector<float> step_loss;  ///< before each update; that of a diverged run ends with one that is not finite
  std::vector<EpochResult> epochs;
  std::optional<Convergence> convergence;
  std::optional<Target> target;         ///< known after the epoch in which it was reached
  std::vector<Answer> answers;          ///< to the test images, after the last epoch; empty before the first
  std::vector<NamedTensor> parameters;  ///< at the end of the run, however it ended; empty before
};

struct RaceResult {
  std::vector<NamedTensor> initial;  ///< the weights that all runs from the current seed begin with
  std::vector<RunResult> runs;       ///< those that have begun, in order
  std::vector<std::uint64_t> seeds;  ///< of the whole race
  Index all_runs = 0;                ///< of the whole race
  Trace trace;                       ///< of the first run, once that has ended; empty without trainer.trace_steps
};

/// Who takes part, in the order of the first seed's runs, which is that of the optimizers.
std::vector<std::string> labels_of(std::span<const RunResult> runs);

/// One training step, just done.
struct StepEvent {
  Index epoch = 0;  ///< counted from 1
  Index epochs = 0;
  Index batch = 0;  ///< in this epoch, counted from 0
  Index batches = 0;
  Index images = 0, all_images = 0;  ///< seen in this epoch before this step, and of the whole epoch
  float loss = 0;
  double train_seconds = 0;  ///< of this epoch, so far
};

/// Is told what happens; race.runs.back() is the run that it happens to. Time spent here is not training time.
class RaceObserver {
 public:
  virtual ~RaceObserver() = default;
  virtual void run_began(const RaceResult& /*race*/) {}
  virtual void step_done(const RaceResult& /*race*/, const StepEvent& /*step*/) {}
  virtual void epoch_done(const RaceResult& /*race*/) {}
  virtual void run_ended(const RaceResult& /*race*/) {}
};

class Checkpoints;

class Race {
 public:
  /// Throws usage_error for optimizers, options or labels that are wrong, and for several seeds in the order kContinue.
  explicit Race(RaceOptions options);

  /// Runs all optimizers from one seed after the other, from every second seed in the opposite order, so that a machine
  /// that becomes slower with time is unfair to none. A run that diverges does not keep others from running. `stop` is
  /// looked at after each step: once it is not zero the current run ends as interrupted and no further one begins.
  /// Throws data_error if the initial weights do not fit the network.
  /// checkpoints: where each run is saved after each epoch, and from where it goes on if it is found there; all are
  /// looked at, and throw, before the first run.
  RaceResult run(const Dataset& data, std::span<RaceObserver* const> observers, const std::atomic<int>& stop,
                 const Checkpoints* checkpoints = nullptr);

 private:
  RaceOptions options_;
};

}  // namespace gradrace
