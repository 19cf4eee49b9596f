#include "kernels/newton_schulz.hpp"

#include "kernels/gemm.hpp"
#include "tests/reference.hpp"

namespace gradrace::kernels {
namespace {

class NewtonSchulz : public EveryIsa {
 protected:
  std::vector<float> product(const PanelMatrix& a_shape, const std::vector<float>& a, const PanelMatrix& b_shape,
                             const std::vector<float>& b, Index slack) const {
    const PanelMatrix c_shape{a_shape.rows, b_shape.cols};
    const Input a_in(to_panels(a_shape, a, kNan), slack), b_in(to_panels(b_shape, b), slack);
    Output c(c_shape.floats(), slack);
    panel_product(isa(), a_shape, a_in.data(), b_shape, b_in.data(), c.data());
    expect_padding_untouched(c_shape, c.span());
    return from_panels(c_shape, c.span());
  }
  std::vector<float> gram(const PanelMatrix& shape, const std::vector<float>& x) const {
    const PanelMatrix square{shape.rows, shape.rows};
    const Input x_in(to_panels(shape, x, kNan), 0);
    Output g(square.floats(), 0);
    std::vector<float> scratch(std::size_t(shape.transposed().floats()), kNan);
    gram_product(isa(), shape, x_in.data(), g.data(), scratch);
    return from_panels(square, g.span());
  }
  Random random_;
};
GRADRACE_ON_EVERY_ISA(NewtonSchulz);

/// The order of the sums is gemm's, so the bits must be too.
TEST_P(NewtonSchulz, ProductsOfPanelsAreThoseOfDenseMatrices) {
  std::vector<float> scratch(std::size_t(gemm_scratch_floats(isa())));
  for (const auto& [m, k, n] : {std::array<Index, 3>{1, 1, 1}, {9, 9, 144}, {64, 64, 48}, {17, 300, 33}, {12, 16, 5}}) {
    SCOPED_TRACE(testing::Message() << m << " x " << k << " x " << n);
    const std::vector<float> a = random_.numbers(m * k), b = random_.numbers(k * n);
    std::vector<float> expected(std::size_t(m * n));
    gemm(isa(), {a.data(), m, k, k, 1}, {b.data(), k, n, n, 1}, {expected.data(), m, n, n}, Start::kZero, scratch);
    for (const Index slack : {0, 3}) expect_same_bits(product({m, k}, a, {k, n}, b, slack), expected);
  }
}

TEST_P(NewtonSchulz, GramMatricesAreProductsWithTheTranspose) {
  for (const auto& [m, n] : {std::array<Index, 2>{1, 20}, {9, 16}, {64, 256}, {17, 300}}) {
    const std::vector<float> x = random_.numbers(m * n);
    const reference::Array<float> rows(x.begin(), x.end());
    const std::vector<float> turned = reference::transposed(m, n, rows);
    expect_same_bits(gram({m, n}, x), product({m, n}, x, {n, m}, turned, 0));
  }
}

/// In double precision, on the singular values alone: a diagonal G keeps them apart.
TEST_P(NewtonSchulz, FactorIsThePolynomialOfTheSteps) {
  for (const Index size : {1, 5, 16, 37})
    for (const Index steps : {1, 2, 3}) {
      const PanelMatrix shape{size, size};
      std::vector<float> g(std::size_t(shape.floats())), factor = g, scratch(2 * g.size());
      std::vector<double> expected(std::size_t(size * size));
      for (Index i = 0; i < size; ++i) {
        const float square = g[std::size_t(shape.offset(i, i))] = float(i + 1) / float(size);
        double x = std::sqrt(double(square));
        for (Index step = 0; step < steps; ++step) x = 3.4445 * x - 4.7750 * std::pow(x, 3) + 2.0315 * std::pow(x, 5);
        expected[std::size_t(i * size + i)] = x / std::sqrt(double(square));
      }
      newton_schulz_factor(isa(), size, steps, g.data(), factor.data(), scratch);
      const std::vector<float> dense = from_panels(shape, factor);
      expect_close(dense, expected, std::vector<double>(dense.size(), 1e-5));
    }
}

}  // namespace
}  // namespace gradrace::kernels
