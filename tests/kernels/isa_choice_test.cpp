// Which instruction set a processor gets, for processors that are not at hand: the build's own conditions, asked of
// described ones.
#ifdef __x86_64__
#include <initializer_list>
#include <set>
#include <string_view>

#include <gtest/gtest.h>

namespace gradrace::kernels {
namespace {

/// The features of a processor, by the names that GCC gives them.
using Processor = std::set<std::string_view>;

/// The first that the processor can run.
std::string_view chosen(const Processor& processor) {
#define __builtin_cpu_supports(feature) processor.contains(feature)
#define GRADRACE_CANDIDATE(name, supported) \
  if (supported) return #name;
#include "simd_candidates.inc"
#undef GRADRACE_CANDIDATE
#undef __builtin_cpu_supports
  return "none";
}

const Processor kOldest = {"sse2"}, kHaswell = {"sse2", "avx", "avx2", "fma"};
const Processor kSkylakeX = {"sse2", "avx", "avx2", "fma", "avx512f", "avx512cd", "avx512vl", "avx512bw", "avx512dq"};

Processor without(Processor processor, std::string_view feature) {
  processor.erase(feature);
  return processor;
}

TEST(IsaChoice, IsTheWidestThatTheProcessorHas) {
  EXPECT_EQ(chosen(kOldest), "sse2");
  EXPECT_EQ(chosen(kHaswell), "avx2");
  EXPECT_EQ(chosen(kSkylakeX), "avx512");
}

TEST(IsaChoice, NeedsEveryFeatureThatTheKernelsUse) {
  for (const std::string_view feature : {"avx512f", "avx512cd", "avx512vl", "avx512bw", "avx512dq"})
    EXPECT_EQ(chosen(without(kSkylakeX, feature)), "avx2") << "without " << feature;
  for (const std::string_view feature : {"avx2", "fma"})
    EXPECT_EQ(chosen(without(kHaswell, feature)), "sse2") << "without " << feature;
}

/// The Xeon Phi, which had AVX-512 first, without its shorter vectors.
TEST(IsaChoice, PrefersAvx2ToPartOfAvx512) {
  EXPECT_EQ(chosen({"sse2", "avx", "avx2", "fma", "avx512f", "avx512cd", "avx512er", "avx512pf"}), "avx2");
}

}  // namespace
}  // namespace gradrace::kernels
#endif
