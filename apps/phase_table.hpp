#pragma once
/// Where an epoch's time goes, as text for people.

#include <string>

#include "engine/race/race.hpp"

namespace gradrace {

/// A table for each run that has finished an epoch: each phase and its stages in seconds per epoch (mean over the
/// epochs and over the threads), their share, and the time of the thread that spent most; then the sum beside the wall
/// time.
std::string phase_tables(const RaceResult& race);

}  // namespace gradrace
