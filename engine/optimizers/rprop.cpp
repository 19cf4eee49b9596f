// "rprop": lr=1e-2, etas=0.5/1.2, step_sizes=1e-6/50; torch.optim.Rprop. lr is every parameter's first step size.
#include "engine/optimizers/optimizer.hpp"

namespace gradrace {
namespace {

class Rprop final : public FusedOptimizer<kernels::RpropScalars> {
 public:
  explicit Rprop(Options& options) : FusedOptimizer(options, 1e-2) {
    if (!schedule().is_constant())
      throw usage_error("option schedule: expected constant without warmup, for lr is where the step sizes begin");
    const auto [shrink, grow] = options.pair("etas", {0.5, 1.2}, 0, kAny);
    if (!(shrink > 0 && shrink < 1 && grow > 1))
      throw usage_error("option etas: expected a number between 0 and 1 and one above 1, found {}/{}", shrink, grow);
    const auto [smallest, largest] = options.pair("step_sizes", {1e-6, 50}, 0, kAny);
    if (smallest > largest)
      throw usage_error("option step_sizes: expected the smaller one first, found {}/{}", smallest, largest);
    scalars_ = {float(shrink), float(grow), float(smallest), float(largest)};
    if (sign() < 0) scalars_.smallest = float(-largest), scalars_.largest = float(-smallest);
  }

  std::string paper() const override { return "Riedmiller & Braun, ICNN 1993"; }
  std::vector<float> initial_state() const override { return {0, float(sign() * schedule().lr())}; }

 private:
  void prepare(Index, double) override {}
};

const OptimizerRegistry::Entry<Rprop> entry("rprop");

}  // namespace
}  // namespace gradrace
