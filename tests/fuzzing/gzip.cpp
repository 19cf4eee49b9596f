#include "engine/files/gzip.hpp"

#include "tests/fuzzing/fuzzer.hpp"

namespace gradrace {

void fuzz(std::string_view input) {
  const Bytes file = bytes_of(input);
  const Bytes start = uncompressed_start(file, "some.gz", 16);
  const Bytes whole = uncompressed(file, "some.gz", std::size_t{1} << 16);
  GRADRACE_EXPECT(std::equal(start.begin(), start.end(), whole.begin()), ==, true);
}

std::vector<std::string> seeds() {
  const std::string one = text_of(gzip_compressed(bytes_of("one member"))), none = text_of(gzip_compressed({}));
  return {one, none, one + one, text_of(gzip_compressed(Bytes(100'000))), "plain"};
}

std::vector<std::string> words() {
  return {R"(\x1f\x8b\x08\x00)", R"(\x1f\x8b\x08\x04)", R"(\x1f\x8b\x08\x08)", R"(\x1f\x8b\x08\x10)",
          R"(\x1f\x8b\x08\x02)"};
}

}  // namespace gradrace
