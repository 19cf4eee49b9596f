#include "engine/optimizers/adam_options.hpp"

#include <cmath>

namespace gradrace {

AdamOptions::AdamOptions(Options& options, const std::string& prefix, const Defaults& defaults, bool decoupled)
    : betas_(options.pair(prefix + "betas", defaults.betas, 0, kBelowOne)),
      eps_(options.number(prefix + "eps", defaults.eps, 0, kAny)),
      weight_decay_(options.number(prefix + "weight_decay", defaults.weight_decay, 0, kAny)),
      decoupled_(decoupled) {}

kernels::AdamScalars AdamOptions::scalars(Index step, double lr) const {
  return {.first = kernels::mean(betas_.first),
          .second = kernels::mean(betas_.second),
          .epsilon = float(eps_),
          .weight_decay = float(weight_decay_),
          .keep = float(1 - lr * weight_decay_),
          .step_size = float(lr / (1 - std::pow(betas_.first, double(step)))),
          .inv_sqrt_correction2 = float(1 / std::sqrt(1 - std::pow(betas_.second, double(step)))),
          .amsgrad = false,
          .decoupled = decoupled_};
}

}  // namespace gradrace
