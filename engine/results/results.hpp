#pragma once
/// What a race leaves behind: results.json, steps.csv, report.html and, if asked for, the weights.

#include <filesystem>
#include <span>
#include <string>

#include <nlohmann/json.hpp>

#include "engine/findings/sweep.hpp"

namespace gradrace {

/// What results.json says of a race besides its runs: a JSON object each, and
/// the sweeps.
struct RaceSetting {
  nlohmann::ordered_json program, machine, data, options;
  std::vector<Sweep> sweeps = {};
  const ImageSet* test = nullptr;  ///< must outlive the race; null: nothing is said of single images
};

/// The setting's `data`: name, directory, notice (empty for MNIST), numbers of images, checksums.
nlohmann::ordered_json data_json(const Dataset& data);

/// results.json, schema version 1, with what report/evaluation.hpp and report/weights.hpp add. Numbers round-trip. A
/// loss that is not a number is null; then its run's status is "diverged" and `problem` says why.
nlohmann::ordered_json results_json(const RaceSetting& setting, std::span<const RunResult> runs);

/// steps.csv: optimizer (its label), seed, epoch and step (from 1; steps of the whole run), loss. A notice that the
/// data is not MNIST stands in front as a comment line.
std::string steps_csv(const std::string& notice, std::span<const RunResult> runs);

/// Writes the files of a race into a directory: after every epoch and at the end of every run, each file atomically.
/// Throws failure where that is impossible.
class ResultsWriter final : public RaceObserver {
 public:
  /// Makes the directory if needed, and makes sure that the files can be written there, before anything is trained.
  /// save_weights: also init.safetensors and, at the end of each run, <label>_final.safetensors; of a race from several
  /// seeds init_seed<seed>.safetensors and <label>_seed<seed>_final.safetensors.
  /// plots: also pictures (report/plots.hpp), at the end of each run.
  ResultsWriter(std::filesystem::path directory, bool save_weights, bool plots = false);

  /// Must be called before the race begins.
  void describe(RaceSetting setting) { setting_ = std::move(setting); }

  void epoch_done(const RaceResult& race) override;
  void run_ended(const RaceResult& race) override;

 private:
  void write(const RaceResult& race) const;

  std::filesystem::path directory_;
  bool save_weights_, plots_;
  RaceSetting setting_;
};

}  // namespace gradrace
