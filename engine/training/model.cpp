#include "engine/training/model.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "kernels/gradient_norm.hpp"

namespace gradrace {
namespace {

// Floats of gradient that are formed before they are used up, 24 KB: of 64 outputs as many panels as a sparse product
// takes side by side.
constexpr Index kBlockFloats = 6144;

/// Panels of a parameter that are updated together.
Index block_panels(const Parameter& p) {
  return std::clamp<Index>(kBlockFloats / (p.layout.rows * kPanel), 1, p.layout.panels());
}

std::size_t floats_of(const Parameter& p, Range panels) {
  return std::size_t(panels.size() * p.layout.rows * kPanel);
}

/// Floats from one sample's activations to the next: an odd number of cache lines, so that the same element of many
/// samples does not fall into few cache sets.
Index sample_stride(Index floats) {
  const Index lines = divide_up(floats, kPanel);
  return (lines + 1 - lines % 2) * kPanel;
}

}  // namespace

class Model::LayerPlanner final : public LayerPlan {
 public:
  LayerPlanner(Model& model, std::size_t layer) : model_(model), layer_(layer) {}
  Slot book(Lifetime lifetime, Index floats) override {
    GRADRACE_EXPECT(int(lifetime), !=, int(Lifetime::kPersistent));
    return lifetime == Lifetime::kScratch ? model_.plan_.book_per_worker(lifetime, floats)
                                          : model_.plan_.book(lifetime, floats);
  }
  Slot book_per_worker(Lifetime lifetime, Index floats) override {
    return model_.plan_.book_per_worker(lifetime, floats);
  }
  Slot add(Parameter parameter) override {
    parameter.offset = model_.parameter_floats_;
    model_.parameter_floats_ += parameter.layout.floats();
    model_.parameters_.push_back(parameter);
    model_.owners_.push_back({layer_, added_++});
    return {Lifetime::kPersistent, parameter.offset, parameter.layout.floats(), 0};
  }
  Index batch() const override { return model_.batch_; }
  const KernelChoice& choice() const override { return model_.choice_; }

 private:
  Model& model_;
  std::size_t layer_;
  Index added_ = 0;
};

Model::Model(const Network& network, const KernelChoice& choice, const kernels::Isa& isa, Index workers, Index batch,
             Optimizer* optimizer, std::optional<double> max_norm)
    : choice_(choice), isa_(isa), batch_(batch), optimizer_(optimizer), plan_(workers), max_norm_(max_norm) {
  if (optimizer_) initial_state_ = optimizer_->initial_state();
  GRADRACE_EXPECT(states(), <=, kMostStates);
  shapes_.push_back(network.input);
  for (const Spec& spec : network.layers) {
    Options options = spec.options;
    layers_.push_back(LayerRegistry::instance().make(spec.name, options));
    LayerPlanner planner(*this, layers_.size() - 1);
    names_.push_back(spec.label.empty() ? spec.name : spec.label);
    shapes_.push_back(layers_.back()->plan(names_.back(), shapes_.back(), planner));
  }
  const auto wants_all = [](const auto& layer) { return layer->wants_all_samples(); };
  for (const auto& layer : layers_) GRADRACE_EXPECT(layer->shared_parts() > 0 && !wants_all(layer), ==, false);
  head_ = std::find_if(layers_.begin(), layers_.end(), wants_all) - layers_.begin();
  plan_activations();
  persistent_ = plan_.book(Lifetime::kPersistent, parameter_floats_ * (1 + states()));
  plan_gradients();
  memory_ = std::make_unique<Memory>(plan_);
  for (const Parameter& p : parameters_) {
    if (!is_updated_whole(p)) continue;
    float* values = memory_->at(persistent_) + p.offset;
    matrices_.push_back({.values = values, .gradient = memory_->at(parameter_gradient_) + p.offset, .state = {}});
    for (Index k = 0; k < states(); ++k) matrices_.back().state[k] = values + (k + 1) * parameter_floats_;
  }
}

Model::~Model() = default;

bool Model::is_updated_whole(const Parameter& parameter) const {
  return optimizer_ && !optimizer_->elementwise() && parameter.shape.size() >= 2;
}

void Model::plan_gradients() {
  Index block = 0;
  for (const Parameter& p : parameters_) {
    block = std::max(block, block_panels(p) * p.layout.rows * kPanel);
    panels_ += p.layout.panels();
  }
  all_gradients_ = max_norm_ || std::ranges::any_of(parameters_, [&](const auto& p) { return is_updated_whole(p); });
  parameter_gradient_ =
      all_gradients_ ? plan_.book(Lifetime::kStep, parameter_floats_) : plan_.book_per_worker(Lifetime::kStep, block);
  if (max_norm_) squares_ = std::make_unique<double[]>(std::size_t(panels_));
  if (!optimizer_) return;
  std::vector<Parameter> matrices;
  std::ranges::copy_if(parameters_, std::back_inserter(matrices), [&](const auto& p) { return is_updated_whole(p); });
  optimizer_->plan_matrices(matrices, plan_);
}

/// An activation keeps its values for the whole batch. Its gradient does so only from the head's input on; before, a
/// worker needs that of one sample at a time.
void Model::plan_activations() {
  for (std::size_t i = 0; i < shapes_.size(); ++i)
    storage_.push_back(i > 0 && layers_[i - 1]->in_place() ? storage_[i - 1] : i);
  activations_.resize(shapes_.size());
  gradients_.resize(shapes_.size());
  for (std::size_t i = 0; i < shapes_.size(); ++i) {
    if (storage_[i] != i) continue;
    const Index stride = sample_stride(shapes_[i].floats());
    activations_[i] = plan_.book(Lifetime::kStep, batch_ * stride);
    if (i >= storage_[std::size_t(head_)])
      gradients_[i] = plan_.book(Lifetime::kStep, batch_ * stride);
    else if (i > 0)
      gradients_[i] = plan_.book_per_worker(Lifetime::kStep, stride);
  }
}

Activations Model::activation(std::size_t i) const {
  const std::size_t s = storage_[i];
  return {memory_->at(activations_[s]), sample_stride(shapes_[s].floats())};
}

Activations Model::gradient(std::size_t i, Index worker) const {
  const std::size_t s = storage_[i];
  if (s == 0 && head_ > 0) return {};  // nobody asks for the gradient of the images
  return {memory_->at(gradients_[s], worker),
          s >= storage_[std::size_t(head_)] ? sample_stride(shapes_[s].floats()) : 0};
}

std::vector<std::pair<std::string, std::string>> Model::kernels_used() const {
  std::vector<std::pair<std::string, std::string>> list;
  for (std::size_t i = 0; i < layers_.size(); ++i)
    if (std::string used = layers_[i]->kernels_used(); !used.empty()) list.emplace_back(names_[i], std::move(used));
  return list;
}

Context Model::context(Index worker, Index batch, bool training) const {
  return {.isa = isa_, .memory = memory_.get(), .worker = worker, .batch = batch, .training = training};
}

void Model::draw(const Context& context, Generator& generator, DropoutStream stream) {
  for (const auto& layer : layers_) layer->draw(context, generator, stream);
}

/// The stage of a layer's backward pass: after those of all forward passes and of the loss.
Index Model::backward_stage(Index layer) const {
  return kLayers + std::ssize(layers_) + 1 + layer;
}

void Model::prepare(const Context& context) const {
  for (const auto& layer : layers_) layer->prepare(context);
  context.lap(kPrepare);
}

/// The layers after the trunk, each for all of the worker's samples. At a layer that the workers share out, all outputs
/// of the layer before must be there, and then what all workers contribute.
void Model::forward_head(const Context& context, const kernels::Worker& worker, Range samples) const {
  for (Index i = head_; i < std::ssize(layers_); ++i) {
    if (const Index parts = layers_[std::size_t(i)]->shared_parts(); parts > 0) {
      context.wait(worker);
      layers_[std::size_t(i)]->forward_parts(context, worker.share_of(parts), activation(std::size_t(i)));
      context.lap(kLayers + i);
      context.wait(worker);
    }
    if (!samples.empty()) forward_layers(context, samples, {i, i + 1});
  }
}

void Model::forward_layers(const Context& context, Range samples, Range layers) const {
  for (std::size_t i = std::size_t(layers.begin); i < std::size_t(layers.end); ++i) {
    layers_[i]->forward(context, samples, activation(i), activation(i + 1));
    context.lap(kLayers + Index(i));
  }
}

void Model::backward_layers(const Context& context, Range samples, Range layers) const {
  for (std::size_t i = std::size_t(layers.end); i-- > std::size_t(layers.begin);) {
    layers_[i]->backward(context, samples, activation(i), activation(i + 1), gradient(i + 1, context.worker),
                         gradient(i, context.worker));
    context.lap(backward_stage(Index(i)));
  }
}

void Model::backward(const Context& context, const kernels::Worker& worker, Range samples) const {
  for (Index i = std::ssize(layers_); i-- > head_;) {
    if (const Index parts = layers_[std::size_t(i)]->shared_parts(); parts > 0) {
      context.wait(worker);
      layers_[std::size_t(i)]->backward_parts(context, worker.share_of(parts), activation(std::size_t(i)),
                                              gradient(std::size_t(i + 1), 0), gradient(std::size_t(i), 0));
      context.lap(backward_stage(i));
      context.wait(worker);
    } else if (!samples.empty()) {
      backward_layers(context, samples, {i, i + 1});
    }
  }
  for (Index s = samples.begin; s < samples.end; ++s) backward_layers(context, {s, s + 1}, {0, head_});
}

/// Calls body(parameter, panels, how many panels of all parameters stand before) for this worker's blocks.
template <class Body>
void Model::for_each_block(const kernels::Worker& worker, const Body& body) const {
  Index before = 0;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const Range mine = parameters_[i].panels_of(worker);
    const Index block = block_panels(parameters_[i]);
    for (Index p = mine.begin; p < mine.end; p += block) body(i, Range{p, std::min(p + block, mine.end)}, before + p);
    before += parameters_[i].layout.panels();
  }
}

void Model::update(const Context& context, const kernels::Worker& worker) const {
  const float factor = max_norm_ ? form_and_measure(context, worker) : 1;
  for_each_block(worker, [&](std::size_t parameter, Range panels, Index) {
    const std::span<float> gradient = gradient_block(context, parameter, panels);
    if (max_norm_)
      kernels::scale(gradient, factor);
    else
      form_gradient(context, parameter, panels, gradient);
    if (!is_updated_whole(parameters_[parameter])) update_block(context, parameter, panels, gradient);
  });
  if (!matrices_.empty()) update_matrices(context, worker);
}

/// Forms all gradients and returns what clips them. The norm's sum has one order: inside panels, then over the panels
/// of all parameters. Every worker computes it.
float Model::form_and_measure(const Context& context, const kernels::Worker& worker) const {
  for_each_block(worker, [&](std::size_t parameter, Range panels, Index before) {
    const std::span<float> gradient = gradient_block(context, parameter, panels);
    form_gradient(context, parameter, panels, gradient);
    const std::size_t panel = gradient.size() / std::size_t(panels.size());
    for (Index k = 0; k < panels.size(); ++k)
      squares_[std::size_t(before + k)] = kernels::sum_of_squares(gradient.subspan(std::size_t(k) * panel, panel));
  });
  context.lap(kGradient);
  context.wait(worker);
  double square = 0;
  for (Index k = 0; k < panels_; ++k) square += squares_[std::size_t(k)];
  return kernels::clip_factor(std::sqrt(square), *max_norm_);
}

/// Where the gradient of some panels of a parameter goes, one after the other.
std::span<float> Model::gradient_block(const Context& context, std::size_t parameter, Range panels) const {
  const Parameter& p = parameters_[parameter];
  const Index offset = all_gradients_ ? p.offset + panels.begin * p.layout.rows * kPanel : 0;
  return {context.at(parameter_gradient_) + offset, floats_of(p, panels)};
}

void Model::form_gradient(const Context& context, std::size_t parameter, Range panels, std::span<float> to) const {
  const auto [layer, index] = owners_[parameter];
  const Activations d_out = Index(layer) >= head_ ? gradient(layer + 1, context.worker) : Activations{};
  layers_[layer]->parameter_gradient(context, index, panels, activation(layer), d_out, to.data());
  context.lap(kGradient);
}

void Model::update_block(const Context& context, std::size_t parameter, Range panels, std::span<const float> g) const {
  const Parameter& p = parameters_[parameter];
  const auto [layer, index] = owners_[parameter];
  float* values = memory_->at(persistent_) + p.offset + panels.begin * p.layout.rows * kPanel;
  float* state[kMostStates];
  for (Index k = 0; k < states(); ++k) state[k] = values + (k + 1) * parameter_floats_;
  optimizer_->update(isa_, {values, g.size()}, g, {state, initial_state_.size()});
  layers_[layer]->refresh(context, index, panels);
  context.lap(kUpdate);
}

void Model::update_matrices(const Context& context, const kernels::Worker& worker) const {
  optimizer_->update_matrices(context, worker, matrices_);
  for_each_block(worker, [&](std::size_t parameter, Range panels, Index) {
    const auto [layer, index] = owners_[parameter];
    if (is_updated_whole(parameters_[parameter])) layers_[layer]->refresh(context, index, panels);
  });
  context.lap(kUpdate);
}

void Model::refresh_all() const {
  for (std::size_t i = 0; i < parameters_.size(); ++i)
    layers_[owners_[i].layer]->refresh(context(0, 0, false), owners_[i].index, {0, parameters_[i].layout.panels()});
}

}  // namespace gradrace
