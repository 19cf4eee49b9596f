#pragma once
/// The options of Adam and AdamW, and the scalars of a step that follow from them; of every optimizer that has Adam in
/// it.

#include <utility>

#include "engine/base/options.hpp"
#include "kernels/optimizer_scalars.hpp"

namespace gradrace {

class AdamOptions {
 public:
  struct Defaults {
    std::pair<double, double> betas;
    double eps, weight_decay;
  };
  /// Asks for betas, eps and weight_decay, whose names begin with `prefix`. decoupled: as AdamW.
  AdamOptions(Options& options, const std::string& prefix, const Defaults& defaults, bool decoupled);

  /// Of step 1, 2, ... at this learning rate.
  kernels::AdamScalars scalars(Index step, double lr) const;

 private:
  std::pair<double, double> betas_;
  double eps_, weight_decay_;
  bool decoupled_;
};

}  // namespace gradrace
