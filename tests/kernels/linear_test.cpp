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
    const PanelMatrix shape = layout(l);
    const Input x_in(spread(x, l.inputs, l.inputs + l.gap), l.gap), w_in(panels(l, w), l.gap);
    const Input bias_in(bias, l.gap);
    Output y(l.rows * (l.outputs + l.gap), l.gap), sums(linear_sum_floats(shape, l.rows), 0);
    linear_part_sums(isa(), shape, {0, linear_parts(shape)}, l.rows, {x_in.data(), l.inputs + l.gap}, w_in.data(),
                     sums.span());
    linear_add_up(isa(), shape, {0, l.rows}, l.rows, sums.span(), bias_in.data(), {y.data(), l.outputs + l.gap});
    return gather(y.span(), l.outputs, l.outputs + l.gap);
  }

  std::vector<float> input_gradient(const Case& l, const std::vector<float>& dy, const std::vector<float>& w) const {
    const Input dy_in(spread(dy, l.outputs, l.outputs + l.gap), l.gap), w_in(panels(l, w), l.gap);
    Output dx(l.rows * (l.inputs + l.gap), l.gap);
    linear_input_gradient(isa(), layout(l), {0, layout(l).panels()}, l.rows, {dy_in.data(), l.outputs + l.gap},
                          w_in.data(), {dx.data(), l.inputs + l.gap});
    return gather(dx.span(), l.inputs, l.inputs + l.gap);
  }

  /// The gradient of some panels of the weights, as they lie in memory.
  std::vector<float> weight_gradient(const Case& l, const std::vector<float>& x, const std::vector<float>& dy,
                                     Range some) const {
    const Index x_stride = round_up(l.inputs, kPanel) + l.gap;
    const Input x_in(spread(x, l.inputs, x_stride), l.gap);
    const Input dy_in(spread(dy, l.outputs, l.outputs + l.gap), l.gap);
    Output dw(some.size() * l.outputs * kPanel, l.gap);
    linear_weight_gradient(isa(), layout(l), l.rows, {x_in.data(), x_stride}, {dy_in.data(), l.outputs + l.gap}, some,
                           dw.data());
    return dw.values();
  }

  static PanelMatrix layout(const Case& l) { return {l.outputs, l.inputs}; }
  /// Dense weights [inputs][outputs] in the layer's layout.
  static std::vector<float> panels(const Case& l, const std::vector<float>& w) {
    return to_panels(layout(l), transposed(l.inputs, l.outputs, reference::Array<float>(w.begin(), w.end())));
  }

  void check(const Case& l, bool spoiled = false) {
    SCOPED_TRACE(testing::Message() << l.rows << " rows, " << l.inputs << " -> " << l.outputs << ", gap " << l.gap);
    std::vector<float> x = random_.numbers(l.rows * l.inputs), w = random_.numbers(l.inputs * l.outputs);
    std::vector<float> dy = random_.numbers(l.rows * l.outputs), bias = random_.numbers(l.outputs);
    if (spoiled) random_.spoil(x), random_.spoil(w), random_.spoil(dy), random_.spoil(bias);
    const std::vector<float> no_inputs(l.rows * l.inputs), no_weights(w.size());
    reference::expect_sums(forward(l, x, w, bias), l.inputs, [&](auto as) {
      return reference::linear(l.rows, l.inputs, l.outputs, as(x), as(w), as(bias));
    });
    reference::expect_ordered_sums(isa(), input_gradient(l, dy, w), l.outputs, [&](auto as) {
      return reference::gemm(l.rows, l.inputs, l.outputs, as(dy), transposed(l.inputs, l.outputs, as(w)),
                             as(no_inputs));
    });
    const std::vector<float> dw = weight_gradient(l, x, dy, {0, layout(l).panels()});
    reference::expect_ordered_sums(isa(), from_panels(layout(l), dw), l.rows, [&](auto as) {
      return reference::gemm(l.outputs, l.inputs, l.rows, transposed(l.rows, l.outputs, as(dy)), as(x), as(no_weights));
    });
    for (Index o = 0; o < l.outputs; ++o)
      for (Index k = l.inputs; k < layout(l).panels() * kPanel; ++k)
        EXPECT_EQ(dw[layout(l).offset(o, k)], 0.0f) << "padding of output " << o;
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
  const std::vector<float> whole = weight_gradient(l, x, dy, {0, 7});
  for (Index cut = 0; cut <= 7; ++cut) {
    SCOPED_TRACE(cut);
    std::vector<float> parts = weight_gradient(l, x, dy, {0, cut}), rest = weight_gradient(l, x, dy, {cut, 7});
    parts.insert(parts.end(), rest.begin(), rest.end());
    expect_same_bits(parts, whole);
  }
}

/// The input's gradient, then the weights', of some panels; from all of dy, or from lists of what is not zero in it.
std::vector<float> gradients(const Isa& isa, const PanelMatrix& w, Index rows, const std::vector<float>& x,
                             const std::vector<float>& weight, const std::vector<float>& dy, Range panels,
                             bool sparse) {
  const Index all = w.panels() * kPanel;
  const Input x_in(x, 0), w_in(weight, 0), dy_in(dy, 0);
  Output dx(rows * all, 0), dw(panels.size() * w.rows * kPanel, 0), lists(linear_list_floats(w, rows));
  if (sparse) {
    linear_list(isa, w, rows, {dy_in.data(), w.rows}, all, lists.span());
    linear_sparse_input_gradient(isa, w, panels, rows, lists.span(), w_in.data(), {dx.data(), all});
    linear_sparse_weight_gradient(isa, w, panels, rows, {x_in.data(), all}, lists.span(), dw.data());
  } else {
    linear_input_gradient(isa, w, panels, rows, {dy_in.data(), w.rows}, w_in.data(), {dx.data(), all});
    linear_weight_gradient(isa, w, rows, {x_in.data(), all}, {dy_in.data(), w.rows}, panels, dw.data());
  }
  std::vector<float> both = dx.values();
  const std::vector<float> rest = dw.values();
  both.insert(both.end(), rest.begin(), rest.end());
  return both;
}

TEST_P(Linear, GivesTheSameGradientsFromListsOfWhatIsNotZero) {
  for (int i = 0; i < 60; ++i) {
    const PanelMatrix w{random_.between(1, 70), kPanel * random_.between(1, 20)};
    const Index rows = random_.between(1, 40), zeros = i % 4;  // of four
    const Index begin = random_.between(0, w.panels() - 1), end = random_.between(begin + 1, w.panels());
    SCOPED_TRACE(testing::Message() << rows << " rows, " << w.cols << " -> " << w.rows << ", panels " << begin << " to "
                                    << end << ", zeros in four " << zeros);
    std::vector<float> dy = random_.numbers(rows * w.rows);
    for (float& g : dy)
      if (random_.between(0, 3) < zeros) g = 0;
    const std::vector<float> x = random_.numbers(rows * w.cols), weight = random_.numbers(w.floats());
    const Range panels{begin, end};
    expect_same_bits(gradients(isa(), w, rows, x, weight, dy, panels, true),
                     gradients(isa(), w, rows, x, weight, dy, panels, false));
  }
}

TEST_P(Linear, SeesANanInWhatIsNotZero) {
  const PanelMatrix w{3, kPanel};
  std::vector<float> x(2 * kPanel, 1.0f), weight(w.floats(), 1.0f), dy{0, kNan, 0, 1, 0, 0};
  const std::vector<float> both = gradients(isa(), w, 2, x, weight, dy, {0, 1}, true);
  EXPECT_TRUE(std::isnan(both[0]));                                         // dx of row 0
  EXPECT_EQ(both[kPanel], 1.0f);                                            // and of row 1
  EXPECT_TRUE(std::isnan(both[std::size_t(w.offset(1, 0) + 2 * kPanel)]));  // dw of output 1
}

TEST(LinearDeathTest, RefusesRowsThatOverlap) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  std::vector<float> v(1000);
  const PanelMatrix w{10, 20};
  EXPECT_DEATH(linear_part_sums(Isa::best(), w, {0, 1}, 2, {v.data(), 19}, v.data(), v), "x.stride");
  EXPECT_DEATH(linear_part_sums(Isa::best(), w, {0, 1}, 2, {v.data(), 20}, v.data(), {}), "sums");
  EXPECT_DEATH(linear_part_sums(Isa::best(), w, {0, 2}, 2, {v.data(), 20}, v.data(), v), "parts.end");
  EXPECT_DEATH(linear_add_up(Isa::best(), w, {0, 2}, 2, v, v.data(), {v.data(), 9}), "y.stride");
  EXPECT_DEATH(linear_add_up(Isa::best(), w, {0, 3}, 2, v, v.data(), {v.data(), 10}), "some.end");
  EXPECT_DEATH(linear_input_gradient(Isa::best(), w, {0, 2}, 2, {v.data(), 9}, v.data(), {v.data(), 20}), "dy.stride");
  EXPECT_DEATH(linear_weight_gradient(Isa::best(), w, 2, {v.data(), 20}, {v.data(), 9}, {0, 2}, v.data()), "dy.stride");
  EXPECT_DEATH(linear_list(Isa::best(), w, 2, {v.data(), 9}, 20, v), "dy.stride");
  EXPECT_DEATH(linear_list(Isa::best(), w, 2, {v.data(), 10}, 20, {}), "lists");
  EXPECT_DEATH(linear_sparse_input_gradient(Isa::best(), w, {0, 2}, 2, v, v.data(), {v.data(), 20}), "panels.end");
  EXPECT_DEATH(linear_sparse_weight_gradient(Isa::best(), w, {0, 2}, 2, {v.data(), 20}, v, v.data()), "panels.end");
}

}  // namespace
}  // namespace gradrace::kernels
