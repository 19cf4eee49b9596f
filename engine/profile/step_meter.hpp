#pragma once
/// What one optimizer's step costs at one size, on one team.

#include <optional>
#include <vector>

#include "engine/optimizers/entrant.hpp"
#include "engine/profile/step_arrays.hpp"
#include "engine/profile/unfused.hpp"
#include "engine/profile/visits.hpp"

namespace gradrace {

/// Medians of the least disturbed visits (visits.hpp), in nanoseconds of wall time per parameter.
struct StepCost {
  Index parameters = 0, threads = 0;
  double hot_ns = 0;                 ///< step after step, so that caches hold what fits
  std::optional<double> cold_ns;     ///< no array in any cache; nothing where caches cannot hold the arrays anyway
  std::optional<double> unfused_ns;  ///< hot, pass by pass (unfused.hpp); nothing where no passes are known
  double triad_gb_per_second = 0;    ///< of a pass over the same arrays that only adds (stream_triads), hot
};

/// Arrays that a step reads or writes: parameters, gradient, states.
Index arrays_of(const Optimizer& optimizer);
/// Bytes that a fused step must read and write for each parameter: everything is read, all but the gradient is written.
double bytes_per_parameter(const Optimizer& optimizer);

/// The worker's share of one update of all parameters; optimizer.begin_step comes before.
/// Allocates nothing.
void run_step(const Optimizer& optimizer, Index states, const kernels::Isa& isa, const StepArrays& arrays,
              const kernels::Worker& worker);

/// The same pass by pass, with a barrier after each.
void run_unfused_step(const std::vector<UnfusedPass>& passes, const kernels::Isa& isa, const StepArrays& arrays,
                      const kernels::Worker& worker);

class StepMeter {
 public:
  /// All must outlive the meter. The arrays are as many as the optimizer has, and kUnfusedTemporaries more. A step's
  /// arrays of more than `cache_bytes` count as too large for the caches.
  StepMeter(const Entrant& entrant, const kernels::Isa& isa, const kernels::Team& team, const StepArrays& arrays,
            Index cache_bytes);

  /// Measures each figure for some 15 milliseconds, or once where that takes longer, starting with whatever the arrays
  /// hold. To be called several times, with other meters' visits in between.
  void visit();
  StepCost cost() const;

 private:
  template <class Step>
  std::vector<double> hot_seconds(const Step& step) const;
  std::vector<double> cold_seconds() const;
  void triad(const kernels::Worker& worker) const;

  const Optimizer& optimizer_;
  Index states_;
  const kernels::Isa& isa_;
  const kernels::Team& team_;
  const StepArrays& arrays_;
  bool fits_;
  std::optional<std::vector<UnfusedPass>> passes_;
  Visits hot_, cold_, unfused_, triad_;
};

}  // namespace gradrace
