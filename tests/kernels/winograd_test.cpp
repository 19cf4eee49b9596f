#include "kernels/winograd.hpp"

#include "kernels/conv2d.hpp"
#include "tests/reference.hpp"

namespace gradrace::kernels {
namespace {

using Array = reference::Array<double>;

/// Magnitudes of the matrices of Lavin & Gray.
struct Matrices {
  Array input, weight, output;  ///< |B^T|, |G|, |A^T|, row-major
};
Matrices matrices(Index tile, Index kernel) {
  if (tile == 2 && kernel == 3)
    return {.input = {1, 0, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 0, 1},
            .weight = {1, 0, 0, .5, .5, .5, .5, .5, .5, 0, 0, 1},
            .output = {1, 1, 1, 0, 0, 1, 1, 1}};
  const double a = 1.0 / 4, b = 1.0 / 6, c = 1.0 / 24, d = 1.0 / 12, e = 1.0 / 3, f = 2.0 / 3;
  const Array input{4, 0, 5, 0, 1, 0, 0, 4, 4, 1, 1, 0, 0, 4, 4, 1, 1, 0,
                    0, 2, 1, 2, 1, 0, 0, 2, 1, 2, 1, 0, 0, 4, 0, 5, 0, 1};
  if (kernel == 5)
    return {.input = input,
            .weight = {a, 0, 0, 0, 0, b, b, b, b, b, b, b, b, b, b, c, d, b, e, f, c, d, b, e, f, 0, 0, 0, 0, 1},
            .output = {1, 1, 1, 1, 1, 0, 0, 1, 1, 2, 2, 1}};
  return {.input = input,
          .weight = {a, 0, 0, b, b, b, b, b, b, c, d, b, c, d, b, 0, 0, 1},
          .output = {1, 1, 1, 1, 1, 0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 4, 4, 0, 0, 1, 1, 8, 8, 1}};
}

/// m x m^T for a square x(row, column); zeros in m skip even NaN.
template <class Get>
Array sandwich(const Array& m, Index side, const Get& x) {
  const Index rows = Index(m.size()) / side;
  Array result(rows * rows);
  for (Index i = 0; i < rows * rows; ++i)
    for (Index r = 0; r < side; ++r)
      for (Index c = 0; c < side; ++c)
        if (const double f = m[i / rows * side + r] * m[i % rows * side + c]; f != 0) result[i] += f * x(r, c);
  return result;
}

/// The largest error that rounding can cause: every operation of Winograd's algorithm on magnitudes, times the number
/// of roundings on the way of a term. It is NaN or infinite for all outputs of tiles that see such a value.
Array error_bound(Index tile, const ConvShape& s, const Array& x, const Array& w, const Array& bias) {
  const Index kernel = s.x.kernel, side = tile + kernel - 1, points = side * side;
  const Matrices m = matrices(tile, kernel);
  const Index roundings = s.in_c + 1 + 2 * (4 + 5 + 5);
  std::vector<Array> weights;  // by input channel, then output channel
  for (Index k = 0; k < s.in_c * s.out_c; ++k)
    weights.push_back(sandwich(m.weight, kernel, [&](Index r, Index c) {
      return w[((r * kernel + c) * s.in_c + k / s.out_c) * s.out_c + k % s.out_c];
    }));
  Array bound(s.out_floats());
  for (Index y0 = 0; y0 < s.out_h(); y0 += tile)
    for (Index x0 = 0; x0 < s.out_w(); x0 += tile) {
      std::vector<Array> products(s.out_c, Array(points));
      for (Index k = 0; k < s.in_c; ++k) {
        const Array input = sandwich(m.input, side, [&](Index r, Index c) {
          return y0 + r < s.in_h && x0 + c < s.in_w ? x[((y0 + r) * s.in_w + x0 + c) * s.in_c + k] : 0;
        });
        for (Index o = 0; o < s.out_c; ++o)
          for (Index p = 0; p < points; ++p) products[o][p] += input[p] * weights[k * s.out_c + o][p];
      }
      for (Index o = 0; o < s.out_c; ++o) {
        products[o][side + 1] += bias[o];
        const Array y = sandwich(m.output, side, [&](Index r, Index c) { return products[o][r * side + c]; });
        for (Index r = 0; r < tile && y0 + r < s.out_h(); ++r)
          for (Index c = 0; c < tile && x0 + c < s.out_w(); ++c)
            bound[((y0 + r) * s.out_w() + x0 + c) * s.out_c + o] = y[r * tile + c] * double(roundings) * kEpsilon / 2;
      }
    }
  return bound;
}

class Winograd : public EveryIsa {
 protected:
  static constexpr Index kTiles[] = {2, 4};

  struct Data {
    std::vector<float> x, w, bias;
  };
  Data random_data(const ConvShape& s) {
    return {random_.numbers(s.in_h * s.in_w * s.in_c), random_.numbers(s.depth() * s.out_c), random_.numbers(s.out_c)};
  }

  /// All rows at once and, for the same bits, tile by tile.
  std::vector<float> forward(Index tile, const ConvShape& s, const Data& data, Index slack) const {
    const Input x(data.x, slack), w(to_panels(conv2d_weights(s), data.w), slack);
    const Input bias(to_panels({1, s.out_c}, data.bias), slack);
    const Index row = s.out_w() * s.out_c;
    Output transformed(winograd_weight_floats(tile, s), slack), scratch(winograd_scratch_floats(tile, s), slack);
    Output y(s.out_h() * row, slack), by_tiles(y.size(), slack);
    winograd_transform_weights(isa(), tile, s, w.data(), transformed.data());
    const auto compute = [&](Range rows, float* to) {
      winograd_forward_rows(isa(), tile, s, rows, x.data(), transformed.data(), bias.data(), to, scratch.span());
    };
    compute({0, s.out_h()}, y.data());
    for (Index r = 0; r < s.out_h(); r += tile) compute({r, std::min(r + tile, s.out_h())}, by_tiles.data() + r * row);
    expect_same_bits(by_tiles.span(), y.span());
    return y.values();
  }

  void check(const ConvShape& s, Index slack = 0, bool spoiled = false) {
    Data data = random_data(s);
    if (spoiled) random_.spoil(data.x), random_.spoil(data.w), random_.spoil(data.bias);
    const auto direct = [&](auto as) { return reference::conv2d_forward(s, as(data.x), as(data.w), as(data.bias)); };
    const Array expected = direct(reference::As<double>());
    for (const Index tile : kTiles) {
      if (!winograd_supports(tile, s)) continue;
      SCOPED_TRACE(testing::Message() << s.in_h << 'x' << s.in_w << 'x' << s.in_c << " -> " << s.out_c << ", tile "
                                      << tile << ", kernel " << s.x.kernel);
      const reference::Magnitudes as;
      const Array bound = error_bound(tile, s, as(data.x), as(data.w), as(data.bias));
      const std::vector<float> y = forward(tile, s, data, slack);
      for (std::size_t i = 0; i < y.size(); ++i) {
        if (std::isfinite(bound[i]))
          ASSERT_TRUE(is_close(y[i], expected[i], bound[i])) << i << ": " << y[i] << " instead of " << expected[i];
        else
          ASSERT_FALSE(std::isfinite(y[i]) && !std::isfinite(expected[i])) << i << ": lost " << expected[i];
      }
    }
  }

  Random random_;
};
GRADRACE_ON_EVERY_ISA(Winograd);

constexpr Window k3{3}, k5{5};

TEST_P(Winograd, IsCloseToTheReferenceForTheNetwork) {
  for (const Index slack : {0, 1}) {
    check({28, 28, 1, 16, k3, k3}, slack);
    check({26, 26, 16, 32, k3, k3}, slack);
  }
}

TEST_P(Winograd, IsCloseToTheReferenceForEverySizeOfOutput) {
  for (Index h = 1; h <= 9; ++h)
    for (Index w = 1; w <= 9; ++w) check({h + 2, w + 2, 3, 5, k3, k3}, (h + w) % 2);
}

TEST_P(Winograd, IsCloseToTheReferenceForEveryChannelCount) {
  for (const Index in : lengths(isa()))
    for (const Index out : lengths(isa())) {
      check({6, 7, in, out, k3, k3}, (in + out) % 2);
      check({7, 8, in, out, k5, k5}, (in + out) % 2);
    }
}

TEST_P(Winograd, IsCloseToTheReferenceForWideKernels) {
  for (Index h = 1; h <= 5; ++h)
    for (Index w = 1; w <= 5; ++w) check({h + 4, w + 4, 3, 5, k5, k5}, (h + w) % 2);
  check({18, 18, 32, 64, k5, k5});
}

TEST_P(Winograd, IsCloseToTheReferenceForRandomShapes) {
  SCOPED_TRACE(testing::Message() << "GRADRACE_TEST_SEED=" << Random::seed());
  for (int i = 0; i < 30; ++i)
    check({random_.between(3, 40), random_.between(3, 40), random_.between(1, 20), random_.between(1, 40), k3, k3},
          i % 2);
}

TEST_P(Winograd, PropagatesNanAndInfinity) {
  for (int i = 0; i < 20; ++i)
    for (const Window& window : {k3, k5})
      check({random_.between(5, 15), random_.between(5, 15), random_.between(1, 5), random_.between(1, 20), window,
             window},
            i % 2, true);
}

TEST_P(Winograd, MakesEveryOutputOfANanNan) {
  const ConvShape s{10, 11, 3, 4, k3, k3};
  for (const Index tile : kTiles)
    for (Index at = 0; at < s.in_h * s.in_w; ++at) {
      Data data = random_data(s);
      data.x[at * s.in_c] = kNan;
      const reference::As<double> as;
      const Array expected = reference::conv2d_forward(s, as(data.x), as(data.w), as(data.bias));
      const std::vector<float> y = forward(tile, s, data, 0);
      for (std::size_t i = 0; i < y.size(); ++i) {
        ASSERT_TRUE(std::isnan(y[i]) || !std::isnan(expected[i])) << "input " << at << ", output " << i;
      }
    }
}

TEST_P(Winograd, ComputesAnImageFullOfOneTileAlikeEverywhere) {
  const ConvShape s{22, 22, 5, 7, k3, k3};
  for (const Index tile : kTiles) {
    Data data = random_data(s);
    const auto place = [&](Index y, Index x) { return (y * s.in_w + x) * s.in_c; };
    for (Index i = 0; i < s.in_h * s.in_w; ++i)
      std::copy_n(data.x.begin() + place(i / s.in_w % tile, i % s.in_w % tile), s.in_c, data.x.begin() + i * s.in_c);
    const std::vector<float> y = forward(tile, s, data, 0);
    for (Index i = 0; i < s.out_floats(); ++i) {
      const Index position = i / s.out_c, r = position / s.out_w() % tile, c = position % s.out_w() % tile;
      ASSERT_TRUE(same_bits(y[i], y[(r * s.out_w() + c) * s.out_c + i % s.out_c])) << "output " << i;
    }
  }
}

/// Measured mean and largest errors: 3x3 direct 6.7e-8 and 7.2e-7, tiles of 2 5.9e-8 and 4.2e-7, tiles of 4 2.6e-7 and
/// 4.9e-6.
TEST_P(Winograd, IsAsAccurateAsItsDocumentationSays) {
  struct Case {
    Index tile;
    ConvShape shape;
    double mean_ratio, max_ratio;
  };
  for (const Case& c : {Case{2, {26, 26, 16, 32, k3, k3}, 1.25, 1.5}, Case{4, {26, 26, 16, 32, k3, k3}, 3, 4},
                        Case{2, {18, 18, 32, 64, k5, k5}, 3, 4}}) {
    const Index tile = c.tile;
    const ConvShape& s = c.shape;
    SCOPED_TRACE(testing::Message() << "tile " << tile << ", kernel " << s.x.kernel);
    const float bound = 1 / std::sqrt(float(s.depth()));
    Data data{random_.numbers(s.in_h * s.in_w * s.in_c, -1, 2), random_.numbers(s.depth() * s.out_c, -bound, bound),
              random_.numbers(s.out_c, -bound, bound)};
    for (float& v : data.x) v = std::max(v, 0.0f);
    const auto reference = [&](auto as) { return reference::conv2d_forward(s, as(data.x), as(data.w), as(data.bias)); };
    const Array expected = reference(reference::As<double>());
    const auto error = [&](const std::vector<float>& y) {
      double sum = 0, largest = 0;
      for (std::size_t i = 0; i < y.size(); ++i) {
        const double e = std::abs(y[i] - expected[i]);
        sum += e, largest = std::max(largest, e);
      }
      return std::pair(sum / double(y.size()), largest);
    };
    std::vector<float> summed;
    for (reference::Fused v : reference(reference::As<reference::Fused>())) summed.push_back(v.value);
    const auto direct = error(summed), ours = error(forward(tile, s, data, 0));
    const std::string label = std::to_string(tile) + "_of_" + std::to_string(s.x.kernel);
    RecordProperty("mean_" + label, std::to_string(ours.first / direct.first));
    RecordProperty("max_" + label, std::to_string(ours.second / direct.second));
    EXPECT_LT(ours.first, c.mean_ratio * direct.first);
    EXPECT_LT(ours.second, c.max_ratio * direct.second);
  }
}

TEST(WinogradShapes, AreSquareAndPlain) {
  const Window wide{7}, strided{3, 2}, padded{3, 1, 1}, dilated{3, 1, 0, 2};
  for (const Index tile : {2, 4}) {
    EXPECT_TRUE(winograd_supports(tile, {9, 9, 2, 3, k3, k3}));
    for (const Window& w : {wide, strided, padded, dilated}) {
      EXPECT_FALSE(winograd_supports(tile, {9, 9, 2, 3, w, k3}));
      EXPECT_FALSE(winograd_supports(tile, {9, 9, 2, 3, k3, w}));
    }
  }
  EXPECT_FALSE(winograd_supports(3, {9, 9, 2, 3, k3, k3}));
  EXPECT_TRUE(winograd_supports(2, {9, 9, 2, 3, k5, k5}));
  EXPECT_FALSE(winograd_supports(4, {9, 9, 2, 3, k5, k5}));
  EXPECT_FALSE(winograd_supports(2, {9, 9, 2, 3, k3, k5}));
}

TEST(WinogradDeathTest, RefusesWhatItCannotCompute) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const ConvShape s{9, 9, 2, 3, k3, k3};
  std::vector<float> v(8192), scratch(winograd_scratch_floats(4, s));
  const auto forward = [&](Range rows, std::span<float> memory) {
    winograd_forward_rows(Isa::best(), 4, s, rows, v.data(), v.data(), v.data(), v.data(), memory);
  };
  EXPECT_DEATH(forward({0, 7}, std::span(scratch).first(scratch.size() - 1)), "scratch.size");
  EXPECT_DEATH(forward({2, 4}, scratch), "out_rows.begin");
  EXPECT_DEATH(forward({0, 6}, scratch), "out_rows.end");
}

}  // namespace
}  // namespace gradrace::kernels
