#include "engine/race/contest.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/measuring/stopwatch.hpp"
#include "engine/race/checkpoint.hpp"

namespace gradrace {
namespace {

double train_seconds(const RunResult& run) {
  double sum = 0;
  for (const EpochResult& epoch : run.epochs) sum += epoch.train_seconds;
  return sum;
}

RunResult new_run(const Entrant& entrant, std::uint64_t seed) {
  RunResult run;
  run.label = entrant.label;
  run.optimizer = entrant.name;
  run.options = entrant.options.resolved();
  run.seed = seed;
  return run;
}

void set_diverged(const Model& model, RunResult& run) {
  const std::string tensor = model.first_not_finite();
  run.status = Status::kDiverged;
  run.problem = fmt::format("{}{} diverged at step {}: {} is not finite", run.label,
                            run.label == run.optimizer ? "" : fmt::format(" ({})", run.optimizer), run.step_loss.size(),
                            tensor.empty() ? "the loss" : tensor);
}

}  // namespace

Contest::Contest(const RaceOptions& options, const Dataset& data, std::span<RaceObserver* const> observers,
                 const std::atomic<int>& stop, const Checkpoints* checkpoints)
    : options_(options),
      data_(data),
      observers_(observers),
      stop_(stop),
      checkpoints_(checkpoints),
      network_(fitted(options.network, data)),
      team_({options.threads, options.cpus, options.subnormals}) {
  // Memory is planned for a whole batch; there is none larger than the training set.
  options_.trainer.batch_size = std::min(options.trainer.batch_size, data.train.count);
  options_.trainer.normalization = data.normalization;
}

RaceResult Contest::run_all() {
  look_at_checkpoints();
  result_.seeds = options_.seeds;
  result_.all_runs = std::ssize(options_.seeds) * std::ssize(options_.optimizers);
  for (std::size_t i = 0; i < options_.seeds.size() && stop_ == 0; ++i) run_from(options_.seeds[i], i % 2 == 1);
  return std::move(result_);
}

/// A bad one should not turn up after hours.
void Contest::look_at_checkpoints() const {
  if (!checkpoints_) return;
  for (const std::uint64_t seed : options_.seeds)
    for (const Entrant& entrant : line_up(options_.optimizers))
      checkpoints_->find(new_run(entrant, seed), data_.test.count);
}

/// All runs from this seed, in this order or the opposite one.
void Contest::run_from(std::uint64_t seed, bool backwards) {
  std::vector<Entrant> entrants = line_up(options_.optimizers);  // anew, lest they remember the seed before
  if (backwards) std::ranges::reverse(entrants);
  seed_ = seed;
  generator_ = Generator(seed);
  result_.initial.clear();
  for (const Entrant& entrant : entrants)
    if (stop_ == 0) run(entrant);
}

void Contest::run(const Entrant& entrant) {
  TrainerOptions trainer_options = options_.trainer;
  if (!result_.runs.empty()) trainer_options.trace_steps = 0;
  Trainer trainer(network_, options_.isa, team_, *entrant.optimizer, trainer_options);
  prepare(trainer.model());
  Batches batches(data_.train, options_.trainer.batch_size);
  entrant.optimizer->begin_run(batches.count(), options_.epochs);
  RunResult& run = result_.runs.emplace_back(new_run(entrant, seed_));
  run.kernels = trainer.model().stack().kernels_used();
  run.steps_per_epoch = batches.count();
  if (checkpoints_)
    if (const auto saved = checkpoints_->find(run, data_.test.count)) restore(*saved, trainer, run);
  tell(&RaceObserver::run_began);
  while (run.status == Status::kInterrupted && stop_ == 0) {
    const std::size_t epochs = run.epochs.size();
    run_epoch(trainer, batches, run);
    if (run.status != Status::kDiverged && is_done(run)) run.status = Status::kFinished;
    if (run.epochs.size() > epochs || run.status == Status::kDiverged) save(trainer, run);
  }
  run.parameters = trainer.model().values();
  if (trainer_options.trace_steps > 0) result_.trace = trainer.trace();
  tell(&RaceObserver::run_ended);
}

void Contest::restore(const Checkpoint& saved, Trainer& trainer, RunResult& run) {
  trainer.model().load(saved.run.parameters);
  trainer.model().load_optimizer_state(saved.optimizer_state);
  trainer.continue_after(std::ssize(saved.run.step_loss));
  generator_ = saved.generator;
  const auto kernels = std::move(run.kernels);
  run = saved.run;
  run.kernels = kernels;
  run.resumed_after = std::ssize(run.epochs);
}

void Contest::save(Trainer& trainer, const RunResult& run) const {
  if (!checkpoints_) return;
  Checkpoint checkpoint{run, trainer.model().optimizer_state(), generator_};
  checkpoint.run.parameters = trainer.model().values();
  checkpoints_->save(checkpoint);
}

/// Sets the initial weights, and the generator to where this run's numbers begin.
void Contest::prepare(Model& model) {
  if (result_.initial.empty()) {
    // Drawn even if they are not used: a PyTorch module draws them before others can be loaded into it.
    const std::vector<NamedTensor> drawn = model.initial_values(generator_);
    start_ = generator_;
    model.load(options_.init.empty() ? drawn : options_.init);
    result_.initial = model.values();
  } else {
    if (options_.order == Order::kPaired) generator_ = start_;
    model.load(result_.initial);
  }
}

/// A training pass and, unless that ended early, an evaluation.
void Contest::run_epoch(Trainer& trainer, Batches& batches, RunResult& run) {
  const kernels::ScopedPlacement placed = team_.place_caller();
  const std::size_t first = run.step_loss.size();
  run.step_loss.reserve(first + std::size_t(batches.count()));
  const double seconds_before = train_seconds(run);
  StepEvent step{.epoch = std::ssize(run.epochs) + 1,
                 .epochs = options_.epochs,
                 .batches = batches.count(),
                 .all_images = data_.train.count};

  bool complete = true;
  Stopwatch watch;
  const double seconds = trainer.train(batches, generator_, [&](Index batch, float loss) {
    watch.pause();
    step.batch = batch;
    step.images = batch * options_.trainer.batch_size;
    step.loss = loss;
    step.train_seconds = watch.seconds();
    complete = step_done(step, seconds_before + watch.seconds(), trainer.model(), run);
    watch.resume();
    return complete;
  });
  if (!complete) return;

  const std::span<const float> losses = std::span(run.step_loss).subspan(first);
  const double mean = std::accumulate(losses.begin(), losses.end(), 0.0) / double(losses.size());
  run.answers.resize(std::size_t(data_.test.count));
  const TestResult test = trainer.evaluate(data_.test, generator_, run.answers);
  run.epochs.push_back({step.epoch, seconds, mean, losses.back(), test, validate(trainer)});
  run.epochs.back().stages = trainer.take_stage_seconds();
  note_target(run);
  if (!std::isfinite(test.loss) || !trainer.model().first_not_finite().empty()) set_diverged(trainer.model(), run);
  tell(&RaceObserver::epoch_done);
}

/// Leaves the run's random numbers as they are.
std::optional<TestResult> Contest::validate(Trainer& trainer) {
  if (data_.validation.count == 0) return {};
  Generator copy = generator_;
  return trainer.evaluate(data_.validation, copy);
}

bool Contest::is_done(const RunResult& run) const {
  return std::ssize(run.epochs) == options_.epochs || (options_.until_target && run.target);
}

/// Called after each epoch.
void Contest::note_target(RunResult& run) const {
  if (run.target) return;
  const EpochResult& epoch = run.epochs.back();
  if (!options_.target_accuracy) {
    if (run.convergence)
      run.target = {"loss", options_.target_loss, epoch.epoch, run.convergence->step, run.convergence->train_seconds};
  } else if (epoch.validation.value_or(epoch.test).accuracy() >= *options_.target_accuracy) {
    run.target = {"accuracy", *options_.target_accuracy, epoch.epoch, std::ssize(run.step_loss), train_seconds(run)};
  }
}

/// Records a step. False: the run ends here.
bool Contest::step_done(const StepEvent& step, double run_seconds, const Model& model, RunResult& run) {
  run.step_loss.push_back(step.loss);
  if (!run.convergence && has_converged(run.step_loss, options_.target_loss))
    run.convergence = {std::ssize(run.step_loss), run_seconds};
  if (!std::isfinite(step.loss)) set_diverged(model, run);
  tell(&RaceObserver::step_done, step);
  return run.status != Status::kDiverged && stop_ == 0;
}

}  // namespace gradrace
