// "lion": lr=1e-4, betas=0.9/0.99, weight_decay=0 (decoupled); the names and defaults of its authors' PyTorch code.
#include "engine/optimizers/optimizer.hpp"

namespace gradrace {
namespace {

class Lion final : public FusedOptimizer<kernels::LionScalars> {
 public:
  explicit Lion(Options& options) : FusedOptimizer(options, 1e-4) {
    const auto [beta1, beta2] = options.pair("betas", {0.9, 0.99}, 0, kBelowOne);
    scalars_.update = kernels::mean(beta1);
    scalars_.moment = kernels::mean(beta2);
    weight_decay_ = weight_decay(options);
  }

  std::string paper() const override { return "Chen et al., NeurIPS 2023"; }

 private:
  void prepare(Index, double lr) override {
    scalars_.lr = float(lr);
    scalars_.decay = float(lr * weight_decay_);
  }

  double weight_decay_ = 0;
};

const OptimizerRegistry::Entry<Lion> entry("lion");

}  // namespace
}  // namespace gradrace
