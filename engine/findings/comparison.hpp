#pragma once
/// The room findings/: what the runs say. Metrics (metric.hpp), statistics over seeds and paired differences (this file),
/// sentences that claim no more than that (verdict.hpp), how far the models lie apart (difference.hpp), sweeps of an option
/// (sweep.hpp). Numbers in, numbers and words out.
///
/// What the runs of a race, taken together, say about the optimizers: statistics over the seeds, and differences paired
/// by seed.

#include <span>
#include <string>
#include <vector>

#include "engine/base/statistics.hpp"
#include "engine/findings/metric.hpp"

namespace gradrace {

struct MetricSummary {
  const Metric* metric;
  Summary summary;
  Index missing = 0;  ///< runs that never got there
};

/// One label over its seeds. An interrupted run is no result: it is counted, and left out of the metrics. A run that
/// never got to a metric's value (because it diverged, or did not converge) counts as worse than all others in median
/// and range; then there is no mean.
struct LabelSummary {
  std::string label;
  Index seeds = 0, finished = 0, diverged = 0, interrupted = 0;
  std::vector<MetricSummary> metrics;

  /// The metric of that name, if it is there.
  const MetricSummary* find(std::string_view name) const;
};

/// Label a against label b, seed by seed. Where a seed lacks one of the two values there are no numbers but
/// difference.n, the complete pairs. p_holm is corrected for all pairs of the same metric.
struct PairSummary {
  std::string a, b;
  const Metric* metric;
  PairedDifference difference;
  double p_holm = kNoNumber;
};

/// Metrics that no run has a value of are left out. A metric's pairs stand together.
struct Comparison {
  std::vector<LabelSummary> labels;
  std::vector<PairSummary> pairs;
};
Comparison compare_runs(std::span<const RunResult> runs);
/// Of these labels alone.
Comparison compare_runs(std::span<const RunResult> runs, const std::vector<std::string>& labels);

/// The one with this label, if it is there.
const LabelSummary* find_label(std::span<const LabelSummary> labels, const std::string& label);

}  // namespace gradrace
