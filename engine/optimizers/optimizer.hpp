#pragma once
/// The room optimizers/: one file for each optimizer, which registers itself by its name, with torch.optim's options
/// and defaults; learning-rate schedules (schedule.hpp); and who takes part in a race under which label (entrant.hpp).
///
/// What an optimizer is: options from the user, a number of state arrays, and one fused update of a stretch of
/// parameters; some make a step of each matrix as a whole besides. State lives in the engine's memory, not here. One
/// file each under optimizers/.

#include <span>
#include <string>
#include <vector>

#include "engine/base/registry.hpp"
#include "engine/optimizers/schedule.hpp"
#include "kernels/optimizer_step.hpp"

namespace gradrace {

struct Context;
struct Parameter;
class Plan;
namespace kernels {
class Worker;
}

inline constexpr Index kMostStates = 4;

/// A matrix with all that a step of it reads and writes: panel matrices of its layout (parameter.hpp).
struct MatrixArrays {
  float *values, *gradient;
  float* state[kMostStates];
};

class Optimizer {
 public:
  static constexpr const char* kKind = "optimizer";
  virtual ~Optimizer() = default;

  /// Who published the method, where and when.
  virtual std::string paper() const = 0;
  /// The arrays of state, each as large as the parameters: what all elements of each begin as.
  virtual std::vector<float> initial_state() const = 0;
  /// Bytes of memory that a step reads and writes for each parameter: itself, its gradient (read only), its state.
  virtual Index bytes_per_parameter() const { return Index(sizeof(float) * (3 + 2 * initial_state().size())); }
  /// Before the first step: how long the run is. Needed by schedules (schedule.hpp) other than a constant one.
  void begin_run(Index steps_per_epoch, Index epochs) { schedule_.begin_run(steps_per_epoch, epochs); }
  /// Before the updates of step 1, 2, ...: computes what is the same for all parameters. That depends on the step's
  /// number and the length of the run alone, so a run may go on at any step. Called by one thread; allocates nothing.
  void begin_step(Index step) { prepare(step, sign_ * schedule_.rate(step)); }
  /// Updates p from g. Element by element: any cut of the parameters into calls gives the same bits. Returns true only
  /// if all of p and the state is finite now (optimizer_step.hpp has what else may make it false). Threads: called on
  /// disjoint stretches by several at once.
  virtual bool update(const kernels::Isa& isa, std::span<float> p, std::span<const float> g,
                      std::span<float* const> state) const = 0;

  /// Whether update() makes the step of all parameters. If not, it makes that of vectors (biases) only, and
  /// update_matrices() that of all others.
  virtual bool elementwise() const { return true; }
  /// Before a run: books memory for the steps of these matrices, of which convolutions' weights are some.
  virtual void plan_matrices(std::span<const Parameter>, Plan&) {}
  /// Updates the planned matrices. All workers call it at once, and it may wait for all of them. On entry a worker has
  /// formed the gradients of its share of each matrix (Parameter::panels_of), on return it has updated this share.
  /// Gradients may be overwritten. The same bits for any number of workers; allocates nothing.
  virtual void update_matrices(const Context&, const kernels::Worker&, std::span<const MatrixArrays>) const {}

 protected:
  /// Every optimizer has a learning rate and asks for it and its schedule first, then for the direction: with maximize
  /// it walks uphill, as if each gradient had the other sign.
  Optimizer(Options& options, double default_lr)
      : schedule_(options, default_lr), sign_(options.flag("maximize", false) ? -1 : 1) {}
  const Schedule& schedule() const { return schedule_; }
  /// -1 to walk uphill, else 1. No gradient changes its sign: means and momenta of gradients follow theirs, so a step
  /// uphill is one with a negative learning rate. What shrinks the parameters is negative then as well, and times the
  /// learning rate what it was. Rounding knows no sign: the parameters' bits are those of changed gradients.
  double sign() const { return sign_; }
  /// Option weight_decay with that sign.
  double weight_decay(Options& options, double value = 0) const {
    return sign_ * options.number("weight_decay", value, 0, kAny);
  }

 private:
  /// begin_step with the learning rate of this step, which has sign().
  virtual void prepare(Index step, double lr) = 0;

  Schedule schedule_;
  double sign_;
};

/// An optimizer whose update is the kernel for `Scalars`, which prepare() keeps up to date.
template <class Scalars>
class FusedOptimizer : public Optimizer {
 public:
  std::vector<float> initial_state() const override { return std::vector<float>(std::size_t(scalars_.states())); }
  bool update(const kernels::Isa& isa, std::span<float> p, std::span<const float> g,
              std::span<float* const> state) const final {
    return kernels::optimizer_step(isa, scalars_, p, g, state);
  }

 protected:
  using Optimizer::Optimizer;
  Scalars scalars_{};
};

using OptimizerRegistry = Registry<Optimizer>;

}  // namespace gradrace
