// "adamax": lr=2e-3, betas=0.9/0.999, eps=1e-8, weight_decay=0; torch.optim.Adamax.
#include <cmath>

#include "engine/optimizers/optimizer.hpp"

namespace gradrace {
namespace {

class Adamax final : public FusedOptimizer<kernels::AdamaxScalars> {
 public:
  explicit Adamax(Options& options)
      : FusedOptimizer(options, 2e-3), betas_(options.pair("betas", {0.9, 0.999}, 0, kBelowOne)) {
    scalars_.first = kernels::mean(betas_.first);
    scalars_.beta2 = float(betas_.second);
    scalars_.epsilon = float(options.number("eps", 1e-8, 0, kAny));
    scalars_.weight_decay = float(weight_decay(options));
  }

  std::string paper() const override { return "Kingma & Ba, ICLR 2015"; }

 private:
  void prepare(Index step, double lr) override {
    scalars_.step_size = float(lr / (1 - std::pow(betas_.first, double(step))));
  }

  std::pair<double, double> betas_;
};

const OptimizerRegistry::Entry<Adamax> entry("adamax");

}  // namespace
}  // namespace gradrace
