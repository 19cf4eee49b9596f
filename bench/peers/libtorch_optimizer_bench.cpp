// libtorch's optimizers, with our options, on all parameters as one tensor, so that it has no more calls to make than
// we have. It has no Adadelta; here is that of PyTorch's Python, operation by operation. Each step is the next one, and
// its gradient the same.

#include "bench/peers/libtorch.hpp"

#include <torch/optim.h>

#include <memory>

#include "bench/benchmarks.hpp"
#include "bench/optimizer.hpp"

namespace gradrace::bench {
namespace {

using at::Tensor;
using Make = std::function<Body(const Tensor& parameters)>;

/// One of libtorch's own.
template <class Peer, class PeerOptions>
Make make(double lr) {
  return [lr](const Tensor& parameters) -> Body {
    return [peer = std::make_shared<Peer>(std::vector<Tensor>{parameters}, PeerOptions(lr))] { peer->step(); };
  };
}

Body make_adadelta(const Tensor& parameters) {
  constexpr double kLr = 1, kRho = 0.9, kEpsilon = 1e-6;
  const Tensor squares = at::zeros_like(parameters), updates = at::zeros_like(parameters);
  return [=] {
    const Tensor& gradient = parameters.grad();
    squares.mul_(kRho).addcmul_(gradient, gradient, 1 - kRho);
    const Tensor root = squares.add(kEpsilon).sqrt_();
    const Tensor delta = updates.add(kEpsilon).sqrt_().div_(root).mul_(gradient);
    updates.mul_(kRho).addcmul_(delta, delta, 1 - kRho);
    parameters.add_(delta, -kLr);
  };
}

/// The first step from states of zeros must be ours.
void run(benchmark::State& state, const std::string& name, Index parameters, const Make& make_peer, Index threads) {
  const Step ours(name, parameters);
  for (Index k = 0; k < ours.states; ++k) std::ranges::fill(ours.arrays.part(2 + k, {0, parameters}), 0.0f);
  const auto copy_of = [&](Index array) {
    return at::from_blob(ours.arrays.part(array, {0, parameters}).data(), {parameters}).clone();
  };
  const Tensor values = copy_of(0), gradient = copy_of(1);
  values.mutable_grad() = gradient;
  kernels::Team(1).run([&](kernels::Worker worker) noexcept {
    run_step(*ours.entrant.optimizer, ours.states, kernels::Isa::best(), ours.arrays, worker);
  });
  const auto is_right = [&] {
    for (Index i = 0; i < parameters; ++i)
      if (!close(values.data_ptr<float>()[i], ours.arrays.part(0, {i, i + 1})[0])) return false;
    return true;
  };
  check_and_time_libtorch(state, threads, ours.amount(), {values, gradient}, make_peer(values), is_right);
}

}  // namespace

void register_libtorch_optimizers() {
  namespace optim = torch::optim;
  const std::pair<const char*, Make> peers[] = {
      {"adadelta", make_adadelta},
      {"adagrad", make<optim::Adagrad, optim::AdagradOptions>(0.01)},
      {"adam", make<optim::Adam, optim::AdamOptions>(0.001)},
      {"adamw", make<optim::AdamW, optim::AdamWOptions>(0.001)},
      {"rmsprop", make<optim::RMSprop, optim::RMSpropOptions>(0.01)},
      {"sgd", make<optim::SGD, optim::SGDOptions>(0.001)},
  };
  for (const Index parameters : kParameters)
    for (const auto& [name, make_peer] : peers)
      add(fmt::format("optimizer/{}/{}", name, parameters), "libtorch",
          [=, name = std::string(name), make_peer = make_peer](benchmark::State& state, Index threads) {
            run(state, name, parameters, make_peer, threads);
          });
}

}  // namespace gradrace::bench
