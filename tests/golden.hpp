#pragma once
/// PyTorch's numbers for the golden tests: a directory laid out as GRADRACE_GOLDEN_DIR says, tests/golden otherwise.
/// Whatever is missing or unreadable there throws, and the test fails.

#include <openssl/evp.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "engine/files/safetensors.hpp"
#include "kernels/base.hpp"

namespace gradrace::golden {

/// The path of a golden file, e.g. path("experiment/trace_paired.json").
inline std::filesystem::path path(const std::string& file) {
  const char* directory = std::getenv("GRADRACE_GOLDEN_DIR");
  return std::filesystem::path(directory ? directory : GRADRACE_TEST_GOLDEN_DIR) / file;
}

inline std::string contents(const std::string& file) {
  std::ifstream stream(path(file), std::ios::binary);
  if (!stream) throw std::runtime_error("no golden file " + path(file).string());
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

/// A JSON file; objects keep the order of the file.
inline nlohmann::ordered_json json(const std::string& file) {
  return nlohmann::ordered_json::parse(contents(file));
}

/// A tensor of any type that the golden files use: F32 in `floats`, whole numbers in `integers`. Row-major, PyTorch's
/// layout.
struct Tensor {
  std::vector<Index> shape;
  std::vector<float> floats;
  std::vector<std::int64_t> integers;
};

template <class T, class To>
std::vector<To> converted(std::string_view bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  return std::vector<To>(values.begin(), values.end());
}

/// The tensors of a safetensors file by name.
inline std::map<std::string, Tensor> tensors(const std::string& file) {
  const std::string bytes = contents(file);
  std::map<std::string, Tensor> result;
  for (const SafetensorsEntry& entry : parse_safetensors(bytes, path(file).string())) {
    Tensor& tensor = result[entry.name];
    tensor.shape = entry.shape;
    if (entry.dtype == "F32") tensor.floats = converted<float, float>(entry.bytes);
    if (entry.dtype == "I64") tensor.integers = converted<std::int64_t, std::int64_t>(entry.bytes);
    if (entry.dtype == "I32") tensor.integers = converted<std::int32_t, std::int64_t>(entry.bytes);
    if (entry.dtype == "U8") tensor.integers = converted<std::uint8_t, std::int64_t>(entry.bytes);
  }
  return result;
}

/// SHA-256 of the bytes of `values` in lower-case hexadecimal, as in init_sha256 of the traces' meta entry.
inline std::string sha256(std::span<const float> values) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(values.data(), values.size_bytes(), digest, &size, EVP_sha256(), nullptr);
  return fmt::format("{:02x}", fmt::join(digest, digest + size, ""));
}

/// PyTorch's [n][c][h][w] as Gradrace's [n][h][w][c]. `shape` is PyTorch's.
template <class T>
std::vector<T> nhwc_from_nchw(const std::vector<T>& values, const std::vector<Index>& shape) {
  const Index channels = shape.at(1), area = shape.at(2) * shape.at(3);
  std::vector<T> result(values.size());
  for (Index i = 0; i < std::ssize(values); ++i) {
    const Index sample = i / (channels * area), channel = i / area % channels, pixel = i % area;
    result[(sample * area + pixel) * channels + channel] = values[i];
  }
  return result;
}

/// The experiment's network, which the golden runs train: weight then bias of each layer in the order of creation.
struct Layer {
  std::string name;
  std::vector<Index> weight_shape;
  Index fan_in() const { return size(weight_shape) / weight_shape[0]; }
  static Index size(const std::vector<Index>& shape) {
    Index product = 1;
    for (const Index extent : shape) product *= extent;
    return product;
  }
};
inline const std::vector<Layer>& network() {
  static const std::vector<Layer> layers = {
      {"cn1", {16, 1, 3, 3}}, {"cn2", {32, 16, 3, 3}}, {"fc1", {64, 4608}}, {"fc2", {10, 64}}};
  return layers;
}

}  // namespace gradrace::golden
