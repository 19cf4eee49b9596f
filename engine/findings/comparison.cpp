#include "engine/findings/comparison.hpp"

#include <algorithm>
#include <iterator>
#include <limits>

namespace gradrace {
namespace {

const RunResult* find_run(std::span<const RunResult> runs, const std::string& label, std::uint64_t seed) {
  const auto run = std::ranges::find_if(runs, [&](const RunResult& r) { return r.label == label && r.seed == seed; });
  return run != runs.end() && run->status != Status::kInterrupted ? &*run : nullptr;
}

MetricSummary summary_of(const Metric& metric, std::span<const RunResult> runs, const std::string& label) {
  const double worst = std::numeric_limits<double>::infinity() * (metric.more_is_better ? -1 : 1);
  std::vector<double> values;
  for (const RunResult& run : runs)
    if (run.label == label && run.status != Status::kInterrupted) values.push_back(metric.of(run).value_or(worst));
  MetricSummary result{&metric, summarize(values)};
  result.missing = std::ssize(values) - result.summary.n;
  return result;
}

LabelSummary summary_of(const std::string& label, std::span<const RunResult> runs,
                        std::span<const Metric* const> metrics) {
  LabelSummary summary;
  summary.label = label;
  for (const RunResult& run : runs) {
    if (run.label != label) continue;
    ++summary.seeds;
    summary.finished += run.status == Status::kFinished;
    summary.diverged += run.status == Status::kDiverged;
    summary.interrupted += run.status == Status::kInterrupted;
  }
  for (const Metric* metric : metrics) summary.metrics.push_back(summary_of(*metric, runs, label));
  return summary;
}

PairSummary pair_of(const Metric& metric, std::span<const RunResult> runs, const std::string& a, const std::string& b) {
  std::vector<double> values_a, values_b;
  bool complete = true;
  for (const RunResult& run : runs) {
    const RunResult* other = run.label == a ? find_run(runs, b, run.seed) : nullptr;
    if (!other || run.status == Status::kInterrupted) continue;
    const std::optional<double> value_a = metric.of(run), value_b = metric.of(*other);
    complete = complete && value_a && value_b;
    if (!value_a || !value_b) continue;
    values_a.push_back(*value_a);
    values_b.push_back(*value_b);
  }
  PairSummary pair{a, b, &metric, {}};
  pair.difference.n = std::ssize(values_a);
  if (complete) pair.difference = paired_difference(values_a, values_b);
  return pair;
}

/// All pairs of a metric, corrected as one family.
std::vector<PairSummary> pairs_of(const Metric& metric, std::span<const RunResult> runs,
                                  const std::vector<std::string>& labels) {
  std::vector<PairSummary> pairs;
  for (std::size_t i = 0; i < labels.size(); ++i)
    for (std::size_t j = i + 1; j < labels.size(); ++j) pairs.push_back(pair_of(metric, runs, labels[i], labels[j]));
  std::vector<double> p;
  for (const PairSummary& pair : pairs) p.push_back(pair.difference.p);
  const std::vector<double> corrected = holm_corrected(p);
  for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i].p_holm = corrected[i];
  return pairs;
}

}  // namespace

const MetricSummary* LabelSummary::find(std::string_view name) const {
  const auto it = std::ranges::find_if(metrics, [&](const MetricSummary& m) { return m.metric->name == name; });
  return it == metrics.end() ? nullptr : &*it;
}

const LabelSummary* find_label(std::span<const LabelSummary> labels, const std::string& label) {
  const auto it = std::ranges::find(labels, label, &LabelSummary::label);
  return it == labels.end() ? nullptr : &*it;
}

Comparison compare_runs(std::span<const RunResult> runs) {
  return compare_runs(runs, labels_of(runs));
}

Comparison compare_runs(std::span<const RunResult> runs, const std::vector<std::string>& labels) {
  std::vector<const Metric*> present;
  for (const Metric& metric : metrics())
    if (std::ranges::any_of(runs, [&](const RunResult& run) { return metric.of(run).has_value(); }))
      present.push_back(&metric);
  Comparison comparison;
  for (const std::string& label : labels) comparison.labels.push_back(summary_of(label, runs, present));
  for (const Metric* metric : present)
    std::ranges::move(pairs_of(*metric, runs, labels), std::back_inserter(comparison.pairs));
  return comparison;
}

}  // namespace gradrace
