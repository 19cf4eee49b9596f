#include "engine/training/model.hpp"

#include <fmt/format.h>

#include "engine/base/error.hpp"
#include "engine/measuring/machine.hpp"

namespace gradrace {
namespace {

/// Memory that is not there would be granted all the same, and the process ended when it is touched.
void expect_room(const Plan& plan) {
  double bytes = 0;
  for (int lifetime = 0; lifetime < kLifetimes; ++lifetime)
    bytes += double(sizeof(float)) * double(plan.floats(Lifetime(lifetime)));
  if (const double available = available_memory(); bytes > available)
    throw failure(
        "training needs {:.3g} GB of memory, and there are {:.3g}: take smaller batches, or a smaller network",
        1e-9 * bytes, 1e-9 * available);
}

}  // namespace

Model::Model(const Network& network, const KernelChoice& choice, const kernels::Isa& isa, Index workers, Index batch,
             Optimizer* optimizer, std::optional<double> max_norm)
    : isa_(isa),
      plan_(workers),
      store_(optimizer ? optimizer->initial_state() : std::vector<float>(), memory_),
      stack_(network, choice, batch, plan_, store_, memory_) {
  GRADRACE_EXPECT(store_.states(), <=, kMostStates);
  store_.book(plan_);
  if (optimizer) update_.emplace(*optimizer, max_norm, stack_, store_, memory_, plan_);
  expect_room(plan_);
  memory_ = Memory(plan_);
  if (update_) update_->find_matrices();
}

void Model::load(std::span<const NamedTensor> values) {
  store_.load(values);
  stack_.refresh_all(context(0, 0, false));
}

std::string Model::not_finite_after_step() const {
  const std::optional<NotFinite> found = update_->not_finite();
  if (!found) return {};
  const std::string& name = parameters()[found->parameter].name;
  switch (found->kind) {
    case NotFinite::Kind::kGradient:
      return fmt::format("the gradient of {}", name);
    case NotFinite::Kind::kState:
      return fmt::format("state {} of {}", found->state + 1, name);
    case NotFinite::Kind::kValues:
      return name;
  }
  return {};
}

Context Model::context(Index worker, Index batch, bool training) const {
  return {.isa = isa_,
          .memory = &memory_,
          .worker = worker,
          .workers = plan_.workers(),
          .batch = batch,
          .together = stack_.samples_together(),
          .training = training};
}

}  // namespace gradrace
