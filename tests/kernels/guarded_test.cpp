// The memory of the kernel tests notices what it is there to notice.
#include <vector>

#include "tests/support.hpp"

namespace gradrace::kernels {
namespace {

/// Reads element i of n that a kernel was given.
void read(Index n, Index i) {
  const Input data(std::vector<float>(std::size_t(n), 1.0f));
  [[maybe_unused]] const volatile float value = *static_cast<const volatile float*>(data.data() + i);
}

TEST(GuardedDeathTest, EndsAProgramThatReadsOneElementTooMany) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  for (const Index n : {1, 15, 16, 1024, 1025}) EXPECT_DEATH(read(n, guarded_before() ? -1 : n), "") << n;
}

TEST(GuardedDeathTest, EndsAProgramThatWritesToItsInput) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const Input data(std::vector<float>(5, 1.0f));
  EXPECT_DEATH(*const_cast<volatile float*>(data.data()) = 2, "");
}

}  // namespace
}  // namespace gradrace::kernels
