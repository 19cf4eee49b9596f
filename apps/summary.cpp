#include "apps/summary.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "apps/tables.hpp"
#include "apps/terminal.hpp"
#include "engine/findings/verdict.hpp"

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

std::string sweep_table(const Sweep& sweep, std::span<const LabelSummary> labels) {
  const auto chosen = chosen_label(sweep, labels);
  std::vector<std::vector<std::string>> rows;
  for (const SweepPoint& point : sweep.points) {
    const LabelSummary* label = find_label(labels, point.label);
    rows.push_back(
        {fmt::format("{:g}", point.value), label ? fmt::format("{} of {}", label->finished, label->seeds) : "-"});
    for (const char* name : {"final_validation_accuracy", "final_validation_loss", "final_accuracy"}) {
      const MetricSummary* m = label ? label->find(name) : nullptr;
      rows.back().push_back(m ? m->metric->text(m->summary.mean) : "-");
    }
    rows.back().push_back(point.label == chosen ? "chosen" : "");
  }
  return table({fmt::format("{}: {}", sweep.label, sweep.option), "finished", "validation accuracy", "validation loss",
                "test accuracy", ""},
               rows);
}

std::string titles(std::span<const RunResult> runs, const std::vector<std::string>& labels) {
  std::string text;
  for (const RunResult& run : runs)
    if (run.seed == runs.front().seed && std::ranges::count(labels, run.label) > 0)
      text += fmt::format("\n{}", run_title(run));
  return text + "\n";
}

std::string comparison_tables(const Comparison& comparison) {
  std::string text;
  const std::size_t labels = comparison.labels.size();
  for (std::size_t i = 0; i < comparison.labels[0].metrics.size(); ++i)
    text += fmt::format("\n{}", metric_table(comparison, i));
  if (!comparison.pairs.empty() && labels * (labels - 1) / 2 <= kMostPairs)
    text += fmt::format("\n{}", pair_table(comparison));
  return text;
}

}  // namespace

std::string summary_tables(std::span<const RunResult> runs, std::span<const Sweep> sweeps) {
  const std::vector<std::string> labels = contestants(runs, sweeps);
  const Comparison all = compare_runs(runs), comparison = compare_runs(runs, labels);
  std::string text;
  for (const Sweep& sweep : sweeps) text += fmt::format("\n{}", sweep_table(sweep, all.labels));
  if (labels.empty()) return text;
  text += titles(runs, labels);
  const bool several_seeds = std::ranges::any_of(runs, [&](const RunResult& r) { return r.seed != runs[0].seed; });
  if (several_seeds) text += comparison_tables(comparison);
  const std::vector<std::string> sentences = verdict(comparison);
  if (!sentences.empty()) text += fmt::format("\n{}\n", bold("Verdict"));
  for (const std::string& sentence : sentences) text += fmt::format("  {}\n", sentence);
  if (several_seeds)
    text +=
        "  (Intervals and p values: Student's t, each metric by itself, paired by seed; runs that never got there\n"
        "  count as worst in median and range, and then no mean is given.)\n";
  return text;
}

}  // namespace gradrace
