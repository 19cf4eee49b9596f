#include "engine/profile/step_meter.hpp"

#include <algorithm>
#include <array>

#include "engine/measuring/rounds.hpp"
#include "kernels/stream.hpp"

namespace gradrace {
namespace {

using kernels::Worker;

constexpr double kVisit = 15e-3;  // seconds for one figure
constexpr Index kStep = 1000;     // far enough for corrections of the first steps to have faded

std::optional<double> ns_per_parameter(const Visits& visits, Index parameters) {
  if (!visits.seconds()) return std::nullopt;
  return 1e9 * *visits.seconds() / double(parameters);
}

}  // namespace

Index arrays_of(const Optimizer& optimizer) {
  return 2 + Index(optimizer.initial_state().size());
}

double bytes_per_parameter(const Optimizer& optimizer) {
  return double(optimizer.bytes_per_parameter());
}

void run_step(const Optimizer& optimizer, Index states, const kernels::Isa& isa, const StepArrays& arrays,
              const kernels::Worker& worker) {
  std::array<float*, kernels::kMostTriads> state;
  GRADRACE_EXPECT(states, <, kernels::kMostTriads);
  const Range range = worker.share_of(arrays.parameters(), kPanel);
  for (Index k = 0; k < states; ++k) state[std::size_t(k)] = arrays.part(2 + k, range).data();
  optimizer.update(isa, arrays.part(0, range), arrays.part(1, range), {state.data(), std::size_t(states)});
}

void run_unfused_step(const std::vector<UnfusedPass>& passes, const kernels::Isa& isa, const StepArrays& arrays,
                      const Worker& worker) {
  const Range range = worker.share_of(arrays.parameters(), kPanel);
  const auto data = [&](int array) { return array < 0 ? nullptr : arrays.part(array, range).data(); };
  for (const UnfusedPass& p : passes) {
    kernels::run_pass(isa, p.pass, p.a, arrays.part(p.x, range), data(p.y), data(p.z));
    worker.barrier();
  }
}

StepMeter::StepMeter(const Entrant& entrant, const kernels::Isa& isa, const kernels::Team& team,
                     const StepArrays& arrays, Index cache_bytes)
    : optimizer_(*entrant.optimizer),
      states_(arrays_of(optimizer_) - 2),
      isa_(isa),
      team_(team),
      arrays_(arrays),
      fits_((2 + states_) * arrays.parameters() * Index(sizeof(float)) <= cache_bytes),
      passes_(unfused_passes(entrant.name, entrant.options.resolved(), kStep)) {
  entrant.optimizer->begin_step(kStep);
}

void StepMeter::triad(const Worker& worker) const {
  const Range range = worker.share_of(arrays_.parameters(), kPanel);
  std::array<float*, kernels::kMostTriads> written = {arrays_.part(0, range).data()};
  const Index count = 1 + states_;
  for (Index k = 1; k < count; ++k) written[std::size_t(k)] = arrays_.part(1 + k, range).data();
  kernels::stream_triads(isa_, 0x1p-20f, arrays_.part(1, range), {written.data(), std::size_t(count)});
}

/// Step after step with a barrier after each.
template <class Step>
std::vector<double> StepMeter::hot_seconds(const Step& step) const {
  const auto steps = [&](Index count) {
    return [&, count](Worker worker) noexcept {
      for (Index i = 0; i < count; ++i) {
        step(worker);
        worker.barrier();
      }
    };
  };
  const std::vector<double> first = time_rounds(team_, {2, kVisit}, steps(1));
  if (first.front() >= kVisit) return first;
  const Index count = repetitions(std::ranges::min(first));
  std::vector<double> seconds = time_rounds(team_, {1000, kVisit}, steps(count));
  for (double& round : seconds) round /= double(count);
  return seconds;
}

std::vector<double> StepMeter::cold_seconds() const {
  const auto flush = [&](Worker worker) noexcept { arrays_.flush(worker, 2 + states_); };
  const auto cold = [&](Worker worker) noexcept { run_step(optimizer_, states_, isa_, arrays_, worker); };
  return time_rounds(team_, {100, kVisit}, cold, flush);
}

void StepMeter::visit() {
  hot_.add(hot_seconds([&](const Worker& worker) { run_step(optimizer_, states_, isa_, arrays_, worker); }));
  triad_.add(hot_seconds([&](const Worker& worker) { triad(worker); }));
  if (passes_)
    unfused_.add(hot_seconds([&](const Worker& worker) { run_unfused_step(*passes_, isa_, arrays_, worker); }));
  if (fits_) cold_.add(cold_seconds());
}

StepCost StepMeter::cost() const {
  const Index n = arrays_.parameters();
  return {.parameters = n,
          .threads = team_.size(),
          .hot_ns = ns_per_parameter(hot_, n).value_or(0),
          .cold_ns = ns_per_parameter(cold_, n),
          .unfused_ns = ns_per_parameter(unfused_, n),
          .triad_gb_per_second = bytes_per_parameter(optimizer_) / ns_per_parameter(triad_, n).value_or(0)};
}

}  // namespace gradrace
