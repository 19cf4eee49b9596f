#pragma once
/// A race under way, which race.hpp begins.

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>

#include "engine/race/checkpoint.hpp"
#include "kernels/team.hpp"

namespace gradrace {

/// One generator, one team of threads, and the results so far.
class Contest {
 public:
  /// options, checked by Race; data, observers, stop and checkpoints must outlive the contest.
  Contest(const RaceOptions& options, const Dataset& data, std::span<RaceObserver* const> observers,
          const std::atomic<int>& stop, const Checkpoints* checkpoints);

  /// All that Race::run() says. To be called once.
  RaceResult run_all();

 private:
  RunForm form_of(const Entrant& entrant) const;
  void look_at_checkpoints() const;
  void run_from(std::uint64_t seed, bool backwards);
  /// A run under way.
  struct Runner {
    Trainer& trainer;
    Batches& batches;
    RunResult& run;
    EpochPart earlier = {};    // of the epoch under way: what came from a checkpoint
    double epoch_seconds = 0;  // of training, of the epoch under way, those included
    double suspended_seconds = 0;
    bool saved = true;  // nothing has happened since the run began or was saved
  };
  void run(const Entrant& entrant);
  void prepare(Model& model);
  void restore(const Checkpoint& saved, Runner& runner);
  void save(Runner& runner) const;
  bool is_due(const RunResult& run) const;
  void run_epoch(Runner& runner);
  bool train(Runner& runner);
  void evaluate(Runner& runner);
  std::optional<TestResult> validate(Trainer& trainer);
  bool is_done(const RunResult& run) const;
  void note_target(RunResult& run) const;
  bool step_done(const StepEvent& step, double run_seconds, Runner& runner);
  template <class... Event>
  void tell(void (RaceObserver::*happened)(const RaceResult&, const Event&...), const Event&... event) {
    for (RaceObserver* observer : observers_) (observer->*happened)(result_, event...);
  }

  RaceOptions options_;
  const Dataset& data_;
  std::span<RaceObserver* const> observers_;
  const std::atomic<int>& stop_;
  const Checkpoints* checkpoints_;
  Network network_;
  kernels::Team team_;
  std::uint64_t seed_ = 0;
  Generator generator_{0}, start_{0};  // start_: the state after initialisation
  RaceResult result_;
};

}  // namespace gradrace
