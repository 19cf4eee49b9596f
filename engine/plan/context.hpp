#pragma once
/// The room plan/: what layers and optimizers agree on before there is a model. Shapes and activations, the context of
/// a call, a parameter with its two faces and its initial values.
///
/// Where and with what a layer or an optimizer works: shapes, activations, memory and this worker's counters.

#include <optional>
#include <span>
#include <string>

#include "engine/base/memory.hpp"
#include "engine/measuring/phase_clock.hpp"
#include "kernels/conv2d.hpp"
#include "kernels/isa.hpp"
#include "kernels/team.hpp"

namespace gradrace {

/// Of one sample's activations, stored [h][w][c].
struct Shape {
  Index h = 1, w = 1, c = 1;
  Index floats() const { return h * w * c; }
};

/// Activations (or their gradients) of a batch: sample s at data + s * stride. No data: not wanted.
struct Activations {
  float* data = nullptr;
  Index stride = 0;
  float* operator[](Index sample) const { return data + sample * stride; }
  explicit operator bool() const { return data != nullptr; }
};

/// Where and with what a layer runs.
struct Context {
  kernels::Isa isa;
  const Memory* memory = nullptr;
  Index worker = 0;       ///< whose scratch
  Index workers = 1;      ///< that share out the batch
  Index batch = 0;        ///< samples in this batch
  Index together = 1;     ///< that go to one worker
  bool training = false;  ///< false: dropout lets everything pass
  Laps* laps = nullptr;   ///< this worker's counters; null: nobody asks where the time goes

  /// The samples of a worker, of which there may be none; and the worker of a sample.
  Range samples_of(Index which) const { return share(batch, which, workers, together); }
  Index owner_of(Index sample) const { return owner(batch, sample, workers, together); }

  float* at(const Slot& slot) const { return memory->at(slot, worker); }
  void lap(Index stage) const {
    if (laps) laps->lap(stage);
  }
  /// Waits for all workers.
  void wait(const kernels::Worker& self) const {
    self.barrier();
    lap(kWait);
  }
  std::span<float> span(const Slot& slot) const { return {at(slot), std::size_t(slot.floats)}; }
};

/// How a convolution's gradients are summed: over all gradients of its output, or over those that are not zero.
enum class Backward { kDense, kSparse };

/// Which kernels the user wants. Without a wish the shape decides, or the data, never a timing, so that results do not
/// depend on the machine's mood; where a kernel does not suit a shape, the best one runs.
struct KernelChoice {
  std::optional<kernels::ConvMethod> conv = {};
  std::optional<Backward> backward = {};
};

/// Which of them a convolution runs.
struct ConvKernels {
  kernels::ConvMethod method;
  std::string rest;  ///< what else there is to say of them, for reports
  bool operator==(const ConvKernels&) const = default;
};

}  // namespace gradrace
