#include "kernels/gemm.hpp"

#include <algorithm>

#include "kernels/table.hpp"

namespace gradrace::kernels {
namespace {

// Block sizes in elements, beside kChain in depth: a panel of B (256 x 16 columns = 16 KB) stays in L1 beside the tile
// of A that meets it, a block of A in L2 (120 x 256 floats = 120 KB), a block of B in L3.
constexpr Index kColBlock = 1024;
constexpr Index kRowTilesPerBlock = 20;

/// B block -> panels [cols / 16][depth][16], columns padded with zeros. A few rows at a time: the processor fetches
/// ahead what it sees being read in order.
void pack_b(const ConstMatrix& b, Range depth, Range cols, float* to) {
  constexpr Index kRows = 8;
  for (Index k = depth.begin; k < depth.end; k += kRows) {
    const Index rows = std::min(kRows, depth.end - k);
    for (Index j = cols.begin; j < cols.end; j += kPanel) {
      const Index width = std::min(kPanel, cols.end - j);
      float* line = to + (j - cols.begin) * depth.size() + (k - depth.begin) * kPanel;
      for (Index r = 0; r < rows; ++r, line += kPanel) {
        const float* from = b.data + (k + r) * b.row_stride + j * b.col_stride;
        for (Index i = 0; i < width; ++i) line[i] = from[i * b.col_stride];
        std::fill(line + width, line + kPanel, 0.0f);
      }
    }
  }
}

/// A block -> tiles [rows / tile][depth][tile], so that the micro-kernel reads it front to back. A cache line of a row
/// at a time: rows that lie a multiple of 4 KB apart share cache sets, and would throw each other out.
void pack_a(const ConstMatrix& a, Range rows, Range depth, Index tile, float* to) {
  constexpr Index kLine = kAlignment / sizeof(float);
  for (Index r = rows.begin; r < rows.end; r += tile) {
    const Index height = std::min(tile, rows.end - r);
    for (Index k = depth.begin; k < depth.end; k += kLine) {
      const Index steps = std::min(kLine, depth.end - k);
      for (Index i = 0; i < height; ++i) {
        const float* from = a.data + (r + i) * a.row_stride + k * a.col_stride;
        for (Index step = 0; step < steps; ++step) to[step * tile + i] = from[step * a.col_stride];
      }
      to += steps * tile;
    }
  }
}

}  // namespace

Index gemm_scratch_floats(const Isa& isa) {
  return kChain * (kColBlock + kRowTilesPerBlock * isa.table().gemm_tile_rows);
}

void gemm(const Isa& isa, const ConstMatrix& a, const ConstMatrix& b, const Matrix& c, Start start,
          std::span<float> scratch) noexcept {
  GRADRACE_EXPECT(a.cols, ==, b.rows);
  GRADRACE_EXPECT(c.rows, ==, a.rows);
  GRADRACE_EXPECT(c.cols, ==, b.cols);
  GRADRACE_EXPECT(Index(scratch.size()), >=, gemm_scratch_floats(isa));
  if (a.cols == 0 && start == Start::kZero)
    for (Index r = 0; r < c.rows; ++r) std::fill_n(c.data + r * c.row_stride, c.cols, 0.0f);

  const Index tile = isa.table().gemm_tile_rows, row_block = kRowTilesPerBlock * tile;
  float* packed_b = scratch.data();
  float* packed_a = packed_b + kChain * kColBlock;
  for (Index j = 0; j < b.cols; j += kColBlock) {
    const Range cols{j, std::min(j + kColBlock, b.cols)};
    for (Index k = 0; k < a.cols; k += kChain) {
      const Range depth{k, std::min(k + kChain, a.cols)};
      pack_b(b, depth, cols, packed_b);
      for (Index r = 0; r < a.rows; r += row_block) {
        const Range rows{r, std::min(r + row_block, a.rows)};
        pack_a(a, rows, depth, tile, packed_a);
        isa.table().gemm({.rows = rows.size(),
                          .cols = cols.size(),
                          .depth = depth.size(),
                          .a = packed_a,
                          .a_tile_stride = tile * depth.size(),
                          .a_row_stride = 1,
                          .a_depth_stride = tile,
                          .b = packed_b,
                          .b_panel_stride = depth.size() * kPanel,
                          .b_depth_stride = kPanel,
                          .c = c.data + r * c.row_stride + j,
                          .c_panel_stride = kPanel,
                          .c_row_stride = c.row_stride,
                          .bias = nullptr,
                          .accumulate = k > 0 || start == Start::kAccumulate});
      }
    }
  }
}

void transpose(const Isa& isa, const PanelMatrix& shape, const float* from, Range panels, float* to) noexcept {
  GRADRACE_EXPECT(panels.end, <=, shape.panels());
  isa.table().transpose(shape, from, panels, to);
}

void columns_from_panels(const PanelMatrix& shape, const float* from, Range panels, float* to) noexcept {
  for (Index c = panels.begin * kPanel; c < std::min(panels.end * kPanel, shape.cols); ++c)
    for (Index r = 0; r < shape.rows; ++r) to[c * shape.rows + r] = from[shape.offset(r, c)];
}

void add_column_sums(const Isa& isa, Index rows, Index cols, const float* x, Index row_stride, float* sums) noexcept {
  GRADRACE_EXPECT(row_stride, >=, cols);
  isa.table().add_column_sums(rows, cols, x, row_stride, sums);
}

void tree_sum(const Isa& isa, Index terms, Index n, const float* x, Index term_stride, float* sum) noexcept {
  GRADRACE_EXPECT(terms, >=, 1);
  isa.table().tree_sum(terms, n, x, term_stride, sum);
}

}  // namespace gradrace::kernels
