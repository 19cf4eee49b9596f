#include "apps/summary.hpp"

#include <cmath>

#include <fmt/format.h>

#include "apps/tables.hpp"
#include "apps/terminal.hpp"
#include "engine/comparison.hpp"
#include "engine/verdict.hpp"

namespace gradrace {
namespace {

constexpr std::size_t kMostPairs = 10;  // of five optimizers; more would be pages

std::string metric_table(const Comparison& comparison, std::size_t index) {
  const Metric& metric = *comparison.labels[0].metrics[index].metric;
  std::vector<std::vector<std::string>> rows;
  for (const LabelSummary& label : comparison.labels) {
    const MetricSummary& m = label.metrics[index];
    const Summary& s = m.summary;
    rows.push_back({label.label, fmt::format("{} of {}", s.n, s.n + m.missing), metric.text(s.mean),
                    metric.text(s.standard_deviation), metric.text(s.median), metric.text(s.min, s.max),
                    metric.text(s.confidence_low, s.confidence_high)});
  }
  return table({std::string(metric.title), "runs", "mean", "deviation", "median", "range", "95 % interval of the mean"},
               rows);
}

std::string pair_table(const Comparison& comparison) {
  std::vector<std::vector<std::string>> rows;
  for (const PairSummary& pair : comparison.pairs) {
    const PairedDifference& d = pair.difference;
    const auto probability = [](double p) { return std::isnan(p) ? "-" : fmt::format("{:.2g}", p); };
    rows.push_back({fmt::format("{} - {}", pair.a, pair.b), std::string(pair.metric->title), fmt::format("{}", d.n),
                    pair.metric->difference_text(d.mean),
                    pair.metric->difference_text(d.confidence_low, d.confidence_high), probability(d.p),
                    probability(pair.p_holm)});
  }
  return table({"paired difference", "of", "seeds", "mean", "95 % interval", "p", "p (Holm)"}, rows);
}

}  // namespace

std::string summary_tables(std::span<const RunResult> runs) {
  const Comparison comparison = compare_runs(runs);
  std::string text;
  if (comparison.labels.empty()) return text;
  const std::size_t metrics = comparison.labels[0].metrics.size(), labels = comparison.labels.size();
  for (const RunResult& run : runs)
    if (run.seed == runs.front().seed) text += fmt::format("\n{}", run_title(run));
  text += "\n";
  for (std::size_t i = 0; i < metrics; ++i) text += fmt::format("\n{}", metric_table(comparison, i));
  if (labels > 1 && labels * (labels - 1) / 2 <= kMostPairs && metrics > 0)
    text += fmt::format("\n{}", pair_table(comparison));
  text += fmt::format("\n{}\n", bold("Verdict"));
  for (const std::string& sentence : verdict(comparison)) text += fmt::format("  {}\n", sentence);
  return text +
         "  (Intervals and p values: Student's t, each metric by itself, paired by seed; runs that never got there\n"
         "  count as worst in median and range, and then no mean is given.)\n";
}

}  // namespace gradrace
