#pragma once
/// Checkpoints: a run on disk, so that a race that was stopped, by whatever, can go on as if it never had been.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "engine/files/lock.hpp"
#include "engine/plan/parameter.hpp"
#include "engine/race/race.hpp"

namespace gradrace {

/// What was done of an epoch that is not over, besides the losses of its steps.
struct EpochPart {
  std::uint64_t order_seed = 0;           ///< of the order of the images, as Batches::order_seed()
  double train_seconds = 0;               ///< spent on its steps
  double suspended_seconds = 0;           ///< and meanwhile stopped
  std::vector<StageSeconds> stages = {};  ///< where that time went
};

/// A run between two steps, or at its end, and all that it takes to go on from there with the same bits.
struct Checkpoint {
  RunResult run;                  ///< kernels are not kept
  std::optional<EpochPart> part;  ///< where an epoch is under way
  std::vector<NamedTensor> optimizer_state;
  Generator generator{0};
};

/// What a race asks of a run's checkpoint before it believes it.
struct RunForm {
  std::vector<Parameter> parameters = {};  ///< names and shapes count
  Index states = 0;                        ///< arrays of the optimizer's state
  std::vector<StageSeconds> stages = {};   ///< names and phases count
  Index epochs = 0, steps_per_epoch = 0;
  bool may_end_early = false;  ///< in the epoch in which it reaches its target
  Index test_images = 0, validation_images = 0;
  Index classes = 0;  ///< that an answer can have
};

/// A directory with one file for each run of a race, LABEL_seedSEED.safetensors (checkpoint_file.hpp), and a lock, so
/// that no two races write there at once.
class Checkpoints {
 public:
  /// race: an object that says everything that decides the numbers of a run, but for its optimizer and seed. Makes the
  /// directory if there is none. Throws failure where it cannot be written or another race has it, and without `resume`
  /// usage_error where it holds checkpoints already.
  Checkpoints(std::filesystem::path directory, nlohmann::ordered_json race, bool resume);

  /// The checkpoint of the run with this label and seed, if there is one. Throws data_error if it cannot be read, is
  /// damaged or is not of this form, and usage_error, which names the first difference, if it is one of another race or
  /// of another optimizer.
  std::optional<Checkpoint> find(const RunResult& run, const RunForm& form) const;
  /// Writes atomically, in place of the run's former checkpoint. Throws failure.
  void save(const Checkpoint& checkpoint) const;

 private:
  std::filesystem::path path(const RunResult& run) const;

  std::filesystem::path directory_;
  DirectoryLock lock_;
  nlohmann::ordered_json race_;
};

/// The SHA-256 of a tensor's values, which stand for initial weights in `race`.
std::string checksum(const NamedTensor& tensor);

}  // namespace gradrace
