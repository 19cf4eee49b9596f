#pragma once
/// An optimizer at a network's size: its step beside the whole training step, with subnormal state, and as the
/// processor's counters see it.

#include <optional>
#include <vector>

#include "engine/data/image_set.hpp"
#include "engine/measuring/counters.hpp"
#include "engine/optimizers/entrant.hpp"
#include "engine/training/network.hpp"
#include "kernels/team.hpp"

namespace gradrace {

/// Images to train a network on: the digits that the program draws, repeated or cut to the network's input.
ImageSet images_for(const Network& network);

/// Seconds of training steps, one by one: 32 images, this optimizer.
std::vector<double> training_step_seconds(const Network& network, const Entrant& entrant, const kernels::Isa& isa,
                                          const kernels::Team& team, const ImageSet& images);

/// Seconds of hot optimizer steps of so many parameters, one by one, whose gradient and states are subnormal: on a team
/// that flushes them to zero or on one that keeps them.
std::vector<double> subnormal_step_seconds(Index parameters, const Entrant& entrant, const kernels::Isa& isa,
                                           const kernels::Team& team);

/// What the counters count in a hot step on the calling thread alone, for each parameter.
std::vector<std::optional<double>> counts_per_parameter(Index parameters, const Entrant& entrant,
                                                        const kernels::Isa& isa, Counters& counters);

}  // namespace gradrace
