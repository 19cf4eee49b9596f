#pragma once
/// One network in training, with all that this takes: for programs that train rather than race.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "engine/training/trainer.hpp"

namespace gradrace {

struct LearnerOptions {
  Index epochs = 5;        ///< how long learning-rate schedules believe the training to be
  std::uint64_t seed = 0;  ///< of initial weights, orders of images and dropout, as torch.manual_seed
  kernels::TeamOptions team = {};
  kernels::Isa isa = kernels::Isa::best();
  std::optional<Normalization> normalization = {};  ///< of the pixels; none: measured on the images
  TrainerOptions trainer = {};                      ///< the normalization in it does not count
};

/// Owns the optimizer, the threads, the random numbers and the model; the images stay the caller's, and must outlive
/// it. Aborts where a set of images is empty or its arrays are not as its numbers say.
class Learner {
 public:
  /// Makes the network, fitted to the images (network.hpp), with fresh weights. optimizer: a name with options, as
  /// "adam:lr=0.001". Throws usage_error for a wrong one and for layers that do not fit, and data_error if the pixels
  /// are to be measured and are all equal.
  Learner(const Network& network, const std::string& optimizer, const ImageSet& images,
          const LearnerOptions& options = {});

  /// Trains on all images once, in a new order. Returns the mean of the losses of its steps.
  double epoch();
  /// Loss and correct answers over some images.
  TestResult evaluate(const ImageSet& images);
  /// The weights under PyTorch's names, for write_safetensors(), and more.
  Model& model() { return trainer_.model(); }

 private:
  Generator generator_;
  kernels::Team team_;
  std::unique_ptr<Optimizer> optimizer_;
  Batches batches_;
  Trainer trainer_;
};

}  // namespace gradrace
