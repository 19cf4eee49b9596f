// "nadam": lr=2e-3, betas=0.9/0.999, eps=1e-8, weight_decay=0, momentum_decay=4e-3; torch.optim.NAdam.
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
    scalars_.weight_decay = float(options.number("weight_decay", 0, 0, kAny));
    momentum_decay_ = options.number("momentum_decay", 4e-3, 0, kAny);
  }

  std::string paper() const override { return "Dozat, ICLR workshop 2016"; }

 private:
  /// The momentum's share in step t, which grows towards beta1.
  double mu(Index t) const { return betas_.first * (1 - 0.5 * std::pow(0.96, double(t) * momentum_decay_)); }

  void prepare(Index step, double lr) override {
    if (step <= done_) done_ = 0, product_ = 1;
    while (done_ < step) product_ *= mu(++done_);
    // PyTorch 1.13 counts this step's share twice here; later versions do not. After some dozen steps it is all zero.
    const double next_product = product_ * mu(step) * mu(step + 1);
    scalars_.gradient_size = float(lr * (1 - mu(step)) / (1 - product_));
    scalars_.moment_size = float(lr * mu(step + 1) / (1 - next_product));
    scalars_.inv_sqrt_correction2 = float(1 / std::sqrt(1 - std::pow(betas_.second, double(step))));
  }

  std::pair<double, double> betas_;
  double momentum_decay_ = 0;
  Index done_ = 0;  // product_ is that of the shares of the steps up to here
  double product_ = 1;
};

const OptimizerRegistry::Entry<Nadam> entry("nadam");

}  // namespace
}  // namespace gradrace
