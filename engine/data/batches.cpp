#include "engine/data/batches.hpp"

#include <algorithm>
#include <numeric>

namespace gradrace {

Batches::Batches(const ImageSet& images, Index batch_size)
    : images_(images), batch_size_(batch_size), order_(std::size_t(images.count)) {}

void Batches::begin_shuffled(Generator& generator) {
  continue_shuffled(begin_shuffled_pass(generator));
}

void Batches::continue_shuffled(std::uint64_t order_seed) {
  order_seed_ = order_seed;
  permutation(order_seed, order_);
}

void Batches::begin_in_order(Generator& generator) {
  begin_pass(generator);
  std::iota(order_.begin(), order_.end(), 0u);
}

Index Batches::size(Index batch) const {
  return std::min(batch_size_, images_.count - batch * batch_size_);
}

std::span<const std::uint8_t> Batches::pixels(Index batch, Index s) const {
  return {images_.pixels.data() + index(batch, s) * images_.image_bytes(), images_.image_bytes()};
}

void Batches::prefetch(Index batch, Index s) const {
  constexpr std::size_t kLine = 64;
  if (s >= size(batch)) return;
  const std::span<const std::uint8_t> all = pixels(batch, s);
  for (std::size_t i = 0; i < all.size(); i += kLine) __builtin_prefetch(all.data() + i);
}

Index Batches::label(Index batch, Index s) const {
  return images_.labels[index(batch, s)];
}

}  // namespace gradrace
