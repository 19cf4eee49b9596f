#pragma once
// Moves some lanes of a vector to its front.

#include <cstdint>

#include "kernels/simd/vector.inl.hpp"

namespace gradrace::kernels {
namespace {

#ifdef __AVX2__
/// By the bits of the lanes that are kept: the lane that comes to each place, a byte for each.
struct KeptLanes {
  std::uint64_t of[256];
};
inline constexpr KeptLanes kKeptLanes = [] {
  KeptLanes table{};
  for (unsigned kept = 0; kept < 256; ++kept)
    for (unsigned lane = 0, place = 0; lane < 8; ++lane)
      if (kept >> lane & 1) table.of[kept] |= std::uint64_t(lane) << 8 * place++;
  return table;
}();
#endif

/// Stores the lanes whose bits are set in `kept`, of whole numbers and of floats, one behind the other; what follows
/// them, up to the length of a vector, is written as well.
template <class Arch>
void compress(unsigned kept, const xsimd::batch<std::int32_t, Arch>& numbers, const Vector<Arch>& floats,
              std::int32_t* to_numbers, float* to_floats) {
#ifdef __AVX512F__
  if constexpr (Vector<Arch>::size == 16) {
    _mm512_storeu_si512(to_numbers, _mm512_maskz_compress_epi32(__mmask16(kept), numbers));
    _mm512_storeu_ps(to_floats, _mm512_maskz_compress_ps(__mmask16(kept), floats));
    return;
  }
#endif
#ifdef __AVX2__
  if constexpr (Vector<Arch>::size == 8) {
    const __m256i lanes = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(std::int64_t(kKeptLanes.of[kept])));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to_numbers), _mm256_permutevar8x32_epi32(numbers, lanes));
    _mm256_storeu_ps(to_floats, _mm256_permutevar8x32_ps(floats, lanes));
    return;
  }
#endif
  constexpr Index kLanes = Index(Vector<Arch>::size);
  alignas(kAlignment) std::int32_t number[kLanes];
  alignas(kAlignment) float value[kLanes];
  numbers.store_aligned(number);
  floats.store_aligned(value);
  for (Index lane = 0; lane < kLanes; ++lane) {  // written in any case: a branch could not be foreseen
    *to_numbers = number[lane];
    *to_floats = value[lane];
    to_numbers += kept >> lane & 1;
    to_floats += kept >> lane & 1;
  }
}

}  // namespace
}  // namespace gradrace::kernels
