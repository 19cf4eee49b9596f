#include "engine/findings/verdict.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace gradrace {
namespace {

constexpr Index kFewestSeeds = 3;

std::string joined(const std::vector<std::string>& names) {
  if (names.size() < 2) return names.empty() ? "" : names[0];
  return fmt::format("{} and {}", fmt::join(names.begin(), names.end() - 1, ", "), names.back());
}

std::string capitalised(std::string_view title) {
  std::string text(title);
  text[0] = char(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

bool is_shown(const PairSummary& pair) {
  return pair.difference.n >= kFewestSeeds && pair.p_holm < 1 - kConfidence;  // false for NaN
}

std::string pair_facts(const PairSummary& pair) {
  const PairedDifference& d = pair.difference;
  const Metric& metric = *pair.metric;
  if (std::isnan(d.p))
    return fmt::format("{} from every seed, which tells nothing of chance", metric.difference_text(d.mean));
  return fmt::format("{}, 95 % confidence interval {}, p = {:.2g}", metric.difference_text(d.mean),
                     metric.difference_text(d.confidence_low, d.confidence_high), d.p);
}

/// Two labels: all that is known of them in one sentence.
std::string sentence_of_two(const PairSummary& pair) {
  const PairedDifference& d = pair.difference;
  const std::string title = capitalised(pair.metric->title);
  const bool a_leads = (d.mean > 0) == pair.metric->more_is_better;
  if (is_shown(pair))
    return fmt::format("{}: {} is ahead of {} ({} - {}: {}; {} seeds).", title, a_leads ? pair.a : pair.b,
                       a_leads ? pair.b : pair.a, pair.a, pair.b, pair_facts(pair), d.n);
  return fmt::format("{}: no difference between {} and {} can be shown from {} seeds ({} - {}: {}).", title, pair.a,
                     pair.b, d.n, pair.a, pair.b, pair_facts(pair));
}

/// More labels: who has the best mean, and against whom that is more than chance.
std::string sentence_of_many(const std::vector<const PairSummary*>& pairs, const std::string& best, double mean) {
  std::vector<std::string> behind, close;
  const Metric& metric = *pairs[0]->metric;
  for (const PairSummary* pair : pairs)
    if (pair->a == best || pair->b == best)
      (is_shown(*pair) ? behind : close).push_back(pair->a == best ? pair->b : pair->a);
  std::string text = fmt::format("{}: {} has the best mean ({})", capitalised(metric.title), best, metric.text(mean));
  if (!behind.empty()) text += fmt::format(" and is ahead of {}", joined(behind));
  if (!close.empty())
    text += fmt::format("{} no difference from {} can be shown from {} seeds", behind.empty() ? ", but" : ";",
                        joined(close), pairs[0]->difference.n);
  return text + ".";
}

class Verdict {
 public:
  explicit Verdict(const Comparison& comparison) : comparison_(comparison) {}

  std::vector<std::string> sentences() {
    for (const LabelSummary& label : comparison_.labels) say_how_it_ended(label);
    if (most_pairs() < kFewestSeeds) {
      say_that_it_takes_more();
    } else {
      for (std::size_t i = 0; i < comparison_.labels[0].metrics.size(); ++i) say_of_metric(i);
    }
    return std::move(sentences_);
  }

 private:
  Index most_pairs() const {
    Index most = 0;
    for (const PairSummary& pair : comparison_.pairs) most = std::max(most, pair.difference.n);
    return most;
  }

  void say_how_it_ended(const LabelSummary& label) {
    if (label.diverged > 0)
      sentences_.push_back(fmt::format("{} diverged from {} of {} seeds.", label.label, label.diverged, label.seeds));
    if (label.interrupted > 0)
      sentences_.push_back(fmt::format("{} was interrupted from {} of {} seeds, which are left out.", label.label,
                                       label.interrupted, label.seeds));
  }

  void say_that_it_takes_more() {
    if (comparison_.labels.size() > 1)
      sentences_.push_back(fmt::format(
          "What is more than chance cannot be told from fewer than {} seeds; race from five.", kFewestSeeds));
  }

  void say_of_metric(std::size_t index) {
    const Metric* metric = comparison_.labels[0].metrics[index].metric;
    std::vector<std::string> lacking;
    const MetricSummary* best = nullptr;
    std::string best_label;
    for (const LabelSummary& label : comparison_.labels) {
      const MetricSummary& m = label.metrics[index];
      const Index runs = m.summary.n + m.missing;
      if (m.missing > 0) lacking.push_back(fmt::format("{} from {} of {} seeds", label.label, m.summary.n, runs));
      if (m.missing > 0 || runs == 0) continue;
      const auto is_better = [&](double a, double b) { return metric->more_is_better ? a > b : a < b; };
      if (!best || is_better(m.summary.mean, best->summary.mean)) {
        best = &m;
        best_label = label.label;
      }
    }
    if (!lacking.empty())
      sentences_.push_back(fmt::format("{}: known for {} only; a mean of some would mislead, so there is none.",
                                       capitalised(metric->title), joined(lacking)));
    const auto pairs = complete_pairs(*metric);
    if (pairs.size() == 1) sentences_.push_back(sentence_of_two(*pairs[0]));
    if (pairs.size() > 1) sentences_.push_back(sentence_of_many(pairs, best_label, best->summary.mean));
  }

  std::vector<const PairSummary*> complete_pairs(const Metric& metric) const {
    std::vector<const PairSummary*> pairs;
    for (const PairSummary& pair : comparison_.pairs)
      if (pair.metric == &metric && pair.difference.n >= kFewestSeeds && std::isfinite(pair.difference.mean))
        pairs.push_back(&pair);
    return pairs;
  }

  const Comparison& comparison_;
  std::vector<std::string> sentences_;
};

}  // namespace

std::vector<std::string> verdict(const Comparison& comparison) {
  return Verdict(comparison).sentences();
}

}  // namespace gradrace
