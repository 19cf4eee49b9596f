#include "engine/files/safetensors.hpp"

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/error.hpp"
#include "tests/golden.hpp"
#include "tests/temporary_directory.hpp"
#include "tests/text_file.hpp"

namespace gradrace {
namespace {

/// A file with this header and so many bytes of data.
std::string file_of(const std::string& header, std::size_t data_bytes) {
  const std::uint64_t length = header.size();
  std::string file(sizeof length, '\0');
  std::memcpy(file.data(), &length, sizeof length);
  return file + header + std::string(data_bytes, '\1');
}
std::string entry_of(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return R"({"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}

testing::AssertionResult says(const std::string& sentence, const std::string& part) {
  if (sentence.find(part) != sentence.npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << '"' << sentence << "\" does not say \"" << part << '"';
}

/// The sentence with which a file is refused.
std::string refusal_of(const std::string& file) {
  try {
    parse_safetensors(file, "test.safetensors");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kData);
    EXPECT_TRUE(says(error.what(), "test.safetensors: "));
    return error.what();
  }
  return "";
}
std::string refusal_of(const std::string& header, std::size_t data_bytes) {
  return refusal_of(file_of(header, data_bytes));
}

void write_raw(const std::filesystem::path& path, const std::string& file) {
  std::ofstream(path, std::ios::binary).write(file.data(), static_cast<std::streamsize>(file.size()));
}

TEST(Safetensors, WritesWhatItReads) {
  const TemporaryDirectory directory;
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<NamedTensor> tensors = {{"z.weight", {2, 1, 2}, {1, -0.0f, infinity, 1e-42f}},
                                            {"a.bias", {3}, {4, 5, 6}},
                                            {"nothing", {0, 5}, {}},
                                            {"scalar \"\n", {}, {7}}};
  write_safetensors(directory / "file", tensors);
  const std::vector<NamedTensor> found = read_safetensors(directory / "file");
  ASSERT_EQ(found.size(), tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    EXPECT_EQ(found[i].name, tensors[i].name);
    EXPECT_EQ(found[i].shape, tensors[i].shape);
    EXPECT_EQ(found[i].values, tensors[i].values);
  }
}

TEST(Safetensors, LaysTheFileOutAsTheFormatSays) {
  const TemporaryDirectory directory;
  write_safetensors(directory / "file", std::vector<NamedTensor>{{"b", {2}, {1, 2}}, {"a", {1}, {3}}});
  std::string header =
      R"({"b":)" + entry_of("F32", "[2]", "[0,8]") + R"(,"a":)" + entry_of("F32", "[1]", "[8,12]") + "}";
  header.resize(round_up(static_cast<Index>(header.size()), 8), ' ');
  std::string expected = file_of(header, 12);
  const float values[] = {1, 2, 3};
  std::memcpy(expected.data() + expected.size() - sizeof values, values, sizeof values);

  std::ifstream stream(directory / "file", std::ios::binary);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(stream), {}), expected);
}

TEST(Safetensors, ReadsEntriesInAnyOrderOfNames) {
  const auto entries = parse_safetensors(
      file_of(R"({"a":)" + entry_of("I64", "[2]", "[6,22]") + R"(,"__metadata__":{"format":"pt"},"b":)" +
                  entry_of("U8", "[2]", "[0,2]") + R"(,"c":)" + entry_of("I32", "[]", "[2,6]") + R"(,"d":)" +
                  entry_of("F32", "[0]", "[2,2]") + "}",
              22),
      "file");
  ASSERT_EQ(entries.size(), 4u);
  EXPECT_EQ(entries[0].name, "b");
  EXPECT_EQ(entries[1].name, "d");
  EXPECT_EQ(entries[2].name, "c");
  EXPECT_EQ(entries[3].name, "a");
  EXPECT_EQ(entries[3].bytes.size(), 16u);
}

TEST(Safetensors, RefusesABadHeader) {
  EXPECT_TRUE(says(refusal_of(""), "found 0 bytes"));
  EXPECT_TRUE(says(refusal_of("1234567"), "found 7 bytes"));
  EXPECT_TRUE(says(refusal_of(std::string(8, '\xff') + "{}"), "at most 2, found 18446744073709551615"));
  EXPECT_TRUE(says(refusal_of(file_of("{}", 0).substr(0, 9)), "at most 1, found 2"));
  EXPECT_TRUE(
      says(refusal_of(std::string("{") + std::string(16'000'000, ' ') + "}", 0), "at most 16000000, found 16000002"));
  EXPECT_TRUE(says(refusal_of("", 0), "'{'"));
  EXPECT_TRUE(says(refusal_of("[]", 0), "'{'"));
  EXPECT_TRUE(says(refusal_of(" {}", 0), "'{'"));
  EXPECT_TRUE(says(refusal_of(R"({"a":)", 0), "expected JSON"));
  EXPECT_TRUE(says(refusal_of("{} {}", 0), "at byte 11: expected JSON"));
  EXPECT_TRUE(says(refusal_of(std::string("{}\0{}", 5), 0), "at byte 10: expected JSON, found a zero byte"));
  EXPECT_TRUE(says(refusal_of("{\"\xff\":0}", 0), "expected JSON"));
  EXPECT_TRUE(says(refusal_of(R"({"a":1e999})", 0), "too large"));
  EXPECT_TRUE(says(refusal_of(std::string("{\"a\":") + std::string(400'000, '[') + std::string(400'000, ']') + "}", 0),
                   "deep"));
}

TEST(Safetensors, RefusesDuplicatesAndTooManyValues) {
  const std::string entry = entry_of("U8", "[0]", "[0,0]");
  EXPECT_TRUE(says(refusal_of(R"({"a":)" + entry + R"(,"b":)" + entry + R"(,"a":)" + entry + "}", 0), "\"a\" twice"));
  EXPECT_TRUE(
      says(refusal_of(R"({"a":{"dtype":"U8","shape":[1],"shape":[0],"data_offsets":[0,0]}})", 0), "\"shape\" twice"));
  std::string values;
  for (int i = 0; i < 400'000; ++i) values += "0,";
  EXPECT_TRUE(says(refusal_of(R"({"a":[)" + values + "0]}", 0), "expected at most 400000 values, found more"));
}

TEST(Safetensors, RefusesABadEntry) {
  const auto refusal = [](const std::string& entry) { return refusal_of(R"({"a":)" + entry + "}", 8); };
  EXPECT_EQ(refusal(entry_of("F32", "[2]", "[0,8]")), "");
  EXPECT_TRUE(says(refusal("3"), "the keys dtype, shape and data_offsets, found 3"));
  EXPECT_TRUE(says(refusal("{}"), "the keys"));
  EXPECT_TRUE(says(refusal(R"({"dtype":"F32","shape":[2],"offsets":[0,8]})"), "the keys"));
  EXPECT_TRUE(says(refusal(R"({"dtype":32,"shape":[2],"data_offsets":[0,8]})"), "dtype F32"));
  EXPECT_TRUE(says(refusal(entry_of("F16", "[4]", "[0,8]")), "dtype F32"));
  for (const std::string shape : {"2", "[2.0]", "[-2]", "[\"2\"]", "[18446744073709551615]", "{}", "null"})
    EXPECT_TRUE(says(refusal(entry_of("F32", shape, "[0,8]")), "a shape")) << shape;
  for (const std::string offsets : {"8", "[8]", "[0,8,8]", "[0,\"8\"]", "[-8,0]", "[0,18446744073709551615]"})
    EXPECT_TRUE(says(refusal(entry_of("F32", "[2]", offsets)), "two data_offsets")) << offsets;
  for (const std::string offsets : {"[8,0]", "[0,9]", "[9,17]", "[0,9223372036854775807]"})
    EXPECT_TRUE(says(refusal(entry_of("F32", "[2]", offsets)), "inside the 8 bytes")) << offsets;
  for (const std::string shape : {"[]", "[1]", "[3]", "[2,2]", "[0]", "[4611686018427387904,2]",
                                  "[4294967296,4294967296]", "[4611686018427387904,4,0]"})
    EXPECT_TRUE(says(refusal(entry_of("F32", shape, "[0,8]")), "as far apart")) << shape;
}

TEST(Safetensors, CarriesTexts) {
  const TemporaryDirectory directory;
  const SafetensorsMetadata metadata = {{"a", "{\"b\": \"c\"}"}, {"d", ""}};
  write_safetensors(directory / "file", std::vector<NamedTensor>{{"t", {1}, {3}}}, metadata);
  const auto metadata_of = [&](const std::string& name) {
    return parse_safetensors_metadata(read_text(directory / name), name);
  };
  EXPECT_EQ(metadata_of("file"), metadata);
  EXPECT_EQ(read_safetensors(directory / "file")[0].values[0], 3);
  write_safetensors(directory / "plain", std::vector<NamedTensor>{{"t", {1}, {3}}});
  EXPECT_TRUE(metadata_of("plain").empty());
  write_raw(directory / "odd", file_of(R"({"__metadata__":{"n":1,"t":"x"}})", 0));
  EXPECT_EQ(metadata_of("odd"), (SafetensorsMetadata{{"t", "x"}}));
  EXPECT_THROW(
      write_safetensors(directory / "large", std::vector<NamedTensor>(), {{"a", std::string(17'000'000, 'a')}}), Error);
}

TEST(Safetensors, RefusesHolesOverlapsAndTrailingBytes) {
  const auto refusal = [](const std::string& first, const std::string& second) {
    return refusal_of(R"({"a":)" + entry_of("U8", "[4]", first) + R"(,"b":)" + entry_of("U8", "[4]", second) + "}", 12);
  };
  EXPECT_TRUE(says(refusal("[0,4]", "[8,12]"), "expected tensor \"b\" at byte"));
  EXPECT_TRUE(says(refusal("[0,4]", "[2,6]"), "expected tensor \"b\" at byte"));
  EXPECT_TRUE(says(refusal("[0,4]", "[0,4]"), "expected tensor \"b\" at byte"));
  EXPECT_TRUE(says(refusal("[4,8]", "[8,12]"), "expected tensor \"a\" at byte"));
  EXPECT_TRUE(says(refusal("[0,4]", "[4,8]"), "expected the file to end at byte"));
}

TEST(Safetensors, ShowsNamesFromFilesWithoutControlCharacters) {
  EXPECT_TRUE(says(refusal_of(R"({"\u001b[31m":0})", 0), R"("\u001b[31m")"));
}

TEST(Safetensors, EveryTruncationIsRefused) {
  const std::string file =
      file_of(R"({"a":)" + entry_of("F32", "[2]", "[0,8]") + R"(,"b":)" + entry_of("U8", "[3]", "[8,11]") + "}", 11);
  EXPECT_EQ(refusal_of(file), "");
  for (std::size_t size = 0; size < file.size(); ++size) EXPECT_NE(refusal_of(file.substr(0, size)), "") << size;
}

TEST(Safetensors, ReadsOnlyFloatsFromRegularFiles) {
  const TemporaryDirectory directory;
  const auto refusal = [&](const std::string& name) {
    try {
      read_safetensors(directory / name);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kData);
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_TRUE(says(refusal("missing"), "No such file or directory"));
  EXPECT_TRUE(says(refusal(""), "expected a regular file"));
  write_raw(directory / "huge", "");
  std::filesystem::resize_file(directory / "huge", std::uintmax_t{1} << 40);
  EXPECT_TRUE(says(refusal("huge"), "expected at most 1073741824 bytes, found 1099511627776"));
  write_raw(directory / "bytes", file_of(R"({"a":)" + entry_of("U8", "[4]", "[0,4]") + "}", 4));
  EXPECT_TRUE(says(refusal("bytes"), "expected dtype F32, found U8"));
}

TEST(GoldenSafetensors, EveryTensorHasAsManyValuesAsItsShapeSays) {
  const auto tensors = golden::tensors("kernels.safetensors");
  EXPECT_FALSE(tensors.empty());
  for (const auto& [name, tensor] : tensors)
    EXPECT_EQ(std::ssize(tensor.floats) + std::ssize(tensor.integers), golden::Layer::size(tensor.shape)) << name;
}

/// PyTorch's own file, written by another program, comes out byte for byte.
TEST(GoldenSafetensors, RewritesPyTorchsFileByteForByte) {
  const std::string name = "experiment/init.safetensors";
  if (!std::filesystem::exists(golden::path(name))) return;
  const TemporaryDirectory directory;
  write_safetensors(directory / "file", read_safetensors(golden::path(name)));
  std::ifstream stream(directory / "file", std::ios::binary);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(stream), {}), golden::contents(name));
}

}  // namespace
}  // namespace gradrace
