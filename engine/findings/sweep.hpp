#pragma once
/// A sweep: one optimizer with a range of values for one of its options.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "engine/findings/comparison.hpp"

namespace gradrace {

struct SweepPoint {
  double value = 0;
  std::string label;
};

struct Sweep {
  std::string label;  ///< of the points: theirs begin with it
  std::string optimizer, option;
  std::string scale;  ///< of the values: "log" or "lin"
  std::vector<SweepPoint> points;
  std::vector<Spec> specs;  ///< of the points, for the race

  /// "[label@]optimizer:option=low..high:scale:points", with other options before or after: "adam:lr=1e-4..1e-1:log:7".
  /// Values have six significant digits; a point's label is "<label>-<option>-<value>". Throws usage_error.
  static Sweep parse(const std::string& text);
};

/// The point with the highest mean validation accuracy (of equal ones, the lowest loss) among those that finished from
/// some seed and diverged from none; none if there is no such point.
std::optional<std::string> chosen_label(const Sweep& sweep, std::span<const LabelSummary> labels);

/// Those that are compared with each other: labels_of(runs), but of each sweep only the chosen point.
std::vector<std::string> contestants(std::span<const RunResult> runs, std::span<const Sweep> sweeps);

/// The entry sweep of results.json: means over the seeds, null where a seed's is missing.
nlohmann::ordered_json sweep_json(std::span<const Sweep> sweeps, std::span<const LabelSummary> labels);

}  // namespace gradrace
