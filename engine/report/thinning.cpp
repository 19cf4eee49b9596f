#include "engine/report/thinning.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "engine/files/json.hpp"
#include "engine/results/rounding.hpp"

namespace gradrace {
namespace {

using nlohmann::ordered_json;

constexpr int kLossDigits = 4;

Index count_losses(std::span<const ordered_json> results) {
  Index count = 0;
  for (const ordered_json& document : results)
    for (const ordered_json& run : document["runs"]) count += Index(run["step_loss"].size());
  return count;
}

ordered_json means(const ordered_json& losses, std::size_t every) {
  ordered_json values = ordered_json::array();
  for (std::size_t begin = 0; begin < losses.size(); begin += every) {
    const std::size_t end = std::min(begin + every, losses.size());
    double sum = 0;
    bool finite = true;
    for (std::size_t i = begin; i < end; ++i) {
      finite = finite && losses[i].is_number();
      if (finite) sum += losses[i].get<double>();
    }
    values.push_back(finite ? ordered_json(rounded(sum / double(end - begin), kLossDigits)) : ordered_json());
  }
  return {{"every", every}, {"values", values}};
}

/// Leaves of what a run answered only what concerns the images shown.
void thin_evaluation(ordered_json& evaluation, const ordered_json& hardest) {
  for (const char* key : {"answers", "losses"}) {
    ordered_json kept = ordered_json::array();
    for (const ordered_json& image : hardest) kept.push_back(evaluation[key].at(image["index"].get<std::size_t>()));
    remove(evaluation, key);
    evaluation[std::string("hardest_") + key] = kept;
  }
}

}  // namespace

ordered_json thinned(std::span<const ordered_json> results) {
  const auto every = std::size_t(std::max(Index(1), divide_up(count_losses(results), kShownLosses)));
  ordered_json thin = ordered_json::array();
  for (const ordered_json& document : results) {
    ordered_json& copy = thin.emplace_back(document);
    for (ordered_json& run : copy["runs"]) {
      run["losses"] = means(run["step_loss"], every);
      remove(run, "step_loss");
      if (run.contains("evaluation")) thin_evaluation(run["evaluation"], copy["hardest"]);
    }
  }
  return thin;
}

}  // namespace gradrace
