#include "kernels/team.hpp"

#include <limits>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace gradrace::kernels {
namespace {

constexpr Index kSizes[] = {1, 2, 3, 5, 8};

TEST(Share, CoversEverythingOnceInEvenParts) {
  for (Index n = 0; n < 120; ++n)
    for (Index count = 1; count < 10; ++count)
      for (const Index grain : {1, 3, 16}) {
        SCOPED_TRACE(testing::Message() << n << " in " << count << " parts, grain " << grain);
        Index end = 0, smallest = n, largest = 0;
        for (Index i = 0; i < count; ++i) {
          const Range part = share(n, i, count, grain);
          EXPECT_EQ(part.begin, end);
          EXPECT_TRUE(part.begin % grain == 0 || part.begin == n);
          end = part.end;
          smallest = std::min(smallest, part.size());
          largest = std::max(largest, part.size());
        }
        EXPECT_EQ(end, n);
        EXPECT_LE(largest - smallest, grain);
      }
}

TEST(Team, RunsTheWorkOnceOnEachOfSoManyThreads) {
  for (const Index size : kSizes) {
    const Team team(size);
    EXPECT_EQ(team.size(), size);
    for (int run = 0; run < 10; ++run) {
      std::vector<std::thread::id> threads(size);
      std::vector<int> calls(size);
      team.run([&](Worker worker) noexcept {
        EXPECT_EQ(worker.count(), size);
        threads[worker.index()] = std::this_thread::get_id();
        ++calls[worker.index()];
      });
      EXPECT_EQ(calls, std::vector<int>(size, 1));
      EXPECT_EQ(Index(std::set(threads.begin(), threads.end()).size()), size) << "threads were shared";
    }
  }
}

TEST(Team, SharesWorkAmongItsWorkers) {
  std::vector<int> visits(1000);
  Team(3).run([&](Worker worker) noexcept {
    const Range part = worker.share_of(1000, 16);
    for (Index i = part.begin; i < part.end; ++i) ++visits[i];
  });
  EXPECT_EQ(visits, std::vector<int>(1000, 1));
}

TEST(Team, BarriersOrderWritesBeforeReads) {
  for (const Index size : kSizes) {
    const int rounds = 300;
    std::vector<int> slots(size), wrong(size);
    Team(size).run([&](Worker worker) noexcept {
      for (int round = 1; round <= rounds; ++round) {
        slots[worker.index()] = round;
        worker.barrier();
        for (const int slot : slots) wrong[worker.index()] += slot != round;
        worker.barrier();
      }
    });
    EXPECT_EQ(wrong, std::vector<int>(size, 0));
  }
}

/// Whether this thread's arithmetic makes subnormals, and whether it reads them.
struct Arithmetic {
  bool makes, reads;
  bool operator==(const Arithmetic&) const = default;
  static Arithmetic probe() {
    volatile float smallest_normal = std::numeric_limits<float>::min(), half = 0.5f;
    volatile float subnormal = std::numeric_limits<float>::denorm_min(), large = 1e30f;
    return {smallest_normal * half != 0, subnormal * large != 0};
  }
};
constexpr Arithmetic kFlushes{false, false}, kKeeps{true, true};

/// For tests/threads, which must find it: no worker waits for the other's writes.
TEST(Team, DISABLED_HasARaceWithoutABarrier) {
  const Team team({.threads = 2});
  int written = 0;
  team.run([&](Worker worker) noexcept {
    for (int i = 0; i < 1000; ++i) written += int(worker.index()) + i;
  });
  EXPECT_GE(written, 0);
}

TEST(Team, FlushesOrKeepsSubnormalsOnEveryWorker) {
  for (const Index size : kSizes)
    for (const Subnormals mode : {Subnormals::kFlush, Subnormals::kKeep, Subnormals::kFlush}) {
      const Team team({.threads = size, .subnormals = mode});
      std::vector<Arithmetic> seen(size);
      team.run([&](Worker worker) noexcept { seen[worker.index()] = Arithmetic::probe(); });
      const Arithmetic expected = team.subnormals() == Subnormals::kFlush ? kFlushes : kKeeps;
      for (const Arithmetic& arithmetic : seen) EXPECT_EQ(arithmetic, expected);
      EXPECT_EQ(Arithmetic::probe(), kKeeps) << "the caller's mode was not restored";
    }
}

TEST(Team, RestoresACallerThatFlushes) {
  const ScopedSubnormals flush(Subnormals::kFlush);
  Arithmetic inside{};
  Team({.threads = 1, .subnormals = Subnormals::kKeep}).run([&](Worker) noexcept { inside = Arithmetic::probe(); });
  EXPECT_EQ(inside, kKeeps);
  EXPECT_EQ(Arithmetic::probe(), kFlushes);
}

TEST(Team, OfOneCpuOrMoreIsAllowed) {
  EXPECT_GE(allowed_cpus(), 1);
}

TEST(TeamDeathTest, NeedsAThread) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(Team(0), "size_ >= 1");
}

}  // namespace
}  // namespace gradrace::kernels
