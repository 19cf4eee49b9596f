#include "engine/data/idx.hpp"

#include <algorithm>
#include <cstdint>

#include "engine/base/error.hpp"
#include "engine/files/sha256.hpp"

namespace gradrace {
namespace {

constexpr std::uint32_t kMagic = 0x800;  // unsigned bytes; the number of dimensions is added
constexpr std::uint32_t kMaxCount = 1u << 24, kMaxSide = 1u << 12;

std::uint32_t read_u32(const Bytes& bytes, std::size_t offset) {
  return std::uint32_t{bytes[offset]} << 24 | std::uint32_t{bytes[offset + 1]} << 16 |
         std::uint32_t{bytes[offset + 2]} << 8 | std::uint32_t{bytes[offset + 3]};
}

std::size_t header_bytes(IdxKind kind) {
  return 4 + 4 * static_cast<std::size_t>(kind);
}

/// The shape that a header states, checked by itself.
std::vector<Index> parse_header(const Bytes& header, const std::string& name, IdxKind kind) {
  if (header.size() < header_bytes(kind)) {
    throw data_error("{}: expected an IDX header of {} bytes, found {} bytes", name, header_bytes(kind), header.size());
  }
  const std::uint32_t magic = kMagic + static_cast<std::uint32_t>(kind);
  if (read_u32(header, 0) != magic) {
    throw data_error("{}: expected the magic number {:#010x} ({}) at byte 0, found {:#010x}", name, magic,
                     kind == IdxKind::kImages ? "images" : "labels", read_u32(header, 0));
  }
  static constexpr const char* kNames[] = {"the count", "the height", "the width"};
  std::vector<Index> shape;
  for (std::size_t i = 0; i < static_cast<std::size_t>(kind); ++i) {
    const std::uint32_t value = read_u32(header, 4 + 4 * i), most = i == 0 ? kMaxCount : kMaxSide;
    if (value < 1 || value > most) {
      throw data_error("{}: expected {} at byte {} to be between 1 and {}, found {}", name, kNames[i], 4 + 4 * i, most,
                       value);
    }
    shape.push_back(value);
  }
  return shape;
}

/// The bytes of the whole file. Cannot overflow: 2^24 images of 2^12 by 2^12 bytes are 2^48.
std::size_t file_bytes(const std::vector<Index>& shape, const std::string& name, IdxKind kind) {
  std::size_t bytes = 1;
  for (const Index dimension : shape) bytes *= static_cast<std::size_t>(dimension);
  bytes += header_bytes(kind);
  if (bytes > kMaxFileBytes) {
    throw data_error("{}: expected at most {} bytes, but the header claims {}", name, kMaxFileBytes, bytes);
  }
  return bytes;
}

}  // namespace

IdxFile parse_idx(Bytes file, const std::string& name, IdxKind kind) {
  IdxFile idx{.name = name, .shape = {}, .values = {}, .sha256 = {.content = {}, .stored = sha256({file})}};
  idx.shape = parse_header(uncompressed_start(file, name, header_bytes(kind)), name, kind);
  const std::size_t expected = file_bytes(idx.shape, name, kind);
  idx.values = uncompressed(std::move(file), name, expected);
  if (idx.values.size() != expected) {
    throw data_error("{}: expected {} bytes, as the header says, but the data ends at byte {}", name, expected,
                     idx.values.size());
  }
  idx.sha256.content = sha256({idx.values});
  idx.values.erase(idx.values.begin(), idx.values.begin() + static_cast<Index>(header_bytes(kind)));
  return idx;
}

IdxFile read_idx(const std::filesystem::path& file, IdxKind kind) {
  return parse_idx(read_file(file), file.string(), kind);
}

ImageSet join_images_and_labels(IdxFile images, IdxFile labels, Index classes) {
  if (images.shape[0] != labels.shape[0]) {
    throw data_error("{}: expected {} labels, one for each image of {}, found {}", labels.name, images.shape[0],
                     images.name, labels.shape[0]);
  }
  const auto wrong = std::ranges::find_if(labels.values, [&](std::uint8_t label) { return label >= classes; });
  if (wrong != labels.values.end()) {
    throw data_error("{}: expected labels from 0 to {}, found {} at byte {}", labels.name, classes - 1, int{*wrong},
                     wrong - labels.values.begin() + static_cast<Index>(header_bytes(IdxKind::kLabels)));
  }
  return ImageSet{.count = images.shape[0],
                  .height = images.shape[1],
                  .width = images.shape[2],
                  .classes = 1 + *std::ranges::max_element(labels.values),
                  .pixels = std::move(images.values),
                  .labels = std::move(labels.values)};
}

Bytes idx_header(const std::vector<Index>& shape) {
  Bytes header;
  const auto append = [&](std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) header.push_back(static_cast<std::uint8_t>(value >> shift));
  };
  append(kMagic + static_cast<std::uint32_t>(shape.size()));
  for (const Index dimension : shape) append(static_cast<std::uint32_t>(dimension));
  return header;
}

}  // namespace gradrace
