// "radam": lr=1e-3, betas=0.9/0.999, eps=1e-8, weight_decay=0, decoupled_weight_decay=false; torch.optim.RAdam.
#include <cmath>

#include "engine/optimizers/optimizer.hpp"

namespace gradrace {
namespace {

class Radam final : public FusedOptimizer<kernels::RadamScalars> {
 public:
  explicit Radam(Options& options)
      : FusedOptimizer(options, 1e-3), betas_(options.pair("betas", {0.9, 0.999}, 0, kBelowOne)) {
    scalars_.first = kernels::mean(betas_.first);
    scalars_.second = kernels::mean(betas_.second);
    scalars_.epsilon = float(options.number("eps", 1e-8, 0, kAny));
    weight_decay_ = weight_decay(options);
    decoupled_ = options.flag("decoupled_weight_decay", false);
    scalars_.weight_decay = decoupled_ ? 0 : float(weight_decay_);
  }

  std::string paper() const override { return "Liu et al., ICLR 2020"; }

 private:
  void prepare(Index step, double lr) override {
    const double t = double(step), power = std::pow(betas_.second, t);
    // Lengths of the mean of squares, counted in gradients: in the end, and now. A short one's variance is not known.
    const double longest = 2 / (1 - betas_.second) - 1, length = longest - 2 * t * power / (1 - power);
    double size = lr / (1 - std::pow(betas_.first, t));
    scalars_.rectified = length > 5;
    if (scalars_.rectified)
      size *= std::sqrt((1 - power) * (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length));
    scalars_.step_size = float(size);
    scalars_.decay = decoupled_ ? float(lr * weight_decay_) : 0;
  }

  std::pair<double, double> betas_;
  double weight_decay_ = 0;
  bool decoupled_ = false;
};

const OptimizerRegistry::Entry<Radam> entry("radam");

}  // namespace
}  // namespace gradrace
