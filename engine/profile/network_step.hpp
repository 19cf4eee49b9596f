#pragma once
/// An optimizer at this network's size: its step beside the whole training step, with subnormal state, and as the
/// processor's counters see it.

#include <optional>
#include <vector>

#include "engine/data/image_set.hpp"
#include "engine/measuring/counters.hpp"
#include "engine/optimizers/entrant.hpp"
#include "kernels/team.hpp"

namespace gradrace {

/// Parameters of mnist_convnet(28, 28).
inline constexpr Index kNetworkParameters = 300'426;

/// Seconds of training steps of the experiment, one by one: mnist_convnet, 32 images, this optimizer.
std::vector<double> training_step_seconds(const Entrant& entrant, const kernels::Isa& isa, const kernels::Team& team,
                                          const ImageSet& images);

/// Seconds of hot optimizer steps, one by one, whose gradient and states are subnormal: on a team that flushes them to
/// zero or on one that keeps them.
std::vector<double> subnormal_step_seconds(const Entrant& entrant, const kernels::Isa& isa, const kernels::Team& team);

/// What the counters count in a hot step on the calling thread alone, for each parameter.
std::vector<std::optional<double>> counts_per_parameter(const Entrant& entrant, const kernels::Isa& isa,
                                                        Counters& counters);

}  // namespace gradrace
