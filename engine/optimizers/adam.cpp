// "adam": lr=1e-3, betas=0.9/0.999, eps=1e-8, weight_decay=0, amsgrad=false; torch.optim.Adam.
// "adamw": the same but weight_decay=0.01, which shrinks the parameters themselves; torch.optim.AdamW.
#include <cmath>

#include "engine/optimizer.hpp"

namespace gradrace {
namespace {

template <bool Decoupled>
class AdamWithDecay : public FusedOptimizer<kernels::AdamScalars> {
 public:
  explicit AdamWithDecay(Options& options)
      : FusedOptimizer(options, 1e-3), betas_(options.pair("betas", {0.9, 0.999}, 0, kBelowOne)) {
    scalars_.first = kernels::mean(betas_.first);
    scalars_.second = kernels::mean(betas_.second);
    scalars_.epsilon = float(options.number("eps", 1e-8, 0, kAny));
    weight_decay_ = options.number("weight_decay", Decoupled ? 1e-2 : 0, 0, kAny);
    scalars_.weight_decay = float(weight_decay_);
    scalars_.amsgrad = options.flag("amsgrad", false);
    scalars_.decoupled = Decoupled;
  }

  std::string paper() const override {
    return Decoupled ? "Loshchilov & Hutter, ICLR 2019" : "Kingma & Ba, ICLR 2015; Reddi et al., ICLR 2018 (amsgrad)";
  }

 private:
  void prepare(Index step, double lr) override {
    scalars_.keep = float(1 - lr * weight_decay_);
    scalars_.step_size = float(lr / (1 - std::pow(betas_.first, double(step))));
    scalars_.inv_sqrt_correction2 = float(1 / std::sqrt(1 - std::pow(betas_.second, double(step))));
  }

  std::pair<double, double> betas_;
  double weight_decay_ = 0;
};

const OptimizerRegistry::Entry<AdamWithDecay<false>> adam("adam");
const OptimizerRegistry::Entry<AdamWithDecay<true>> adamw("adamw");

}  // namespace
}  // namespace gradrace
