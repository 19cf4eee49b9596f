#include "engine/profile/unfused.hpp"

#include <cmath>
#include <map>

#include <nlohmann/json.hpp>

namespace gradrace {
namespace {

using kernels::Pass;
using Passes = std::vector<UnfusedPass>;

constexpr int kNone = -1, kParameters = 0, kGradient = 1, kState = 2;

/// Options by name; what an optimizer does not have is zero or false.
class Values {
 public:
  explicit Values(const std::vector<std::pair<std::string, std::string>>& options) {
    for (const auto& [key, text] : options) values_[key] = nlohmann::json::parse(text);
  }
  double number(const std::string& key) const { return values_.contains(key) ? double(values_.at(key)) : 0; }
  double first(const std::string& key) const { return double(values_.at(key)[0]); }
  double second(const std::string& key) const { return double(values_.at(key)[1]); }
  bool flag(const std::string& key) const { return values_.contains(key) && bool(values_.at(key)); }

 private:
  std::map<std::string, nlohmann::json> values_;
};

Passes adam(const Values& options, Index step) {
  constexpr int kMean = kState, kSquares = kState + 1, kRoots = kState + 2;
  const double beta1 = options.first("betas"), beta2 = options.second("betas");
  const double correction1 = 1 - std::pow(beta1, double(step)), correction2 = 1 - std::pow(beta2, double(step));
  return {{Pass::kScale, float(beta1), kMean, kNone, kNone},
          {Pass::kAddScaled, float(1 - beta1), kMean, kGradient, kNone},
          {Pass::kScale, float(beta2), kSquares, kNone, kNone},
          {Pass::kAddProduct, float(1 - beta2), kSquares, kGradient, kGradient},
          {Pass::kRoot, 0, kRoots, kSquares, kNone},
          {Pass::kScale, float(1 / std::sqrt(correction2)), kRoots, kNone, kNone},
          {Pass::kAddConstant, float(options.number("eps")), kRoots, kRoots, kNone},
          {Pass::kAddQuotient, float(-options.number("lr") / correction1), kParameters, kMean, kRoots}};
}

Passes adamw(const Values& options, Index step) {
  Passes passes = adam(options, step);
  const double keep = 1 - options.number("lr") * options.number("weight_decay");
  passes.insert(passes.begin(), {Pass::kScale, float(keep), kParameters, kNone, kNone});
  return passes;
}

Passes adadelta(const Values& options) {
  constexpr int kSquares = kState, kUpdates = kState + 1, kRoots = kState + 2, kDelta = kState + 3;
  const double rho = options.number("rho");
  const float epsilon = float(options.number("eps"));
  return {{Pass::kScale, float(rho), kSquares, kNone, kNone},
          {Pass::kAddProduct, float(1 - rho), kSquares, kGradient, kGradient},
          {Pass::kAddConstant, epsilon, kRoots, kSquares, kNone},
          {Pass::kRoot, 0, kRoots, kRoots, kNone},
          {Pass::kAddConstant, epsilon, kDelta, kUpdates, kNone},
          {Pass::kRoot, 0, kDelta, kDelta, kNone},
          {Pass::kDivide, 0, kDelta, kRoots, kNone},
          {Pass::kMultiply, 0, kDelta, kGradient, kNone},
          {Pass::kAddScaled, float(-options.number("lr")), kParameters, kDelta, kNone},
          {Pass::kScale, float(rho), kUpdates, kNone, kNone},
          {Pass::kAddProduct, float(1 - rho), kUpdates, kDelta, kDelta}};
}

Passes sgd(const Values& options, Index step) {
  const double momentum = options.number("momentum");
  const float lr = float(-options.number("lr"));
  if (momentum == 0) return {{Pass::kAddScaled, lr, kParameters, kGradient, kNone}};
  const double rest = step == 1 ? 1 : 1 - options.number("dampening");
  return {{Pass::kScale, float(momentum), kState, kNone, kNone},
          {Pass::kAddScaled, float(rest), kState, kGradient, kNone},
          {Pass::kAddScaled, lr, kParameters, kState, kNone}};
}

}  // namespace

std::optional<Passes> unfused_passes(const std::string& optimizer,
                                     const std::vector<std::pair<std::string, std::string>>& options, Index step) {
  const Values values(options);
  if (values.flag("amsgrad") || values.flag("nesterov") || values.flag("maximize")) return std::nullopt;
  if (optimizer == "adamw") return adamw(values, step);
  if (values.number("weight_decay") != 0) return std::nullopt;
  if (optimizer == "adam") return adam(values, step);
  if (optimizer == "adadelta") return adadelta(values);
  if (optimizer == "sgd") return sgd(values, step);
  return std::nullopt;
}

double unfused_bytes(const Passes& passes) {
  double bytes = 0;
  for (const UnfusedPass& p : passes) bytes += double(kernels::pass_traffic(p.pass) * Index(sizeof(float)));
  return bytes;
}

}  // namespace gradrace
