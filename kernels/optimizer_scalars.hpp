#pragma once
/// The optimizers' formulas, and what their kernels need besides the arrays: numbers that are the same for all
/// parameters of one step. p is a parameter, g its gradient, t the step, counted from 1.
///
/// The formulas are those of PyTorch 2.11. Where there is a weight_decay it is added to the gradient first:
/// g <- g + weight_decay p. "decay" is a share of the parameter itself that it loses in the step (decoupled decay).
/// PyTorch multiplies by 1 - decay first; taken off together with the step it costs one rounding of the parameter and
/// not three. states() is the number of state arrays; they come in the order in which they are named here.

#include "kernels/base.hpp"

namespace gradrace::kernels {

/// Of a running mean, m <- keep m + rest x.
struct Mean {
  float keep;
  float rest;  ///< 1 - keep, rounded once (1.0f - 0.999f is off by 5e-5)
};
constexpr Mean mean(double keep) {
  return {float(keep), float(1 - keep)};
}

/// b <- momentum b + rest g,   p <- p - lr b;   with nesterov p <- p - lr (g + momentum b).
/// Without momentum p <- p - lr g and there is no state.
/// Source     Polyak 1964; Sutskever et al. 2013 for nesterov. rest is 1 - dampening, in the first step 1.
struct SgdScalars {
  float lr, momentum, rest, weight_decay;
  bool nesterov;
  constexpr Index states() const { return momentum != 0 ? 1 : 0; }
};

/// p <- p - (decay p + eta g),   a <- a + mu (p - a), or a <- p unless averaging.
/// Source     Polyak & Juditsky 1992. a is the averaged parameter; nothing here reads it, as in PyTorch.
struct AsgdScalars {
  float decay, eta, mu, weight_decay;
  bool averaging;
  constexpr Index states() const { return 1; }
};

/// s <- s + g^2,   p <- p - lr g / (sqrt(s) + epsilon).
/// Source     Duchi et al. 2011. lr has been decayed by the caller.
struct AdagradScalars {
  float lr, epsilon, weight_decay;
  constexpr Index states() const { return 1; }
};

/// v <- mean of g^2,   d = g / (sqrt(v) + epsilon),   p <- p - lr d;
/// centered: a <- mean of g, and v - a^2 (rounded below zero: zero) stands in the root;
/// with momentum: b <- momentum b + d, and b stands in d's place. State: v, a if centered, b with momentum.
/// Source     Hinton 2012, lecture 6e; Graves 2013 for centered.
struct RmspropScalars {
  Mean mean;
  float lr, momentum, epsilon, weight_decay;
  bool centered;
  constexpr Index states() const { return 1 + (centered ? 1 : 0) + (momentum != 0 ? 1 : 0); }
};

/// v <- mean of g^2,   d = sqrt((u + epsilon) / (v + epsilon)) g,   u <- mean of d^2,   p <- p - lr d. State: v, u.
/// PyTorch divides two roots instead; one root of the quotient differs by a rounding and costs half as much.
/// Source     Zeiler 2012, algorithm 1, with the learning rate of torch.optim.
struct AdadeltaScalars {
  Mean mean;
  float lr, epsilon, weight_decay;
  constexpr Index states() const { return 2; }
};

/// m <- mean of g,   v <- mean of g^2,   p <- p - step_size m / (sqrt(v) inv_sqrt_correction2 + epsilon);
/// with amsgrad, x <- max(x, v) stands in the root's place; decoupled, p loses decay p besides. State: m, v, x with
/// amsgrad.
/// Source     Kingma & Ba 2015, algorithm 1; Reddi et al. 2018 for amsgrad; Loshchilov & Hutter 2019 for decoupled.
struct AdamScalars {
  Mean first, second;
  float epsilon, weight_decay;
  float decay;                 ///< lr weight_decay; looked at instead of weight_decay if decoupled (AdamW)
  float step_size;             ///< lr / (1 - beta1^t)
  float inv_sqrt_correction2;  ///< 1 / sqrt(1 - beta2^t)
  bool amsgrad, decoupled;
  constexpr Index states() const { return amsgrad ? 3 : 2; }
};

/// m <- mean of g,   u <- max(beta2 u, |g| + epsilon),   p <- p - step_size m / u.   State: m, u.
/// Source     Kingma & Ba 2015, algorithm 2.
struct AdamaxScalars {
  Mean first;
  float beta2, epsilon, weight_decay;
  float step_size;  ///< lr / (1 - beta1^t)
  constexpr Index states() const { return 2; }
};

/// m <- mean of g,   v <- mean of g^2,
/// p <- p - (decay p + (gradient_size g + moment_size m) / (sqrt(v) inv_sqrt_correction2 + epsilon)).   State: m, v.
/// Source     Dozat 2016; the sizes are computed by the caller.
struct NadamScalars {
  Mean first, second;
  float epsilon, weight_decay, decay;
  float gradient_size, moment_size, inv_sqrt_correction2;
  constexpr Index states() const { return 2; }
};

/// m <- mean of g,   v <- mean of g^2,   p <- p - (decay p + step_size m / (sqrt(v) + epsilon)), without the division
/// unless rectified.   State: m, v.
/// Source     Liu et al. 2020, algorithm 2; the rectification is part of step_size.
struct RadamScalars {
  Mean first, second;
  float epsilon, weight_decay, decay, step_size;
  bool rectified;
  constexpr Index states() const { return 2; }
};

/// s <- s grow if g has the sign of q, s shrink if it has the other, but within [smallest, largest];
/// where it has the other, g counts as zero;   p <- p - sign(g) s,   q <- g.   State: q, s. sign(NaN) is 0, as in
/// PyTorch: a parameter waits until its gradient is a number again.
/// Source     Riedmiller & Braun 1993.
struct RpropScalars {
  float shrink, grow, smallest, largest;
  constexpr Index states() const { return 2; }
};

/// p <- p - (decay p + lr sign(beta1 m + (1 - beta1) g)),   m <- beta2 m + (1 - beta2) g.   State: m. sign(NaN) is 0.
/// Source     Chen et al. 2023, algorithm 2.
struct LionScalars {
  Mean update, moment;  ///< of beta1 and of beta2
  float lr, decay;
  constexpr Index states() const { return 1; }
};

/// m <- mean of g,   p <- m;   with nesterov p <- mean.keep m + mean.rest g.   State: m. p is overwritten: it is the
/// direction of which Muon makes its step.
/// Source     Jordan et al. 2024.
struct DirectionScalars {
  Mean mean;
  bool nesterov;
  constexpr Index states() const { return 1; }
};

}  // namespace gradrace::kernels
