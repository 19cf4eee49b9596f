#pragma once
/// The room training/: how a network is trained. A network is data (network.hpp, network_file.hpp) until its layers are
/// planned (planned_layers.hpp) and fused (fusion.hpp). A model is a stack of layers, a store of parameters and an
/// update (model.hpp, stack.hpp, parameter_store.hpp, update.hpp). A trainer runs its steps over batches, and a learner
/// is all of that in one object for programs of their own (learner.hpp).
///
/// Training and evaluation: the step in its two phases, the epoch, and what is reported of them. Prints nothing.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "engine/data/batches.hpp"
#include "engine/data/normalization.hpp"
#include "engine/measuring/stopwatch.hpp"
#include "engine/training/loss.hpp"
#include "engine/training/model.hpp"

namespace gradrace {

struct TrainerOptions {
  Index batch_size = 32, test_batch_size = 500;
  DropoutStream dropout_stream = DropoutStream::kMt19937;
  KernelChoice kernels = {};
  const Loss* loss = &cross_entropy();        ///< must outlive the trainer
  bool fuse = true;                           ///< replace runs of layers by fused stages (fusion.hpp)
  std::optional<double> clip_grad_norm = {};  ///< gradients whose norm is larger are scaled down to it, all alike
  Index trace_steps = 0;                      ///< how many, after a few to warm up, go into the trace
  Normalization normalization = {};           ///< of the pixels
};

struct TestResult {
  double loss = 0;  ///< mean negative log likelihood
  Index correct = 0, total = 0;

  double accuracy() const { return double(correct) / double(total); }
};

/// What a model makes of one image.
struct Answer {
  float loss = 0;          ///< negative log likelihood of the label
  std::uint8_t label = 0;  ///< the likeliest class
};

/// Trains one model with one optimizer.
class Trainer {
 public:
  /// Plans and allocates all memory. team and optimizer must outlive the trainer.
  Trainer(const Network& network, const kernels::Isa& isa, const kernels::Team& team, Optimizer& optimizer,
          const TrainerOptions& options);

  Model& model() { return model_; }
  /// The next step will be number steps + 1 for the optimizer.
  void continue_after(Index steps) { step_ = steps; }
  /// Where the time went that train() and evaluate() took since the last call: the stages but for the evaluation add up
  /// to what watch() shows.
  std::vector<StageSeconds> take_stage_seconds() { return clock_.take(); }
  std::vector<StageSeconds> stage_seconds() const { return clock_.seconds(); }  ///< of the same time, so far
  Trace trace() const { return clock_.trace(); }

  /// One training step on batch number `batch`: draws the dropout masks from the generator, then a parallel region with
  /// the sample phase, in which the workers wait for each other at layers that they share out, a barrier and the
  /// parameter phase. Returns the mean loss before the update. Allocates and throws
  /// nothing; images must be of the network's input.
  float step(const Batches& batches, Index batch, Generator& generator);

  /// A training pass: shuffles, then steps through all batches. on_step(batch, loss) comes after each; returning false
  /// ends the pass. first: where a pass goes on that was begun earlier, in the order that `batches` has; then nothing
  /// is shuffled, unless it is 0. Throws usage_error where the images do not fit.
  void train(Batches& batches, Generator& generator, const std::function<bool(Index, float)>& on_step, Index first = 0);
  /// Of the last pass, or of the one under way during on_step, for which it is paused.
  const Stopwatch& watch() const { return watch_; }

  /// Loss and correct answers over all images, in file order, without dropout; draws from the generator what PyTorch's
  /// loader draws. answers: one for each image, or none at all. Throws usage_error where the images do not fit.
  TestResult evaluate(const ImageSet& images, Generator& generator, std::span<Answer> answers = {});

 private:
  struct alignas(kAlignment) Outcome : Answer {  // a cache line each, so that workers do not share lines
    bool correct = false;
  };
  void expect_fitting(const ImageSet& images) const;
  void forward(const Context& context, const kernels::Worker& worker, Range samples, const Batches& batches,
               Index batch, Index first);

  const kernels::Team& team_;
  Optimizer& optimizer_;
  TrainerOptions options_;
  Model model_;
  Normalizer normalizer_;
  std::vector<Outcome> outcomes_;
  PhaseClock clock_;
  Stopwatch watch_;
  Index step_ = 0;        // the optimizer's
  Index steps_here_ = 0;  // of this trainer
};

}  // namespace gradrace
