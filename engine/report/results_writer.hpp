#pragma once
/// The room report/: what people look at. The page (page.hpp, page/), pictures for a paper (plots.hpp), event files for
/// TensorBoard (tensorboard.hpp), the trace of a step (trace.hpp), and the observer that writes them while a race runs.
///
/// The files that a race leaves behind: results.json, steps.csv, report.html and, if asked for, weights and pictures.

#include <filesystem>

#include "engine/files/lock.hpp"
#include "engine/results/results_json.hpp"

namespace gradrace {

/// Writes the files of a race into a directory: after every epoch and at the end of every run, each file atomically.
/// Weights of the race before, whose results are replaced, are removed. Throws failure where that is impossible.
class ResultsWriter final : public RaceObserver {
 public:
  /// Makes the directory if needed, and makes sure that the files can be written there, destroy nothing but files of
  /// their kind, and that no other race writes there meanwhile, before anything is trained.
  /// save_weights: also init.safetensors and, at the end of each run, LABEL_final.safetensors; of a race from several
  /// seeds init_seedSEED.safetensors and LABEL_seedSEED_final.safetensors.
  /// plots: also pictures (plots.hpp), at the end of each run.
  ResultsWriter(std::filesystem::path directory, bool save_weights, bool plots = false);

  /// Must be called before the race begins.
  void describe(RaceSetting setting) { setting_ = std::move(setting); }

  void epoch_done(const RaceResult& race) override;
  void run_ended(const RaceResult& race) override;

 private:
  /// The first time, if the race begins anew: removes the weights of an earlier race, whose results are replaced.
  void take_over(const RaceResult& race);
  void write(const RaceResult& race) const;

  std::filesystem::path directory_;
  DirectoryLock lock_;
  bool save_weights_, plots_;
  bool is_ours_ = false;  ///< whether the directory holds nothing but what is this race's
  RaceSetting setting_;
};

}  // namespace gradrace
