#pragma once
/// Batches of a training or test set. Images stay bytes; a sample is normalised when it is gathered
/// (normalization.hpp).

#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/random.hpp"
#include "engine/data/image_set.hpp"

namespace gradrace {

/// The images of one pass, in batches; the last one may be smaller.
class Batches {
 public:
  Batches(const ImageSet& images, Index batch_size);

  /// Begins a pass in a new random order, or in file order; both draw from the generator what PyTorch's DataLoader
  /// draws.
  void begin_shuffled(Generator& generator);
  void begin_in_order(Generator& generator);
  /// Puts the images into the order of the shuffled pass that had this order_seed(), and draws nothing.
  void continue_shuffled(std::uint64_t order_seed);

  const ImageSet& images() const { return images_; }
  Index count() const { return divide_up(images_.count, batch_size_); }
  Index size(Index batch) const;
  /// Sample `s` of batch `batch`.
  std::span<const std::uint8_t> pixels(Index batch, Index s) const;
  /// Lets the caches fetch the sample's pixels, if there is one: in a shuffled pass no hardware foresees them.
  void prefetch(Index batch, Index s) const;
  Index label(Index batch, Index s) const;
  /// The order of this pass, as indices into the image set.
  std::span<const std::uint32_t> order() const { return order_; }
  /// What decides the order of a shuffled pass.
  std::uint64_t order_seed() const { return order_seed_; }

 private:
  std::size_t index(Index batch, Index s) const { return order_[std::size_t(batch * batch_size_ + s)]; }

  const ImageSet& images_;
  Index batch_size_;
  std::vector<std::uint32_t> order_;
  std::uint64_t order_seed_ = 0;
};

}  // namespace gradrace
