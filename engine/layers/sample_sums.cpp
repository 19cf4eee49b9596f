#include "engine/layers/sample_sums.hpp"

#include <algorithm>
#include <bit>

#include "kernels/pointwise.hpp"

namespace gradrace {
namespace {

constexpr Index kMostLevels = 32;  // so that a batch has less than 2^31 samples, which memory would not hold either
constexpr Index kChunk = 64;       // floats of a total that are formed at once: all its sums stay in L1

}  // namespace

/// Of each level, the sums of a node that is first and of one that is second in its pair.
struct SampleSums::Chunk {
  alignas(kAlignment) float sums[2 * kMostLevels][kChunk];
};

void SampleSums::plan(LayerPlan& plan, Index floats) {
  levels_ = Index(std::bit_width(std::uint64_t(std::max<Index>(plan.batch() - 1, 0)))) + 1;
  GRADRACE_EXPECT(levels_, <=, kMostLevels);
  stride_ = round_up(floats, kPanel);
  buffers_ = plan.book_per_worker(Lifetime::kStep, (1 + 2 * levels_) * stride_);
}

/// Whether a node is the second of a pair whose first the same worker has formed.
bool SampleSums::completes_pair(const Context& context, const Node& node) const {
  return node.is_second() && node.partner().first() >= context.samples_of(context.worker).begin;
}

/// Where the node's sum lies if nothing is above it among the samples of its worker.
float* SampleSums::root(const Context& context, const Node& node, Index worker) const {
  return context.memory->at(buffers_, worker) + (1 + (node.is_second() ? levels_ : 0) + node.level) * stride_;
}

float* SampleSums::at(const Context& context, const Node& node) const {
  return completes_pair(context, node) ? context.at(buffers_) : root(context, node, context.worker);
}

void SampleSums::add(const Context& context, Index sample) const {
  const auto all = [&](const Node& node) { return std::span(at(context, node), std::size_t(stride_)); };
  for (Node node{0, sample}; completes_pair(context, node); node = node.parent())
    kernels::add(context.isa, all(node.partner()), all(node), all(node.parent()));
}

/// The node's sum: that of one worker, or of its children.
const float* SampleSums::sum(const Context& context, const Node& node, Index offset, Index n, Chunk& chunk) const {
  const Index worker = owner(context.batch, node.first(), context.workers);
  if (node.first() + (Index(1) << node.level) <= context.samples_of(worker).end)
    return root(context, node, worker) + offset;
  const float* first = sum(context, node.child(0), offset, n, chunk);
  if (node.child(1).first() >= context.batch) return first;
  const float* second = sum(context, node.child(1), offset, n, chunk);
  float* to = chunk.sums[2 * node.level + node.is_second()];
  const std::size_t floats = std::size_t(n);
  kernels::add(context.isa, {first, floats}, {second, floats}, {to, floats});
  return to;
}

void SampleSums::total(const Context& context, Index offset, Index n, float* sums) const {
  const Index top = Index(std::bit_width(std::uint64_t(context.batch - 1)));
  Chunk chunk;
  for (Index i = 0; i < n; i += kChunk) {
    const Index some = std::min(kChunk, n - i);
    std::copy_n(sum(context, {top, 0}, offset + i, some, chunk), some, sums + i);
  }
}

}  // namespace gradrace
