#include "engine/results/comparison_json.hpp"

#include <cmath>

#include <nlohmann/json.hpp>

#include "engine/findings/verdict.hpp"

namespace gradrace {
namespace {

using nlohmann::ordered_json;

ordered_json number_json(double value) {
  return std::isfinite(value) ? ordered_json(value) : ordered_json();
}

ordered_json summary_json(const MetricSummary& metric) {
  const Summary& s = metric.summary;
  return {{"n", s.n},
          {"missing", metric.missing},
          {"mean", number_json(s.mean)},
          {"standard_deviation", number_json(s.standard_deviation)},
          {"median", number_json(s.median)},
          {"min", number_json(s.min)},
          {"max", number_json(s.max)},
          {"confidence_low", number_json(s.confidence_low)},
          {"confidence_high", number_json(s.confidence_high)}};
}

ordered_json label_json(const LabelSummary& label) {
  ordered_json json = {{"label", label.label},
                       {"seeds", label.seeds},
                       {"finished", label.finished},
                       {"diverged", label.diverged},
                       {"interrupted", label.interrupted},
                       {"metrics", ordered_json::object()}};
  for (const MetricSummary& metric : label.metrics) json["metrics"][metric.metric->name] = summary_json(metric);
  return json;
}

ordered_json pair_json(const PairSummary& pair) {
  const PairedDifference& d = pair.difference;
  return {{"a", pair.a},
          {"b", pair.b},
          {"metric", pair.metric->name},
          {"n", d.n},
          {"mean", number_json(d.mean)},
          {"confidence_low", number_json(d.confidence_low)},
          {"confidence_high", number_json(d.confidence_high)},
          {"p", number_json(d.p)},
          {"p_holm", number_json(pair.p_holm)}};
}

}  // namespace

ordered_json comparison_json(const Comparison& all, const Comparison& contestants) {
  ordered_json summary = ordered_json::array(), pairs = ordered_json::array();
  for (const LabelSummary& label : all.labels) summary.push_back(label_json(label));
  for (const PairSummary& pair : contestants.pairs) pairs.push_back(pair_json(pair));
  return {{"summary", summary},
          {"paired_difference", pairs},
          {"statistics", {{"confidence", kConfidence}, {"interval", "student-t"}, {"correction", "holm"}}},
          {"verdict", verdict(contestants)}};
}

}  // namespace gradrace
