#include "engine/data/cifar.hpp"

#include "tests/fuzzing/fuzzer.hpp"

namespace gradrace {

void fuzz(std::string_view input) {
  const CifarFile file = parse_cifar(bytes_of(input), "some.bin", 7);
  GRADRACE_EXPECT(std::ssize(file.images.labels), ==, file.images.count);
}

std::vector<std::string> seeds() {
  return {text_of(cifar_file(2)), text_of(gzip_compressed(cifar_file(3))), text_of(gzip_compressed(cifar_file(7)))};
}

std::vector<std::string> words() {
  return {R"(\x1f\x8b\x08\x00)"};
}

}  // namespace gradrace
