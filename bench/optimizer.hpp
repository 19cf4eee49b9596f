#pragma once
/// An optimizer's step, and when two results of it are the same.

#include <cmath>
#include <string>

#include "bench/timing.hpp"
#include "engine/profile/network_step.hpp"
#include "engine/profile/step_meter.hpp"

namespace gradrace::bench {

inline constexpr Index kParameters[] = {300'426, 4'000'000};

/// An optimizer with default options, and its arrays.
struct Step {
  Step(const std::string& name, Index parameters)
      : entrant(std::move(line_up({Spec::parse(name)}).front())),
        states(arrays_of(*entrant.optimizer) - 2),
        arrays(parameters, 2 + states) {
    arrays.fill(kernels::Team(1), 2 + states);
    entrant.optimizer->begin_step(1);
  }
  Amount amount() const {
    const double count = double(arrays.parameters());
    return {.bytes = bytes_per_parameter(*entrant.optimizer) * count,
            .footprint = count * double((2 + states) * Index(sizeof(float)))};
  }

  Entrant entrant;
  Index states;
  StepArrays arrays;
};

inline bool close(float computed, float expected) {
  return std::abs(computed - expected) <= 1e-5f * (std::abs(expected) + 1e-3f);
}

}  // namespace gradrace::bench
