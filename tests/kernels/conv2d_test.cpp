#include "kernels/conv2d.hpp"

#include "kernels/pointwise.hpp"
#include "tests/reference.hpp"

namespace gradrace::kernels {

void PrintTo(const ConvShape& s, std::ostream* out) {
  *out << s.in_h << 'x' << s.in_w << 'x' << s.in_c << " -> " << s.out_c;
  for (const Window& w : {s.y, s.x})
    *out << ", kernel " << w.kernel << " stride " << w.stride << " padding " << w.padding << " dilation " << w.dilation;
}

namespace {

class Conv2d : public EveryIsa {
 protected:
  void check(const ConvShape& s, Index slack = 0, bool spoiled = false) {
    SCOPED_TRACE(testing::PrintToString(s));
    std::vector<float> x = random_.numbers(s.in_h * s.in_w * s.in_c), w = random_.numbers(s.depth() * s.out_c);
    std::vector<float> dy = random_.numbers(s.out_floats()), bias = random_.numbers(s.out_c);
    if (spoiled) random_.spoil(x), random_.spoil(w), random_.spoil(dy), random_.spoil(bias);
    check_forward(s, x, w, bias, slack);
    check_parameter_gradient(s, x, dy, false, slack);
    check_parameter_gradient(s, x, dy, true, slack);
    check_input_gradient(s, dy, w, slack);
  }

  void check_forward(const ConvShape& s, const std::vector<float>& x, const std::vector<float>& w,
                     const std::vector<float>& bias, Index slack) const {
    const Input x_in(x, slack), w_in(to_panels(conv2d_weights(s), w), slack),
        bias_in(to_panels({1, s.out_c}, bias), slack);
    for (const ConvMethod method : {ConvMethod::kIm2col, ConvMethod::kImplicit}) {
      if (!conv2d_supports(method, s)) continue;
      SCOPED_TRACE(name(method));
      const Index row = s.out_w() * s.out_c;
      Output y(s.out_h() * row, slack), by_rows(y.size(), slack), scratch(conv2d_scratch_floats(s));
      conv2d_forward(isa(), method, s, x_in.data(), w_in.data(), bias_in.data(), y.data(), scratch.span());
      reference::expect_ordered_sums(isa(), y.span(), s.depth(),
                                     [&](auto as) { return reference::conv2d_forward(s, as(x), as(w), as(bias)); });
      if (s.y.padding + s.x.padding > 0 && method != ConvMethod::kIm2col) continue;
      for (Index r = 0; r < s.out_h(); ++r)
        conv2d_forward_rows(isa(), method, s, {r, r + 1}, x_in.data(), w_in.data(), bias_in.data(),
                            by_rows.data() + r * row, scratch.span());
      expect_same_bits(by_rows.span(), y.span());
    }
  }

  void check_parameter_gradient(const ConvShape& s, const std::vector<float>& x, const std::vector<float>& dy,
                                bool accumulate, Index slack) {
    for (const ConvMethod method : {ConvMethod::kIm2col, ConvMethod::kImplicit}) {
      if (!conv2d_supports(method, s)) continue;
      SCOPED_TRACE(name(method));
      check_parameter_gradient(method, s, x, dy, accumulate, slack);
    }
  }

  void check_parameter_gradient(ConvMethod method, const ConvShape& s, const std::vector<float>& x,
                                const std::vector<float>& dy, bool accumulate, Index slack) {
    const Index positions = s.out_h() * s.out_w();
    const PanelMatrix shape = conv2d_weights(s), bias_shape{1, s.out_c};
    std::vector<float> dw0 = random_.numbers(s.depth() * s.out_c), db0 = random_.numbers(s.out_c);
    if (!accumulate) dw0.assign(dw0.size(), kNan), db0.assign(db0.size(), kNan);
    const Input x_in(x, slack), dy_in(dy, slack);
    Output dw(to_panels(shape, dw0, kUntouched), slack), db(to_panels(bias_shape, db0, kUntouched), slack);
    Output scratch(conv2d_scratch_floats(s));
    conv2d_parameter_gradient(isa(), method, s, x_in.data(), dy_in.data(), dw.data(), db.data(), accumulate,
                              scratch.span());
    if (!accumulate) dw0.assign(dw0.size(), 0.0f), db0.assign(db0.size(), 0.0f);
    reference::expect_sums(from_panels(shape, dw.span()), positions,
                           [&](auto as) { return reference::conv2d_weight_gradient(s, as(x), as(dy), as(dw0)); });
    reference::expect_ordered_sums(isa(), from_panels(bias_shape, db.span()), positions, [&](auto as) {
      return reference::column_sums(positions, s.out_c, as(dy), as(db0));
    });
    expect_padding_untouched(shape, dw.span());
    expect_padding_untouched(bias_shape, db.span());
  }

  void check_input_gradient(const ConvShape& s, const std::vector<float>& dy, const std::vector<float>& w,
                            Index slack) const {
    const reference::Array<float> dense(w.begin(), w.end());
    const PanelMatrix shape = conv2d_weights(s).transposed();
    const Input dy_in(dy, slack), w_in(to_panels(shape, reference::transposed(s.depth(), s.out_c, dense)), slack);
    Output dx(s.in_h * s.in_w * s.in_c, slack), scratch(conv2d_scratch_floats(s));
    conv2d_input_gradient(isa(), s, dy_in.data(), w_in.data(), dx.data(), scratch.span());
    reference::expect_ordered_sums(isa(), dx.span(), s.out_c + s.y.kernel * s.x.kernel,
                                   [&](auto as) { return reference::conv2d_input_gradient(s, as(dy), as(w)); });
  }

  /// With ReLU behind it, forward and backward, against both one after the other.
  void check_relu(const ConvShape& s, Index slack, bool spoiled) {
    SCOPED_TRACE(testing::PrintToString(s));
    std::vector<float> x = random_.numbers(s.in_h * s.in_w * s.in_c), dy = random_.numbers(s.out_floats());
    if (spoiled) random_.spoil(x), random_.spoil(dy);
    const Input x_in(x, slack), w_in(random_.numbers(conv2d_weights(s).floats()), slack);
    const Input bias_in(random_.numbers(round_up(s.out_c, kPanel)), slack);
    const std::vector<float> dw0 = random_.numbers(conv2d_weights(s).floats()), db0 = random_.numbers(bias_in.size());
    Output y(std::ssize(dy), slack), plain_y(std::ssize(dy), slack), scratch(conv2d_scratch_floats(s));
    Output d(dy, slack), plain_d(dy, slack), dw(dw0, slack), plain_dw(dw0, slack), db(db0, slack), plain_db(db0, slack);
    conv2d_forward(isa(), ConvMethod::kImplicit, s, x_in.data(), w_in.data(), bias_in.data(), plain_y.data(),
                   scratch.span());
    relu_forward(isa(), plain_y.span(), plain_y.span());
    conv2d_relu_forward(isa(), ConvMethod::kImplicit, s, x_in.data(), w_in.data(), bias_in.data(), y.data(),
                        scratch.span());
    expect_same_bits(y.span(), plain_y.span());
    relu_backward(isa(), y.span(), plain_d.span(), plain_d.span());
    conv2d_parameter_gradient(isa(), ConvMethod::kImplicit, s, x_in.data(), plain_d.data(), plain_dw.data(),
                              plain_db.data(), true, scratch.span());
    conv2d_relu_parameter_gradient(isa(), ConvMethod::kImplicit, s, x_in.data(), y.data(), d.data(), dw.data(),
                                   db.data(), true, scratch.span());
    expect_same_bits(dw.span(), plain_dw.span());
    expect_same_bits(db.span(), plain_db.span());
  }

  Window random_window(Index n) {
    Window w{random_.between(1, 5), random_.between(1, 3), random_.between(0, 3), random_.between(1, 3)};
    while (w.positions(n) < 1) ++w.padding;
    return w;
  }

  Random random_;
};
GRADRACE_ON_EVERY_ISA(Conv2d);

TEST_P(Conv2d, EqualsTheReferenceForTheNetwork) {
  for (const Index slack : {0, 1}) {
    check({28, 28, 1, 16, {3}, {3}}, slack);
    check({26, 26, 16, 32, {3}, {3}}, slack);
  }
}

TEST_P(Conv2d, HasReluBehindIt) {
  for (const bool spoiled : {false, true})
    for (const ConvShape& s : {ConvShape{9, 8, 1, 16, {3}, {3}}, ConvShape{5, 12, 1, 32, {3}, {3}},
                               ConvShape{9, 8, 1, 5, {3}, {3}}, ConvShape{6, 7, 3, 16, {2}, {3}}})
      check_relu(s, spoiled, spoiled);
}

TEST_P(Conv2d, EqualsTheReferenceForEveryChannelCount) {
  for (const Index in : lengths(isa()))
    for (const Index out : lengths(isa())) check({6, 5, in, out, {3}, {2}}, (in + out) % 2);
}

TEST_P(Conv2d, EqualsTheReferenceForOneChannelOfAnySize) {
  for (Index w = 3; w < 40; ++w)
    check({random_.between(3, 40), w, 1, 16 * random_.between(1, 3), {3}, {3}}, w % 2, w % 5 == 0);
}

TEST_P(Conv2d, EqualsTheReferenceForEveryWindow) {
  for (const Index kernel : {1, 2, 3, 5})
    for (const Index stride : {1, 2, 3})
      for (const Index padding : {0, 1, 4})
        for (const Index dilation : {1, 2, 3}) {
          const Window w{kernel, stride, padding, dilation};
          check({13, 14, 3, 5, w, {3}});
          check({13, 14, 2, 17, {2, 1, 1}, w}, 1);
        }
}

TEST_P(Conv2d, EqualsTheReferenceForRandomShapes) {
  SCOPED_TRACE(testing::Message() << "GRADRACE_TEST_SEED=" << Random::seed());
  for (int i = 0; i < 100; ++i) {
    const Index h = random_.between(1, 20), w = random_.between(1, 20);
    check({h, w, random_.between(1, 20), random_.between(1, 35), random_window(h), random_window(w)}, i % 2);
  }
}

TEST_P(Conv2d, WorksWhenOneOutputRowFillsTheTile) {
  check({5, 90, 40, 3, {3}, {3}});  // a row of patches is larger than a tile
  check({40, 3, 2, 3, {3}, {3}});   // many rows in a tile, and a last tile that is not full
}

/// The image with its border of zeros, and the shape without padding: what a padded convolution is.
std::pair<ConvShape, std::vector<float>> bordered(ConvShape s, const std::vector<float>& x) {
  const Index py = s.y.padding, px = s.x.padding, h = s.in_h, w = s.in_w;
  s.in_h += 2 * py, s.in_w += 2 * px, s.y.padding = s.x.padding = 0;
  std::vector<float> y(std::size_t(s.in_h * s.in_w * s.in_c));
  for (Index r = 0; r < h; ++r)
    std::copy_n(x.begin() + r * w * s.in_c, w * s.in_c, y.begin() + ((r + py) * s.in_w + px) * s.in_c);
  return {s, y};
}

TEST_P(Conv2d, EveryMethodPadsWithZeros) {
  const Window one{3, 1, 1}, two{3, 1, 2}, wide{5, 1, 2}, strided{3, 2, 1}, plain{3};
  for (const ConvShape& s : {ConvShape{7, 9, 8, 20, one, one}, ConvShape{13, 6, 16, 32, two, one},
                             ConvShape{11, 12, 1, 16, one, one}, ConvShape{9, 7, 1, 6, wide, wide},
                             ConvShape{5, 8, 24, 33, plain, one}, ConvShape{8, 11, 3, 16, strided, strided}}) {
    const std::vector<float> x = random_.numbers(s.in_h * s.in_w * s.in_c), w = random_.numbers(s.depth() * s.out_c);
    const auto [inner, image] = bordered(s, x);
    const Input weight(to_panels(conv2d_weights(s), w)), bias(to_panels({1, s.out_c}, random_.numbers(s.out_c)));
    for (const ConvMethod method :
         {ConvMethod::kIm2col, ConvMethod::kImplicit, ConvMethod::kWinograd2, ConvMethod::kWinograd4}) {
      EXPECT_EQ(conv2d_supports(method, s), conv2d_supports(method, inner));
      if (!conv2d_supports(method, s)) continue;
      SCOPED_TRACE(testing::Message() << name(method) << ' ' << testing::PrintToString(s));
      Output prepared(conv2d_prepared_floats(method, s)), scratch(conv2d_scratch_floats(s));
      conv2d_prepare_weights(isa(), method, s, weight.data(), prepared.data());
      const float* as_wanted = prepared.size() > 0 ? prepared.data() : weight.data();
      Output padded(s.out_floats()), framed(padded.size());
      conv2d_forward(isa(), method, s, x.data(), as_wanted, bias.data(), padded.data(), scratch.span());
      conv2d_forward(isa(), method, inner, image.data(), as_wanted, bias.data(), framed.data(), scratch.span());
      expect_same_bits(padded.span(), framed.span());
    }
  }
}

TEST_P(Conv2d, PropagatesNanAndInfinity) {
  for (int i = 0; i < 20; ++i) {
    const Index h = random_.between(2, 8), w = random_.between(2, 8);
    check({h, w, random_.between(1, 5), random_.between(1, 20), random_window(h), random_window(w)}, i % 2, true);
  }
}

TEST(ConvMethod, IsTheFastestThatWorks) {
  EXPECT_EQ(conv2d_best({26, 26, 16, 32, {3}, {3}}), ConvMethod::kWinograd4);
  EXPECT_EQ(conv2d_best({7, 7, 16, 32, {3}, {3}}),
            ConvMethod::kWinograd2);  // 5x5 outputs: as many products, more exact
  EXPECT_EQ(conv2d_best({28, 28, 1, 16, {3}, {3}}), ConvMethod::kImplicit);
  EXPECT_EQ(conv2d_best({26, 26, 16, 32, {5}, {5}}), ConvMethod::kWinograd2);
  EXPECT_EQ(conv2d_best({26, 26, 6, 32, {5}, {5}}), ConvMethod::kImplicit);
  const Window plain{3}, strided{3, 2}, padded{3, 1, 1}, dilated{3, 1, 0, 2};
  for (const ConvShape& s : {ConvShape{9, 9, 2, 3, plain, strided}, ConvShape{9, 9, 2, 3, dilated, plain},
                             ConvShape{9, 9, 2, 3, padded, plain}})
    EXPECT_EQ(conv2d_best(s), ConvMethod::kImplicit);
  EXPECT_EQ(conv2d_best({26, 26, 16, 32, padded, padded}), ConvMethod::kWinograd4);
  EXPECT_FALSE(conv2d_supports(ConvMethod::kImplicit, {9, 9, 2, 3, plain, dilated}));
  EXPECT_EQ(conv2d_best({9, 9, 2, 3, plain, dilated}), ConvMethod::kIm2col);
}

TEST(Conv2dDeathTest, RefusesTooLittleScratch) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const ConvShape s{5, 5, 2, 3, {2}, {2}};
  std::vector<float> v(4096), scratch(conv2d_scratch_floats(s) - 1);
  EXPECT_DEATH(conv2d_forward(Isa::best(), ConvMethod::kIm2col, s, v.data(), v.data(), v.data(), v.data(), scratch),
               "scratch.size");
  EXPECT_DEATH(conv2d_input_gradient(Isa::best(), s, v.data(), v.data(), v.data(), scratch), "scratch.size");
}

TEST(Conv2dDeathTest, RefusesMoreRowsThanAMethodTakes) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const ConvShape s{60, 60, 8, 3, {3}, {3}};
  const Index most = conv2d_most_rows(ConvMethod::kIm2col, s);
  ASSERT_LT(most, s.out_h());
  EXPECT_EQ(conv2d_most_rows(ConvMethod::kImplicit, s), s.out_h());
  std::vector<float> v(60 * 60 * 8), scratch(conv2d_scratch_floats(s));
  EXPECT_DEATH(conv2d_forward_rows(Isa::best(), ConvMethod::kIm2col, s, {0, most + 1}, v.data(), v.data(), v.data(),
                                   v.data(), scratch),
               "conv2d_most_rows");
}

}  // namespace
}  // namespace gradrace::kernels
