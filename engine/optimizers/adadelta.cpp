// "adadelta": lr=1.0, rho=0.9, eps=1e-6, weight_decay=0; torch.optim.Adadelta.
#include <limits>

#include "engine/optimizer.hpp"
#include "kernels/optimizer_step.hpp"

namespace gradrace {
namespace {

constexpr double kAny = std::numeric_limits<float>::max();

class Adadelta final : public Optimizer {
 public:
  explicit Adadelta(Options& options) {
    scalars_.lr = float(options.number("lr", 1.0, 0, kAny));
    const double rho = options.number("rho", 0.9, 0, 1);
    scalars_.rho = float(rho);
    scalars_.rest = float(1 - rho);
    scalars_.epsilon = float(options.number("eps", 1e-6, 0, kAny));
    scalars_.weight_decay = float(options.number("weight_decay", 0, 0, kAny));
  }

  std::vector<float> initial_state() const override { return {0, 0}; }
  void begin_step(Index) override {}

  void update(const kernels::Isa& isa, std::span<float> p, std::span<const float> g,
              std::span<float* const> state) const override {
    kernels::adadelta_step(isa, scalars_, p, g, state);
  }

 private:
  kernels::AdadeltaScalars scalars_{};
};

const OptimizerRegistry::Entry<Adadelta> entry("adadelta");

}  // namespace
}  // namespace gradrace
