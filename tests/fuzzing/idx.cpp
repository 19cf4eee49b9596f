#include "engine/data/idx.hpp"

#include "tests/fuzzing/fuzzer.hpp"

namespace gradrace {

void fuzz(std::string_view input) {
  for (const IdxKind kind : {IdxKind::kImages, IdxKind::kLabels}) try {
      const IdxFile file = parse_idx(bytes_of(input), "some.idx", kind);
      const Index count = file.shape[0];
      join_images_and_labels(
          kind == IdxKind::kImages ? file : parse_idx(idx_file({count, 1, 1}), "images", IdxKind::kImages),
          kind == IdxKind::kLabels ? file : parse_idx(idx_file({count}), "labels", IdxKind::kLabels), 7);
    } catch (const Error&) {
    }
}

std::vector<std::string> seeds() {
  const Bytes images = idx_file({2, 3, 4}), labels = idx_file({5});
  return {text_of(images), text_of(labels), text_of(gzip_compressed(images)), text_of(gzip_compressed(labels))};
}

std::vector<std::string> words() {
  return {R"(\x00\x00\x08\x01)", R"(\x00\x00\x08\x03)", R"(\xff\xff\xff\xff)",
          R"(\x01\x00\x00\x00)", R"(\x00\x00\x10\x00)", R"(\x1f\x8b\x08)"};
}

}  // namespace gradrace
