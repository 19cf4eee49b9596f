#include "engine/training/stack.hpp"

#include <algorithm>

namespace gradrace {
namespace {

/// Floats from one sample's activations to the next: an odd number of cache lines, so that the same element of many
/// samples does not fall into few cache sets.
Index sample_stride(Index floats) {
  const Index lines = divide_up(floats, kPanel);
  return (lines + 1 - lines % 2) * kPanel;
}

/// Books in the model's plan and adds to its store.
class Planner final : public LayerPlan {
 public:
  Planner(const KernelChoice& choice, Index batch, Plan& plan, ParameterStore& store)
      : choice_(choice), batch_(batch), plan_(plan), store_(store) {}
  Slot book(Lifetime lifetime, Index floats) override {
    GRADRACE_EXPECT(int(lifetime), !=, int(Lifetime::kPersistent));
    return lifetime == Lifetime::kScratch ? plan_.book_per_worker(lifetime, floats) : plan_.book(lifetime, floats);
  }
  Slot book_per_worker(Lifetime lifetime, Index floats) override { return plan_.book_per_worker(lifetime, floats); }
  Slot add(Parameter parameter) override { return store_.add(std::move(parameter)); }
  Index batch() const override { return batch_; }
  const KernelChoice& choice() const override { return choice_; }

 private:
  const KernelChoice& choice_;
  Index batch_;
  Plan& plan_;
  ParameterStore& store_;
};

}  // namespace

Stack::Stack(const Network& network, const KernelChoice& choice, Index batch, Plan& plan, ParameterStore& store,
             const Memory& memory)
    : batch_(batch), store_(store), memory_(memory) {
  Planner planner(choice, batch, plan, store);
  layers_ = plan_layers(network, planner);
  shapes_.push_back(network.input);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    names_.push_back(layers_[i].name);
    shapes_.push_back(layers_[i].out);
    for (Index index = 0; index < std::ssize(layers_[i].parameters); ++index) owners_.push_back({i, index});
    samples_together_ = std::max(samples_together_, layer(i).samples_together());
    GRADRACE_EXPECT(layer(i).shared_parts() > 0 && !layer(i).wants_all_samples(), ==, false);
  }
  const auto wants_all = [](const PlannedLayer& planned) { return planned.layer->wants_all_samples(); };
  head_ = std::ranges::find_if(layers_, wants_all) - layers_.begin();
  lowest_ = owners_.empty() ? std::ssize(layers_) : Index(owners_.front().layer);
  plan_storage();
  plan_activations(plan);
}

/// Whether a layer's output may lie where its input does: nobody reads the input once it is overwritten.
bool Stack::may_share(std::size_t i) const {
  if (!layer(i).in_place() || layer(i).backward_reads().input) return false;
  return i == 0 || !layer(i - 1).backward_reads().output;
}

void Stack::plan_storage() {
  for (std::size_t i = 0; i < shapes_.size(); ++i) storage_.push_back(i > 0 && may_share(i - 1) ? storage_[i - 1] : i);
}

/// An activation keeps its values for the whole batch. Its gradient does so only from the head's input on; before, a
/// worker needs that of one sample at a time.
void Stack::plan_activations(Plan& plan) {
  activations_.resize(shapes_.size());
  gradients_.resize(shapes_.size());
  for (std::size_t i = 0; i < shapes_.size(); ++i) {
    if (storage_[i] != i) continue;
    const Index stride = sample_stride(shapes_[i].floats());
    activations_[i] = plan.book(Lifetime::kStep, batch_ * stride);
    if (Index(i) <= lowest_) continue;
    gradients_[i] =
        is_whole(i) ? plan.book(Lifetime::kStep, batch_ * stride) : plan.book_per_worker(Lifetime::kStep, stride);
  }
}

Activations Stack::activation(std::size_t i) const {
  const std::size_t s = storage_[i];
  return {memory_.at(activations_[s]), sample_stride(shapes_[s].floats())};
}

Activations Stack::gradient(std::size_t i, Index worker) const {
  if (Index(i) <= lowest_) return {};
  const std::size_t s = storage_[i];
  return {memory_.at(gradients_[s], worker), is_whole(s) ? sample_stride(shapes_[s].floats()) : 0};
}

std::vector<std::pair<std::string, ConvKernels>> Stack::kernels_used() const {
  std::vector<std::pair<std::string, ConvKernels>> list;
  for (std::size_t i = 0; i < layers_.size(); ++i)
    if (auto used = layer(i).kernels_used()) list.emplace_back(names_[i], *std::move(used));
  return list;
}

void Stack::draw(const Context& context, Generator& generator, DropoutStream stream) {
  for (const PlannedLayer& planned : layers_) planned.layer->draw(context, generator, stream);
}

/// The stage of a layer's backward pass: after those of all forward passes and of the loss.
Index Stack::backward_stage(Index layer) const {
  return kLayers + std::ssize(layers_) + 1 + layer;
}

void Stack::prepare(const Context& context) const {
  for (const PlannedLayer& planned : layers_) planned.layer->prepare(context);
  context.lap(kPrepare);
}

/// The layers of the head, each for all of the worker's samples. At a layer that the workers share out, all outputs of
/// the layer before must be there, and then what all workers contribute.
void Stack::forward_head(const Context& context, const kernels::Worker& worker, Range samples) const {
  for (Index i = head_; i < std::ssize(layers_); ++i) {
    if (const Index parts = layer(std::size_t(i)).shared_parts(); parts > 0) {
      context.wait(worker);
      layer(std::size_t(i)).forward_parts(context, worker.share_of(parts), activation(std::size_t(i)));
      context.lap(kLayers + i);
      context.wait(worker);
    }
    if (!samples.empty()) forward_layers(context, samples, {i, i + 1});
  }
}

void Stack::forward_layers(const Context& context, Range samples, Range layers) const {
  for (std::size_t i = std::size_t(layers.begin); i < std::size_t(layers.end); ++i) {
    layer(i).forward(context, samples, activation(i), activation(i + 1));
    context.lap(kLayers + Index(i));
  }
}

void Stack::backward_layers(const Context& context, Range samples, Range layers) const {
  for (std::size_t i = std::size_t(layers.end); i-- > std::size_t(layers.begin);) {
    layer(i).backward(context, samples, activation(i), activation(i + 1), gradient(i + 1, context.worker),
                      gradient(i, context.worker));
    context.lap(backward_stage(Index(i)));
  }
}

void Stack::backward(const Context& context, const kernels::Worker& worker, Range samples) const {
  for (Index i = std::ssize(layers_); i-- > std::max(head_, lowest_);) {
    if (const Index parts = layer(std::size_t(i)).shared_parts(); parts > 0) {
      context.wait(worker);
      layer(std::size_t(i))
          .backward_parts(context, worker.share_of(parts), activation(std::size_t(i)), gradient(std::size_t(i + 1), 0),
                          gradient(std::size_t(i), 0));
      context.lap(backward_stage(i));
      context.wait(worker);
    } else if (!samples.empty()) {
      backward_layers(context, samples, {i, i + 1});
    }
  }
  for (Index s = samples.begin; s < samples.end; ++s) backward_layers(context, {s, s + 1}, {lowest_, head_});
}

void Stack::form_gradient(const Context& context, std::size_t parameter, Range panels, float* to) const {
  const auto [owner, index] = owners_[parameter];
  const Activations d_out = Index(owner) >= head_ ? gradient(owner + 1, context.worker) : Activations{};
  layer(owner).parameter_gradient(context, index, panels, activation(owner), d_out, to);
}

void Stack::refresh(const Context& context, std::size_t parameter, Range panels) const {
  layer(owners_[parameter].layer).refresh(context, owners_[parameter].index, panels);
}

void Stack::refresh_all(const Context& context) const {
  for (std::size_t i = 0; i < owners_.size(); ++i) refresh(context, i, {0, store_.parameters()[i].layout.panels()});
}

}  // namespace gradrace
