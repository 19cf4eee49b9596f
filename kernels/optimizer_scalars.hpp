#pragma once
/// What an optimizer's kernel needs besides the arrays: numbers that are the same for all parameters of one step.

namespace gradrace::kernels {

struct AdamScalars {
  float beta1, beta2, epsilon, weight_decay;
  float rest1, rest2;          ///< 1 - beta1 and 1 - beta2, rounded once (1.0f - 0.999f is off by 5e-5)
  float step_size;             ///< lr / (1 - beta1^t)
  float inv_sqrt_correction2;  ///< 1 / sqrt(1 - beta2^t)
  bool amsgrad;                ///< a third state array holds the largest second moment so far
};

struct AdadeltaScalars {
  float lr, rho, epsilon, weight_decay;
  float rest;  ///< 1 - rho, rounded once
};

}  // namespace gradrace::kernels
