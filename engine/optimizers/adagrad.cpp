// "adagrad": lr=1e-2, lr_decay=0, weight_decay=0, initial_accumulator_value=0, eps=1e-10; torch.optim.Adagrad.
#include "engine/optimizers/optimizer.hpp"

namespace gradrace {
namespace {

class Adagrad final : public FusedOptimizer<kernels::AdagradScalars> {
 public:
  explicit Adagrad(Options& options) : FusedOptimizer(options, 1e-2), decay_(options.number("lr_decay", 0, 0, kAny)) {
    scalars_.weight_decay = float(weight_decay(options));
    start_ = float(options.number("initial_accumulator_value", 0, 0, kAny));
    scalars_.epsilon = float(options.number("eps", 1e-10, 0, kAny));
  }

  std::string paper() const override { return "Duchi et al., JMLR 2011"; }
  std::vector<float> initial_state() const override { return {start_}; }

 private:
  void prepare(Index step, double lr) override { scalars_.lr = float(lr / (1 + double(step - 1) * decay_)); }

  double decay_;
  float start_ = 0;
};

const OptimizerRegistry::Entry<Adagrad> entry("adagrad");

}  // namespace
}  // namespace gradrace
