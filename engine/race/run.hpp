#pragma once
/// What is known of a run and of a race, while it lasts and afterwards, and who is told.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/named_tensor.hpp"
#include "engine/race/convergence.hpp"
#include "engine/race/difference.hpp"
#include "engine/training/trainer.hpp"

namespace gradrace {

struct EpochResult {
  Index epoch = 0;  ///< counted from 1
  double train_seconds = 0;
  double train_loss_mean = 0;
  float train_loss_last = 0;
  TestResult test;
  std::optional<TestResult> validation = {};  ///< if there are images for it
  std::vector<StageSeconds> stages = {};      ///< where the time of training and evaluation went
  double suspended_seconds = 0;               ///< for which training was stopped (stopwatch.hpp); not in train_seconds
};

/// How a run ended. While it is under way it counts as interrupted, so that whatever is saved of it says so.
enum class Status { kFinished, kDiverged, kInterrupted };
std::string_view name(Status status);

/// How many floats are below 1.2e-38 and not zero.
struct SubnormalCounts {
  Index weights = 0, state = 0;  ///< of the optimizer
};

struct RunResult {
  std::string label, optimizer;
  std::vector<std::pair<std::string, std::string>> options;  ///< resolved, as Options::resolved()
  std::uint64_t seed = 0;
  Status status = Status::kInterrupted;
  Index resumed_after = 0;  ///< steps that came from a checkpoint
  std::string problem;      ///< of a diverged run: one sentence that names label, optimizer, step and tensor
  std::vector<std::pair<std::string, ConvKernels>> kernels;  ///< layer and what it ran on, as Stack::kernels_used()
  Index steps_per_epoch = 0;
  std::vector<float> step_loss;  ///< before each update; a diverged run ends with the step that made it so
  std::vector<EpochResult> epochs;
  std::optional<Convergence> convergence;
  std::optional<Target> target;  ///< known after the epoch in which it was reached
  /// To the test images, after the last epoch; empty before the first, and once forget_models() was called.
  std::vector<Answer> answers;
  /// At the end of the run, however it ended; empty before, and once forget_models() was called.
  std::vector<NamedTensor> parameters;
  std::optional<SubnormalCounts> subnormals = {};  ///< once the run has ended, however
};

struct RaceResult {
  std::vector<NamedTensor> initial;  ///< the weights that all runs from the current seed begin with
  std::vector<RunResult> runs;       ///< those that have begun, in order
  std::vector<std::uint64_t> seeds;  ///< of the whole race
  Index all_runs = 0;                ///< of the whole race
  /// Between the finished runs of each seed, a before b in labels_of(runs), in the order of seeds, a and b.
  std::vector<RunDifference> differences;
  Trace trace;  ///< of the first run, once that has ended; empty without trainer.trace_steps
};

/// How many steps were done of the epoch that is under way, or whose evaluation is.
Index steps_of_epoch(const RunResult& run);

/// The mean of the losses of an epoch's steps.
double mean_loss(std::span<const float> losses);

/// Of all values of some tensors.
Index count_subnormals(std::span<const NamedTensor> tensors);

/// Who takes part, in the order of the first seed's runs, which is that of the optimizers.
std::vector<std::string> labels_of(std::span<const RunResult> runs);

/// Compares the last run, if it has finished, with the other finished ones of its seed. Runs that did not finish stand
/// at another step or hold no numbers.
void add_differences(RaceResult& race);

/// Drops the parameters and answers of all runs but those of the first seed, which reports show: a race of a thousand
/// seeds should fit into memory.
void forget_models(RaceResult& race);

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

}  // namespace gradrace
