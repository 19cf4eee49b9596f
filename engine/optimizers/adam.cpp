// "adam": lr=1e-3, betas=0.9/0.999, eps=1e-8, weight_decay=0, amsgrad=false, decoupled_weight_decay=false;
// torch.optim.Adam.
// "adamw": decoupled, that is, weight_decay=0.01 shrinks the parameters themselves; else the same; torch.optim.AdamW.
#include "engine/optimizers/adam_options.hpp"
#include "engine/optimizers/optimizer.hpp"

namespace gradrace {
namespace {

template <bool Decoupled>
class AdamWithDecay : public FusedOptimizer<kernels::AdamScalars> {
 public:
  explicit AdamWithDecay(Options& options)
      : FusedOptimizer(options, 1e-3), options_(options, "", {{0.9, 0.999}, 1e-8, Decoupled ? 1e-2 : 0}, sign()) {
    scalars_.amsgrad = options.flag("amsgrad", false);
    scalars_.decoupled = Decoupled || options.flag("decoupled_weight_decay", false);
  }

  std::string paper() const override {
    return Decoupled ? "Loshchilov & Hutter, ICLR 2019" : "Kingma & Ba, ICLR 2015; Reddi et al., ICLR 2018 (amsgrad)";
  }

 private:
  void prepare(Index step, double lr) override { options_.prepare(step, lr, scalars_); }

  AdamOptions options_;
};

const OptimizerRegistry::Entry<AdamWithDecay<false>> adam("adam");
const OptimizerRegistry::Entry<AdamWithDecay<true>> adamw("adamw");

}  // namespace
}  // namespace gradrace
