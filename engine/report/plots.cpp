#include "engine/report/plots.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "engine/report/figure.hpp"
#include "engine/report/smoothing.hpp"

namespace gradrace {
namespace {

constexpr std::size_t kLossPoints = 250;

using Runs = std::vector<const RunResult*>;

Runs of_label(std::span<const RunResult> runs, const std::string& label) {
  Runs found;
  for (const RunResult& run : runs)
    if (run.label == label) found.push_back(&run);
  return found;
}

/// Those runs that are drawn, label by label.
struct Field {
  std::vector<std::string> labels;
  std::vector<Runs> runs;  ///< of each label
};

Field field_of(std::span<const RunResult> runs, const std::vector<std::string>& labels) {
  Field field{labels, {}};
  for (const std::string& label : labels) field.runs.push_back(of_label(runs, label));
  return field;
}

/// Mean, lowest and highest y at the mean x.
FigurePoint over_seeds(const std::vector<std::pair<double, double>>& places) {
  FigurePoint point = {0, 0, INFINITY, -INFINITY};
  for (const auto& [x, y] : places) {
    point.x += x / double(places.size());
    point.y += y / double(places.size());
    point.low = std::min(point.low, y);
    point.high = std::max(point.high, y);
  }
  return point;
}

/// Seconds of training up to and with a step, counted from 1: evenly within an epoch, and on as before in an epoch that
/// was not completed. NaN before the first was.
double seconds_at(const RunResult& run, double step) {
  if (run.epochs.empty()) return NAN;
  const double epochs = step / double(run.steps_per_epoch);
  double seconds = 0;
  for (std::size_t i = 0; i < run.epochs.size(); ++i)
    seconds += run.epochs[i].train_seconds * std::clamp(epochs - double(i), 0.0, 1.0);
  return seconds + run.epochs.back().train_seconds * std::max(0.0, epochs - double(run.epochs.size()));
}

FigureLine loss_line(const std::string& label, const Runs& runs, bool by_seconds) {
  std::vector<std::vector<double>> curves;
  std::size_t longest = 0;
  for (const RunResult* run : runs) {
    curves.push_back(smoothed(run->step_loss));
    longest = std::max(longest, curves.back().size());
  }
  FigureLine line = {label, {}};
  for (const std::size_t i : sampled(longest, kLossPoints)) {
    std::vector<std::pair<double, double>> places;
    for (std::size_t k = 0; k < runs.size(); ++k)
      if (const auto step = double(i + 1); i < curves[k].size())
        places.emplace_back(by_seconds ? seconds_at(*runs[k], step) : step, curves[k][i]);
    line.points.push_back(over_seeds(places));
  }
  return line;
}

using Value = std::function<double(const EpochResult&)>;

std::vector<double> values_of(const Runs& runs, std::size_t epoch, const Value& value) {
  std::vector<double> values;
  for (const RunResult* run : runs)
    if (epoch < run->epochs.size()) values.push_back(value(run->epochs[epoch]));
  return values;
}

std::size_t most_epochs(const Field& field) {
  std::size_t most = 0;
  for (const Runs& runs : field.runs)
    for (const RunResult* run : runs) most = std::max(most, run->epochs.size());
  return most;
}

LineFigure epoch_figure(const Field& field, const std::string& title, const std::string& y_title, const Value& value) {
  LineFigure figure = {
      .title = title, .note = {}, .x_title = "epoch", .y_title = y_title, .x_is_whole = true, .lines = {}};
  for (std::size_t i = 0; i < field.labels.size(); ++i) {
    FigureLine& line = figure.lines.emplace_back(FigureLine{field.labels[i], {}});
    for (std::size_t epoch = 0; epoch < most_epochs(field); ++epoch) {
      std::vector<std::pair<double, double>> places;
      for (const double y : values_of(field.runs[i], epoch, value)) places.emplace_back(epoch + 1, y);
      if (!places.empty()) line.points.push_back(over_seeds(places));
    }
  }
  return figure;
}

BarFigure time_figure(const Field& field) {
  BarFigure figure = {.title = "Training time per epoch",
                      .note = {},
                      .x_title = "epoch",
                      .y_title = "seconds of training",
                      .categories = {},
                      .bars = {}};
  for (std::size_t epoch = 0; epoch < most_epochs(field); ++epoch)
    figure.categories.push_back(fmt::format("{}", epoch + 1));
  for (std::size_t i = 0; i < field.labels.size(); ++i) {
    FigureBars& bars = figure.bars.emplace_back(FigureBars{field.labels[i], {}});
    for (std::size_t epoch = 0; epoch < figure.categories.size(); ++epoch) {
      const auto seconds = values_of(field.runs[i], epoch, [](const auto& e) { return e.train_seconds; });
      double sum = 0;
      for (const double s : seconds) sum += s;
      bars.values.push_back(seconds.empty() ? NAN : sum / double(seconds.size()));
    }
  }
  return figure;
}

BarFigure difference_figure(std::span<const RunDifference> differences, std::uint64_t seed, const std::string& title,
                            double ParameterDifference::*value) {
  BarFigure figure = {.title = title, .note = {}, .x_title = "", .y_title = title, .categories = {}, .bars = {}};
  for (const RunDifference& difference : differences) {
    if (difference.seed != seed) continue;
    FigureBars& bars = figure.bars.emplace_back(FigureBars{difference.a + " - " + difference.b, {}});
    figure.categories.clear();
    for (const ParameterDifference& parameter : difference.parameters) {
      figure.categories.push_back(parameter.parameter);
      bars.values.push_back(parameter.*value);
    }
  }
  return figure;
}

LineFigure loss_figure(const Field& field, bool by_seconds) {
  LineFigure figure = {.title = fmt::format("Training loss, mean of the last {} steps", kConvergenceWindow),
                       .note = {},
                       .x_title = by_seconds ? "seconds of training" : "training step",
                       .y_title = "training loss",
                       .x_from_zero = true,
                       .y_scale = Scale::kLogarithmic,
                       .lines = {}};
  for (std::size_t i = 0; i < field.labels.size(); ++i)
    figure.lines.push_back(loss_line(field.labels[i], field.runs[i], by_seconds));
  return figure;
}

LineFigure sweep_figure(const Sweep& sweep, std::span<const LabelSummary> labels) {
  LineFigure figure = {.title = fmt::format("Accuracy by {} of {}", sweep.option, sweep.label),
                       .note = {},
                       .x_title = sweep.option,
                       .y_title = "accuracy, %",
                       .x_scale = sweep.scale == "log" ? Scale::kLogarithmic : Scale::kLinear,
                       .lines = {}};
  for (const auto& [name, title] : {std::pair("final_validation_accuracy", "validation"), {"final_accuracy", "test"}}) {
    FigureLine& line = figure.lines.emplace_back(FigureLine{title, {}});
    for (const SweepPoint& point : sweep.points) {
      const LabelSummary* label = find_label(labels, point.label);
      const MetricSummary* metric = label ? label->find(name) : nullptr;
      if (!metric) continue;
      const Summary& s = metric->summary;
      line.points.push_back({point.value, 100 * s.mean, 100 * s.min, 100 * s.max});
    }
  }
  return figure;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> race_plots(const RaceResult& race, std::span<const Sweep> sweeps,
                                                            const std::string& note) {
  const std::span<const RunResult> runs = race.runs;
  std::vector<std::pair<std::string, std::string>> plots;
  const auto add = [&](const std::string& name, auto figure) {
    figure.note = note;
    if (std::string picture = svg(figure); !picture.empty()) plots.emplace_back(name, std::move(picture));
  };
  const std::vector<std::string> labels = contestants(runs, sweeps);
  const Field field = field_of(runs, labels);
  add("loss_by_step.svg", loss_figure(field, false));
  add("loss_by_seconds.svg", loss_figure(field, true));
  add("accuracy.svg", epoch_figure(field, "Test accuracy", "test accuracy, %", [](const EpochResult& epoch) {
        return 100 * double(epoch.test.correct) / double(epoch.test.total);
      }));
  add("test_loss.svg",
      epoch_figure(field, "Test loss", "test loss", [](const EpochResult& epoch) { return epoch.test.loss; }));
  add("epoch_seconds.svg", time_figure(field));
  if (runs.empty()) return plots;
  const std::vector<RunDifference> differences = among(race.differences, labels);
  const std::uint64_t seed = runs.front().seed;
  add("mean_difference.svg",
      difference_figure(differences, seed, "mean difference", &ParameterDifference::mean_difference));
  add("normalized_difference.svg",
      difference_figure(differences, seed, "normalized difference", &ParameterDifference::normalized_difference));
  const Comparison comparison = compare_runs(runs);
  for (const Sweep& sweep : sweeps)
    add(fmt::format("sweep_{}_{}.svg", sweep.label, sweep.option), sweep_figure(sweep, comparison.labels));
  return plots;
}

}  // namespace gradrace
