#include "kernels/gemm.hpp"

#include "tests/reference.hpp"

namespace gradrace::kernels {
namespace {

class Gemm : public EveryIsa {
 protected:
  struct Case {
    Index rows, cols, depth;
    Start start = Start::kZero;
    bool a_by_columns = false, b_by_columns = false;
    Index gap = 0;  ///< elements between the rows (or columns) of each matrix, and the misalignment of its end
  };

  /// A matrix's elements in memory, by rows or by columns.
  static std::vector<float> stored(const std::vector<float>& dense, Index rows, Index cols, bool by_columns,
                                   Index gap) {
    if (!by_columns) return spread(dense, cols, cols + gap);
    reference::Array<float> array(dense.begin(), dense.end());
    return spread(reference::transposed(rows, cols, array), rows, rows + gap);
  }
  static ConstMatrix view(const float* data, Index rows, Index cols, bool by_columns, Index gap) {
    if (by_columns) return {data, rows, cols, 1, rows + gap};
    return {data, rows, cols, cols + gap, 1};
  }

  std::vector<float> product(const Case& g, const std::vector<float>& a, const std::vector<float>& b,
                             const std::vector<float>& c) const {
    const Input a_in(stored(a, g.rows, g.depth, g.a_by_columns, g.gap), g.gap);
    const Input b_in(stored(b, g.depth, g.cols, g.b_by_columns, g.gap), g.gap);
    Output result(spread(g.start == Start::kZero ? std::vector(c.size(), kNan) : c, g.cols, g.cols + g.gap), g.gap);
    Output scratch(gemm_scratch_floats(isa()));
    gemm(isa(), view(a_in.data(), g.rows, g.depth, g.a_by_columns, g.gap),
         view(b_in.data(), g.depth, g.cols, g.b_by_columns, g.gap), {result.data(), g.rows, g.cols, g.cols + g.gap},
         g.start, scratch.span());
    return gather(result.span(), g.cols, g.cols + g.gap);
  }

  void check(const Case& g, bool spoiled = false) {
    SCOPED_TRACE(testing::Message() << g.rows << " x " << g.cols << " x " << g.depth << " start " << int(g.start)
                                    << " by columns " << g.a_by_columns << g.b_by_columns << " gap " << g.gap);
    std::vector<float> a = random_.numbers(g.rows * g.depth), b = random_.numbers(g.depth * g.cols);
    std::vector<float> c = random_.numbers(g.rows * g.cols);
    if (spoiled) random_.spoil(a), random_.spoil(b);
    const std::vector<float> start = g.start == Start::kZero ? std::vector(c.size(), 0.0f) : c;
    reference::expect_ordered_sums(isa(), product(g, a, b, c), g.depth, [&](auto as) {
      return reference::gemm(g.rows, g.cols, g.depth, as(a), as(b), as(start));
    });
  }

  Random random_;
};
GRADRACE_ON_EVERY_ISA(Gemm);

TEST_P(Gemm, EqualsTheReferenceForEverySmallShape) {
  for (const Index rows : lengths(isa()))
    for (const Index cols : lengths(isa()))
      for (const Index depth : lengths(isa()))
        for (const Start start : {Start::kZero, Start::kAccumulate}) check({rows, cols, depth, start});
}

TEST_P(Gemm, TakesOperandsInAnyLayout) {
  for (const bool a : {false, true})
    for (const bool b : {false, true})
      for (const Index gap : {0, 1, 5})
        for (const Start start : {Start::kZero, Start::kAccumulate}) check({13, 35, 19, start, a, b, gap});
}

TEST_P(Gemm, CrossesItsBlocks) {
  const Index rows = 20 * 6;  // a block of the widest tile
  for (const Index depth : {255, 256, 257, 517}) check({7, 17, depth, Start::kZero});
  for (const Index depth : {256, 257, 512}) check({7, 17, depth, Start::kAccumulate, true, true, 1});
  for (const Index r : {rows / 2 + 1, rows - 1, rows, rows + 1, 2 * rows + 5}) check({r, 17, 9});
  for (const Index cols : {1023, 1024, 1025, 1040, 2049}) check({5, cols, 9});
  check({rows + 3, 1037, 261, Start::kAccumulate});
}

TEST_P(Gemm, EqualsTheReferenceForRandomShapes) {
  SCOPED_TRACE(testing::Message() << "GRADRACE_TEST_SEED=" << Random::seed());
  for (int i = 0; i < 200; ++i)
    check({random_.between(1, 70), random_.between(1, 70), random_.between(1, 300),
           i % 2 ? Start::kZero : Start::kAccumulate, i % 4 < 2, i % 8 < 4, random_.between(0, 3)});
}

TEST_P(Gemm, PropagatesNanAndInfinity) {
  for (int i = 0; i < 20; ++i) check({random_.between(1, 40), random_.between(1, 40), random_.between(1, 40)}, true);
}

TEST_P(Gemm, WithoutElementsOrDepthIsItsStart) {
  for (const Start start : {Start::kZero, Start::kAccumulate})
    for (const Case& g : {Case{0, 5, 3}, Case{5, 0, 3}, Case{5, 17, 0}, Case{0, 0, 0}})
      check({g.rows, g.cols, g.depth, start, false, false, 2});
}

TEST_P(Gemm, GivesTheSameBitsHoweverItIsCut) {
  const Index rows = 37, cols = 53, depth = 600;
  const std::vector<float> a = random_.numbers(rows * depth), b = random_.numbers(depth * cols);
  const std::vector<float> whole = product({rows, cols, depth}, a, b, std::vector<float>(rows * cols));
  Output scratch(gemm_scratch_floats(isa()));
  for (int i = 0; i < 50; ++i) {
    const Index r = random_.between(0, rows - 1), j = random_.between(0, cols - 1), k = 256 * random_.between(0, 2);
    const Index height = random_.between(1, rows - r), width = random_.between(1, cols - j);
    SCOPED_TRACE(testing::Message() << height << " x " << width << " at " << r << ", " << j << ", depth cut at " << k);
    Output part(height * width);
    const Matrix c{part.data(), height, width, width};
    const float *row = a.data() + r * depth, *column = b.data() + j;
    gemm(isa(), {row, height, k, depth, 1}, {column, k, width, cols, 1}, c, Start::kZero, scratch.span());
    gemm(isa(), {row + k, height, depth - k, depth, 1}, {column + k * cols, depth - k, width, cols, 1}, c,
         Start::kAccumulate, scratch.span());
    std::vector<float> expected;
    for (Index n = 0; n < height * width; ++n) expected.push_back(whole[(r + n / width) * cols + j + n % width]);
    expect_same_bits(part.span(), expected);
  }
}

TEST(GemmDeathTest, RefusesMatricesThatDoNotFit) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const Isa isa = Isa::best();
  std::vector<float> m(64), scratch(gemm_scratch_floats(isa));
  const ConstMatrix a{m.data(), 2, 3, 3, 1}, b{m.data(), 3, 4, 4, 1};
  EXPECT_DEATH(gemm(isa, a, a, {m.data(), 2, 3, 3}, Start::kZero, scratch), "a.cols == b.rows");
  EXPECT_DEATH(gemm(isa, a, b, {m.data(), 3, 4, 4}, Start::kZero, scratch), "c.rows == a.rows");
  EXPECT_DEATH(gemm(isa, a, b, {m.data(), 2, 4, 4}, Start::kZero, std::span(scratch).first(9)), "left is 9");
  EXPECT_DEATH(tree_sum(isa, 0, 4, m.data(), 4, m.data()), "terms >= 1");
  EXPECT_DEATH(transpose(isa, {32, 4}, m.data(), {0, 2}, m.data()), "panels.end");
}

class Transpose : public EveryIsa {};
GRADRACE_ON_EVERY_ISA(Transpose);

TEST_P(Transpose, EqualsTheReferenceInAnyNumberOfCallsAndRoundTrips) {
  Random random;
  for (const Index rows : {1, 9, 15, 16, 17, 33, 100})
    for (const Index cols : {1, 10, 15, 16, 17, 32, 64}) {
      SCOPED_TRACE(testing::Message() << rows << " x " << cols);
      const PanelMatrix shape{rows, cols};
      const std::vector<float> dense = random.numbers(rows * cols);
      const Input from(to_panels(shape, dense, kNan), rows % 2);
      Output to(shape.transposed().floats(), cols % 2), back(shape.floats());
      for (Index p = 0; p < shape.panels(); p += 2)
        transpose(isa(), shape, from.data(), {p, std::min(p + 2, shape.panels())}, to.data());
      const reference::Array<float> array(dense.begin(), dense.end());
      expect_same_bits(from_panels(shape.transposed(), to.span()), reference::transposed(rows, cols, array));
      transpose(isa(), shape.transposed(), to.data(), {0, shape.transposed().panels()}, back.data());
      expect_same_bits(from_panels(shape, back.span()), dense);
    }
}

class ColumnSums : public EveryIsa {};
GRADRACE_ON_EVERY_ISA(ColumnSums);

TEST_P(ColumnSums, AreAddedToWhatIsThereInTheOrderOfTheRows) {
  Random random;
  for (const Index rows : {0, 1, 2, 7, 100})
    for (const Index cols : lengths(isa()))
      for (const Index gap : {0, 3}) {
        SCOPED_TRACE(testing::Message() << rows << " x " << cols << " gap " << gap);
        std::vector<float> x = random.numbers(rows * cols), start = random.numbers(cols);
        if (gap) random.spoil(x);
        const Input in(spread(x, cols, cols + gap), gap);
        Output sums(start, gap);
        add_column_sums(isa(), rows, cols, in.data(), cols + gap, sums.data());
        reference::expect_ordered_sums(isa(), sums.span(), rows,
                                       [&](auto as) { return reference::column_sums(rows, cols, as(x), as(start)); });
      }
}

class TreeSum : public EveryIsa {
 protected:
  std::vector<float> sum(const Isa& isa, Index terms, Index n, const std::vector<float>& x, Index gap) const {
    const Input in(spread(x, n, n + gap), gap);
    Output result(n, gap);
    tree_sum(isa, terms, n, in.data(), n + gap, result.data());
    return result.values();
  }
};
GRADRACE_ON_EVERY_ISA(TreeSum);

TEST_P(TreeSum, IsABalancedTree) {
  Random random;
  for (const Index n : lengths(isa())) {
    std::vector<float> level = random.numbers(64 * n);
    for (Index terms = 64; terms >= 1; terms /= 2) {
      std::vector<float> pairs = level;
      for (Index left = terms; left > 1; left /= 2) {
        std::vector<float> sums;
        for (Index i = 0; i < left * n; ++i)
          if (i / n % 2 == 0) sums.push_back(pairs[i] + pairs[i + n]);
        pairs = sums;
      }
      level.resize(terms * n);
      expect_same_bits(sum(isa(), terms, n, level, n % 3), std::vector(pairs.begin(), pairs.begin() + n));
    }
  }
}

TEST_P(TreeSum, RoundsAsOftenAsTheTreeIsDeep) {
  Random random;
  for (const Index terms : {1, 2, 3, 5, 6, 7, 11, 13, 100, 250}) {
    const std::vector<float> x = random.numbers(terms * 21, 0, 1);
    const reference::Array<double> zero(21);
    const auto exact = reference::column_sums(terms, 21, reference::As<double>()(x), zero);
    auto tolerance = exact;
    for (double& t : tolerance) t *= std::ceil(std::log2(double(terms))) * kEpsilon / 2;
    expect_close(sum(isa(), terms, 21, x, 0), exact, tolerance);
  }
}

TEST_P(TreeSum, DependsOnTheNumberOfTermsAlone) {
  Random random;
  for (Index terms = 1; terms < 20; ++terms) {
    const std::vector<float> x = random.numbers(terms * 40);
    const std::vector<float> whole = sum(Isa::best(), terms, 40, x, 0);
    for (const Index first : {0, 1, 5, 39}) {
      Output part(40 - first);
      tree_sum(isa(), terms, 40 - first, x.data() + first, 40, part.data());
      expect_same_bits(part.span(), std::vector(whole.begin() + first, whole.end()));
    }
  }
}

}  // namespace
}  // namespace gradrace::kernels
