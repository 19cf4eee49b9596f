// "sgd": lr=1e-3, momentum=0, dampening=0, weight_decay=0, nesterov=false; torch.optim.SGD, whose learning rate has had
// this default since PyTorch 2.1 and none before.
#include "engine/optimizers/optimizer.hpp"

namespace gradrace {
namespace {

class Sgd final : public FusedOptimizer<kernels::SgdScalars> {
 public:
  explicit Sgd(Options& options) : FusedOptimizer(options, 1e-3) {
    scalars_.momentum = float(options.number("momentum", 0, 0, kAny));
    dampening_ = options.number("dampening", 0, -kAny, kAny);
    scalars_.weight_decay = float(weight_decay(options));
    scalars_.nesterov = options.flag("nesterov", false);
    if (scalars_.nesterov && (scalars_.momentum == 0 || dampening_ != 0))
      throw usage_error("option nesterov: expected momentum above 0 and dampening 0, found {} and {}",
                        scalars_.momentum, dampening_);
  }

  std::string paper() const override { return "Polyak 1964; Sutskever et al., ICML 2013 (nesterov)"; }

 private:
  void prepare(Index step, double lr) override {
    scalars_.lr = float(lr);
    scalars_.rest = step == 1 ? 1 : float(1 - dampening_);  // the first gradient starts the momentum undamped
  }

  double dampening_ = 0;
};

const OptimizerRegistry::Entry<Sgd> entry("sgd");

}  // namespace
}  // namespace gradrace
