// "adam": lr=1e-3, betas=0.9/0.999, eps=1e-8, weight_decay=0, amsgrad=false; torch.optim.Adam.
#include <cmath>
#include <limits>

#include "engine/optimizer.hpp"
#include "kernels/optimizer_step.hpp"

namespace gradrace {
namespace {

constexpr double kAny = std::numeric_limits<float>::max();
constexpr double kBelowOne = 1.0 - 1e-7;

class Adam final : public Optimizer {
 public:
  explicit Adam(Options& options)
      : lr_(options.number("lr", 1e-3, 0, kAny)), betas_(options.pair("betas", {0.9, 0.999}, 0, kBelowOne)) {
    scalars_.beta1 = float(betas_.first);
    scalars_.beta2 = float(betas_.second);
    scalars_.rest1 = float(1 - betas_.first);
    scalars_.rest2 = float(1 - betas_.second);
    scalars_.epsilon = float(options.number("eps", 1e-8, 0, kAny));
    scalars_.weight_decay = float(options.number("weight_decay", 0, 0, kAny));
    scalars_.amsgrad = options.flag("amsgrad", false);
  }

  std::vector<float> initial_state() const override { return std::vector<float>(scalars_.amsgrad ? 3 : 2); }

  void begin_step(Index step) override {
    scalars_.step_size = float(lr_ / (1 - std::pow(betas_.first, double(step))));
    scalars_.inv_sqrt_correction2 = float(1 / std::sqrt(1 - std::pow(betas_.second, double(step))));
  }

  void update(const kernels::Isa& isa, std::span<float> p, std::span<const float> g,
              std::span<float* const> state) const override {
    kernels::adam_step(isa, scalars_, p, g, state);
  }

 private:
  double lr_;
  std::pair<double, double> betas_;
  kernels::AdamScalars scalars_{};
};

const OptimizerRegistry::Entry<Adam> entry("adam");

}  // namespace
}  // namespace gradrace
