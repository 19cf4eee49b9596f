#include "engine/optimizers/adam_options.hpp"

#include <cmath>

namespace gradrace {

AdamOptions::AdamOptions(Options& options, const std::string& prefix, const Defaults& defaults, double sign)
    : betas_(options.pair(prefix + "betas", defaults.betas, 0, kBelowOne)),
      eps_(options.number(prefix + "eps", defaults.eps, 0, kAny)),
      weight_decay_(sign * options.number(prefix + "weight_decay", defaults.weight_decay, 0, kAny)) {}

void AdamOptions::prepare(Index step, double lr, kernels::AdamScalars& scalars) const {
  scalars.first = kernels::mean(betas_.first);
  scalars.second = kernels::mean(betas_.second);
  scalars.epsilon = float(eps_);
  scalars.weight_decay = float(weight_decay_);
  scalars.decay = float(lr * weight_decay_);
  scalars.step_size = float(lr / (1 - std::pow(betas_.first, double(step))));
  scalars.inv_sqrt_correction2 = float(1 / std::sqrt(1 - std::pow(betas_.second, double(step))));
}

}  // namespace gradrace
