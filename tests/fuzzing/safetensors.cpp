#include "engine/files/safetensors.hpp"

#include <cstring>

#include "tests/fuzzing/fuzzer.hpp"

namespace gradrace {

void fuzz(std::string_view input) {
  for (const SafetensorsEntry& entry : parse_safetensors(input, "some.safetensors"))
    GRADRACE_EXPECT(entry.bytes.data() + entry.bytes.size(), <=, input.data() + input.size());
}

std::vector<std::string> seeds() {
  const auto file = [](const std::string& header, std::size_t data) {
    const std::uint64_t length = header.size();
    std::string text(sizeof length, '\0');
    std::memcpy(text.data(), &length, sizeof length);
    return text + header + std::string(data, 'x');
  };
  return {file("{}", 0), file(R"({"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}})", 4),
          file(R"({"__metadata__":{"format":"pt"},"b":{"dtype":"I64","shape":[1,2],"data_offsets":[0,16]},)"
               R"("c":{"dtype":"U8","shape":[3],"data_offsets":[16,19]},"d":{"dtype":"I32","shape":[0],)"
               R"("data_offsets":[16,16]}})",
               19)};
}

std::vector<std::string> words() {
  return {R"(\"dtype\":\"F32\")",  R"(\"dtype\":\"I64\")", R"(\"dtype\":\"I32\")",
          R"(\"dtype\":\"U8\")",   R"(\"shape\":[])",      R"(\"shape\":[1,2])",
          R"(\"data_offsets\":[)", R"(\"__metadata__\")",  "9223372036854775807",
          "18446744073709551615",  "4294967296",           R"({\"\":{)"};
}

}  // namespace gradrace
