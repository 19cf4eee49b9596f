// "asgd": lr=1e-2, lambd=1e-4, alpha=0.75, t0=1e6, weight_decay=0; torch.optim.ASGD.
#include <algorithm>
#include <cmath>

#include "engine/optimizers/optimizer.hpp"

namespace gradrace {
namespace {

class Asgd final : public FusedOptimizer<kernels::AsgdScalars> {
 public:
  explicit Asgd(Options& options)
      : FusedOptimizer(options, 1e-2),
        lambda_(sign() * options.number("lambd", 1e-4, 0, kAny)),
        alpha_(options.number("alpha", 0.75, 0, kAny)),
        start_(options.number("t0", 1e6, 0, kAny)) {
    scalars_.weight_decay = float(weight_decay(options));
  }

  std::string paper() const override { return "Polyak & Juditsky, SIAM J. Control Optim. 1992"; }

 private:
  void prepare(Index step, double lr) override {
    const double before = double(step - 1);
    const double eta = lr / std::pow(1 + lambda_ * lr * before, alpha_);
    const double mu = 1 / std::max(1.0, before - start_);
    scalars_.eta = float(eta);
    scalars_.decay = float(lambda_ * eta);
    scalars_.mu = float(mu);
    scalars_.averaging = mu != 1;
  }

  double lambda_, alpha_, start_;
};

const OptimizerRegistry::Entry<Asgd> entry("asgd");

}  // namespace
}  // namespace gradrace
