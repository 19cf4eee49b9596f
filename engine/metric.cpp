#include "engine/metric.hpp"

#include <cmath>

namespace gradrace {
namespace {

using Value = std::optional<double>;

Value final_accuracy(const RunResult& run) {
  if (run.status != Status::kFinished) return {};
  const TestResult& test = run.epochs.back().test;
  return double(test.correct) / double(test.total);
}

Value final_test_loss(const RunResult& run) {
  return run.status == Status::kFinished ? Value(run.epochs.back().test.loss) : Value();
}

Value convergence_step(const RunResult& run) {
  return run.convergence ? Value(double(run.convergence->step)) : Value();
}

Value convergence_seconds(const RunResult& run) {
  return run.convergence ? Value(run.convergence->train_seconds) : Value();
}

Value epoch_seconds(const RunResult& run) {
  if (run.epochs.empty()) return {};
  double sum = 0;
  for (const EpochResult& epoch : run.epochs) sum += epoch.train_seconds;
  return sum / double(run.epochs.size());
}

constexpr Metric kMetrics[] = {
    {"final_accuracy", "final accuracy", true, 100, 2, " %", " points", final_accuracy},
    {"final_test_loss", "final test loss", false, 1, 4, "", "", final_test_loss},
    {"convergence_step", "steps until converged", false, 1, 0, "", " steps", convergence_step},
    {"convergence_seconds", "training time until converged", false, 1, 2, " s", " s", convergence_seconds},
    {"epoch_seconds", "training time of an epoch", false, 1, 2, " s", " s", epoch_seconds}};

}  // namespace

std::string Metric::number(double value) const {
  return std::isfinite(value) ? fmt::format("{:.{}f}", value * scale, digits) : "-";
}

std::string Metric::range(double low, double high) const {
  return std::isfinite(low) || std::isfinite(high) ? fmt::format("{} to {}", number(low), number(high)) : "-";
}

std::string Metric::with_unit(const std::string& number, std::string_view unit) {
  return number == "-" ? number : fmt::format("{}{}", number, unit);
}

std::span<const Metric> metrics() {
  return kMetrics;
}

}  // namespace gradrace
