// "rmsprop": lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0, momentum=0, centered=false; torch.optim.RMSprop.
#include "engine/optimizers/optimizer.hpp"

namespace gradrace {
namespace {

class Rmsprop final : public FusedOptimizer<kernels::RmspropScalars> {
 public:
  explicit Rmsprop(Options& options) : FusedOptimizer(options, 1e-2) {
    scalars_.mean = kernels::mean(options.number("alpha", 0.99, 0, 1));
    scalars_.epsilon = float(options.number("eps", 1e-8, 0, kAny));
    scalars_.weight_decay = float(weight_decay(options));
    scalars_.momentum = float(options.number("momentum", 0, 0, kAny));
    scalars_.centered = options.flag("centered", false);
  }

  std::string paper() const override { return "Hinton, lecture 6e, 2012; Graves, arXiv:1308.0850 (centered)"; }

 private:
  void prepare(Index, double lr) override { scalars_.lr = float(lr); }
};

const OptimizerRegistry::Entry<Rmsprop> entry("rmsprop");

}  // namespace
}  // namespace gradrace
