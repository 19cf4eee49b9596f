#include "engine/layers/sample_sums.hpp"

#include <algorithm>
#include <bit>

#include "kernels/pointwise.hpp"

namespace gradrace {
namespace {

// Of gradients of more than 64 KB, four samples make a term.
constexpr Index kLargeFloats = 1 << 14, kTogether = 4;

constexpr Index kMostLevels = 32;  // so that a batch has less than 2^31 samples, which memory would not hold either
constexpr Index kChunk = 64;       // floats of a total that are formed at once: all its sums stay in L1

/// That of the tree's only node which has all of some terms.
Index top_level(Index terms) {
  return Index(std::bit_width(std::uint64_t(std::max<Index>(terms - 1, 0))));
}

}  // namespace

/// Of each level, the sums of a node that is first and of one that is second in its pair.
struct SampleSums::Chunk {
  alignas(kAlignment) float sums[2 * kMostLevels][kChunk];
};

void SampleSums::plan(LayerPlan& plan, Index floats) {
  together_ = floats > kLargeFloats ? kTogether : 1;
  levels_ = top_level(divide_up(plan.batch(), together_)) + 1;
  GRADRACE_EXPECT(levels_, <=, kMostLevels);
  stride_ = round_up(floats, kPanel);
  buffers_ = plan.book_per_worker(Lifetime::kStep, (1 + 2 * levels_) * stride_);
}

/// A worker's samples are those of whole terms.
Range SampleSums::terms_of(const Context& context, Index worker) const {
  const Range samples = context.samples_of(worker);
  return {divide_up(samples.begin, together_), divide_up(samples.end, together_)};
}

/// Whether a node is the second of a pair whose first the same worker has formed.
bool SampleSums::completes_pair(const Context& context, const Node& node) const {
  return node.is_second() && node.partner().first() >= terms_of(context, context.worker).begin;
}

/// Where the node's sum lies if nothing is above it among the samples of its worker.
float* SampleSums::root(const Context& context, const Node& node, Index worker) const {
  return context.memory->at(buffers_, worker) + (1 + (node.is_second() ? levels_ : 0) + node.level) * stride_;
}

float* SampleSums::at(const Context& context, const Node& node) const {
  return completes_pair(context, node) ? context.at(buffers_) : root(context, node, context.worker);
}

void SampleSums::done(const Context& context, Index sample) const {
  if (adds(sample + 1) && sample + 1 < context.batch) return;
  const auto all = [&](const Node& node) { return std::span(at(context, node), std::size_t(stride_)); };
  for (Node node{0, sample / together_}; completes_pair(context, node); node = node.parent())
    kernels::add(context.isa, all(node.partner()), all(node), all(node.parent()));
}

/// The node's sum: that of one worker, or of its children.
const float* SampleSums::sum(const Context& context, const Node& node, Index offset, Index n, Chunk& chunk) const {
  const Index worker = context.owner_of(node.first() * together_);
  if (node.first() + (Index(1) << node.level) <= terms_of(context, worker).end)
    return root(context, node, worker) + offset;
  const float* first = sum(context, node.child(0), offset, n, chunk);
  if (node.child(1).first() * together_ >= context.batch) return first;
  const float* second = sum(context, node.child(1), offset, n, chunk);
  float* to = chunk.sums[2 * node.level + node.is_second()];
  const std::size_t floats = std::size_t(n);
  kernels::add(context.isa, {first, floats}, {second, floats}, {to, floats});
  return to;
}

void SampleSums::total(const Context& context, Index offset, Index n, float* sums) const {
  const Index top = top_level(divide_up(context.batch, together_));
  Chunk chunk;
  for (Index i = 0; i < n; i += kChunk) {
    const Index some = std::min(kChunk, n - i);
    std::copy_n(sum(context, {top, 0}, offset + i, some, chunk), some, sums + i);
  }
}

}  // namespace gradrace
