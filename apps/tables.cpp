#include "apps/tables.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "apps/terminal.hpp"

namespace gradrace {
namespace {

std::string run_end(const RunResult& run, const RaceOptions& options) {
  std::string text;
  if (run.status == Status::kDiverged) text += fmt::format("  {}\n", run.problem);
  if (run.status == Status::kInterrupted) text += fmt::format("  interrupted after step {}\n", run.step_loss.size());
  const std::string goal =
      fmt::format("mean of the last {} training losses <= {}", kConvergenceWindow, options.target_loss);
  if (run.convergence)
    text += fmt::format("  converged at step {}, after {:.2f} s of training ({})\n", run.convergence->step,
                        run.convergence->train_seconds, goal);
  else
    text += fmt::format("  did not converge ({})\n", goal);
  if (options.subnormals == kernels::Subnormals::kKeep && run.subnormals)
    text += fmt::format("  subnormal at the end: {} of the weights, {} numbers of the optimizer's state\n",
                        run.subnormals->weights, run.subnormals->state);
  if (!options.target_accuracy) return text;
  const std::string target = fmt::format("an accuracy of {:.6g} %", 100 * *options.target_accuracy);
  if (run.target)
    return text + fmt::format("  reached {} in epoch {}, after {:.2f} s of training\n", target, run.target->epoch,
                              run.target->train_seconds);
  return text + fmt::format("  did not reach {}\n", target);
}

std::string run_table(const RunResult& run, const RaceOptions& options) {
  std::vector<std::vector<std::string>> rows;
  double seconds = 0;
  for (const EpochResult& epoch : run.epochs) {
    seconds += epoch.train_seconds;
    rows.push_back({fmt::format("{}", epoch.epoch), fmt::format("{:.2f} s", epoch.train_seconds),
                    fmt::format("{:.6f}", epoch.train_loss_mean), fmt::format("{:.6f}", epoch.train_loss_last),
                    fmt::format("{:.6f}", epoch.test.loss), fmt::format("{:.2f} %", 100 * epoch.test.accuracy())});
    if (!epoch.validation) continue;
    rows.back().push_back(fmt::format("{:.6f}", epoch.validation->loss));
    rows.back().push_back(fmt::format("{:.2f} %", 100 * epoch.validation->accuracy()));
  }
  std::vector<std::string> heading = {"epoch", "training time", "mean training loss", "last", "test loss", "accuracy"};
  if (!rows.empty() && rows[0].size() > heading.size()) heading.insert(heading.end(), {"validation loss", "accuracy"});
  if (rows.size() > 1) {
    rows.push_back({"all", fmt::format("{:.2f} s", seconds)});
    rows.back().resize(heading.size());
  }
  return run_title(run) + "\n" + (rows.empty() ? "" : table(heading, rows)) + run_end(run, options);
}

std::string difference_table(const RunDifference& difference) {
  std::vector<std::vector<std::string>> rows;
  for (const ParameterDifference& p : difference.parameters)
    rows.push_back(
        {p.parameter, fmt::format("{:.6f}", p.mean_difference), fmt::format("{:.6f}", p.normalized_difference)});
  return bold(fmt::format("{} - {}", difference.a, difference.b)) + "\n" +
         table({"parameter", "mean difference", "normalized difference"}, rows);
}

}  // namespace

std::string table(const std::vector<std::string>& heading, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (std::size_t column = 0; column < heading.size(); ++column) {
    widths.push_back(heading[column].size());
    for (const auto& row : rows) widths[column] = std::max(widths[column], row[column].size());
  }
  const auto line = [&](const std::vector<std::string>& row) {
    std::string text = fmt::format("  {:<{}}", row[0], widths[0]);
    for (std::size_t column = 1; column < row.size(); ++column)
      text += fmt::format("   {:>{}}", row[column], widths[column]);
    return text.substr(0, text.find_last_not_of(' ') + 1) + "\n";
  };
  std::string text = line(heading);
  for (const auto& row : rows) text += line(row);
  return text;
}

std::string optimizer_title(const std::string& label, const std::string& optimizer,
                            const std::vector<std::pair<std::string, std::string>>& options) {
  std::vector<std::string> words;
  for (const auto& [key, value] : options) words.push_back(fmt::format("{}={}", key, as_typed(value)));
  return bold(fmt::format("{}{} ({})", label == optimizer ? "" : label + ": ", optimizer, fmt::join(words, ", ")));
}

std::string run_title(const RunResult& run) {
  return optimizer_title(run.label, run.optimizer, run.options);
}

std::string notice_banner(const std::string& notice) {
  if (notice.empty()) return {};
  const std::string rule(72, '!');
  return fmt::format("{}\n{}\n{}\n", rule, bold(printable(notice)), rule);
}

std::string race_tables(const RaceResult& race, const RaceOptions& options) {
  std::string text;
  for (const RunResult& run : race.runs) text += fmt::format("\n{}", run_table(run, options));
  for (const RunDifference& difference : race.differences) text += fmt::format("\n{}", difference_table(difference));
  return text;
}

}  // namespace gradrace
