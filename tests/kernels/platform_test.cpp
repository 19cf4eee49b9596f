#include "kernels/platform.hpp"

#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace gradrace::kernels {
namespace {

float half_of(float x) {
  volatile float half = 0.5f;
  return x * half;
}

TEST(ScopedSubnormals, EndWithTheModeBefore) {
  volatile float smallest_normal = std::numeric_limits<float>::min();
  EXPECT_NE(half_of(smallest_normal), 0);
  {
    const ScopedSubnormals flush(Subnormals::kFlush);
    EXPECT_EQ(half_of(smallest_normal), 0);
    {
      const ScopedSubnormals keep(Subnormals::kKeep);
      EXPECT_NE(half_of(smallest_normal), 0);
    }
    EXPECT_EQ(half_of(smallest_normal), 0);
  }
  EXPECT_NE(half_of(smallest_normal), 0);
}

TEST(Ticks, PassWhileTheProcessorAdds) {
  const std::int64_t begin = ticks();
  add_chain(100'000);  // a millisecond
  EXPECT_GT(ticks() - begin, 1000);
}

TEST(FlushLines, LeaveTheBytesAsTheyWere) {
  std::vector<char> bytes(1000);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = char(i);
  flush_lines(bytes.data() + 1, 0);
  flush_lines(bytes.data() + 1, bytes.size() - 1);
  for (std::size_t i = 0; i < bytes.size(); ++i) ASSERT_EQ(bytes[i], char(i));
}

}  // namespace
}  // namespace gradrace::kernels
