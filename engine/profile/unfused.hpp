#pragma once
/// Optimizers' formulas as lists of passes over whole arrays, one for each elementary operation: what the same step
/// costs where nothing is fused.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernels/passes.hpp"

namespace gradrace {

/// x, y and z are numbers of arrays: 0 the parameters, 1 the gradient, then the states, then the temporaries.
struct UnfusedPass {
  kernels::Pass pass;
  float a;
  int x, y, z;
};

/// Arrays that the passes of a step need besides parameters, gradient and states.
inline constexpr Index kUnfusedTemporaries = 2;

/// The passes of step `step`, counted from 1, in the order of PyTorch's single-tensor implementations. `options` is
/// every option with its value in force, as Options::resolved(). Nothing for optimizers, and for options of theirs,
/// whose passes are not written down here: here are adadelta, adam, adamw and sgd without weight decay that is added to
/// the gradient, amsgrad and nesterov.
std::optional<std::vector<UnfusedPass>> unfused_passes(const std::string& optimizer,
                                                       const std::vector<std::pair<std::string, std::string>>& options,
                                                       Index step);

/// Bytes that the passes ask memory for, for each parameter.
double unfused_bytes(const std::vector<UnfusedPass>& passes);

}  // namespace gradrace
