#include "engine/race/contest.hpp"

#include <algorithm>
#include <cmath>

#include "engine/training/fusion.hpp"
#include "engine/training/planned_layers.hpp"

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

void set_diverged(const std::string& what, RunResult& run) {
  run.status = Status::kDiverged;
  run.problem =
      fmt::format("{}{} diverged at step {}: {} is not finite", run.label,
                  run.label == run.optimizer ? "" : fmt::format(" ({})", run.optimizer), run.step_loss.size(), what);
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
      checkpoints_->find(new_run(entrant, seed), form_of(entrant));
}

RunForm Contest::form_of(const Entrant& entrant) const {
  RunForm form{.states = std::ssize(entrant.optimizer->initial_state()),
               .epochs = options_.epochs,
               .steps_per_epoch = divide_up(data_.train.count, options_.trainer.batch_size),
               .may_end_early = options_.until_target,
               .test_images = data_.test.count,
               .validation_images = data_.validation.count,
               .classes = 0};
  std::vector<std::string> names;
  for (const PlannedLayer& layer : plan_layers(options_.trainer.fuse ? fuse(network_) : network_)) {
    names.push_back(layer.name);
    form.parameters.insert(form.parameters.end(), layer.parameters.begin(), layer.parameters.end());
    form.classes = layer.out.floats();
  }
  form.stages = PhaseClock(1, names, 0).seconds();
  return form;
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
  forget_models(result_);
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
  Runner runner{trainer, batches, run};
  if (checkpoints_)
    if (const auto saved = checkpoints_->find(run, form_of(entrant))) restore(*saved, runner);
  tell(&RaceObserver::run_began);
  while (run.status == Status::kInterrupted && stop_ == 0) run_epoch(runner);
  if (!runner.saved) save(runner);
  run.parameters = trainer.model().values();
  run.subnormals =
      SubnormalCounts{count_subnormals(run.parameters), count_subnormals(trainer.model().optimizer_state())};
  add_differences(result_);
  if (trainer_options.trace_steps > 0) result_.trace = trainer.trace();
  tell(&RaceObserver::run_ended);
}

void Contest::restore(const Checkpoint& saved, Runner& runner) {
  runner.trainer.model().load(saved.run.parameters);
  runner.trainer.model().load_optimizer_state(saved.optimizer_state);
  runner.trainer.continue_after(std::ssize(saved.run.step_loss));
  generator_ = saved.generator;
  const auto kernels = std::move(runner.run.kernels);
  runner.run = saved.run;
  runner.run.kernels = kernels;
  runner.run.resumed_after = std::ssize(saved.run.step_loss);
  if (!saved.part) return;
  runner.batches.continue_shuffled(saved.part->order_seed);
  runner.earlier = *saved.part;
  runner.epoch_seconds = saved.part->train_seconds;
  runner.suspended_seconds = saved.part->suspended_seconds;
}

void Contest::save(Runner& runner) const {
  runner.saved = true;
  if (!checkpoints_) return;
  Checkpoint checkpoint{runner.run, {}, runner.trainer.model().optimizer_state(), generator_};
  checkpoint.run.parameters = runner.trainer.model().values();
  if (runner.run.status == Status::kInterrupted && is_done(runner.run)) checkpoint.run.status = Status::kFinished;
  if (runner.run.status == Status::kInterrupted && steps_of_epoch(runner.run) > 0) {
    checkpoint.part = {runner.batches.order_seed(), runner.epoch_seconds, runner.suspended_seconds,
                       runner.trainer.stage_seconds()};
    if (!runner.earlier.stages.empty()) add(runner.earlier.stages, checkpoint.part->stages);
  }
  checkpoints_->save(checkpoint);
}

/// Whether the run is to be saved after the step that it has just done.
bool Contest::is_due(const RunResult& run) const {
  return std::ssize(run.step_loss) % options_.checkpoint_every.value_or(run.steps_per_epoch) == 0;
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
void Contest::run_epoch(Runner& runner) {
  const kernels::ScopedPlacement placed = team_.place_caller();
  if (!train(runner)) return;
  evaluate(runner);
  RunResult& run = runner.run;
  note_target(run);
  if (!std::isfinite(run.epochs.back().test.loss)) set_diverged("the test loss", run);
  if (is_due(run) || run.status == Status::kDiverged || is_done(run)) save(runner);  // whatever observers meet with
  tell(&RaceObserver::epoch_done);
  if (run.status != Status::kDiverged && is_done(run)) run.status = Status::kFinished;
}

/// The steps of an epoch that are not done yet. False: the run ends here.
bool Contest::train(Runner& runner) {
  RunResult& run = runner.run;
  const double seconds_before = train_seconds(run);
  const Index first = steps_of_epoch(run);
  run.step_loss.reserve(run.step_loss.size() + std::size_t(run.steps_per_epoch - first));
  StepEvent step{.epoch = std::ssize(run.epochs) + 1,
                 .epochs = options_.epochs,
                 .batches = run.steps_per_epoch,
                 .all_images = data_.train.count};
  bool complete = true;
  const auto on_step = [&](Index batch, float loss) {
    const Stopwatch& watch = runner.trainer.watch();
    step.batch = batch;
    step.images = batch * options_.trainer.batch_size;
    step.loss = loss;
    step.train_seconds = runner.epoch_seconds = runner.earlier.train_seconds + watch.seconds();
    runner.suspended_seconds = runner.earlier.suspended_seconds + watch.suspended_seconds();
    return complete = step_done(step, seconds_before + step.train_seconds, runner);
  };
  runner.trainer.train(runner.batches, generator_, on_step, first);
  return complete;
}

/// Looks at the test and validation images, and ends the epoch.
void Contest::evaluate(Runner& runner) {
  RunResult& run = runner.run;
  const std::span<const float> losses = std::span(run.step_loss).last(std::size_t(run.steps_per_epoch));
  run.answers.resize(std::size_t(data_.test.count));
  const TestResult test = runner.trainer.evaluate(data_.test, generator_, run.answers);
  run.epochs.push_back({std::ssize(run.epochs) + 1, runner.epoch_seconds, mean_loss(losses), losses.back(), test,
                        validate(runner.trainer), runner.trainer.take_stage_seconds(), runner.suspended_seconds});
  if (!runner.earlier.stages.empty()) add(runner.earlier.stages, run.epochs.back().stages);
  runner.earlier = {};
  runner.epoch_seconds = runner.suspended_seconds = 0;
  runner.saved = false;
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
bool Contest::step_done(const StepEvent& step, double run_seconds, Runner& runner) {
  RunResult& run = runner.run;
  run.step_loss.push_back(step.loss);
  runner.saved = false;
  if (!run.convergence && has_converged(run.step_loss, options_.target_loss))
    run.convergence = {std::ssize(run.step_loss), run_seconds};
  const std::string what = std::isfinite(step.loss) ? runner.trainer.model().not_finite_after_step() : "the loss";
  if (!what.empty()) set_diverged(what, run);
  const bool last = step.batch + 1 == step.batches;  // the epoch is saved when it is over
  if (run.status == Status::kInterrupted && is_due(run) && !last) save(runner);
  tell(&RaceObserver::step_done, step);
  return run.status != Status::kDiverged && stop_ == 0;
}

}  // namespace gradrace
