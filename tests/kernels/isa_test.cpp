#include "kernels/isa.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <set>
#include <vector>

#include "kernels/gemm.hpp"
#include "kernels/passes.hpp"
#include "kernels/peak.hpp"
#include "kernels/stream.hpp"
#include "kernels/table.hpp"
#include "tests/support.hpp"

namespace gradrace::kernels {
namespace {

TEST(IsaList, BeginsWithTheBestAndEndsWithTheBaseline) {
  EXPECT_EQ(Isa::best(), Isa::available().front());
#ifdef __aarch64__
  EXPECT_EQ(Isa::available().back().name(), "neon");
#else
  EXPECT_EQ(Isa::available().back().name(), "sse2");
#endif
  for (std::size_t i = 1; i < Isa::available().size(); ++i)
    EXPECT_GE(Isa::available()[i - 1].lanes(), Isa::available()[i].lanes());
}

TEST(IsaList, HoldsTheBuiltOnesThatThisCpuCanRunInTheSameOrder) {
  const auto built = Isa::built();
  EXPECT_EQ(std::set(built.begin(), built.end()).size(), built.size()) << "a name twice";
  auto place = built.begin();
  for (const Isa& isa : Isa::available()) {
    place = std::find(place, built.end(), isa.name());
    ASSERT_NE(place, built.end()) << isa.name();
  }
}

/// The functions of a table: from the first on it holds nothing else.
std::vector<std::uintptr_t> functions(const KernelTable& table) {
  const char *first = reinterpret_cast<const char*>(&table.gemm), *end = reinterpret_cast<const char*>(&table + 1);
  std::vector<std::uintptr_t> addresses(std::size_t(end - first) / sizeof(std::uintptr_t));
  std::memcpy(addresses.data(), first, addresses.size() * sizeof(std::uintptr_t));
  return addresses;
}

/// Comparing two instruction sets means nothing if both are the same code.
TEST(IsaList, HasATableOfItsOwnForEveryName) {
  std::set<std::uintptr_t> others;
  for (const Isa& isa : Isa::available()) {
    SCOPED_TRACE(isa.name());
    const std::vector<std::uintptr_t> own = functions(isa.table());
    EXPECT_GT(own.size(), 40u);
    for (std::size_t i = 0; i < own.size(); ++i) {
      EXPECT_NE(own[i], 0u) << "function " << i << " is missing";
      EXPECT_FALSE(others.contains(own[i])) << "function " << i << " is another instruction set's";
    }
    others.insert(own.begin(), own.end());
  }
}

class EachIsa : public EveryIsa {};
GRADRACE_ON_EVERY_ISA(EachIsa);

TEST_P(EachIsa, HasItsOwnVectorWidth) {
  const std::map<std::string_view, Index> lanes{{"sse2", 4}, {"avx2", 8}, {"avx512", 16}, {"neon", 4}};
  EXPECT_EQ(isa().lanes(), lanes.at(isa().name()));
  EXPECT_EQ(kPanel % isa().lanes(), 0);
}

/// a^2 - round(a^2) is nothing after two roundings and 2^-24 after one: arithmetic tells which code ran.
TEST_P(EachIsa, IsWhatRuns) {
  const float a[] = {-(1.0f + 0x1p-11f), 1.0f + 0x1p-12f}, b[] = {1.0f, 1.0f + 0x1p-12f};
  float c = kNan;
  std::vector<float> scratch(gemm_scratch_floats(isa()));
  gemm(isa(), {a, 1, 2, 2, 1}, {b, 2, 1, 1, 1}, {&c, 1, 1, 1}, Start::kZero, scratch);
  EXPECT_EQ(c, isa().name() == "sse2" ? 0.0f : 0x1p-24f);
}

TEST_P(EachIsa, RunsThePeakLoopItCounts) {
  EXPECT_EQ(fma_chains_flop(isa()), 2 * kFmaSteps * kFmaChains * isa().lanes());
  EXPECT_NEAR(fma_chains(isa(), 10000), kFmaChains, 0.01);  // every chain x <- 0.999 x + 0.001 tends to 1
  EXPECT_EQ(fma_chains(isa(), 0), 66);                      // 0 + 1 + ... + 11
}

TEST_P(EachIsa, RunsTheDivisionsAndRootsItCounts) {
  EXPECT_EQ(divide_chains_flop(isa()), kDivideChains * isa().lanes());
  EXPECT_EQ(divide_chains(isa(), 0), 36);                                  // 1 + 2 + ... + 8
  EXPECT_NEAR(divide_chains(isa(), 2), 52, 1e-4);                          // divided twice, 3 + 4 + ... + 10 is itself
  EXPECT_NEAR(divide_chains(isa(), 1), 5.486905, 1e-4);                    // 3/2 + 3/3 + ... + 3/9
  EXPECT_EQ(root_chains(isa(), 0), 28);                                    // 0 + 1 + ... + 7
  EXPECT_NEAR(root_chains(isa(), 1000), 2 * double(kDivideChains), 1e-5);  // x <- sqrt(x + 2) tends to 2
}

TEST_P(EachIsa, MovesTheFloatsItShould) {
  Random random;
  for (const Index n : {Index(0), Index(1), isa().lanes() - 1, 8 * isa().lanes(), Index(1003)}) {
    const std::vector<float> b = random.numbers(n), c = random.numbers(n);
    double sum = 0;
    std::vector<float> expected;
    for (std::size_t i = 0; i < b.size(); ++i) {
      sum += double(b[i]);
      expected.push_back(b[i] + 0.5f * c[i]);
    }
    EXPECT_NEAR(stream_read(isa(), b), sum, 1e-5 * double(n));
    Output copied(n), added(n);
    stream_copy(isa(), b, copied.span());
    stream_triad(isa(), 0.5f, b, c, added.span());
    expect_same_bits(copied.span(), b);
    expect_same_bits(added.span(), expected);
    for (const Index arrays : {1, 2, 8}) {
      std::vector<std::vector<float>> x(std::size_t(arrays), b);
      std::vector<float*> data;
      for (std::vector<float>& array : x) data.push_back(array.data());
      stream_triads(isa(), 0.5f, c, data);
      for (const std::vector<float>& array : x) expect_same_bits(array, expected);
    }
  }
}

TEST_P(EachIsa, RunsThePassItIsAskedFor) {
  Random random;
  for (const Index n : {Index(0), Index(1), isa().lanes() + 1}) {
    const std::vector<float> x = random.numbers(n), y = random.numbers(n, 1, 2), z = random.numbers(n, 1, 2);
    const auto expect = [&](Pass pass, const auto& formula) {
      std::vector<float> expected, computed = x;
      for (std::size_t i = 0; i < x.size(); ++i) expected.push_back(formula(x[i], y[i], z[i]));
      run_pass(isa(), pass, 0.3f, computed, y.data(), z.data());
      expect_same_bits(computed, expected);
    };
    expect(Pass::kScale, [](float a, float, float) { return 0.3f * a; });
    expect(Pass::kAddConstant, [](float, float b, float) { return b + 0.3f; });
    expect(Pass::kAddScaled, [](float a, float b, float) { return a + 0.3f * b; });
    expect(Pass::kAddProduct, [](float a, float b, float c) { return a + 0.3f * b * c; });
    expect(Pass::kAddQuotient, [](float a, float b, float c) { return a + 0.3f * b / c; });
    expect(Pass::kRoot, [](float, float b, float) { return std::sqrt(b); });
    expect(Pass::kDivide, [](float a, float b, float) { return a / b; });
    expect(Pass::kMultiply, [](float a, float b, float) { return a * b; });
  }
}

}  // namespace
}  // namespace gradrace::kernels
