#pragma once
/// The arrays of an optimizer's step, for measuring it: parameters, gradient, states, temporaries.

#include <span>

#include "engine/base/memory.hpp"
#include "kernels/team.hpp"

namespace gradrace {

class StepArrays {
 public:
  /// `arrays` arrays of `parameters` floats each, one after the other as in the engine's memory.
  StepArrays(Index parameters, Index arrays);

  Index parameters() const { return parameters_; }
  /// A stretch of array number `array`: 0 is the parameters, 1 the gradient, then come the states.
  std::span<float> part(Index array, Range range) const {
    return {memory_.at(slot_) + array * stride_ + range.begin, std::size_t(range.size())};
  }

  /// Fills the first `arrays` arrays with numbers as in the middle of training: parameters and gradients of both signs,
  /// states positive as squares are.
  void fill(const kernels::Team& team, Index arrays) const;
  /// Subnormal numbers in gradient and states; parameters are normal. On a worker, its share.
  void fill_subnormal(const kernels::Worker& worker) const;
  /// Drops the worker's share of the first `arrays` arrays from all caches.
  void flush(const kernels::Worker& worker, Index arrays) const;

 private:
  Index parameters_, arrays_, stride_;
  Plan plan_;
  Slot slot_;
  Memory memory_;
};

}  // namespace gradrace
