#pragma once
/// Memory is planned before a run, allocated once, and not touched by any allocator while training.

#include <cstdint>
#include <memory>
#include <new>

#include "kernels/base.hpp"

namespace gradrace {

enum class Lifetime {
  kPersistent,  ///< parameters and optimizer state: the whole run
  kDerived,     ///< copies of parameters in other layouts: refreshed after each update, never saved
  kStep,        ///< activations, their gradients, masks, partial gradients: one training step
  kScratch,     ///< one kernel call, each worker has its own; all bookings share the same memory
};
inline constexpr int kLifetimes = 4;

/// A booked piece of memory; worker w's copy lies at offset + w * worker_stride (0: one copy for all).
struct Slot {
  Lifetime lifetime = Lifetime::kStep;
  Index offset = 0, floats = 0, worker_stride = 0;
};

/// Counts what is needed, then says how to lay it out. Every slot begins at a multiple of 64 bytes and is followed by a
/// cache line that belongs to nobody, so that kernels may read whole panels at its end.
class Plan {
 public:
  explicit Plan(Index workers) : workers_(workers) {}
  Index workers() const { return workers_; }
  Slot book(Lifetime lifetime, Index floats);
  /// One copy for each worker. Scratch is always so: each worker's is as large as the largest booking.
  Slot book_per_worker(Lifetime lifetime, Index floats);
  Index floats(Lifetime lifetime) const;  ///< that all bookings of a lifetime need together
  Index scratch_per_worker() const { return scratch_; }

 private:
  Index workers_;
  Index used_[kLifetimes] = {};  // but for scratch
  Index scratch_ = 0;
};

/// Owns one block per lifetime, zeroed.
class Memory {
 public:
  Memory() = default;  ///< none yet
  explicit Memory(const Plan& plan);
  float* at(const Slot& slot, Index worker = 0) const {
    const Index stride = slot.lifetime == Lifetime::kScratch ? scratch_per_worker_ : slot.worker_stride;
    return block_[int(slot.lifetime)].get() + slot.offset + worker * stride;
  }
  std::uint8_t* bytes_at(const Slot& slot) const { return reinterpret_cast<std::uint8_t*>(at(slot)); }

 private:
  struct Free {
    void operator()(float* p) const { ::operator delete[](p, std::align_val_t(kAlignment)); }
  };
  std::unique_ptr<float[], Free> block_[kLifetimes];
  Index scratch_per_worker_ = 0;
};

}  // namespace gradrace
