#include "apps/commentary.hpp"

#include <csignal>

#include <fmt/format.h>

#include "apps/signals.hpp"
#include "apps/tables.hpp"
#include "apps/terminal.hpp"

namespace gradrace {
namespace {

constexpr Index kBatchesPerLine = 100;

/// Of all steps that the race may take.
double fraction_done(const RaceResult& race, const StepEvent& step) {
  const double epochs = double(step.epoch - 1) + double(step.batch) / double(step.batches);
  return (double(race.runs.size() - 1) + epochs / double(step.epochs)) / double(race.all_runs);
}

std::string clock_text(double seconds) {
  const auto s = Index(seconds + 0.5);
  return s < 3600 ? fmt::format("{}:{:02}", s / 60, s % 60)
                  : fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
}

std::string run_line(const RunResult& run) {
  std::string text = fmt::format("seed {}  {}  {}", run.seed, run.label, name(run.status));
  if (run.epochs.empty()) return text;
  double seconds = 0;
  for (const EpochResult& epoch : run.epochs) seconds += epoch.train_seconds;
  const TestResult& test = run.epochs.back().test;
  text += fmt::format("  epochs: {}  training time: {:.2f} s  test loss: {:.4f}  accuracy: {:.2f}%", run.epochs.size(),
                      seconds, test.loss, 100 * test.accuracy());
  if (run.resumed_after > 0) text += fmt::format("  steps from its checkpoint: {}", run.resumed_after);
  return run.convergence ? text + fmt::format("  converged at step {}", run.convergence->step) : text;
}

}  // namespace

void Commentary::line(const std::string& text) {
  if (!lines_) return;
  progress_.clear();
  say(text + "\n");
  if (output_error() != 0) ask_to_stop(SIGPIPE);
}

void Commentary::run_began(const RaceResult& race) {
  if (race.runs.size() == 1) line(introduction_);
  if (compact_) return;
  const RunResult& run = race.runs.back();
  line(fmt::format("\n{}", run_title(run)));
  if (run.resumed_after > 0) line(fmt::format("{}  steps from its checkpoint: {}", run.label, run.resumed_after));
}

void Commentary::step_done(const RaceResult& race, const StepEvent& step) {
  const std::string& label = race.runs.back().label;
  const double percent = 100.0 * double(step.batch) / double(step.batches);
  if (step.batch % kBatchesPerLine == 0 && !compact_)
    line(fmt::format("{}  epoch: {} [{:{}}/{} ({:2.0f}%)]  training loss: {:.6f}", label, step.epoch, step.images,
                     fmt::formatted_size("{}", step.all_images), step.all_images, percent, step.loss));
  show_progress(race, step);
}

void Commentary::show_progress(const RaceResult& race, const StepEvent& step) {
  const double done = fraction_done(race, step);
  if (done_when_it_began_ < 0) {
    began_ = Clock::now();
    done_when_it_began_ = done;
  }
  if (step.batch == 0 || !progress_.due()) return;
  const RunResult& run = race.runs.back();
  const double elapsed = std::chrono::duration<double>(Clock::now() - began_).count();
  const std::string seed = race.seeds.size() > 1 ? fmt::format(" seed {}", run.seed) : "";
  progress_.show(fmt::format("{}/{} {}{} epoch {}", race.runs.size(), race.all_runs, run.label, seed, step.epoch), done,
                 fmt::format("{} left  loss {:.4f}  {:.0f} images/s",
                             clock_text(elapsed / (done - done_when_it_began_) * (1 - done)), step.loss,
                             double(step.images) / step.train_seconds));
}

void Commentary::epoch_done(const RaceResult& race) {
  if (compact_) return;
  const RunResult& run = race.runs.back();
  const EpochResult& epoch = run.epochs.back();
  line(fmt::format("{}  epoch: {}  runtime: {:.2f} s  test loss: {:.4f}  accuracy: {}/{} ({:.2f}%)", run.label,
                   epoch.epoch, epoch.train_seconds, epoch.test.loss, epoch.test.correct, epoch.test.total,
                   100 * epoch.test.accuracy()));
  if (epoch.suspended_seconds > 0)
    line(fmt::format("{}  epoch: {}  was suspended for {:.1f} s, which do not count", run.label, epoch.epoch,
                     epoch.suspended_seconds));
}

void Commentary::run_ended(const RaceResult& race) {
  progress_.clear();
  const RunResult& run = race.runs.back();
  if (compact_) line(run_line(run));
  if (run.status == Status::kDiverged) print_error(run.problem);
}

}  // namespace gradrace
