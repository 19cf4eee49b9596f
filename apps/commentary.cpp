#include "apps/commentary.hpp"

#include <csignal>

#include <fmt/format.h>

#include "apps/signals.hpp"
#include "apps/tables.hpp"
#include "apps/terminal.hpp"

namespace gradrace {
namespace {

constexpr Index kBatchesPerLine = 100;

}  // namespace

void Commentary::line(const std::string& text) {
  if (!lines_) return;
  progress_.clear();
  say(text + "\n");
  if (output_error() != 0) stop_signal = SIGPIPE;
}

void Commentary::run_began(const RaceResult& race) {
  line(fmt::format("\n{}", run_title(race.runs.back())));
}

void Commentary::step_done(const RaceResult& race, const StepEvent& step) {
  const std::string& label = race.runs.back().label;
  const double percent = 100.0 * double(step.batch) / double(step.batches);
  if (step.batch % kBatchesPerLine == 0)
    line(fmt::format("{}  epoch: {} [{:{}}/{} ({:2.0f}%)]  training loss: {:.6f}", label, step.epoch, step.images,
                     fmt::formatted_size("{}", step.all_images), step.all_images, percent, step.loss));
  if (step.batch > 0 && progress_.due())
    progress_.show(fmt::format("{} epoch {}", label, step.epoch), percent / 100,
                   fmt::format("loss {:.4f}  {:.0f} images/s", step.loss, double(step.images) / step.train_seconds));
}

void Commentary::epoch_done(const RaceResult& race) {
  const RunResult& run = race.runs.back();
  const EpochResult& epoch = run.epochs.back();
  line(fmt::format("{}  epoch: {}  runtime: {:.2f} s  test loss: {:.4f}  accuracy: {}/{} ({:.2f}%)", run.label,
                   epoch.epoch, epoch.train_seconds, epoch.test.loss, epoch.test.correct, epoch.test.total,
                   accuracy_percent(epoch.test)));
}

void Commentary::run_ended(const RaceResult& race) {
  progress_.clear();
  const RunResult& run = race.runs.back();
  if (run.status == Status::kDiverged) print_error(run.problem);
}

}  // namespace gradrace
