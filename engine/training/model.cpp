#include "engine/training/model.hpp"

namespace gradrace {

Model::Model(const Network& network, const KernelChoice& choice, const kernels::Isa& isa, Index workers, Index batch,
             Optimizer* optimizer, std::optional<double> max_norm)
    : isa_(isa),
      plan_(workers),
      store_(optimizer ? optimizer->initial_state() : std::vector<float>(), memory_),
      stack_(network, choice, batch, plan_, store_, memory_) {
  GRADRACE_EXPECT(store_.states(), <=, kMostStates);
  store_.book(plan_);
  if (optimizer) update_.emplace(*optimizer, max_norm, stack_, store_, memory_, plan_);
  memory_ = Memory(plan_);
  if (update_) update_->find_matrices();
}

void Model::load(std::span<const NamedTensor> values) {
  store_.load(values);
  stack_.refresh_all(context(0, 0, false));
}

Context Model::context(Index worker, Index batch, bool training) const {
  return {.isa = isa_, .memory = &memory_, .worker = worker, .batch = batch, .training = training};
}

}  // namespace gradrace
