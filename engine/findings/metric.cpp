#include "engine/findings/metric.hpp"

#include <cmath>

namespace gradrace {
namespace {

using Value = std::optional<double>;

Value final_accuracy(const RunResult& run) {
  return run.status == Status::kFinished ? Value(run.epochs.back().test.accuracy()) : Value();
}

Value final_test_loss(const RunResult& run) {
  return run.status == Status::kFinished ? Value(run.epochs.back().test.loss) : Value();
}

const TestResult* final_validation(const RunResult& run) {
  return run.status == Status::kFinished && run.epochs.back().validation ? &*run.epochs.back().validation : nullptr;
}

Value final_validation_accuracy(const RunResult& run) {
  const TestResult* validation = final_validation(run);
  return validation ? Value(validation->accuracy()) : Value();
}

Value final_validation_loss(const RunResult& run) {
  const TestResult* validation = final_validation(run);
  return validation ? Value(validation->loss) : Value();
}

/// A target loss is convergence, which has metrics of its own.
bool reached_accuracy(const RunResult& run) {
  return run.target && run.target->metric == "accuracy";
}

Value target_step(const RunResult& run) {
  return reached_accuracy(run) ? Value(double(run.target->step)) : Value();
}

Value target_seconds(const RunResult& run) {
  return reached_accuracy(run) ? Value(run.target->train_seconds) : Value();
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
    {"final_validation_accuracy", "final validation accuracy", true, 100, 2, " %", " points",
     final_validation_accuracy},
    {"final_validation_loss", "final validation loss", false, 1, 4, "", "", final_validation_loss},
    {"target_step", "steps to the target accuracy", false, 1, 0, "", " steps", target_step},
    {"target_seconds", "training time to the target accuracy", false, 1, 2, " s", " s", target_seconds},
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
