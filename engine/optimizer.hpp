#pragma once
/// What an optimizer is: options from the user, a number of state arrays, and one fused update of a stretch of
/// parameters. State lives in the engine's memory, not here. One file each under optimizers/.

#include <span>
#include <vector>

#include "engine/registry.hpp"
#include "kernels/isa.hpp"

namespace gradrace {

class Optimizer {
 public:
  static constexpr const char* kKind = "optimizer";
  virtual ~Optimizer() = default;

  /// The arrays of state, each as large as the parameters: what all elements of each begin as.
  virtual std::vector<float> initial_state() const = 0;
  /// Before the updates of step 1, 2, ...: computes what is the same for all parameters. Called by one thread.
  virtual void begin_step(Index step) = 0;
  /// Updates p from g. Element by element: any cut of the parameters into calls gives the same bits. Threads: called on
  /// disjoint stretches by several at once.
  virtual void update(const kernels::Isa& isa, std::span<float> p, std::span<const float> g,
                      std::span<float* const> state) const = 0;
};

using OptimizerRegistry = Registry<Optimizer>;

}  // namespace gradrace
