#pragma once
/// Checkpoints: a run on disk, so that a race that was stopped, by whatever, can go on as if it never had been.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "engine/files/lock.hpp"
#include "engine/race/race.hpp"

namespace gradrace {

/// What was done of an epoch that is not over, besides the losses of its steps.
struct EpochPart {
  std::uint64_t order_seed = 0;           ///< of the order of the images, as Batches::order_seed()
  double train_seconds = 0;               ///< spent on its steps
  std::vector<StageSeconds> stages = {};  ///< where that time went
};

/// A run between two steps, or at its end, and all that it takes to go on from there with the same bits.
struct Checkpoint {
  RunResult run;                  ///< kernels are not kept
  std::optional<EpochPart> part;  ///< where an epoch is under way
  std::vector<NamedTensor> optimizer_state;
  Generator generator{0};
};

/// A directory with one file for each run of a race, LABEL_seedSEED.safetensors: parameters under PyTorch's names,
/// optimizer state, step_loss, answers, and as metadata the rest, the race that it belongs to, and a checksum of it
/// all. While this lives, no other race has the directory.
class Checkpoints {
 public:
  /// race: an object that says everything that decides the numbers of a run, but for its optimizer and seed. Makes the
  /// directory if there is none. Throws failure where it cannot be written or another race has it, and without `resume`
  /// usage_error where it holds checkpoints already.
  Checkpoints(std::filesystem::path directory, nlohmann::ordered_json race, bool resume);

  /// The checkpoint of the run with this label and seed, if there is one, with answers to that many test images. Throws
  /// data_error if it is damaged, and usage_error, which names the first difference, if it is one of another race or of
  /// another optimizer.
  std::optional<Checkpoint> find(const RunResult& run, Index test_images) const;
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
