#include "kernels/linear.hpp"

#include "tests/reference.hpp"

namespace gradrace::kernels {
namespace {

using reference::transposed;

class Linear : public EveryIsa {
 protected:
  struct Case {
    Index rows, inputs, outputs, gap = 0;
  };

  std::vector<float> forward(const Case& l, const std::vector<float>& x, const std::vector<float>& w,
                             const std::vector<float>& bias) const {
    const PanelMatrix shape{l.inputs, l.outputs};
    const Input x_in(spread(x, l.inputs, l.inputs + l.gap), l.gap), w_in(to_panels(shape, w), l.gap);
    const Input bias_in(to_panels({1, l.outputs}, bias), l.gap);
    Output y(l.rows * (l.outputs + l.gap), l.gap);
    linear_forward(isa(), shape, l.rows, {x_in.data(), l.inputs + l.gap}, w_in.data(), bias_in.data(),
                   {y.data(), l.outputs + l.gap});
    return gather(y.span(), l.outputs, l.outputs + l.gap);
  }

  std::vector<float> input_gradient(const Case& l, const std::vector<float>& dy, const std::vector<float>& w) const {
    const PanelMatrix shape{l.inputs, l.outputs};
    const reference::Array<float> dense(w.begin(), w.end());
    const Input dy_in(spread(dy, l.outputs, l.outputs + l.gap), l.gap);
    const Input w_in(to_panels(shape.transposed(), transposed(l.inputs, l.outputs, dense)), l.gap);
    Output dx(l.rows * (l.inputs + l.gap), l.gap);
    linear_input_gradient(isa(), shape, l.rows, {dy_in.data(), l.outputs + l.gap}, w_in.data(),
                          {dx.data(), l.inputs + l.gap});
    return gather(dx.span(), l.inputs, l.inputs + l.gap);
  }

  /// The gradient of some inputs' weights, dense.
  std::vector<float> weight_gradient(const Case& l, const std::vector<float>& x, const std::vector<float>& dy,
                                     Range inputs) const {
    const PanelMatrix shape{l.inputs, l.outputs}, slice{inputs.size(), l.outputs};
    const Index dy_stride = round_up(l.outputs, kPanel) + l.gap;
    const Input x_in(spread(x, l.inputs, l.inputs + l.gap), l.gap), dy_in(spread(dy, l.outputs, dy_stride), l.gap);
    Output dw(slice.floats(), l.gap);
    linear_weight_gradient(isa(), shape, l.rows, {x_in.data(), l.inputs + l.gap}, {dy_in.data(), dy_stride}, inputs,
                           dw.data());
    expect_padding_untouched(slice, dw.span());
    return from_panels(slice, dw.span());
  }

  void check(const Case& l, bool spoiled = false) {
    SCOPED_TRACE(testing::Message() << l.rows << " rows, " << l.inputs << " -> " << l.outputs << ", gap " << l.gap);
    std::vector<float> x = random_.numbers(l.rows * l.inputs), w = random_.numbers(l.inputs * l.outputs);
    std::vector<float> dy = random_.numbers(l.rows * l.outputs), bias = random_.numbers(l.outputs);
    if (spoiled) random_.spoil(x), random_.spoil(w), random_.spoil(dy), random_.spoil(bias);
    const std::vector<float> no_inputs(l.rows * l.inputs), no_weights(w.size());
    reference::expect_ordered_sums(isa(), forward(l, x, w, bias), l.inputs, [&](auto as) {
      return reference::linear(l.rows, l.inputs, l.outputs, as(x), as(w), as(bias));
    });
    reference::expect_ordered_sums(isa(), input_gradient(l, dy, w), l.outputs, [&](auto as) {
      return reference::gemm(l.rows, l.inputs, l.outputs, as(dy), transposed(l.inputs, l.outputs, as(w)),
                             as(no_inputs));
    });
    reference::expect_ordered_sums(isa(), weight_gradient(l, x, dy, {0, l.inputs}), l.rows, [&](auto as) {
      return reference::gemm(l.inputs, l.outputs, l.rows, transposed(l.rows, l.inputs, as(x)), as(dy), as(no_weights));
    });
  }

  Random random_;
};
GRADRACE_ON_EVERY_ISA(Linear);

TEST_P(Linear, EqualsTheReferenceForEverySmallShape) {
  for (const Index rows : lengths(isa()))
    for (const Index inputs : lengths(isa()))
      for (const Index outputs : lengths(isa())) check({rows, inputs, outputs, (rows + inputs) % 3});
}

TEST_P(Linear, EqualsTheReferenceForTheNetwork) {
  for (const Case& l : {Case{32, 4608, 64}, Case{32, 64, 10}, Case{20, 64, 10, 3}}) check(l);
}

TEST_P(Linear, EqualsTheReferenceForRandomShapes) {
  SCOPED_TRACE(testing::Message() << "GRADRACE_TEST_SEED=" << Random::seed());
  for (int i = 0; i < 100; ++i)
    check({random_.between(1, 40), random_.between(1, 600), random_.between(1, 70), random_.between(0, 3)});
}

TEST_P(Linear, PropagatesNanAndInfinity) {
  for (int i = 0; i < 20; ++i) check({random_.between(1, 20), random_.between(1, 20), random_.between(1, 20), 1}, true);
}

TEST_P(Linear, GivesARowTheSameBitsHoweverManyRowsThereAre) {
  const Case most{33, 300, 21};
  const std::vector<float> x = random_.numbers(33 * 300), w = random_.numbers(300 * 21), bias = random_.numbers(21);
  const std::vector<float> dy = random_.numbers(33 * 21);
  const std::vector<float> y = forward(most, x, w, bias), dx = input_gradient(most, dy, w);
  for (Index n = 1; n <= 33; ++n) {
    SCOPED_TRACE(n);
    const Case l{n, 300, 21, n % 2};
    const auto first = [n](const std::vector<float>& v, Index width) {
      return std::vector(v.begin(), v.begin() + n * width);
    };
    const auto last = [n](const std::vector<float>& v, Index width) {
      return std::vector(v.end() - n * width, v.end());
    };
    expect_same_bits(forward(l, first(x, 300), w, bias), first(y, 21));
    expect_same_bits(forward(l, last(x, 300), w, bias), last(y, 21));
    expect_same_bits(input_gradient(l, first(dy, 21), w), first(dx, 300));
  }
}

TEST_P(Linear, GivesTheSameWeightGradientInAnySlices) {
  const Case l{32, 100, 21};
  const std::vector<float> x = random_.numbers(32 * 100), dy = random_.numbers(32 * 21);
  const std::vector<float> whole = weight_gradient(l, x, dy, {0, 100});
  for (Index cut = 0; cut <= 100; ++cut) {
    SCOPED_TRACE(cut);
    std::vector<float> parts = weight_gradient(l, x, dy, {0, cut}), rest = weight_gradient(l, x, dy, {cut, 100});
    parts.insert(parts.end(), rest.begin(), rest.end());
    expect_same_bits(parts, whole);
  }
}

TEST(LinearDeathTest, RefusesRowsThatOverlap) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  std::vector<float> v(1000);
  const PanelMatrix w{20, 10};
  EXPECT_DEATH(linear_forward(Isa::best(), w, 2, {v.data(), 19}, v.data(), v.data(), {v.data(), 10}), "x.stride");
  EXPECT_DEATH(linear_input_gradient(Isa::best(), w, 2, {v.data(), 9}, v.data(), {v.data(), 20}), "dy.stride");
  EXPECT_DEATH(linear_weight_gradient(Isa::best(), w, 2, {v.data(), 20}, {v.data(), 10}, {0, 20}, v.data()),
               "dy.stride");
}

}  // namespace
}  // namespace gradrace::kernels
