// What a checkpoint must be like to be one of a race: the sums that have to come out, tensor by tensor and number by
// number. A checksum says that a file is whole, not that a race wrote it.
#include <algorithm>
#include <cmath>

#include "engine/base/error.hpp"
#include "engine/race/checkpoint_file.hpp"

namespace gradrace {
namespace {

class Check {
 public:
  Check(const Checkpoint& checkpoint, const RunForm& form, const std::string& source)
      : checkpoint_(checkpoint), run_(checkpoint.run), form_(form), source_(source) {}

  void tensors() const;
  void losses() const;
  void epoch(std::size_t index) const;
  void ending() const;
  void events() const;
  void part() const;
  void answers() const;

 private:
  void expect(bool condition, const std::string& expectation) const {
    if (!condition) throw data_error("{}: expected {}, found something else", source_, expectation);
  }
  void expect_seconds(double seconds) const {
    expect(std::isfinite(seconds) && seconds >= 0, "seconds that are not negative");
  }
  void expect_result(const TestResult& result, Index images) const {
    expect(result.total == images && result.correct >= 0 && result.correct <= images,
           fmt::format("right answers of {} images", images));
  }
  void expect_stages(std::span<const StageSeconds> stages) const;

  const Checkpoint& checkpoint_;
  const RunResult& run_;
  const RunForm& form_;
  const std::string& source_;
};

void Check::tensors() const {
  const auto count = std::ssize(form_.parameters);
  expect(std::ssize(run_.parameters) == count, fmt::format("{} parameters", count));
  expect(std::ssize(checkpoint_.optimizer_state) == count * form_.states,
         fmt::format("{} tensors of optimizer state", count * form_.states));
  const auto expect_tensor = [&](std::span<const NamedTensor> tensors, const std::string& name,
                                 const std::vector<Index>& shape) {
    const auto found = std::ranges::find(tensors, name, &NamedTensor::name);
    expect(found != tensors.end() && found->shape == shape,
           fmt::format("a tensor {} [{}]", name, fmt::join(shape, ", ")));
  };
  for (const Parameter& p : form_.parameters) {
    expect_tensor(run_.parameters, p.name, p.shape);
    for (Index k = 0; k < form_.states; ++k)
      expect_tensor(checkpoint_.optimizer_state, fmt::format("state.{}.{}", k, p.name), p.shape);
  }
}

void Check::losses() const {
  expect(run_.steps_per_epoch == form_.steps_per_epoch, fmt::format("{} steps in an epoch", form_.steps_per_epoch));
  expect(std::ssize(run_.epochs) <= form_.epochs, fmt::format("at most {} epochs", form_.epochs));
  const Index least = std::ssize(run_.epochs) * form_.steps_per_epoch;
  expect(std::ssize(run_.step_loss) >= least && std::ssize(run_.step_loss) <= least + form_.steps_per_epoch,
         fmt::format("losses of {} to {} steps, those of {} epochs and of one more", least,
                     least + form_.steps_per_epoch, run_.epochs.size()));
  const auto finite = [](float loss) { return std::isfinite(loss); };
  expect(run_.status == Status::kDiverged || std::ranges::all_of(run_.step_loss, finite), "losses that are finite");
}

void Check::expect_stages(std::span<const StageSeconds> stages) const {
  const auto same = [](const StageSeconds& a, const StageSeconds& b) { return a.phase == b.phase && a.name == b.name; };
  expect(std::ranges::equal(stages, form_.stages, same), "times of this network's stages");
  for (const StageSeconds& stage : stages) {
    expect_seconds(stage.mean);
    expect_seconds(stage.slowest);
  }
}

void Check::epoch(std::size_t index) const {
  const EpochResult& epoch = run_.epochs[index];
  const auto steps = std::size_t(form_.steps_per_epoch);
  const std::span<const float> losses = std::span(run_.step_loss).subspan(index * steps, steps);
  expect(epoch.epoch == Index(index) + 1, fmt::format("epoch {} at place {}", index + 1, index + 1));
  expect_seconds(epoch.train_seconds);
  expect_seconds(epoch.suspended_seconds);
  expect_stages(epoch.stages);
  expect_result(epoch.test, form_.test_images);
  expect(epoch.validation.has_value() == (form_.validation_images > 0), "a validation where there are images for it");
  if (epoch.validation) expect_result(*epoch.validation, form_.validation_images);
  expect(epoch.train_loss_mean == mean_loss(losses) && epoch.train_loss_last == losses.back(),
         fmt::format("the mean loss of epoch {} to be that of its steps", index + 1));
}

void Check::ending() const {
  const bool whole = steps_of_epoch(run_) == 0, all = std::ssize(run_.epochs) == form_.epochs;
  const auto printable = [](char c) { return c >= ' ' && c <= '~'; };
  expect(run_.problem.empty() == (run_.status != Status::kDiverged) && std::ranges::all_of(run_.problem, printable),
         "a sentence about a problem where there is one");
  if (run_.status == Status::kFinished)
    expect(whole && (all || (form_.may_end_early && run_.target)), "as many epochs as a finished run has");
  if (run_.status == Status::kInterrupted) expect(!all, "an interrupted run to have epochs left");
}

void Check::events() const {
  const auto expect_step = [&](Index step) {
    expect(step >= 1 && step <= std::ssize(run_.step_loss), "a step of the run");
  };
  if (run_.convergence) {
    expect_step(run_.convergence->step);
    expect_seconds(run_.convergence->train_seconds);
  }
  if (!run_.target) return;
  expect(run_.target->metric == "accuracy" || run_.target->metric == "loss", "a target of accuracy or loss");
  expect(run_.target->epoch >= 1 && run_.target->epoch <= std::ssize(run_.epochs), "a target in an epoch of the run");
  expect(std::isfinite(run_.target->value), "a target that is finite");
  expect_step(run_.target->step);
  expect_seconds(run_.target->train_seconds);
}

void Check::part() const {
  const bool under_way = run_.status == Status::kInterrupted && steps_of_epoch(run_) > 0;
  expect(checkpoint_.part.has_value() == under_way, "part of an epoch where one is under way");
  if (!under_way) return;
  expect_seconds(checkpoint_.part->train_seconds);
  expect_seconds(checkpoint_.part->suspended_seconds);
  expect_stages(checkpoint_.part->stages);
}

void Check::answers() const {
  const Index count = run_.epochs.empty() ? 0 : form_.test_images;
  expect(std::ssize(run_.answers) == count, fmt::format("answers to {} test images", count));
  const auto is_class = [&](const Answer& answer) { return answer.label < form_.classes; };
  expect(std::ranges::all_of(run_.answers, is_class), fmt::format("answers that are one of {} classes", form_.classes));
}

}  // namespace

void expect_consistent(const Checkpoint& checkpoint, const RunForm& form, const std::string& source) {
  const Check check(checkpoint, form, source);
  check.tensors();
  check.losses();
  for (std::size_t i = 0; i < checkpoint.run.epochs.size(); ++i) check.epoch(i);
  check.ending();
  check.events();
  check.part();
  check.answers();
}

}  // namespace gradrace
