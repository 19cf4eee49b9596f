#pragma once
/// The room results/: the schema of results.json, written (this file, comparison_json.hpp, evaluation.hpp,
/// weights.hpp), checked when it is read back (check.hpp), and merged from several races (merge.hpp).
///
/// What a race leaves behind, as text: results.json and steps.csv.

#include <span>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "engine/findings/sweep.hpp"

namespace gradrace {

/// What results.json says of a race besides its runs: a JSON object each, and the
/// sweeps.
struct RaceSetting {
  nlohmann::ordered_json program, machine, data, network = {}, options;  ///< network: null if it is not to be named
  std::vector<Sweep> sweeps = {};
  const ImageSet* test = nullptr;  ///< must outlive the race; null: nothing is said of single images
};

/// The setting's `data`: name, directory, notice (empty for MNIST), numbers of images, their shape, the names of the
/// classes, how pixels are normalised, checksums.
nlohmann::ordered_json data_json(const Dataset& data);

/// results.json, schema version 1, with what evaluation.hpp and weights.hpp add. Numbers round-trip. A
/// loss that is not a number is null; then its run's status is "diverged" and `problem` says why.
nlohmann::ordered_json results_json(const RaceSetting& setting, const RaceResult& race);

/// steps.csv: optimizer (its label), seed, epoch and step (from 1; steps of the whole run), loss, and
/// the name of the data, in a column since readers of CSV know no comments.
std::string steps_csv(const std::string& data, std::span<const RunResult> runs);

/// By which such files are known: of results.json and steps.csv, within their first lines.
inline constexpr std::string_view kResultsMark = "\"schema_version\"", kStepsMark = "optimizer,seed,epoch,step,loss";

}  // namespace gradrace
