#include "engine/profile/network_step.hpp"

#include "engine/data/digits.hpp"
#include "engine/measuring/rounds.hpp"
#include "engine/profile/step_meter.hpp"
#include "engine/training/trainer.hpp"

namespace gradrace {

ImageSet images_for(const Network& network) {
  const ImageSet digits = draw_digits(DigitsPart::kTest);
  const Shape& input = network.input;
  ImageSet images = digits;
  images.height = input.h, images.width = input.w, images.channels = input.c;
  images.pixels.clear();
  for (Index i = 0; i < digits.count; ++i)
    for (Index y = 0; y < input.h; ++y)
      for (Index x = 0; x < input.w; ++x) {
        const Index from = (i * digits.height + y % digits.height) * digits.width + x % digits.width;
        images.pixels.insert(images.pixels.end(), std::size_t(input.c), digits.pixels[std::size_t(from)]);
      }
  return images;
}

std::vector<double> training_step_seconds(const Network& network, const Entrant& entrant, const kernels::Isa& isa,
                                          const kernels::Team& team, const ImageSet& images) {
  constexpr Index kWarmUp = 5, kSteps = 100;
  constexpr double kPatience = 0.2;
  using Clock = std::chrono::steady_clock;
  Trainer trainer(network, isa, team, *entrant.optimizer, {});
  Generator generator(0);
  trainer.model().load(trainer.model().initial_values(generator));
  Batches batches(images, trainer.model().stack().batch());
  batches.begin_shuffled(generator);
  const kernels::ScopedPlacement placed = team.place_caller();
  std::vector<double> seconds;
  double spent = 0;
  for (Index step = 0; step < kWarmUp + kSteps && (seconds.empty() || spent < kPatience); ++step) {
    const Clock::time_point start = Clock::now();
    trainer.step(batches, step % (images.count / trainer.model().stack().batch()), generator);
    if (step < kWarmUp) continue;
    seconds.push_back(std::chrono::duration<double>(Clock::now() - start).count());
    spent += seconds.back();
  }
  return seconds;
}

std::vector<double> subnormal_step_seconds(Index parameters, const Entrant& entrant, const kernels::Isa& isa,
                                           const kernels::Team& team) {
  constexpr Effort kEffort = {50, 25e-3};
  const Index states = arrays_of(*entrant.optimizer) - 2;
  const StepArrays arrays(parameters, 2 + states);
  return time_rounds(
      team, kEffort,
      [&](kernels::Worker worker) noexcept { run_step(*entrant.optimizer, states, isa, arrays, worker); },
      [&](kernels::Worker worker) noexcept { arrays.fill_subnormal(worker); });
}

std::vector<std::optional<double>> counts_per_parameter(Index parameters, const Entrant& entrant,
                                                        const kernels::Isa& isa, Counters& counters) {
  constexpr Index kSteps = 100;
  const kernels::Team alone(1);
  const Index states = arrays_of(*entrant.optimizer) - 2;
  const StepArrays arrays(parameters, 2 + states);
  arrays.fill(alone, 2 + states);
  const auto steps = [&](Index count) {
    alone.run([&](kernels::Worker worker) noexcept {
      for (Index i = 0; i < count; ++i) run_step(*entrant.optimizer, states, isa, arrays, worker);
    });
  };
  steps(2);
  counters.start();
  steps(kSteps);
  std::vector<std::optional<double>> counts = counters.stop();
  for (std::optional<double>& count : counts)
    if (count) *count /= double(kSteps * parameters);
  return counts;
}

}  // namespace gradrace
