#pragma once
/// Memory for benchmarks, as the engine allocates it.

#include <cstdint>
#include <span>

#include "engine/memory.hpp"
#include "engine/random.hpp"

namespace gradrace::bench {

/// Floats at a 64-byte boundary. Whole panels may be read at the end.
class Buffer {
 public:
  /// Zeros.
  explicit Buffer(Index floats) : plan_(1), slot_(plan_.book(Lifetime::kStep, floats)), memory_(plan_) {}
  /// Uniform in [-1, 1), the same numbers for the same seed.
  Buffer(Index floats, std::uint64_t seed) : Buffer(floats) {
    Generator generator(seed);
    fill_uniform(generator, 1.0f, all());
  }

  float* data() const { return memory_.at(slot_); }
  float operator[](Index i) const { return data()[i]; }
  std::span<float> all() const { return part(0, 1); }
  /// Part `index` of `count` equal ones.
  std::span<float> part(Index index, Index count) const {
    const Index floats = slot_.floats / count;
    return {data() + index * floats, std::size_t(floats)};
  }

 private:
  Plan plan_;
  Slot slot_;
  Memory memory_;
};

}  // namespace gradrace::bench
