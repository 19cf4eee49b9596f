#pragma once
/// The parameter phase of a training step: gradients are formed and used up, block by block.

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/optimizers/optimizer.hpp"
#include "engine/training/stack.hpp"

namespace gradrace {

/// What is not finite after a step; states count from 0.
struct NotFinite {
  enum class Kind { kGradient, kState, kValues };

  std::size_t parameter;
  Kind kind;
  Index state = 0;
  auto operator<=>(const NotFinite&) const = default;
};

class Update {
 public:
  /// Books memory for gradients. optimizer, stack, store and memory must outlive the update; max_norm: that of all
  /// gradients together, above which they are scaled down to it.
  Update(Optimizer& optimizer, std::optional<double> max_norm, const Stack& stack, const ParameterStore& store,
         const Memory& memory, Plan& plan);
  /// To be called once the memory is there.
  void find_matrices();

  /// This worker's share of all parameters: gradient, update and derived memory block by block, while they are in
  /// cache. With a max_norm all gradients are formed first, and a barrier waits for their norm; matrices of an
  /// optimizer that is not elementwise come last, all together. Allocates and throws nothing.
  void run(const Context& context, const kernels::Worker& worker);
  /// Once all workers have run: the first of the parameters with a gradient, values or state that are not finite.
  std::optional<NotFinite> not_finite() const;

 private:
  bool is_updated_whole(const Parameter& parameter) const;
  template <class Body>
  void for_each_block(const kernels::Worker& worker, const Body& body) const;
  std::span<float> gradient_block(std::size_t parameter, Index worker, Range panels) const;
  void form_gradient(const Context& context, std::size_t parameter, Range panels, std::span<float> gradient) const;
  float form_and_measure(const Context& context, const kernels::Worker& worker) const;
  void update_block(const Context& context, std::size_t parameter, Range panels, std::span<const float> gradient);
  void update_matrices(const Context& context, const kernels::Worker& worker);
  void look_for_not_finite(std::size_t parameter, Index worker, Range panels, const float* gradient);

  Optimizer& optimizer_;
  std::optional<double> max_norm_;
  const Stack& stack_;
  const ParameterStore& store_;
  const Memory& memory_;
  bool all_gradients_;                  // kept for the whole step; else each worker keeps those of a block
  Slot gradients_;                      // of all, or of a block
  std::unique_ptr<double[]> squares_;   // with max_norm_: of each panel's gradients, their sum
  Index panels_ = 0;                    // of all parameters
  std::vector<MatrixArrays> matrices_;  // that the optimizer steps as a whole
  std::vector<std::optional<NotFinite>> not_finite_;  // by worker, the first that it met in this step
};

}  // namespace gradrace
