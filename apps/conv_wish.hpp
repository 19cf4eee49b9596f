#pragma once
/// The method of convolution that was asked for, and whether the layers could have it.

#include <optional>

#include "engine/race/race.hpp"

namespace gradrace {

/// Warns at the start of the race of a wish that was not granted: which layers run what instead.
class ConvWish final : public RaceObserver {
 public:
  explicit ConvWish(std::optional<kernels::ConvMethod> wish) : wish_(wish) {}

  void run_began(const RaceResult& race) override;

 private:
  std::optional<kernels::ConvMethod> wish_;
};

}  // namespace gradrace
