#pragma once

#include "kernels/simd/vector.inl.hpp"
#include "kernels/table.hpp"

namespace gradrace::kernels {
namespace {

template <class Arch>
struct Peak {
  using V = Vector<Arch>;

  /// iterations x kFmaSteps x kFmaChains multiply-adds on full registers, nothing else. The chains start from a value
  /// known at run time only and their sum is returned, so that no compiler can fold or drop one.
  static double fma_chains(Index iterations) noexcept {
    V chain[kFmaChains];
    for (Index i = 0; i < kFmaChains; ++i) chain[i] = V(float(iterations + i));
    const V factor(0.999f), term(0.001f);
    for (Index k = 0; k < iterations; ++k)
      for (Index step = 0; step < kFmaSteps; ++step)
        for (Index i = 0; i < kFmaChains; ++i) chain[i] = multiply_add(chain[i], factor, term);
    return sum_of(chain);
  }

  static double divide_chains(Index iterations) noexcept {
    V chain[kDivideChains];
    for (Index i = 0; i < kDivideChains; ++i) chain[i] = V(float(iterations + i + 1));
    const V dividend(3.0f);
    for (Index k = 0; k < iterations; ++k)
      for (Index i = 0; i < kDivideChains; ++i) chain[i] = dividend / chain[i];
    return sum_of(chain);
  }

  static double root_chains(Index iterations) noexcept {
    V chain[kDivideChains];
    for (Index i = 0; i < kDivideChains; ++i) chain[i] = V(float(iterations + i));
    const V term(2.0f);
    for (Index k = 0; k < iterations; ++k)
      for (Index i = 0; i < kDivideChains; ++i) chain[i] = xsimd::sqrt(chain[i] + term);  // not for ever sqrt(1)
    return sum_of(chain);
  }

 private:
  template <std::size_t N>
  static double sum_of(const V (&chain)[N]) noexcept {
    V sum(0.0f);
    for (const V& value : chain) sum += value;
    return double(sum.get(0));
  }
};

}  // namespace
}  // namespace gradrace::kernels
