// Gradients from the non-zeros alone, against the sums over everything.
#include "kernels/conv_sparse.hpp"

#include "tests/reference.hpp"

namespace gradrace::kernels {
namespace {

using Floats = std::vector<float>;

class ConvSparse : public EveryIsa {
 protected:
  /// Gradients of which one in `share` is not zero.
  Floats sparse(Index n, Index share) {
    Floats v = random_.numbers(n);
    for (float& f : v)
      if (random_.between(1, share) > 1) f = 0;
    return v;
  }

  void check(const ConvShape& s, Index share, Index slack = 0) {
    SCOPED_TRACE(testing::Message() << s.in_h << 'x' << s.in_w << 'x' << s.in_c << " -> " << s.out_c << ", kernel "
                                    << s.y.kernel << 'x' << s.x.kernel << ", padding " << s.y.padding << 'x'
                                    << s.x.padding << ", 1 in " << share);
    const Floats x = random_.numbers(s.in_h * s.in_w * s.in_c), w = random_.numbers(s.depth() * s.out_c);
    const Floats dy = sparse(s.out_floats(), share);
    const Floats dw = random_.numbers(s.depth() * s.out_c), db = random_.numbers(s.out_c);
    const Floats none(dw.size(), 0.0f), no_bias(db.size(), 0.0f);
    check(s, x, w, dy, dw, db, true, slack);
    check(s, x, w, dy, none, no_bias, false, slack);
  }

  /// With dw and db what the gradients are added to.
  void check(const ConvShape& s, const Floats& x, const Floats& w, const Floats& dy, const Floats& dw, const Floats& db,
             bool accumulate, Index slack) const {
    const Input x_in(x, slack), dy_in(dy, slack), w_in(to_rows(s, w), slack);
    Output dw_rows(accumulate ? to_rows(s, dw) : Floats(dw.size(), kNan), slack);
    Output dbias(accumulate ? db : Floats(db.size(), kNan), slack), dx(Index(x.size()), slack);
    Output scratch(conv_sparse_scratch_floats(s));
    conv_sparse_gradients(isa(), s, x_in.data(), dy_in.data(), w_in.data(), dw_rows.data(), dbias.data(), accumulate,
                          dx.data(), scratch.span());
    const Index positions = s.out_h() * s.out_w();
    reference::expect_sums(to_columns(s, dw_rows.values()), positions,
                           [&](auto as) { return reference::conv2d_weight_gradient(s, as(x), as(dy), as(dw)); });
    reference::expect_sums(dbias.span(), positions,
                           [&](auto as) { return reference::column_sums(positions, s.out_c, as(dy), as(db)); });
    reference::expect_sums(dx.span(), s.out_c * s.y.kernel * s.x.kernel,
                           [&](auto as) { return reference::conv2d_input_gradient(s, as(dy), as(w)); });
    Output alone(accumulate ? to_rows(s, dw) : Floats(dw.size(), kNan), slack);
    conv_sparse_gradients(isa(), s, x_in.data(), dy_in.data(), w_in.data(), alone.data(), dbias.data(), accumulate,
                          nullptr, scratch.span());
    expect_same_bits(alone.span(), dw_rows.span());
  }

  static Floats to_rows(const ConvShape& s, const Floats& w) {
    return reference::transposed(s.depth(), s.out_c, reference::Array<float>(w.begin(), w.end()));
  }
  static Floats to_columns(const ConvShape& s, const Floats& rows) {
    return reference::transposed(s.out_c, s.depth(), reference::Array<float>(rows.begin(), rows.end()));
  }

  Random random_;
};
GRADRACE_ON_EVERY_ISA(ConvSparse);

TEST_P(ConvSparse, EqualsTheDenseSumsForKnownNetworks) {
  check({28, 28, 1, 32, {5, 1, 2}, {5, 1, 2}}, 8);
  check({14, 14, 32, 20, {5, 1, 2}, {5, 1, 2}}, 8, 1);
  check({32, 32, 3, 20, {5}, {5}}, 8);
  check({6, 6, 96, 20, {3, 1, 1}, {3, 1, 1}}, 8, 1);
}

TEST_P(ConvSparse, EqualsTheDenseSumsForEveryChannelCount) {
  for (const Index in : lengths(isa()))
    for (const Index out : lengths(isa())) check({6, 5, in, out, {3, 1, 1}, {2}}, 3, (in + out) % 2);
}

TEST_P(ConvSparse, EqualsTheDenseSumsForEveryWindow) {
  for (const Index kernel : {1, 2, 3, 5, 7})
    for (const Index stride : {1, 2, 3})
      for (const Index padding : {0, 1, 4})
        for (const Index dilation : {1, 2})
          check({15, 14, 3, 5, {kernel, stride, padding, dilation}, {3, 1, padding}}, 4, stride % 2);
}

TEST_P(ConvSparse, EqualsTheDenseSumsFromNothingToEverything) {
  for (const Index share : {1, 2, 1000000}) check({12, 13, 16, 18, {3, 1, 1}, {3, 1, 1}}, share);
  check({90, 70, 8, 3, {3}, {3}}, 5);  // several bands
}

TEST_P(ConvSparse, KeepsNanAndInfinityOfGradients) {
  const ConvShape s{5, 6, 2, 3, {3, 1, 1}, {3, 1, 1}};
  const Floats x = random_.numbers(5 * 6 * 2), w = random_.numbers(s.depth() * 3);
  for (const float spoilt : {kNan, kInfinity, -kInfinity})
    for (Index i = 0; i < 5 * 6 * 3; ++i) {
      Floats dy = sparse(5 * 6 * 3, 4);
      dy[std::size_t(i)] = spoilt;
      check(s, x, w, dy, Floats(w.size(), 0.0f), Floats(3, 0.0f), false, i % 2);
    }
}

TEST_P(ConvSparse, CountsWhatIsNotZero) {
  for (Index n = 0; n < 70; ++n) {
    const Floats v = sparse(n, 3);
    EXPECT_EQ(count_non_zeros(isa(), v), n - std::ranges::count(v, 0.0f));
  }
  EXPECT_EQ(count_non_zeros(isa(), Floats{0.0f, -0.0f, kNan, kInfinity, 1e-45f, -2.0f}), 4);
}

TEST(ConvSparseDeathTest, RefusesTooLittleScratch) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const ConvShape s{5, 5, 2, 3, {3}, {3}};
  std::vector<float> v(4096), scratch(conv_sparse_scratch_floats(s) - 1);
  EXPECT_DEATH(
      conv_sparse_gradients(Isa::best(), s, v.data(), v.data(), v.data(), v.data(), v.data(), false, v.data(), scratch),
      "scratch.size");
}

}  // namespace
}  // namespace gradrace::kernels
