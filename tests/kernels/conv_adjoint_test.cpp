// The input's gradient as a convolution, against the same by patches.
#include "kernels/conv_adjoint.hpp"

#include "kernels/conv2d.hpp"
#include "tests/reference.hpp"

namespace gradrace::kernels {
namespace {

class ConvAdjoint : public EveryIsa {
 protected:
  void check(const ConvShape& s) {
    SCOPED_TRACE(testing::Message() << s.in_h << 'x' << s.in_w << 'x' << s.in_c << " -> " << s.out_c << ", kernel "
                                    << s.y.kernel << 'x' << s.x.kernel << ", padding " << s.y.padding);
    const std::optional<ConvShape> adjoint = conv_adjoint(s);
    ASSERT_TRUE(adjoint);
    EXPECT_EQ(adjoint->out_h(), s.in_h);
    EXPECT_EQ(adjoint->out_w(), s.in_w);
    const std::vector<float> w = random_.numbers(s.depth() * s.out_c);
    const std::vector<float> dy = random_.numbers(s.out_floats());
    const std::vector<float> no_bias(std::size_t(round_up(s.in_c, kPanel)));
    const Input weight(to_panels(conv2d_weights(s), w)), dy_in(dy);
    Output turned(conv2d_weights(*adjoint).floats()), dx(s.in_h * s.in_w * s.in_c);
    Output scratch(conv2d_scratch_floats(*adjoint));
    for (Index p = conv2d_weights(s).panels(); p-- > 0;)
      conv_turn_weights(isa(), s, weight.data(), {p, p + 1}, turned.data());
    conv2d_forward(isa(), ConvMethod::kImplicit, *adjoint, dy_in.data(), turned.data(), no_bias.data(), dx.data(),
                   scratch.span());
    reference::expect_sums(dx.span(), s.out_c * s.y.kernel * s.x.kernel,
                           [&](auto as) { return reference::conv2d_input_gradient(s, as(dy), as(w)); });
  }

  Random random_;
};
GRADRACE_ON_EVERY_ISA(ConvAdjoint);

TEST_P(ConvAdjoint, ComputesTheInputGradient) {
  const Window same{3, 1, 1}, wide{5, 1, 2}, plain{3}, point{1};
  check({26, 26, 16, 32, plain, plain});
  check({7, 5, 32, 20, wide, wide});
  check({6, 9, 48, 3, same, same});
  check({5, 6, 16, 33, same, wide});
  check({8, 4, 16, 17, point, point});
}

TEST(ConvAdjointShapes, AreThoseThatPay) {
  const Window same{3, 1, 1}, strided{3, 2, 1}, wider{3, 1, 3}, dilated{3, 1, 2, 2}, wide{5};
  EXPECT_TRUE(conv_adjoint({9, 9, 16, 16, same, same}));
  EXPECT_TRUE(conv_adjoint({9, 9, 16, 16, dilated, same}));
  for (const ConvShape& s :
       {ConvShape{9, 9, 16, 16, strided, same}, ConvShape{9, 9, 16, 16, same, strided},
        ConvShape{9, 9, 16, 16, wider, same}, ConvShape{9, 9, 12, 16, same, same}, ConvShape{9, 9, 16, 6, wide, wide}})
    EXPECT_FALSE(conv_adjoint(s));
}

}  // namespace
}  // namespace gradrace::kernels
