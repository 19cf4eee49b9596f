#include "engine/results/evaluation.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include <nlohmann/json.hpp>

#include "engine/files/base64.hpp"
#include "engine/results/rounding.hpp"

namespace gradrace {
namespace {

using nlohmann::ordered_json;

constexpr int kLossDigits = 4;

/// A network may have more outputs than there are classes, and answer so.
std::size_t confusion_classes(const RunResult& run, const ImageSet& test) {
  const Answer& last = *std::ranges::max_element(run.answers, {}, &Answer::label);
  return std::max(std::size_t(test.classes), std::size_t(last.label) + 1);
}

ordered_json evaluation_json(const RunResult& run, const ImageSet& test) {
  const std::size_t classes = confusion_classes(run, test);
  std::vector<std::vector<Index>> confusion(classes, std::vector<Index>(classes));
  std::vector<int> answers;
  std::vector<double> losses;
  for (std::size_t i = 0; i < run.answers.size(); ++i) {
    const Answer& answer = run.answers[i];
    ++confusion[test.labels[i]][answer.label];
    answers.push_back(answer.label);
    losses.push_back(rounded(double(answer.loss), kLossDigits));
  }
  return {{"epoch", run.epochs.size()}, {"confusion", confusion}, {"answers", answers}, {"losses", losses}};
}

/// Adds the run's losses to `sums`; leaves them alone if one is not finite.
void add_losses(const RunResult& run, std::vector<double>& sums) {
  const auto is_finite = [](const Answer& answer) { return std::isfinite(answer.loss); };
  if (!std::ranges::all_of(run.answers, is_finite)) return;
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += double(run.answers[i].loss);
}

ordered_json image_json(const ImageSet& images, std::size_t index) {
  return {{"index", index},
          {"label", images.labels[index]},
          {"height", images.height},
          {"width", images.width},
          {"channels", images.channels},
          {"pixels", base64(std::span(images.pixels).subspan(index * images.image_bytes(), images.image_bytes()))}};
}

}  // namespace

void add_evaluation(ordered_json& results, std::span<const RunResult> runs, const ImageSet& test) {
  std::vector<double> sums(std::size_t(test.count));
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (runs[i].answers.empty() || runs[i].seed != runs.front().seed) continue;
    results["runs"][i]["evaluation"] = evaluation_json(runs[i], test);
    add_losses(runs[i], sums);
  }
  std::vector<std::size_t> order(sums.size());
  std::iota(order.begin(), order.end(), std::size_t(0));
  std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair(-sums[i], i); });
  order.resize(std::min(order.size(), std::size_t(kHardestImages)));
  results["hardest"] = ordered_json::array();
  for (const std::size_t index : order)
    if (sums[index] > 0) results["hardest"].push_back(image_json(test, index));
}

}  // namespace gradrace
