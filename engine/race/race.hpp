#pragma once
/// The room race/: what is run, and what comes of each run. The race itself, runs and their observers (run.hpp), when a
/// run has converged (convergence.hpp), how far models lie apart (difference.hpp), runs as JSON (run_json.hpp) and on
/// disk (checkpoint.hpp), so that a race that was stopped goes on.
///
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
#include "engine/race/run.hpp"

namespace gradrace {

/// What the random numbers of the second and later runs from a seed are. kPaired: those of the first, so that all see
/// the same batches and dropout masks. kContinue: the generator runs on, as PyTorch's does when one script trains both.
enum class Order { kPaired, kContinue };

struct RaceOptions {
  Network network = known_networks().front();  ///< fitted to the images (network.hpp) when they are there
  std::vector<Spec> optimizers;
  Index epochs = 5;
  TrainerOptions trainer;
  std::vector<std::uint64_t> seeds = {0};  ///< distinct in their low 32 bits, which are all that the generator takes
  Order order = Order::kPaired;
  Index threads = kernels::default_threads();
  std::vector<int> cpus = kernels::given_cpus();  ///< of the threads; races at once can have their own (team.hpp)
  kernels::Isa isa = kernels::Isa::best();
  kernels::Subnormals subnormals = kernels::Subnormals::kFlush;
  std::vector<NamedTensor> init;  ///< initial weights; empty: drawn, which does not change any other random number
  double target_loss = 0.1;       ///< at which a run counts as converged
  /// The run's target, as a fraction: of the validation set, or of the test set if there is none. Without it the target
  /// is to converge.
  std::optional<double> target_accuracy;
  bool until_target = false;              ///< end a run after the epoch in which it reaches its target
  std::optional<Index> checkpoint_every;  ///< steps of a run from one checkpoint to the next; none: those of an epoch
};

class Checkpoints;

class Race {
 public:
  /// Throws usage_error for optimizers, options or labels that are wrong, for CPUs that the process was not given or
  /// that stand there twice, for seeds that are not distinct, and for several of them in the order kContinue.
  explicit Race(RaceOptions options);

  /// Runs all optimizers from one seed after the other, from every second seed in the opposite order, so that a machine
  /// that becomes slower with time is unfair to none. A run that diverges does not keep others from running. `stop` is
  /// looked at after each step: once it is not zero the current run ends as interrupted and no further one begins.
  /// Throws data_error if the initial weights do not fit the network.
  /// checkpoints: where each run is saved, as often as the options say and when it ends, and from where it goes on if
  /// it is found there; all are looked at, and throw, before the first run. A run is saved before observers hear of it.
  /// Models are forgotten (run.hpp) when all runs from their seed have ended.
  RaceResult run(const Dataset& data, std::span<RaceObserver* const> observers, const std::atomic<int>& stop,
                 const Checkpoints* checkpoints = nullptr);

 private:
  RaceOptions options_;
};

}  // namespace gradrace
