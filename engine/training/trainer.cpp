#include "engine/training/trainer.hpp"

#include <algorithm>

#include "engine/base/error.hpp"
#include "engine/training/fusion.hpp"

namespace gradrace {
namespace {

constexpr Index kWarmUp = 5;            // steps before those of the trace
constexpr Index kEventsPerStep = 2000;  // of a worker: many more than steps of usual batches have

}  // namespace

Trainer::Trainer(const Network& network, const kernels::Isa& isa, const kernels::Team& team, Optimizer& optimizer,
                 const TrainerOptions& options)
    : team_(team),
      optimizer_(optimizer),
      options_(options),
      model_(options.fuse ? fuse(network) : network, options.kernels, isa, team.size(), options.batch_size, &optimizer,
             options.clip_grad_norm),
      normalizer_(options.normalization),
      outcomes_(std::size_t(options.batch_size)),
      clock_(team.size(), model_.stack().names(), options.trace_steps * kEventsPerStep) {}

/// Throws usage_error unless the images are as large as the network's input, have the channels that are normalized, and
/// are of no more classes than the network has outputs.
void Trainer::expect_fitting(const ImageSet& images) const {
  const Stack& stack = model_.stack();
  const Index values = Index(images.image_bytes()), channels = std::ssize(options_.normalization.mean);
  if (values != stack.inputs())
    throw usage_error("expected images of {} values, the network's input, found images of {}", stack.inputs(), values);
  if (channels != 1 && channels != images.channels)
    throw usage_error("expected images of {} channels, as many as are normalized, found {}", channels, images.channels);
  if (images.classes > stack.outputs())
    throw usage_error("expected images of at most {} classes, the network's outputs, found {}", stack.outputs(),
                      images.classes);
}

/// Forward and loss of `samples`, which are those from `first` on of a batch; in training also the loss's gradient.
void Trainer::forward(const Context& context, const kernels::Worker& worker, Range samples, const Batches& batches,
                      Index batch, Index first) {
  const Stack& stack = model_.stack();
  stack.forward(context, worker, samples, [&](Index s) {
    normalizer_.gather(batches.pixels(batch, first + s), stack.input(s));
    batches.prefetch(batch, first + s + 1);
  });
  const std::size_t classes = std::size_t(stack.outputs());
  for (Index s = samples.begin; s < samples.end; ++s) {
    const float* output = stack.output(s);
    const Index label = batches.label(batch, first + s);
    const std::span<float> gradient =
        context.training ? std::span(stack.output_gradient(s), classes) : std::span<float>();
    Outcome& outcome = outcomes_[std::size_t(s)];
    outcome.loss = options_.loss->of(context.isa, {output, classes}, label, 1.0f / float(context.batch), gradient);
    outcome.label = std::uint8_t(std::max_element(output, output + classes) - output);
    outcome.correct = outcome.label == label;
  }
  context.lap(kLayers + std::ssize(stack.names()));
}

float Trainer::step(const Batches& batches, Index batch, Generator& generator) {
  const Index n = batches.size(batch);
  clock_.record(steps_here_ >= kWarmUp && steps_here_ < kWarmUp + options_.trace_steps);
  ++steps_here_;
  model_.draw(model_.context(0, n, true), generator, options_.dropout_stream);
  clock_.of(0).lap(kDraw);
  optimizer_.begin_step(++step_);
  clock_.of(0).lap(kUpdate);
  team_.run([&](kernels::Worker worker) noexcept {
    Context context = model_.context(worker.index(), n, true);
    context.laps = &clock_.of(worker.index());
    context.lap(kWait);
    const Range samples = context.samples_of(worker.index());
    forward(context, worker, samples, batches, batch, 0);
    model_.stack().backward(context, worker, samples);
    context.wait(worker);
    model_.update(context, worker);
  });
  clock_.of(0).lap(kWait);
  double sum = 0;
  for (Index s = 0; s < n; ++s) sum += double(outcomes_[std::size_t(s)].loss);
  return float(sum / double(n));
}

void Trainer::train(Batches& batches, Generator& generator, const std::function<bool(Index, float)>& on_step,
                    Index first) {
  expect_fitting(batches.images());
  clock_.resume();
  watch_ = {};
  if (first == 0) batches.begin_shuffled(generator);
  clock_.of(0).lap(kShuffle);
  for (Index b = first; b < batches.count(); ++b) {
    const float loss = step(batches, b, generator);
    clock_.pause(kLayers + std::ssize(model_.stack().names()));  // worker 0 has added up the loss
    watch_.pause();
    if (!on_step(b, loss)) break;
    clock_.resume();  // first, since both are to count for how long the watch takes to start
    watch_.resume();
  }
}

TestResult Trainer::evaluate(const ImageSet& images, Generator& generator, std::span<Answer> answers) {
  if (!answers.empty()) GRADRACE_EXPECT(std::ssize(answers), ==, images.count);
  clock_.record(false);
  clock_.resume();
  expect_fitting(images);
  Batches batches(images, options_.test_batch_size);
  batches.begin_in_order(generator);
  TestResult result{.total = images.count};
  double loss = 0;
  for (Index b = 0; b < batches.count(); ++b) {
    // A test batch goes through in pieces that fit the memory planned for training batches.
    for (Index first = 0; first < batches.size(b); first += model_.stack().batch()) {
      const Index n = std::min(model_.stack().batch(), batches.size(b) - first);
      team_.run([&](kernels::Worker worker) noexcept {
        const Context context = model_.context(worker.index(), n, false);
        forward(context, worker, context.samples_of(worker.index()), batches, b, first);
      });
      for (Index s = 0; s < n; ++s) {
        loss += double(outcomes_[std::size_t(s)].loss);
        result.correct += outcomes_[std::size_t(s)].correct;
        if (!answers.empty())
          answers[std::size_t(b * options_.test_batch_size + first + s)] = outcomes_[std::size_t(s)];
      }
    }
  }
  result.loss = loss / double(images.count);
  clock_.pause_all(kEvaluate);
  return result;
}

}  // namespace gradrace
