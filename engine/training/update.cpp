#include "engine/training/update.hpp"

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

}  // namespace

Update::Update(Optimizer& optimizer, std::optional<double> max_norm, const Stack& stack, const ParameterStore& store,
               const Memory& memory, Plan& plan)
    : optimizer_(optimizer), max_norm_(max_norm), stack_(stack), store_(store), memory_(memory) {
  Index block = 0;
  std::vector<Parameter> matrices;
  for (const Parameter& p : store_.parameters()) {
    block = std::max(block, block_panels(p) * p.layout.rows * kPanel);
    panels_ += p.layout.panels();
    if (is_updated_whole(p)) matrices.push_back(p);
  }
  all_gradients_ = max_norm_ || !matrices.empty();
  gradients_ =
      all_gradients_ ? plan.book(Lifetime::kStep, store_.floats()) : plan.book_per_worker(Lifetime::kStep, block);
  if (max_norm_) squares_ = std::make_unique<double[]>(std::size_t(panels_));
  optimizer_.plan_matrices(matrices, plan);
  not_finite_.resize(std::size_t(plan.workers()));
}

bool Update::is_updated_whole(const Parameter& parameter) const {
  return !optimizer_.elementwise() && parameter.shape.size() >= 2;
}

void Update::find_matrices() {
  for (const Parameter& p : store_.parameters()) {
    if (!is_updated_whole(p)) continue;
    matrices_.push_back({.values = store_.at(0, p), .gradient = memory_.at(gradients_) + p.offset, .state = {}});
    for (Index k = 0; k < store_.states(); ++k) matrices_.back().state[k] = store_.at(k + 1, p);
  }
}

/// Calls body(parameter, panels, how many panels of all parameters stand before) for this worker's blocks.
template <class Body>
void Update::for_each_block(const kernels::Worker& worker, const Body& body) const {
  Index before = 0;
  for (std::size_t i = 0; i < store_.parameters().size(); ++i) {
    const Parameter& p = store_.parameters()[i];
    const Range mine = p.panels_of(worker);
    const Index block = block_panels(p);
    for (Index k = mine.begin; k < mine.end; k += block) body(i, Range{k, std::min(k + block, mine.end)}, before + k);
    before += p.layout.panels();
  }
}

void Update::run(const Context& context, const kernels::Worker& worker) {
  not_finite_[std::size_t(context.worker)].reset();
  const float factor = max_norm_ ? form_and_measure(context, worker) : 1;
  for_each_block(worker, [&](std::size_t parameter, Range panels, Index) {
    const std::span<float> gradient = gradient_block(parameter, context.worker, panels);
    if (max_norm_)
      kernels::scale(gradient, factor);
    else
      form_gradient(context, parameter, panels, gradient);
    if (!is_updated_whole(store_.parameters()[parameter])) update_block(context, parameter, panels, gradient);
  });
  if (!matrices_.empty()) update_matrices(context, worker);
}

/// Forms all gradients and returns what clips them. The norm's sum has one order: inside panels, then over the panels
/// of all parameters. Every worker computes it.
float Update::form_and_measure(const Context& context, const kernels::Worker& worker) const {
  for_each_block(worker, [&](std::size_t parameter, Range panels, Index before) {
    const std::span<float> gradient = gradient_block(parameter, context.worker, panels);
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
std::span<float> Update::gradient_block(std::size_t parameter, Index worker, Range panels) const {
  const Parameter& p = store_.parameters()[parameter];
  const Index offset = all_gradients_ ? p.offset + panels.begin * p.layout.rows * kPanel : 0;
  return {memory_.at(gradients_, worker) + offset, floats_of(p, panels)};
}

void Update::form_gradient(const Context& context, std::size_t parameter, Range panels, std::span<float> to) const {
  stack_.form_gradient(context, parameter, panels, to.data());
  context.lap(kGradient);
}

void Update::update_block(const Context& context, std::size_t parameter, Range panels, std::span<const float> g) {
  const Parameter& p = store_.parameters()[parameter];
  const Index first = panels.begin * p.layout.rows * kPanel;
  float* state[kMostStates];
  for (Index k = 0; k < store_.states(); ++k) state[k] = store_.at(k + 1, p) + first;
  if (!optimizer_.update(context.isa, {store_.at(0, p) + first, g.size()}, g, {state, std::size_t(store_.states())}))
    look_for_not_finite(parameter, context.worker, panels, g.data());
  stack_.refresh(context, parameter, panels);
  context.lap(kUpdate);
}

void Update::update_matrices(const Context& context, const kernels::Worker& worker) {
  optimizer_.update_matrices(context, worker, matrices_);
  for_each_block(worker, [&](std::size_t parameter, Range panels, Index) {
    if (!is_updated_whole(store_.parameters()[parameter])) return;
    look_for_not_finite(parameter, context.worker, panels, nullptr);
    stack_.refresh(context, parameter, panels);
  });
  context.lap(kUpdate);
}

/// Notes the first that these panels have, if it comes before what the worker has met. `gradient`: null if it has been
/// overwritten.
void Update::look_for_not_finite(std::size_t parameter, Index worker, Range panels, const float* gradient) {
  std::optional<NotFinite>& found = not_finite_[std::size_t(worker)];
  const Parameter& p = store_.parameters()[parameter];
  const Index first = panels.begin * p.layout.rows * kPanel;
  const auto note = [&](NotFinite::Kind kind, Index state, const float* values) {
    const NotFinite candidate{parameter, kind, state};
    if ((!found || candidate < *found) && !p.all_finite(panels, values)) found = candidate;
  };
  if (gradient) note(NotFinite::Kind::kGradient, 0, gradient);
  for (Index k = 0; k < store_.states(); ++k) note(NotFinite::Kind::kState, k, store_.at(k + 1, p) + first);
  note(NotFinite::Kind::kValues, 0, store_.at(0, p) + first);
}

std::optional<NotFinite> Update::not_finite() const {
  std::optional<NotFinite> first;
  for (const std::optional<NotFinite>& found : not_finite_)
    if (found && (!first || *found < *first)) first = found;
  return first;
}

}  // namespace gradrace
