// No layer allocates while it runs, one of tomorrow neither.
#include <gtest/gtest.h>

#include "tests/allocations.hpp"
#include "tests/layers/layer_cases.hpp"

namespace gradrace {
namespace {

class LayerAllocations : public testing::TestWithParam<LayerCase> {};

TEST_P(LayerAllocations, AreNoneInAStep) {
  SingleLayer layer(Spec::parse(GetParam().spec), GetParam().input, {.batch = 9, .workers = 2});
  layer.draw_values();
  Generator generator(11);
  const std::vector<float> x = Grid(GetParam().input).draw(9, generator);
  layer.step(x, uniform(9 * layer.output().floats(), generator));  // the OpenMP runtime makes its threads here
  const long before = allocation_count();
  layer.repeat();
  EXPECT_EQ(allocation_count() - before, 0);
}

INSTANTIATE_TEST_SUITE_P(, LayerAllocations, testing::ValuesIn(all_layer_cases()),
                         [](const auto& test) { return case_name(test.param); });

}  // namespace
}  // namespace gradrace
