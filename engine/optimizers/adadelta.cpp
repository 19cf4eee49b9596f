// "adadelta": lr=1.0, rho=0.9, eps=1e-6, weight_decay=0; torch.optim.Adadelta.
#include "engine/optimizers/optimizer.hpp"

namespace gradrace {
namespace {

class Adadelta final : public FusedOptimizer<kernels::AdadeltaScalars> {
 public:
  explicit Adadelta(Options& options) : FusedOptimizer(options, 1.0) {
    scalars_.mean = kernels::mean(options.number("rho", 0.9, 0, 1));
    scalars_.epsilon = float(options.number("eps", 1e-6, 0, kAny));
    scalars_.weight_decay = float(weight_decay(options));
  }

  std::string paper() const override { return "Zeiler, arXiv:1212.5701"; }

 private:
  void prepare(Index, double lr) override { scalars_.lr = float(lr); }
};

const OptimizerRegistry::Entry<Adadelta> entry("adadelta");

}  // namespace
}  // namespace gradrace
