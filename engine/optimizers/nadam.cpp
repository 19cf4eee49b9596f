// "nadam": lr=2e-3, betas=0.9/0.999, eps=1e-8, weight_decay=0, momentum_decay=4e-3, decoupled_weight_decay=false;
// torch.optim.NAdam as it is in PyTorch 2.11. (1.13's counted a step's share of the momentum twice.)
#include <cmath>

#include "engine/optimizers/optimizer.hpp"

namespace gradrace {
namespace {

class Nadam final : public FusedOptimizer<kernels::NadamScalars> {
 public:
  explicit Nadam(Options& options)
      : FusedOptimizer(options, 2e-3), betas_(options.pair("betas", {0.9, 0.999}, 0, kBelowOne)) {
    scalars_.first = kernels::mean(betas_.first);
    scalars_.second = kernels::mean(betas_.second);
    scalars_.epsilon = float(options.number("eps", 1e-8, 0, kAny));
    weight_decay_ = weight_decay(options);
    momentum_decay_ = options.number("momentum_decay", 4e-3, 0, kAny);
    decoupled_ = options.flag("decoupled_weight_decay", false);
    scalars_.weight_decay = decoupled_ ? 0 : float(weight_decay_);
  }

  std::string paper() const override { return "Dozat, ICLR workshop 2016"; }

 private:
  /// The momentum's share in step t, which grows towards beta1.
  double mu(Index t) const { return betas_.first * (1 - 0.5 * std::pow(0.96, double(t) * momentum_decay_)); }

  void prepare(Index step, double lr) override {
    if (step <= done_) done_ = 0, product_ = 1;
    while (done_ < step) product_ *= mu(++done_);
    scalars_.decay = decoupled_ ? float(lr * weight_decay_) : 0;
    scalars_.gradient_size = float(lr * (1 - mu(step)) / (1 - product_));
    scalars_.moment_size = float(lr * mu(step + 1) / (1 - product_ * mu(step + 1)));
    scalars_.inv_sqrt_correction2 = float(1 / std::sqrt(1 - std::pow(betas_.second, double(step))));
  }

  std::pair<double, double> betas_;
  double weight_decay_ = 0, momentum_decay_ = 0;
  bool decoupled_ = false;
  Index done_ = 0;  // product_ is that of the shares of the steps up to here
  double product_ = 1;
};

const OptimizerRegistry::Entry<Nadam> entry("nadam");

}  // namespace
}  // namespace gradrace
