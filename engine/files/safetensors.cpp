#include "engine/files/safetensors.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <tuple>
#include <utility>

#include "engine/base/error.hpp"
#include "engine/files/atomic_file.hpp"
#include "engine/files/file.hpp"
#include "engine/files/json.hpp"

namespace gradrace {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors files are little endian");

constexpr std::size_t kLengthBytes = sizeof(std::uint64_t);
constexpr std::size_t kMaxHeader = 16'000'000;  ///< bytes
constexpr const char* kMetadata = "__metadata__";
/// {"name": {"shape": [; and more tensors than any model has, each of which is some ten values.
constexpr JsonLimits kHeader{.depth = 3, .values = 400'000, .first_byte = kLengthBytes};

using nlohmann::ordered_json;

std::string_view header_text(std::string_view file, const std::string& source) {
  if (file.size() < kLengthBytes)
    throw data_error("{}: expected a safetensors file, which begins with {} bytes of header length, found {} bytes",
                     source, kLengthBytes, file.size());
  std::uint64_t length;
  std::memcpy(&length, file.data(), kLengthBytes);
  const std::size_t limit = std::min(file.size() - kLengthBytes, kMaxHeader);
  if (length > limit)
    throw data_error("{}: at byte 0: expected a header length of at most {}, found {}", source, limit, length);
  const std::string_view text = file.substr(kLengthBytes, static_cast<std::size_t>(length));
  if (!text.starts_with('{')) throw data_error("{}: at byte {}: expected the header's '{{'", source, kLengthBytes);
  return text;
}

ordered_json parse_header(std::string_view text, const std::string& source) {
  return parse_json(text, source, kHeader);
}

std::size_t element_size(const std::string& dtype) {
  if (dtype == "F32" || dtype == "I32") return 4;
  if (dtype == "I64") return 8;
  return dtype == "U8" ? 1 : 0;
}

bool is_list_of_sizes(const ordered_json& value) {
  return value.is_array() && std::ranges::all_of(value, [](const ordered_json& element) {
           return element.is_number_unsigned() && std::in_range<Index>(element.get<std::uint64_t>());
         });
}

/// The product of element size and shape, or -1 if it does not fit.
Index byte_count(std::size_t size, const std::vector<Index>& shape) {
  auto count = static_cast<Index>(size);
  for (const Index extent : shape)
    if (__builtin_mul_overflow(count, extent, &count)) return -1;
  return count;
}

/// One entry of the header, with its place in `data`, the bytes after the header.
SafetensorsEntry parse_entry(const std::string& name, const ordered_json& entry, std::string_view data,
                             const std::string& source) {
  const auto expect = [&](bool condition, std::string_view expectation) {
    if (!condition)
      throw data_error("{}: tensor {}: expected {}, found {}", source, shown(name), expectation, shown(entry));
  };
  expect(entry.is_object() && entry.size() == 3 && entry.contains("dtype") && entry.contains("shape") &&
             entry.contains("data_offsets"),
         "the keys dtype, shape and data_offsets");
  expect(entry["dtype"].is_string() && element_size(entry["dtype"]) > 0, "dtype F32, I64, I32 or U8");
  expect(is_list_of_sizes(entry["shape"]), "a shape of whole numbers");
  expect(is_list_of_sizes(entry["data_offsets"]) && entry["data_offsets"].size() == 2, "two data_offsets");

  const std::size_t begin = entry["data_offsets"][0], end = entry["data_offsets"][1];
  expect(begin <= end && end <= data.size(), fmt::format("data_offsets inside the {} bytes of data", data.size()));
  SafetensorsEntry result{name, entry["dtype"], entry["shape"], data.substr(begin, end - begin)};
  const Index bytes = byte_count(element_size(result.dtype), result.shape);
  expect(std::cmp_equal(bytes, end - begin), "data_offsets as far apart as dtype and shape say");
  return result;
}

/// Entries in the order of their bytes must follow one another from the first byte to the last.
void expect_full_cover(const std::vector<SafetensorsEntry>& entries, std::string_view file, std::string_view data,
                       const std::string& source) {
  const char* next = data.data();
  for (const SafetensorsEntry& entry : entries) {
    if (entry.bytes.data() != next)
      throw data_error("{}: expected tensor {} at byte {}, where the one before it ends, found it at byte {}", source,
                       shown(entry.name), next - file.data(), entry.bytes.data() - file.data());
    next += entry.bytes.size();
  }
  if (next != data.data() + data.size())
    throw data_error("{}: expected the file to end at byte {}, with its last tensor, found {} bytes", source,
                     next - file.data(), file.size());
}

}  // namespace

std::vector<SafetensorsEntry> parse_safetensors(std::string_view file, const std::string& source) {
  const std::string_view text = header_text(file, source);
  const std::string_view data = file.substr(kLengthBytes + text.size());
  const ordered_json header = parse_header(text, source);
  std::vector<SafetensorsEntry> entries;
  for (const auto& [name, entry] : header.items())
    if (name != kMetadata) entries.push_back(parse_entry(name, entry, data, source));
  std::ranges::sort(entries, {}, [](const SafetensorsEntry& entry) {
    return std::tuple(entry.bytes.data(), entry.bytes.size(), std::string_view(entry.name));
  });
  expect_full_cover(entries, file, data, source);
  return entries;
}

SafetensorsEntry entry_of(const NamedTensor& tensor) {
  const auto& [name, shape, values] = tensor;
  return {name, "F32", shape, {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)}};
}

NamedTensor tensor_of(const SafetensorsEntry& entry, const std::string& source) {
  if (entry.dtype != "F32")
    throw data_error("{}: tensor {}: expected dtype F32, found {}", source, shown(entry.name), entry.dtype);
  NamedTensor tensor{entry.name, entry.shape, std::vector<float>(entry.bytes.size() / sizeof(float))};
  std::ranges::copy(entry.bytes, reinterpret_cast<char*>(tensor.values.data()));
  return tensor;
}

std::vector<NamedTensor> read_safetensors(const std::filesystem::path& path) {
  const std::string file = read_text(path, kMaxFileBytes);
  std::vector<NamedTensor> tensors;
  for (const SafetensorsEntry& entry : parse_safetensors(file, path.string()))
    tensors.push_back(tensor_of(entry, path.string()));
  return tensors;
}

SafetensorsMetadata parse_safetensors_metadata(std::string_view file, const std::string& source) {
  const ordered_json header = parse_header(header_text(file, source), source);
  SafetensorsMetadata metadata;
  if (header.contains(kMetadata))
    for (const auto& [name, value] : header[kMetadata].items())
      if (value.is_string()) metadata[name] = value.get<std::string>();
  return metadata;
}

void write_safetensors(const std::filesystem::path& path, std::span<const SafetensorsEntry> entries,
                       const SafetensorsMetadata& metadata) {
  ordered_json header = ordered_json::object();
  if (!metadata.empty()) header[kMetadata] = metadata;
  std::string data;
  for (const auto& [name, dtype, shape, bytes] : entries) {
    const std::size_t begin = data.size();
    GRADRACE_EXPECT(byte_count(element_size(dtype), shape), ==, static_cast<Index>(bytes.size()));
    GRADRACE_EXPECT(header.contains(name), ==, false);
    data.append(bytes);
    header[name] = {{"dtype", dtype}, {"shape", shape}, {"data_offsets", {begin, data.size()}}};
  }
  std::string text = header.dump();
  text.resize(static_cast<std::size_t>(round_up(static_cast<Index>(text.size()), kLengthBytes)), ' ');
  if (text.size() > kMaxHeader)
    throw failure("cannot write {}: a header of {} bytes is more than the {} that can be read", path.string(),
                  text.size(), kMaxHeader);
  const std::uint64_t length = text.size();
  std::string file(reinterpret_cast<const char*>(&length), kLengthBytes);
  write_atomically(path, file + text + data);
}

void write_safetensors(const std::filesystem::path& path, std::span<const NamedTensor> tensors,
                       const SafetensorsMetadata& metadata) {
  std::vector<SafetensorsEntry> entries;
  for (const NamedTensor& tensor : tensors) entries.push_back(entry_of(tensor));
  write_safetensors(path, entries, metadata);
}

}  // namespace gradrace
