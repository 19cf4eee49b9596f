#include "engine/findings/sweep.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "engine/base/error.hpp"

namespace gradrace {
namespace {

using nlohmann::ordered_json;

constexpr double kMostPoints = 100;

struct Values {
  double low, high;
  std::string scale;
  Index points;
  double at(Index i) const {
    const double part = double(i) / double(points - 1);
    return scale == "log" ? low * std::pow(high / low, part) : low + (high - low) * part;
  }
};

/// The finite number that the whole text stands for; otherwise NaN.
double parse_number(std::string_view text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, status] = std::from_chars(text.data(), end, value);
  return status == std::errc() && stop == end && std::isfinite(value) ? value : kNoNumber;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts = {""};
  for (const char c : text)
    if (c == separator)
      parts.emplace_back();
    else
      parts.back() += c;
  return parts;
}

/// "low..high:scale:points".
Values parse_range(const std::string& text, const std::string& sweep) {
  const std::vector<std::string> parts = split(text, ':');
  const std::string& bounds = parts[0];
  const std::size_t dots = std::min(bounds.find(".."), bounds.size());
  const double low = parse_number(bounds.substr(0, dots));
  const double high = parse_number(bounds.substr(std::min(dots + 2, bounds.size())));
  const double points = parts.size() == 3 ? parse_number(parts[2]) : kNoNumber;
  if (!(low < high) || std::isnan(points) || (parts[1] != "log" && parts[1] != "lin"))
    throw usage_error("sweep '{}': expected LOW..HIGH:log:POINTS or LOW..HIGH:lin:POINTS, low before high, found '{}'",
                      sweep, text);
  if (points < 2 || points > kMostPoints || points != std::floor(points))
    throw usage_error("sweep '{}': expected 2 to {} points, found {}", sweep, kMostPoints, parts[2]);
  if (parts[1] == "log" && low <= 0)
    throw usage_error("sweep '{}': a logarithmic range begins above zero, found {}", sweep, bounds);
  return {low, high, parts[1], Index(points)};
}

double mean_of(const LabelSummary& label, std::string_view metric) {
  const MetricSummary* summary = label.find(metric);
  return summary ? summary->summary.mean : kNoNumber;
}

ordered_json point_json(const SweepPoint& point, std::span<const LabelSummary> labels) {
  ordered_json json = {{"value", point.value}, {"label", point.label}};
  const LabelSummary* label = find_label(labels, point.label);
  json["seeds"] = label ? label->seeds : 0;
  json["diverged"] = label ? label->diverged : 0;
  for (const char* metric : {"validation_loss", "validation_accuracy", "test_loss", "accuracy"}) {
    const double mean = label ? mean_of(*label, fmt::format("final_{}", metric)) : kNoNumber;
    const std::string key = metric == std::string("accuracy") ? "test_accuracy" : metric;
    json[key] = std::isfinite(mean) ? ordered_json(mean) : ordered_json();
  }
  return json;
}

}  // namespace

Sweep Sweep::parse(const std::string& text) {
  const std::size_t colon = std::min(text.find(':'), text.size());
  const std::string head = text.substr(0, colon);
  std::vector<std::string> items = split(text.substr(std::min(colon + 1, text.size())), ',');
  const auto is_range = [](const std::string& item) {
    const std::size_t equals = item.find('=');
    return equals != std::string::npos && item.find("..", equals) != std::string::npos;
  };
  const auto item = std::ranges::find_if(items, is_range);
  if (std::ranges::count_if(items, is_range) != 1)
    throw usage_error("sweep '{}': expected one option with a range, as in adam:lr=1e-4..1e-1:log:7", text);

  Sweep sweep;
  const std::size_t equals = item->find('=');
  sweep.option = item->substr(0, equals);
  const Values values = parse_range(item->substr(equals + 1), text);
  sweep.scale = values.scale;
  for (Index i = 0; i < values.points; ++i) {
    const std::string value = fmt::format("{:.6g}", values.at(i));
    *item = fmt::format("{}={}", sweep.option, value);
    Spec spec = Spec::parse(fmt::format("{}:{}", head, fmt::join(items, ",")));
    sweep.optimizer = spec.name;
    sweep.label = spec.label.empty() ? spec.name : spec.label;
    spec.label = fmt::format("{}-{}-{}", sweep.label, sweep.option, value);
    if (!sweep.points.empty() && sweep.points.back().label == spec.label)
      throw usage_error("sweep '{}': two points are {}", text, value);
    sweep.points.push_back({parse_number(value), spec.label});
    sweep.specs.push_back(std::move(spec));
  }
  return sweep;
}

std::optional<std::string> chosen_label(const Sweep& sweep, std::span<const LabelSummary> labels) {
  std::optional<std::string> chosen;
  std::pair<double, double> best;
  for (const SweepPoint& point : sweep.points) {
    const LabelSummary* label = find_label(labels, point.label);
    if (!label || label->finished == 0 || label->diverged > 0) continue;
    const std::pair goodness(mean_of(*label, "final_validation_accuracy"), -mean_of(*label, "final_validation_loss"));
    if (chosen && goodness <= best) continue;
    chosen = point.label;
    best = goodness;
  }
  return chosen;
}

std::vector<std::string> contestants(std::span<const RunResult> runs, std::span<const Sweep> sweeps) {
  const Comparison comparison = compare_runs(runs);
  std::vector<std::string> labels = labels_of(runs);
  for (const Sweep& sweep : sweeps) {
    const auto chosen = chosen_label(sweep, comparison.labels);
    std::erase_if(labels, [&](const std::string& label) {
      return label != chosen && std::ranges::count(sweep.points, label, &SweepPoint::label) > 0;
    });
  }
  return labels;
}

ordered_json sweep_json(std::span<const Sweep> sweeps, std::span<const LabelSummary> labels) {
  ordered_json json = ordered_json::array();
  for (const Sweep& sweep : sweeps) {
    const auto chosen = chosen_label(sweep, labels);
    ordered_json points = ordered_json::array();
    for (const SweepPoint& point : sweep.points) points.push_back(point_json(point, labels));
    json.push_back({{"label", sweep.label},
                    {"optimizer", sweep.optimizer},
                    {"option", sweep.option},
                    {"scale", sweep.scale},
                    {"points", points},
                    {"chosen", chosen ? ordered_json(*chosen) : ordered_json()}});
  }
  return json;
}

}  // namespace gradrace
