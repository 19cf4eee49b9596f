#pragma once
// Winograd convolution, vectors along the channels. A two-dimensional transform is a one-dimensional one down the
// columns and one along the rows, and each of these fits in registers.

#include "kernels/simd/gemm.inl.hpp"
#include "kernels/simd/relu_pool.inl.hpp"

namespace gradrace::kernels {
namespace {

/// The one-dimensional transforms for tiles of Tile outputs and kernels of Kernel weights: t = B^T d, u = G g, y = A^T
/// m (Lavin & Gray's matrices).
template <class V, Index Tile, Index Kernel>
struct WinogradTransform;

template <class V>
struct WinogradTransform<V, 2, 3> {
  static void input(const V (&d)[4], V (&t)[4]) {
    t[0] = d[0] - d[2];
    t[1] = d[1] + d[2];
    t[2] = d[2] - d[1];
    t[3] = d[1] - d[3];
  }
  static void weight(const V (&g)[3], V (&u)[4]) {
    const V half(0.5f), even = g[0] + g[2];
    u[0] = g[0];
    u[1] = (even + g[1]) * half;
    u[2] = (even - g[1]) * half;
    u[3] = g[2];
  }
  static void output(const V (&m)[4], V (&y)[2]) {
    y[0] = m[0] + (m[1] + m[2]);
    y[1] = (m[1] - m[2]) - m[3];
  }
};

/// Interpolation at 0, +-a, +-b and infinity. Lavin & Gray's 1 and 2 lose twice as much to rounding as points on both
/// sides of 1 do; among those, these have constants that are exact, but for the weights'.
template <class V>
struct WinogradTransform<V, 4, 3> {
  static constexpr float a = 0.6875f, b = 1.5f, a2 = a * a, b2 = b * b;

  static void input(const V (&d)[6], V (&t)[6]) {
    const V product(a2 * b2), sum(a2 + b2);
    const V even_a = negated_multiply_add(V(b2), d[2], d[4]), odd_a = negated_multiply_add(V(b2), d[1], d[3]);
    const V even_b = negated_multiply_add(V(a2), d[2], d[4]), odd_b = negated_multiply_add(V(a2), d[1], d[3]);
    t[0] = multiply_add(product, d[0], negated_multiply_add(sum, d[2], d[4]));
    t[1] = multiply_add(V(a), odd_a, even_a);
    t[2] = negated_multiply_add(V(a), odd_a, even_a);
    t[3] = multiply_add(V(b), odd_b, even_b);
    t[4] = negated_multiply_add(V(b), odd_b, even_b);
    t[5] = multiply_add(product, d[1], negated_multiply_add(sum, d[3], d[5]));
  }
  static void weight(const V (&g)[3], V (&u)[6]) {
    constexpr float at_a = 1 / (2 * a2 * (a2 - b2)), at_b = 1 / (2 * b2 * (b2 - a2));
    const V even_a = multiply_add(V(a2), g[2], g[0]) * V(at_a), even_b = multiply_add(V(b2), g[2], g[0]) * V(at_b);
    u[0] = g[0] * V(1 / (a2 * b2));
    u[1] = multiply_add(V(a * at_a), g[1], even_a);
    u[2] = negated_multiply_add(V(a * at_a), g[1], even_a);
    u[3] = multiply_add(V(b * at_b), g[1], even_b);
    u[4] = negated_multiply_add(V(b * at_b), g[1], even_b);
    u[5] = g[2];
  }
  static void output(const V (&m)[6], V (&y)[4]) {
    const V even_a = m[1] + m[2], odd_a = m[1] - m[2], even_b = m[3] + m[4], odd_b = m[3] - m[4];
    y[0] = m[0] + (even_a + even_b);
    y[1] = multiply_add(V(b), odd_b, V(a) * odd_a);
    y[2] = multiply_add(V(b2), even_b, V(a2) * even_a);
    y[3] = multiply_add(V(b2 * b), odd_b, multiply_add(V(a2 * a), odd_a, m[5]));
  }
};

/// The same points, and so the same transform of the input: what four outputs of three weights need, two of five do.
template <class V>
struct WinogradTransform<V, 2, 5> : WinogradTransform<V, 4, 3> {
  using Points = WinogradTransform<V, 4, 3>;

  static void weight(const V (&g)[5], V (&u)[6]) {
    constexpr float a = Points::a, b = Points::b, a2 = Points::a2, b2 = Points::b2;
    constexpr float at_a = 1 / (2 * a2 * (a2 - b2)), at_b = 1 / (2 * b2 * (b2 - a2));
    const auto even = [&](float square) { return multiply_add(V(square), multiply_add(V(square), g[4], g[2]), g[0]); };
    const V even_a = even(a2) * V(at_a), odd_a = multiply_add(V(a2), g[3], g[1]);
    const V even_b = even(b2) * V(at_b), odd_b = multiply_add(V(b2), g[3], g[1]);
    u[0] = g[0] * V(1 / (a2 * b2));
    u[1] = multiply_add(V(a * at_a), odd_a, even_a);
    u[2] = negated_multiply_add(V(a * at_a), odd_a, even_a);
    u[3] = multiply_add(V(b * at_b), odd_b, even_b);
    u[4] = negated_multiply_add(V(b * at_b), odd_b, even_b);
    u[5] = g[4];
  }
  static void output(const V (&m)[6], V (&y)[2]) {
    y[0] = m[0] + ((m[1] + m[2]) + (m[3] + m[4]));
    y[1] = multiply_add(V(Points::b), m[3] - m[4], multiply_add(V(Points::a), m[1] - m[2], m[5]));
  }
};

template <class Arch, Index Tile, Index Kernel>
struct Winograd {
  using V = Vector<Arch>;
  using Transform = WinogradTransform<V, Tile, Kernel>;
  static constexpr Index kLanes = Index(V::size);
  static constexpr Index kSide = Tile + Kernel - 1;
  static constexpr Index kHalf = kSide / 2;
  static constexpr Index kPoints = kSide * kSide;
  static constexpr Index kPanels = Gemm<Arch>::kTilePanels;         // panels of output channels, and tiles,
  static constexpr Index kBlock = Gemm<Arch>::kTileRows / kPanels;  // that are multiplied together
  static constexpr Index kStride = (kBlock | 1) * kPanel;           // between points: odd, to use all sets of the cache

  static void weights(Index in_c, Index panels, const float* weight, float* transformed, Index point) noexcept {
    const Index step = in_c * kPanel;
    for (Index p = 0; p < panels; ++p, weight += Kernel * Kernel * step, transformed += kPoints * point)
      for (Index i = 0; i < step; i += kLanes) {
        V columns[kSide][Kernel], u[kSide];
        for (Index kx = 0; kx < Kernel; ++kx) {
          V g[Kernel];
          for (Index ky = 0; ky < Kernel; ++ky) g[ky] = V::load_unaligned(weight + (ky * Kernel + kx) * step + i);
          Transform::weight(g, u);
          for (Index r = 0; r < kSide; ++r) columns[r][kx] = u[r];
        }
        for (Index r = 0; r < kSide; ++r) {
          Transform::weight(columns[r], u);
          for (Index c = 0; c < kSide; ++c) u[c].store_unaligned(transformed + (r * kSide + c) * point + i);
        }
      }
  }

  /// Some rows of the transformed inputs of a tile, for one vector of channels; `cols` of its columns lie in the image.
  /// Half of the rows at a time, which fit 32 registers: what the others need is computed for them.
  template <Index First, bool kWhole, class Load, class Store>
  static void input_rows(const float* const (&x)[kSide], Index channels, Index cols, float* to, Index stride,
                         const Load& load, const Store& store) {
    V columns[kHalf][kSide];
    for (Index c = 0; c < kSide; ++c) {
      V d[kSide], t[kSide];
      for (Index r = 0; r < kSide; ++r) d[r] = kWhole || c < cols ? load(x[r] + c * channels) : V(0.0f);
      Transform::input(d, t);
      for (Index r = 0; r < kHalf; ++r) columns[r][c] = t[First + r];
    }
    for (Index r = 0; r < kHalf; ++r) {
      V t[kSide];
      Transform::input(columns[r], t);
      for (Index c = 0; c < kSide; ++c) store(t[c], to + ((First + r) * kSide + c) * stride);
    }
  }

  template <bool kWhole>
  static void input_tile(const WinogradTiles& w, Index position, float* to) {
    for_each_vector<V>(w.in_c, [&, channels = w.in_c, stride = w.input_stride, cols = w.in_w - position](
                                   Index i, auto load, auto store) {
      const float* x[kSide];
      for (Index r = 0; r < kSide; ++r) x[r] = w.x[r] + position * channels + i;
      input_rows<0, kWhole>(x, channels, cols, to + i, stride, load, store);
      input_rows<kHalf, kWhole>(x, channels, cols, to + i, stride, load, store);
    });
  }

  /// The products of some tiles and some panels of output channels, padding and all: [panel][point][tile][kPanel]. They
  /// are too short for the loops around Gemm's register tile, so this is called by itself. Not inlined: the constants
  /// of the transforms would take registers away from it.
  [[gnu::noinline]] static void multiply(const WinogradTiles& w, Range panels, Range tiles, float* products) {
    GemmArgs strides{};
    strides.a_row_stride = w.in_c;
    strides.a_depth_stride = 1;
    strides.b_panel_stride = kPoints * w.weight_stride;
    strides.b_depth_stride = kPanel;
    strides.c_panel_stride = kPoints * kStride;
    strides.c_row_stride = kPanel;
    typename Gemm<Arch>::Tile t{};
    t.depth = w.in_c;
    t.run_left = strides.a_run;
    t.a = w.inputs + tiles.begin * w.in_c;
    t.b = w.weight + panels.begin * strides.b_panel_stride;
    t.c = products;
    for (Index p = 0; p < kPoints; ++p, t.a += w.input_stride, t.b += w.weight_stride, t.c += kStride)
      Gemm<Arch>::template tile<kBlock>(tiles.size(), strides, t, panels.size() * kPanel);
  }

  /// All outputs of a tile for one vector of channels, some rows at a time: calls sink(first row, outputs).
  template <Index Rows, class Sink>
  static void output_tile(const float* from, const V& bias, const Sink& sink) {
    V columns[Tile][kSide];
    for (Index c = 0; c < kSide; ++c) {
      V m[kSide], y[Tile];
      for (Index r = 0; r < kSide; ++r) m[r] = V::load_unaligned(from + (r * kSide + c) * kStride);
      Transform::output(m, y);
      for (Index r = 0; r < Tile; ++r) columns[r][c] = y[r];
    }
    for (Index r = 0; r < Tile; r += Rows) {
      V y[Rows][Tile];
      for (Index i = 0; i < Rows; ++i) {
        Transform::output(columns[r + i], y[i]);
        for (V& value : y[i]) value += bias;
      }
      sink(r, y);
    }
  }

  static void store_tile(const float* from, const V& bias, float* to, Index line, Index place) {
    output_tile<1>(from, bias, [&](Index r, const V(&y)[1][Tile]) {
      for (Index c = 0; c < Tile; ++c) y[0][c].store_unaligned(to + r * line + c * place);
    });
  }

  /// The same for a tile of which only rows x cols positions and n channels exist.
  static void store_edge(const float* from, const V& bias, float* to, Index line, Index place, Index rows, Index cols,
                         Index n) {
    alignas(kAlignment) float whole[Tile][Tile][kLanes];
    store_tile(from, bias, whole[0][0], Tile * kLanes, kLanes);
    for (Index r = 0; r < rows; ++r)
      for (Index c = 0; c < cols; ++c)
        for (Index i = 0; i < n; ++i) to[r * line + c * place + i] = whole[r][c][i];
  }

  static void output(const WinogradTiles& w, Index panel, Range tiles, const float* products) {
    const Index left = w.out_c - panel * kPanel, channels = left < kPanel ? left : kPanel;
    const Index place = w.out_c, line = w.out_w * place;
    for (Index tile = tiles.begin; tile < tiles.end; ++tile, products += kPanel) {
      const Index oy = tile / w.width * Tile, ox = tile % w.width * Tile;
      float* to = w.y + oy * line + ox * place + panel * kPanel;
      const Index rows = w.rows - oy < Tile ? w.rows - oy : Tile, cols = w.out_w - ox < Tile ? w.out_w - ox : Tile;
      for (Index i = 0; i < channels; i += kLanes) {
        const Index n = channels - i < kLanes ? channels - i : kLanes;
        const V bias = V::load_unaligned(w.bias + panel * kPanel + i);
        if (rows == Tile && cols == Tile && n == kLanes)
          store_tile(products + i, bias, to + i, line, place);
        else
          store_edge(products + i, bias, to + i, line, place, rows, cols, n);
      }
    }
  }

  /// Outputs that fill no window go nowhere.
  static void pooled_output(const WinogradTiles& w, const PooledTiles& p, Index panel, Range tiles,
                            const float* products) {
    constexpr Index kPool = 2;
    using Pool = ReluPool<Arch, kPool>;
    const Index left = w.out_c - panel * kPanel, channels = left < kPanel ? left : kPanel;
    const Index place_row = p.place_row, place_col = p.place_col, line = w.out_w / kPool * w.out_c;
    for (Index tile = tiles.begin; tile < tiles.end; ++tile, products += kPanel) {
      const Index oy = tile / w.width * Tile, ox = tile % w.width * Tile, rows = w.rows - oy, cols = w.out_w - ox;
      const Index first = oy / kPool * line + ox / kPool * w.out_c + panel * kPanel;
      for_each_vector<V>(channels, [&](Index i, auto load, auto store) {
        const V scale = p.scale ? load(p.scale + panel * kPanel + i) : V(1.0f);
        output_tile<kPool>(products + i, load(w.bias + panel * kPanel + i), [&](Index r, const V(&y)[kPool][Tile]) {
          for (Index c = 0; c < Tile; c += kPool) {
            if (r + kPool > rows || c + kPool > cols) continue;
            const auto best = Pool::max(
                kPool, kPool, [&](Index ky, Index kx) { return y[ky][c + kx]; },
                [&](Index ky, Index kx) { return float(ky * place_row + kx * place_col); });
            const Index to = first + r / kPool * line + c / kPool * w.out_c + i;
            Pool::finish(best, scale, store, p.y + to, p.place ? p.place + to : nullptr);
          }
        });
      });
    }
  }

  static void inputs(const WinogradTiles& w, Index tile) noexcept {
    float* to = w.inputs + tile * w.in_c;
    for (Index position = 0; position < w.width * Tile; position += Tile, to += w.in_c)
      (position + kSide <= w.in_w ? input_tile<true> : input_tile<false>)(w, position, to);
  }

  /// Calls output(panel, tiles, products) for all that is computed from the inputs.
  template <class Output>
  static void for_each_product(const WinogradTiles& w, const Output& output) {
    alignas(kAlignment) float products[kPanels * kPoints * kStride];
    const Index all = divide_up(w.out_c, kPanel), blocks = divide_up(w.tiles, kBlock);
    for (Index panel = 0, count; panel < all; panel += count) {
      count = all - panel < kPanels ? 1 : kPanels;
      for (Index block = 0; block < blocks; ++block) {
        const Range tiles = share(w.tiles, block, blocks);
        multiply(w, {panel, panel + count}, tiles, products);
        for (Index i = 0; i < count; ++i) output(panel + i, tiles, products + i * kPoints * kStride);
      }
    }
  }

  static void outputs(const WinogradTiles& w) noexcept {
    for_each_product(w, [&w](Index panel, Range tiles, const float* products) { output(w, panel, tiles, products); });
  }
  static void pooled_outputs(const WinogradTiles& w, const PooledTiles& p) noexcept {
    for_each_product(
        w, [&](Index panel, Range tiles, const float* products) { pooled_output(w, p, panel, tiles, products); });
  }
};

}  // namespace
}  // namespace gradrace::kernels
