#pragma once
/// Memory for benchmarks, as the engine allocates it.

#include <cstdint>
#include <set>
#include <span>

#include "engine/base/memory.hpp"
#include "engine/base/random.hpp"
#include "kernels/stream.hpp"

namespace gradrace::bench {

/// Floats at a 64-byte boundary. Whole panels may be read at the end.
class Buffer {
 public:
  /// Zeros.
  explicit Buffer(Index floats) : plan_(1), slot_(plan_.book(Lifetime::kStep, floats)), memory_(plan_) {
    alive().insert(this);
  }
  /// Uniform in [-1, 1), the same numbers for the same seed.
  Buffer(Index floats, std::uint64_t seed) : Buffer(floats) {
    Generator generator(seed);
    fill_uniform(generator, 1.0f, all());
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { alive().erase(this); }

  /// Drops all buffers that exist from all caches.
  static void flush_all() {
    for (const Buffer* buffer : alive()) kernels::flush_caches(buffer->all());
  }

  float* data() const { return memory_.at(slot_); }
  float operator[](Index i) const { return data()[i]; }
  std::span<float> all() const { return part(0, 1); }
  /// Part `index` of `count` equal ones.
  std::span<float> part(Index index, Index count) const {
    const Index floats = slot_.floats / count;
    return {data() + index * floats, std::size_t(floats)};
  }
  double bytes() const { return double(slot_.floats * Index(sizeof(float))); }

 private:
  static std::set<const Buffer*>& alive() {
    static std::set<const Buffer*> buffers;
    return buffers;
  }

  Plan plan_;
  Slot slot_;
  Memory memory_;
};

}  // namespace gradrace::bench
