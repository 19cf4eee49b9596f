#include <omp.h>

#include <barrier>
#include <cstdlib>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/team.hpp"

namespace gradrace::kernels {
namespace {

using Cpus = std::vector<int>;

Cpus cpus_of_this_thread() {
  return CpuSet::of_this_thread().list();
}
Cpus cpus_of_workers(const Team& team) {
  std::vector<Cpus> seen(std::size_t(team.size()));
  team.run([&](Worker worker) noexcept { seen[std::size_t(worker.index())] = cpus_of_this_thread(); });
  Cpus all;
  for (const Cpus& cpus : seen) all.insert(all.end(), cpus.begin(), cpus.end());
  return all;
}

class Placement : public testing::Test {
 protected:
  void SetUp() override {
    if (allowed_cpus() < 2) GTEST_SKIP() << "needs two CPUs";
  }
  const int first_ = given_cpus().front(), last_ = given_cpus().back();
};

TEST_F(Placement, IsAPlaceForEachWorkerInTheOrderGiven) {
  EXPECT_EQ(cpus_of_workers(Team(2)), Cpus(given_cpus().begin(), given_cpus().begin() + 2));
  EXPECT_EQ(cpus_of_workers(Team({.threads = 2, .cpus = {last_, first_}})), (Cpus{last_, first_}));
  EXPECT_EQ(cpus_of_workers(Team({.threads = 1, .cpus = {last_, first_}})), Cpus{last_});
}

TEST_F(Placement, IsAllOfTheTeamsCpusWhereWorkersAreMore) {
  EXPECT_EQ(cpus_of_workers(Team({.threads = 2, .cpus = {last_}})), (Cpus{last_, last_}));
  EXPECT_EQ(cpus_of_workers(Team({.threads = 3, .cpus = {first_, last_}})),
            (Cpus{first_, last_, first_, last_, first_, last_}));
}

TEST_F(Placement, IsTheCallersForARunOnly) {
  const Team team({.threads = 2, .cpus = {first_, last_}});
  const Cpus before = cpus_of_this_thread();
  cpus_of_workers(team);
  EXPECT_EQ(cpus_of_this_thread(), before);
  const ScopedPlacement elsewhere{CpuSet(Cpus{last_})};
  EXPECT_EQ(cpus_of_workers(team), (Cpus{first_, last_}));
  EXPECT_EQ(cpus_of_this_thread(), Cpus{last_});
}

TEST_F(Placement, CanLastForManyRuns) {
  const Team team({.threads = 2, .cpus = {last_, first_}});
  const Cpus before = cpus_of_this_thread();
  {
    const ScopedPlacement placed = team.place_caller();
    EXPECT_EQ(cpus_of_this_thread(), Cpus{last_});
    cpus_of_workers(team);
    EXPECT_EQ(cpus_of_this_thread(), Cpus{last_});
  }
  EXPECT_EQ(cpus_of_this_thread(), before);
}

TEST_F(Placement, OfTeamsThatRunAtOnceIsApart) {
  struct Side {
    Team team;
    Cpus seen = {};
    Index wrong = 0;
  };
  Side sides[] = {{Team({.threads = 2, .cpus = {first_}})}, {Team({.threads = 2, .cpus = {last_}})}};
  std::barrier together(2);
  const auto work = [&together](Side& side) {
    for (int run = 0; run < 20; ++run) {
      together.arrive_and_wait();
      Index sum[2] = {};
      side.team.run([&](Worker worker) noexcept {
        sum[worker.index()] = run;
        worker.barrier();
        const bool seen_by_both = sum[0] + sum[1] == 2 * run;
        worker.barrier();
        sum[worker.index()] = !seen_by_both;
      });
      side.wrong += sum[0] + sum[1];
      side.seen = cpus_of_workers(side.team);
    }
  };
  std::thread other(work, std::ref(sides[1]));
  work(sides[0]);
  other.join();
  EXPECT_EQ(sides[0].wrong + sides[1].wrong, 0);
  EXPECT_EQ(sides[0].seen, (Cpus{first_, first_}));
  EXPECT_EQ(sides[1].seen, (Cpus{last_, last_}));
}

/// Runs a team of `threads` and returns how many worked.
Index workers(Index threads) {
  std::atomic<Index> count = 0;
  Team(threads).run([&](Worker) noexcept { ++count; });
  return count;
}

TEST(OpenMpSettings, OfTheCallerAreNeitherObeyedNorChanged) {
  const int dynamic = omp_get_dynamic(), levels = omp_get_max_active_levels();
  for (const int level : {0, 1, 3}) {
    omp_set_dynamic(1);
    omp_set_max_active_levels(level);
    EXPECT_EQ(workers(allowed_cpus() + 1), allowed_cpus() + 1);
    EXPECT_EQ(omp_get_dynamic(), 1);
    EXPECT_EQ(omp_get_max_active_levels(), level);
  }
  omp_set_dynamic(dynamic);
  omp_set_max_active_levels(levels);
}

TEST(OpenMpSettings, AllowATeamWithinAnother) {
  std::atomic<Index> count = 0;
  Team(2).run([&](Worker) noexcept { count += workers(3); });
  EXPECT_EQ(count, 6);
}

/// A team that one thread built and another runs, in a process of its own.
void run_on_another_thread() {
  const Team team(allowed_cpus() + 1);
  std::atomic<Index> count = 0;
  std::thread([&] { team.run([&](Worker) noexcept { ++count; }); }).join();
  std::exit(count == team.size() ? 0 : 1);
}

TEST(OpenMpSettingsDeathTest, OfTheEnvironmentAreNotObeyed) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  for (const auto& [name, value] : {std::pair{"OMP_DYNAMIC", "true"},
                                    {"OMP_NUM_THREADS", "1"},
                                    {"OMP_NUM_THREADS", "9"},
                                    {"OMP_WAIT_POLICY", "active"},
                                    {"OMP_WAIT_POLICY", "passive"},
                                    {"OMP_MAX_ACTIVE_LEVELS", "0"},
                                    {"OMP_NESTED", "true"}}) {
    SCOPED_TRACE(testing::Message() << name << "=" << value);
    setenv(name, value, 1);
    EXPECT_EXIT(run_on_another_thread(), testing::ExitedWithCode(0), "");
    unsetenv(name);
  }
}

TEST(OpenMpSettingsDeathTest, ThatBindThreadsTakeNoCpuAway) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const std::string expected = std::to_string(given_cpus().size()) + " CPUs";
  setenv("OMP_PROC_BIND", "true", 1);
  EXPECT_EXIT((std::fprintf(stderr, "%zu CPUs", given_cpus().size()), std::exit(0)), testing::ExitedWithCode(0),
              expected);
  unsetenv("OMP_PROC_BIND");
}

}  // namespace
}  // namespace gradrace::kernels
