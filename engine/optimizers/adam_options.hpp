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
  /// Asks for betas, eps and weight_decay, whose names begin with `prefix`. sign: that of the learning rates
  /// (Optimizer::sign).
  AdamOptions(Options& options, const std::string& prefix, const Defaults& defaults, double sign);

  /// Sets all but amsgrad and decoupled for step 1, 2, ... at this learning rate.
  void prepare(Index step, double lr, kernels::AdamScalars& scalars) const;

 private:
  std::pair<double, double> betas_;
  double eps_, weight_decay_;
};

}  // namespace gradrace
