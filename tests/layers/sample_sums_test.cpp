// Sums over samples against the tree that sample_sums.hpp describes, in whatever way workers share the samples out.
#include "engine/layers/sample_sums.hpp"

#include <gtest/gtest.h>

#include "tests/reference.hpp"

namespace gradrace {
namespace {

using Numbers = std::vector<std::vector<float>>;  // by sample

constexpr Index kFloats = 150;    // more than one chunk, and part of a vector
constexpr Index kLarge = 20'000;  // so many that some samples make a term

class BookingPlan final : public LayerPlan {
 public:
  BookingPlan(Index workers, Index batch) : plan_(workers), batch_(batch) {}
  Slot book(Lifetime lifetime, Index floats) override { return plan_.book(lifetime, floats); }
  Slot book_per_worker(Lifetime lifetime, Index floats) override { return plan_.book_per_worker(lifetime, floats); }
  Slot add(Parameter) override { return {}; }
  Index batch() const override { return batch_; }
  const KernelChoice& choice() const override { return choice_; }
  Memory memory() const { return Memory(plan_); }

 private:
  Plan plan_;
  Index batch_;
  KernelChoice choice_;
};

/// The node of so many samples from `first` on, a power of two, as far as there are some.
float tree(const Numbers& numbers, std::size_t first, std::size_t samples, std::size_t i) {
  if (samples == 1) return numbers[first][i];
  const std::size_t half = samples / 2;
  const float sum = tree(numbers, first, half, i);
  return first + half < numbers.size() ? sum + tree(numbers, first + half, half, i) : sum;
}

/// The sums of some floats that so many workers form, one after the other; of samples with `floats` floats, of which
/// the first are not zero.
std::vector<float> total(const Numbers& numbers, Index workers, Index most, Index offset, Index n,
                         Index floats = kFloats) {
  BookingPlan plan(workers, most);
  SampleSums sums;
  sums.plan(plan, floats);
  const Memory memory = plan.memory();
  Context context{.isa = kernels::Isa::best(),
                  .memory = &memory,
                  .workers = workers,
                  .batch = std::ssize(numbers),
                  .together = sums.samples_together()};
  for (context.worker = workers; context.worker-- > 0;)
    for (Index s = context.samples_of(context.worker).begin; s < context.samples_of(context.worker).end; ++s) {
      float* term = sums.term(context, s);
      for (const float number : numbers[std::size_t(s)]) {
        *term = sums.adds(s) ? *term + number : number;
        ++term;
      }
      sums.done(context, s);
    }
  context.worker = workers - 1;
  std::vector<float> result(std::size_t(n), 0.0f);
  sums.total(context, offset, n, result.data());
  return result;
}

TEST(SampleSums, AreThoseOfTheTreeWhoeverFormsThem) {
  kernels::Random random;
  for (Index batch = 1; batch <= 40; ++batch) {
    Numbers numbers;
    for (Index s = 0; s < batch; ++s) numbers.push_back(random.numbers(kFloats));
    std::vector<float> expected;
    for (std::size_t i = 0; i < std::size_t(kFloats); ++i) expected.push_back(tree(numbers, 0, 64, i));
    for (Index workers = 1; workers <= 41; ++workers) {
      SCOPED_TRACE(fmt::format("{} samples, {} workers", batch, workers));
      ASSERT_EQ(total(numbers, workers, batch, 0, kFloats), expected);
    }
    const std::vector<float> some(expected.begin() + 17, expected.begin() + 117);
    ASSERT_EQ(total(numbers, 3, 64, 17, 100), some) << "of a batch that is smaller than planned";
  }
}

TEST(SampleSums, OfLargeGradientsAddFourSamplesInOrder) {
  kernels::Random random;
  for (const Index batch : {1, 3, 4, 7, 20, 33}) {
    Numbers numbers, terms;
    for (Index s = 0; s < batch; ++s) {
      numbers.push_back(random.numbers(kFloats));
      if (s % 4 == 0) terms.push_back(numbers.back());
      if (s % 4 > 0)
        for (std::size_t i = 0; i < std::size_t(kFloats); ++i) terms.back()[i] += numbers.back()[i];
    }
    std::vector<float> expected;
    for (std::size_t i = 0; i < std::size_t(kFloats); ++i) expected.push_back(tree(terms, 0, 16, i));
    for (const Index workers : {1, 2, 3, 5, 8, 9}) {
      SCOPED_TRACE(fmt::format("{} samples, {} workers", batch, workers));
      ASSERT_EQ(total(numbers, workers, batch, 0, kFloats, kLarge), expected);
    }
  }
}

TEST(SampleSums, DifferFromThoseInOrder) {
  kernels::Random random;
  Numbers numbers;
  for (Index s = 0; s < 32; ++s) numbers.push_back(random.numbers(kFloats));
  std::vector<float> in_order(std::size_t(kFloats), 0.0f);
  for (const std::vector<float>& term : numbers)
    for (std::size_t i = 0; i < term.size(); ++i) in_order[i] += term[i];
  EXPECT_NE(total(numbers, 1, 32, 0, kFloats), in_order);
}

}  // namespace
}  // namespace gradrace
