#pragma once
// What the bodies share: loads and stores of part of a vector, comparisons that treat NaN as PyTorch does, and tiles of
// a size that is known where they are compiled.
// Everything below simd/ stands in an anonymous namespace: it is compiled once per instruction set, and no copy may be
// shared between them.

#include <xsimd/xsimd.hpp>

#include "kernels/base.hpp"
#ifdef __aarch64__
#include "kernels/simd/exact_neon.inl.hpp"
#endif

namespace gradrace::kernels {
namespace {

template <class Arch>
using Vector = xsimd::batch<float, Arch>;

/// a * b + c and c - a * b, rounded once where the instruction set has fused operations (sse2 rounds twice). xsimd 8.1
/// knows those of AVX2, but would multiply and add on AVX-512.
template <class Arch>
Vector<Arch> multiply_add(const Vector<Arch>& a, const Vector<Arch>& b, const Vector<Arch>& c) {
#ifdef __AVX512F__
  if constexpr (Vector<Arch>::size == 16) return _mm512_fmadd_ps(a, b, c);
#endif
  return xsimd::fma(a, b, c);
}
template <class Arch>
Vector<Arch> negated_multiply_add(const Vector<Arch>& a, const Vector<Arch>& b, const Vector<Arch>& c) {
#ifdef __AVX512F__
  if constexpr (Vector<Arch>::size == 16) return _mm512_fnmadd_ps(a, b, c);
#endif
  return xsimd::fnma(a, b, c);
}

/// Lane i is the sum of the lanes of v[i], all added in one pattern. (xsimd 8.1 mixes up the lanes on AVX-512.)
template <class Arch>
[[gnu::always_inline]] inline Vector<Arch> lane_sums(const Vector<Arch>* v) {
#ifdef __AVX512F__
  if constexpr (Vector<Arch>::size == 16) {
    const auto half = [](__m512 x) -> Vector<xsimd::avx> {
      return _mm256_add_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps(x, 1));
    };
    const Vector<xsimd::avx> halves[16] = {half(v[0]),  half(v[1]),  half(v[2]),  half(v[3]), half(v[4]),  half(v[5]),
                                           half(v[6]),  half(v[7]),  half(v[8]),  half(v[9]), half(v[10]), half(v[11]),
                                           half(v[12]), half(v[13]), half(v[14]), half(v[15])};
    const __m512 low = _mm512_castps256_ps512(xsimd::haddp(halves));
    return _mm512_insertf32x8(low, xsimd::haddp(halves + 8), 1);
  }
#endif
  return xsimd::haddp(v);
}

#ifdef __AVX2__
/// A mask of the first n of 8 lanes.
inline __m256i first_of_8(Index n) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(int(n)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
#endif
#ifdef __AVX512F__
inline __mmask16 first_of_16(Index n) {
  return __mmask16((1u << n) - 1);
}
#endif

/// The first n lanes from memory, zero in the others; memory behind them is not touched.
template <class V>
V load_part(const float* from, Index n) {
#ifdef __AVX512F__
  if constexpr (V::size == 16) return _mm512_maskz_loadu_ps(first_of_16(n), from);
#endif
#ifdef __AVX2__
  if constexpr (V::size == 8) return _mm256_maskload_ps(from, first_of_8(n));
#endif
  alignas(kAlignment) float lanes[V::size] = {};
  for (Index i = 0; i < n; ++i) lanes[i] = from[i];
  return V::load_aligned(lanes);
}

template <class V>
void store_part(const V& v, float* to, Index n) {
#ifdef __AVX512F__
  if constexpr (V::size == 16) return _mm512_mask_storeu_ps(to, first_of_16(n), v);
#endif
  alignas(kAlignment) float lanes[V::size];
  v.store_aligned(lanes);
  for (Index i = 0; i < n; ++i) to[i] = lanes[i];
}

/// Calls whole<R, C>() with the largest tile of at most Rows x Cols that fits rows x cols (at least one of each): so a
/// body knows its size where it is compiled, and keeps its sums in registers.
template <Index Rows, Index Cols, class Whole>
void sized(Index rows, Index cols, const Whole& whole) {
  if constexpr (Rows > 1) {
    if (rows < Rows) return sized<Rows - 1, Cols>(rows, cols, whole);
  }
  if constexpr (Cols > 1) {
    if (cols < Cols) return sized<Rows, Cols - 1>(rows, cols, whole);
  }
  whole.template operator()<Rows, Cols>();
}

/// Calls body(offset, load, store) for all whole vectors of [0, n) and once more for the rest, so that a formula stands
/// in one place: load(p) and store(v, p) touch only what is inside.
template <class V, class Body>
void for_each_vector(Index n, const Body& body) {
  const Index lanes = Index(V::size);
  Index i = 0;
  for (; i + lanes <= n; i += lanes)
    body(
        i, [](const float* p) { return V::load_unaligned(p); }, [](const V& v, float* p) { v.store_unaligned(p); });
  if (const Index rest = n - i; rest > 0)
    body(
        i, [rest](const float* p) { return load_part<V>(p, rest); },
        [rest](const V& v, float* p) { store_part(v, p, rest); });
}

/// One bit per lane, the first lane lowest (xsimd 8.1 has no such function).
#ifdef __aarch64__
inline unsigned movemask(uint32x4_t lanes) {
  constexpr uint32x4_t kBits = {1, 2, 4, 8};
  return vaddvq_u32(vandq_u32(lanes, kBits));
}
#else
inline unsigned movemask(__m128 lanes) {
  return unsigned(_mm_movemask_ps(lanes));
}
#endif
#ifdef __AVX__
inline unsigned movemask(__m256 lanes) {
  return unsigned(_mm256_movemask_ps(lanes));
}
#endif
#ifdef __AVX512F__
inline unsigned movemask(__mmask16 lanes) {
  return lanes;
}
#endif
template <class Arch>
unsigned bits(const xsimd::batch_bool<float, Arch>& lanes) {
  return movemask(lanes.data);
}

/// v where `by` is positive or NaN, else 0: ReLU is that of itself, its gradient that of its output.
template <class V>
V where_positive(const V& by, const V& v) {
  return xsimd::select(by <= V(0.0f), V(0.0f), v);  // a comparison with NaN is false
}

/// max(a, b), NaN if either is (as torch.maximum; the processor's own instruction drops one of them).
template <class V>
V max_nan(const V& a, const V& b) {
  return xsimd::select((a > b) | xsimd::isnan(a), a, b);
}

}  // namespace
}  // namespace gradrace::kernels
