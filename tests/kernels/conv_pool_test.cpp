// The fused stage against the plain kernels that it replaces: the same bits forward, and backward the same sums.
#include "kernels/conv_pool.hpp"

#include "kernels/max_pool.hpp"
#include "kernels/pointwise.hpp"
#include "tests/reference.hpp"

namespace gradrace::kernels {
namespace {

using Floats = std::vector<float>;

class ConvPool : public EveryIsa {
 protected:
  struct Plain {  // what the layers compute one after the other
    Floats y, d_conv;
  };

  /// Convolution, ReLU, pooling and dropout of x, and the gradient of the convolution's output.
  Plain plain(const ConvPoolShape& s, const Floats& x, const Floats& w, const Floats& bias, const Floats& scale,
              const Floats& dy) const {
    const ConvShape& c = s.conv;
    const PoolShape pool{c.out_h(), c.out_w(), c.out_c, {s.pool_h, s.pool_h}, {s.pool_w, s.pool_w}};
    const Floats panels = to_panels(conv2d_weights(c), w), start = to_panels({1, c.out_c}, bias);
    Floats conv(std::size_t(c.out_floats())), scratch(std::size_t(conv2d_scratch_floats(c)));
    conv2d_forward(isa(), ConvMethod::kIm2col, c, x.data(), panels.data(), start.data(), conv.data(), scratch);
    relu_forward(isa(), conv, conv);
    Plain result{Floats(std::size_t(s.out_floats())), Floats(conv.size())};
    std::vector<PoolPlace> argmax(result.y.size());
    max_pool_forward(isa(), pool, conv.data(), result.y.data(), argmax.data());
    Floats d_pool(dy.size());
    dropout(isa(), s.out_h() * s.out_w(), scale, dy.data(), d_pool.data());
    dropout(isa(), s.out_h() * s.out_w(), scale, result.y.data(), result.y.data());
    max_pool_backward(isa(), pool, d_pool.data(), argmax.data(), result.d_conv.data());
    relu_backward(isa(), conv, result.d_conv, result.d_conv);
    return result;
  }

  void check(const ConvPoolShape& s, Index slack = 0) {
    SCOPED_TRACE(testing::Message() << s.conv.in_h << 'x' << s.conv.in_w << 'x' << s.conv.in_c << " -> " << s.conv.out_c
                                    << ", pool " << s.pool_h << 'x' << s.pool_w);
    ASSERT_TRUE(conv_pool_supports(s));
    const ConvShape& c = s.conv;
    const Floats x = random_.whole_numbers(c.in_h * c.in_w * c.in_c, -2, 2);  // ties are common
    const Floats w = random_.numbers(c.depth() * c.out_c), bias = random_.numbers(c.out_c);
    const Floats dy = random_.numbers(s.out_floats());
    Floats scale(std::size_t(c.out_c), 1.25f);
    for (float& v : scale)
      if (random_.between(0, 3) == 0) v = 0;
    const Plain expected = plain(s, x, w, bias, scale, dy);
    const Floats places = check_forward(s, x, w, bias, scale, expected.y, slack);
    check_backward(s, x, w, dy, scale, places, expected.d_conv, slack);
  }

  Floats check_forward(const ConvPoolShape& s, const Floats& x, const Floats& w, const Floats& bias,
                       const Floats& scale, const Floats& expected, Index slack) const {
    const Input x_in(x, slack), w_in(to_panels(conv2d_weights(s.conv), w), slack),
        bias_in(to_panels({1, s.conv.out_c}, bias), slack), scale_in(scale, slack);
    Floats places;
    for (const ConvMethod method :
         {ConvMethod::kWinograd4, ConvMethod::kWinograd2, ConvMethod::kIm2col, ConvMethod::kImplicit}) {
      if (!conv2d_supports(method, s.conv)) continue;
      SCOPED_TRACE(name(method));
      Floats prepared(std::size_t(conv2d_prepared_floats(method, s.conv)));
      conv2d_prepare_weights(isa(), method, s.conv, w_in.data(), prepared.data());
      const float* weight = prepared.empty() ? w_in.data() : prepared.data();
      Output y(s.out_floats(), slack), place(s.out_floats(), slack), scratch(conv_pool_scratch_floats(s));
      conv_pool_forward(isa(), method, s, x_in.data(), weight, bias_in.data(), scale_in.data(), y.data(), place.data(),
                        scratch.span());
      if (prepared.empty())
        expect_same_bits(y.span(), expected);
      else  // other roundings: some thirty for tiles of 4, of sums of terms up to 2 * 1.25
        expect_close(y.span(), std::vector<double>(expected.begin(), expected.end()),
                     std::vector<double>(expected.size(), 32 * kEpsilon * 2.5 * double(s.conv.depth())));
      places = place.values();
    }
    return places;
  }

  void check_backward(const ConvPoolShape& s, const Floats& x, const Floats& w, const Floats& dy, const Floats& scale,
                      const Floats& places, const Floats& d_conv, Index slack) {
    const ConvShape& c = s.conv;
    const Floats dw0 = random_.numbers(c.depth() * c.out_c), db0 = random_.numbers(c.out_c);
    const reference::Array<float> dense(w.begin(), w.end());
    const Floats w_rows = reference::transposed(c.depth(), c.out_c, dense);
    const Input x_in(x, slack), dy_in(dy, slack), scale_in(scale, slack), place_in(places, slack), w_in(w_rows, slack);
    for (const bool accumulate : {false, true}) {
      SCOPED_TRACE(accumulate);
      const Floats begin = accumulate ? dw0 : Floats(dw0.size(), 0.0f),
                   db = accumulate ? db0 : Floats(db0.size(), 0.0f);
      const Floats rows0 =
          reference::transposed(c.depth(), c.out_c, reference::Array<float>(begin.begin(), begin.end()));
      Output dw(accumulate ? rows0 : Floats(dw0.size(), kNan), slack),
          dbias(accumulate ? db0 : Floats(db0.size(), kNan), slack);
      Output dx(Index(x.size()), slack), scratch(conv_pool_scratch_floats(s));
      conv_pool_backward(isa(), s, x_in.data(), dy_in.data(), scale_in.data(), place_in.data(), w_in.data(), dw.data(),
                         dbias.data(), accumulate, dx.data(), scratch.span());
      const Index positions = c.out_h() * c.out_w();
      reference::expect_sums(to_dense(c, dw.values()), positions, [&](auto as) {
        return reference::conv2d_weight_gradient(c, as(x), as(d_conv), as(begin));
      });
      reference::expect_sums(dbias.span(), positions,
                             [&](auto as) { return reference::column_sums(positions, c.out_c, as(d_conv), as(db)); });
      reference::expect_sums(dx.span(), c.out_c * c.y.kernel * c.x.kernel,
                             [&](auto as) { return reference::conv2d_input_gradient(c, as(d_conv), as(w)); });
    }
  }

  /// The stage, where a method pools what it computes, against the method alone and windows of 2 x 2 of what it gives.
  void check_pooled(ConvMethod method, const ConvPoolShape& s, bool spoiled) {
    SCOPED_TRACE(testing::Message() << s.conv.in_h << 'x' << s.conv.in_w << 'x' << s.conv.in_c << ' ' << name(method));
    Floats x = random_.numbers(s.conv.in_h * s.conv.in_w * s.conv.in_c);
    if (spoiled) random_.spoil(x);
    const Floats w = random_.numbers(conv2d_weights(s.conv).floats());
    const Floats bias = random_.numbers(round_up(s.conv.out_c, kPanel));
    Floats scale = random_.numbers(s.conv.out_c);
    scale[0] = 0;
    Floats prepared(std::size_t(conv2d_prepared_floats(method, s.conv)));
    conv2d_prepare_weights(isa(), method, s.conv, w.data(), prepared.data());
    const Index channels = s.conv.out_c, row = s.conv.out_w() * channels;
    Output scratch(std::max(conv2d_scratch_floats(s.conv), conv_pool_scratch_floats(s))), conv(s.conv.out_h() * row);
    Output y(s.out_floats()), place(s.out_floats());
    conv2d_forward(isa(), method, s.conv, x.data(), prepared.data(), bias.data(), conv.data(), scratch.span());
    conv_pool_forward(isa(), method, s, x.data(), prepared.data(), bias.data(), scale.data(), y.data(), place.data(),
                      scratch.span());
    for (Index i = 0; i < s.out_floats(); ++i) {
      const Index c = i % channels, px = i / channels % s.out_w(), py = i / channels / s.out_w();
      float best = -kInfinity, at = kNowhere;
      for (Index k = 0; k < 4; ++k) {
        const float v = conv.data()[(2 * py + k / 2) * row + (2 * px + k % 2) * channels + c];
        if (!(v > best || std::isnan(v))) continue;
        best = v;
        at = float((k / 2 * s.conv.in_w + k % 2) * s.conv.in_c);
      }
      const float expected = (best <= 0 ? 0 : best) * scale[std::size_t(c)];
      if (std::isnan(expected))
        ASSERT_TRUE(std::isnan(y.data()[i])) << "output " << i;
      else
        ASSERT_EQ(y.data()[i], expected) << "output " << i;
      ASSERT_EQ(place.data()[i], best <= 0 || c == 0 ? kNowhere : at) << "output " << i;
    }
  }

  /// [out][depth] -> [depth][out]
  static Floats to_dense(const ConvShape& c, const Floats& rows) {
    return reference::transposed(c.out_c, c.depth(), reference::Array<float>(rows.begin(), rows.end()));
  }

  Random random_;
};
GRADRACE_ON_EVERY_ISA(ConvPool);

TEST_P(ConvPool, EqualsThePlainKernelsForTheNetwork) {
  for (const Index slack : {0, 1}) check({{26, 26, 16, 32, {3}, {3}}, 2, 2}, slack);
}

TEST_P(ConvPool, EqualsThePlainKernelsForEveryChannelCount) {
  for (const Index in : lengths(isa()))
    for (const Index out : lengths(isa())) check({{7, 8, in, out, {3}, {2}}, 2, 3}, (in + out) % 2);
}

TEST_P(ConvPool, EqualsThePlainKernelsForPaddedShapes) {
  check({{28, 28, 1, 32, {5, 1, 2}, {5, 1, 2}}, 2, 2});
  check({{14, 14, 32, 64, {5, 1, 2}, {5, 1, 2}}, 2, 2}, 1);
  check({{9, 11, 16, 20, {3, 1, 1}, {3, 1, 1}}, 3, 2});
  check({{7, 7, 3, 5, {7, 1, 3}, {3, 2, 1}}, 1, 1}, 1);
}

TEST_P(ConvPool, PoolsWhatWinogradsTilesGive) {
  for (const bool spoiled : {false, true})
    for (const ConvMethod method : {ConvMethod::kWinograd2, ConvMethod::kWinograd4})
      for (const ConvShape& s : {ConvShape{26, 26, 16, 32, {3}, {3}}, ConvShape{9, 13, 8, 20, {3}, {3}},
                                 ConvShape{12, 9, 16, 5, {3}, {3}}, ConvShape{4, 5, 24, 17, {3}, {3}}})
        check_pooled(method, {s, 2, 2}, spoiled);
}

TEST_P(ConvPool, EqualsThePlainKernelsForRandomShapes) {
  SCOPED_TRACE(testing::Message() << "GRADRACE_TEST_SEED=" << Random::seed());
  for (int i = 0; i < 60; ++i) {
    const Window y{random_.between(1, 4), random_.between(1, 2), random_.between(0, 2), random_.between(1, 2)};
    const Window x{random_.between(1, 4), random_.between(1, 3), random_.between(0, 2)};
    const ConvPoolShape s{
        {random_.between(12, 30), random_.between(12, 30), random_.between(1, 20), random_.between(1, 35), y, x},
        random_.between(1, 3),
        random_.between(1, 3)};
    if (s.out_h() > 0 && s.out_w() > 0) check(s, i % 2);
  }
}

TEST_P(ConvPool, LetsNanThroughAndFindsTheFirstMaximum) {
  const ConvPoolShape s{{2, 2, 1, 1, {1}, {1}}, 2, 2};
  const Floats one = to_panels({1, 1}, {1.0f}), zero = to_panels({1, 1}, {0.0f});
  Floats scratch(std::size_t(conv_pool_scratch_floats(s)));
  const auto run = [&](Floats x) {
    float y = 0, place = 0;
    conv_pool_forward(isa(), ConvMethod::kImplicit, s, x.data(), one.data(), zero.data(), nullptr, &y, &place, scratch);
    return std::pair(y, place);
  };
  EXPECT_EQ(run({1, 3, 3, 2}), std::pair(3.0f, 1.0f));  // one input on
  EXPECT_EQ(run({-1, -2, -3, -2}), std::pair(0.0f, kNowhere));
  EXPECT_EQ(run({-1, 0, -3, 0}), std::pair(0.0f, kNowhere));  // where ReLU's input is zero its gradient is
  EXPECT_EQ(run({kInfinity, 1, 2, 3}), std::pair(kInfinity, 0.0f));
  for (const Floats& x : {Floats{1, kNan, 3, 2}, Floats{kNan, 1, 2, 3}, Floats{-1, -1, -1, kNan}}) {
    EXPECT_TRUE(std::isnan(run(x).first));
    EXPECT_NE(run(x).second, kNowhere);
  }
  EXPECT_EQ(run({kInfinity, -kInfinity, 0, 0}), std::pair(kInfinity, 0.0f));
}

}  // namespace
}  // namespace gradrace::kernels
