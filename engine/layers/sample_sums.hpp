#pragma once
/// What the samples of a batch contribute to a gradient, added up.

#include "engine/layers/layer.hpp"

namespace gradrace {

/// Sums over the samples in a fixed binary tree: terms 2i and 2i + 1 make a pair, pairs 2i and 2i + 1 make a node of
/// four, and so on; what has no partner goes up alone. A worker forms those subtrees that lie among its samples, and
/// keeps the sums of the largest: so no bit depends on who has which samples, and a few buffers serve any number of
/// them. A term is one sample's contribution; of a large one, some samples in a row add theirs in order, since each
/// term is added once more. All functions but plan() are for training steps: they allocate and throw nothing.
class SampleSums {
 public:
  /// Books memory for so many floats a sample.
  void plan(LayerPlan& plan, Index floats);

  /// Samples that make a term, which must be a worker's own.
  Index samples_together() const { return together_; }

  /// Where a sample's contribution is to be written, or, if `adds`, added to what the one before has left; and that
  /// this is done. A worker's samples come in order.
  float* term(const Context& context, Index sample) const { return at(context, {0, sample / together_}); }
  bool adds(Index sample) const { return sample % together_ != 0; }
  void done(const Context& context, Index sample) const;

  /// Writes the sums of n floats, from `offset` on, over all samples of the batch; all must have been added.
  void total(const Context& context, Index offset, Index n, float* sums) const;

 private:
  struct Node {  // of the terms from index * 2^level on
    Index level, index;
    Index first() const { return index << level; }
    bool is_second() const { return index % 2 != 0; }
    Node partner() const { return {level, index ^ 1}; }
    Node parent() const { return {level + 1, index / 2}; }
    Node child(Index number) const { return {level - 1, 2 * index + number}; }
  };
  struct Chunk;

  Range terms_of(const Context& context, Index worker) const;
  bool completes_pair(const Context& context, const Node& node) const;
  float* at(const Context& context, const Node& node) const;
  float* root(const Context& context, const Node& node, Index worker) const;
  const float* sum(const Context& context, const Node& node, Index offset, Index n, Chunk& chunk) const;

  Index together_ = 1;
  Index levels_ = 0;
  Index stride_ = 0;  // floats from one buffer to the next
  Slot buffers_;      // of each worker: one for sums that are added at once, then those that open a pair, and those
                      // whose partner another worker has, by level
};

}  // namespace gradrace
