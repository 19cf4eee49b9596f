#pragma once
/// Event files that TensorBoard reads.

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "engine/race/race.hpp"

namespace gradrace {

/// The bytes of an event file: TFRecords (length, masked checksum, data, masked checksum; little-endian) that hold
/// tensorflow.Event messages. wall_time: seconds since 1970.
std::string version_event(double wall_time);
/// A writer has begun anew: what older files hold from step 0 on no longer counts.
std::string start_event(double wall_time);
std::string scalar_event(double wall_time, std::int64_t step, std::string_view tag, float value);
/// Of step 0, for the dashboard of texts.
std::string text_event(double wall_time, std::string_view tag, std::string_view text);

/// Writes the scalars of a race while it runs: train/loss for every step, test/loss and test/accuracy (0 to 1) for
/// every epoch, at its last step; and as the text `data` a notice that it is not MNIST. Each run has a file in
/// DIRECTORY/LABEL, or in DIRECTORY/LABEL/seed-SEED where there are several seeds; that of a run that
/// goes on from a checkpoint holds all of the run. Files of former races stay, and the newest says that it replaces
/// them. What is written is on its way to the file after every epoch. Throws failure where that is impossible.
class TensorboardWriter final : public RaceObserver {
 public:
  /// Makes the directory if needed.
  explicit TensorboardWriter(std::filesystem::path directory);

  /// Dataset::notice. Must be called before the race begins.
  void describe(std::string notice) { notice_ = std::move(notice); }

  void run_began(const RaceResult& race) override;
  void step_done(const RaceResult& race, const StepEvent& step) override;
  void epoch_done(const RaceResult& race) override;
  void run_ended(const RaceResult& race) override;

 private:
  void add(std::int64_t step, std::string_view tag, double value);
  void add(const RunResult& run, const EpochResult& epoch);
  void flush();

  std::filesystem::path directory_, file_;
  std::string notice_;
  std::ofstream stream_;
  std::string pending_;
};

}  // namespace gradrace
