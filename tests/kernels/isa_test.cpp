#include "kernels/isa.hpp"

#include <algorithm>
#include <map>
#include <set>

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
  EXPECT_EQ(Isa::available().back().name(), "sse2");
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
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  EXPECT_EQ(std::any_of(Isa::available().begin(), Isa::available().end(), [](auto& i) { return i.name() == "avx2"; }),
            avx2);
}

template <class... Scalars>
void expect_no_common_step(const OptimizerKernels<Scalars...>& a, const OptimizerKernels<Scalars...>& b) {
  const auto expect = [](const auto& s, const auto& t) { EXPECT_NE(s.step, t.step); };
  (expect(static_cast<const OptimizerKernel<Scalars>&>(a), static_cast<const OptimizerKernel<Scalars>&>(b)), ...);
}

/// Comparing two instruction sets means nothing if both are the same code.
TEST(IsaList, HasATableOfItsOwnForEveryName) {
  for (const Isa& a : Isa::available())
    for (const Isa& b : Isa::available()) {
      if (a == b) continue;
      SCOPED_TRACE(testing::Message() << a.name() << " and " << b.name());
      EXPECT_NE(a.name(), b.name());
      const KernelTable &s = a.table(), &t = b.table();
      EXPECT_NE(&s, &t);
      EXPECT_NE(s.gemm, t.gemm);
      EXPECT_NE(s.transpose, t.transpose);
      EXPECT_NE(s.im2col, t.im2col);
      EXPECT_NE(s.col2im, t.col2im);
      EXPECT_NE(s.add_column_sums, t.add_column_sums);
      EXPECT_NE(s.tree_sum, t.tree_sum);
      EXPECT_NE(s.relu_forward, t.relu_forward);
      EXPECT_NE(s.relu_backward, t.relu_backward);
      EXPECT_NE(s.scale_channels, t.scale_channels);
      EXPECT_NE(s.max_pool_forward, t.max_pool_forward);
      EXPECT_NE(s.max_pool_backward, t.max_pool_backward);
      EXPECT_NE(s.avg_pool_forward, t.avg_pool_forward);
      EXPECT_NE(s.avg_pool_backward, t.avg_pool_backward);
      EXPECT_NE(s.tanh_forward, t.tanh_forward);
      EXPECT_NE(s.tanh_backward, t.tanh_backward);
      EXPECT_NE(s.sigmoid_forward, t.sigmoid_forward);
      EXPECT_NE(s.sigmoid_backward, t.sigmoid_backward);
      EXPECT_NE(s.silu_forward, t.silu_forward);
      EXPECT_NE(s.silu_backward, t.silu_backward);
      EXPECT_NE(s.gelu_forward, t.gelu_forward);
      EXPECT_NE(s.gelu_backward, t.gelu_backward);
      EXPECT_NE(s.leaky_relu_forward, t.leaky_relu_forward);
      EXPECT_NE(s.leaky_relu_backward, t.leaky_relu_backward);
      EXPECT_NE(s.log_softmax_nll, t.log_softmax_nll);
      expect_no_common_step(s.optimizers, t.optimizers);
      EXPECT_NE(s.fma_chains, t.fma_chains);
      EXPECT_NE(s.divide_chains, t.divide_chains);
      EXPECT_NE(s.root_chains, t.root_chains);
      EXPECT_NE(s.stream_read, t.stream_read);
      EXPECT_NE(s.stream_copy, t.stream_copy);
      EXPECT_NE(s.stream_triad, t.stream_triad);
      EXPECT_NE(s.stream_triads, t.stream_triads);
      for (Index i = 0; i < kPasses; ++i) EXPECT_NE(s.pass[i], t.pass[i]);
    }
}

class EachIsa : public EveryIsa {};
GRADRACE_ON_EVERY_ISA(EachIsa);

TEST_P(EachIsa, HasItsOwnVectorWidth) {
  const std::map<std::string_view, Index> lanes{{"sse2", 4}, {"avx2", 8}, {"avx512", 16}};
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
