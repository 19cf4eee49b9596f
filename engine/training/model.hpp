#pragma once
/// A network with memory: its layers, its parameters and the optimizer's state, and how a step updates them, planned
/// for a largest batch and allocated once.

#include <optional>
#include <span>
#include <vector>

#include "engine/training/update.hpp"

namespace gradrace {

/// Owns everything that training with one optimizer needs, and runs the two phases of a step for one worker. Which
/// samples a worker has is the trainer's business.
class Model {
 public:
  /// Throws usage_error if the layers do not fit together, failure if they need more memory than there is. batch: the
  /// most samples in a step; optimizer: must outlive the model, and is null where nobody trains; max_norm: that of all
  /// gradients together, above which they are scaled down to it.
  Model(const Network& network, const KernelChoice& choice, const kernels::Isa& isa, Index workers, Index batch,
        Optimizer* optimizer, std::optional<double> max_norm = {});
  Model(const Model&) = delete;  // its parts know each other
  Model& operator=(const Model&) = delete;

  const Stack& stack() const { return stack_; }
  const std::vector<Parameter>& parameters() const { return store_.parameters(); }

  // Parameters and optimizer state under PyTorch's names, as ParameterStore says.
  std::vector<NamedTensor> initial_values(Generator& generator) const { return store_.initial_values(generator); }
  void load(std::span<const NamedTensor> values);
  std::vector<NamedTensor> values() const { return store_.values(); }
  std::vector<NamedTensor> optimizer_state() const { return store_.state(); }
  void load_optimizer_state(std::span<const NamedTensor> state) { store_.load_state(state); }
  /// What the last step left that is not finite: the first of the parameters' gradients, states and values, such as
  /// "the gradient of fc1.weight". Empty: nothing.
  std::string not_finite_after_step() const;

  Context context(Index worker, Index batch, bool training) const;
  void draw(const Context& context, Generator& generator, DropoutStream stream) {
    stack_.draw(context, generator, stream);
  }
  /// Parameter phase; there must be an optimizer.
  void update(const Context& context, const kernels::Worker& worker) { update_->run(context, worker); }

 private:
  kernels::Isa isa_;
  Plan plan_;
  Memory memory_;
  ParameterStore store_;
  Stack stack_;
  std::optional<Update> update_;
};

}  // namespace gradrace
