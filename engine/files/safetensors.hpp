#pragma once
/// Safetensors files: named tensors as the exchange format of the PyTorch world. Eight bytes of header length (little
/// endian), a JSON header {"name": {"dtype", "shape", "data_offsets": [begin, end]}, ...}, then the values.
/// Source: https://github.com/huggingface/safetensors (format).

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/named_tensor.hpp"

namespace gradrace {

/// One tensor of a file in memory. `bytes` points into that file, is as long as dtype and shape say, and may be
/// unaligned.
struct SafetensorsEntry {
  std::string name;
  std::string dtype;  ///< F32, I64, I32 or U8
  std::vector<Index> shape;
  std::string_view bytes;
};

/// Checks the whole of `file` before it believes any of it, and returns its tensors in the order of their bytes. Every
/// byte after the header belongs to exactly one tensor. Metadata entries are passed over. Errors (exit 5) name
/// `source`, the place, what was expected and what was found.
std::vector<SafetensorsEntry> parse_safetensors(std::string_view file, const std::string& source);

/// A tensor as an entry, whose bytes are its values; and an entry of dtype F32 as a tensor with values of its own.
/// Throws data_error, which names `source`, for another dtype.
SafetensorsEntry entry_of(const NamedTensor& tensor);
NamedTensor tensor_of(const SafetensorsEntry& entry, const std::string& source);

/// Reads a file of F32 tensors; values are taken as they are, NaN and infinities included. Errors exit 5.
std::vector<NamedTensor> read_safetensors(const std::filesystem::path& path);

/// The texts that `file` carries beside its tensors, by name; what is no text is passed over. Errors as above.
using SafetensorsMetadata = std::map<std::string, std::string>;
SafetensorsMetadata parse_safetensors_metadata(std::string_view file, const std::string& source);

/// Writes tensors, atomically, in the order given; names are distinct. The file holds names, types, shapes, values and
/// the metadata (UTF-8) and nothing else, so equal tensors are equal files. Errors exit 1.
void write_safetensors(const std::filesystem::path& path, std::span<const SafetensorsEntry> entries,
                       const SafetensorsMetadata& metadata = {});
/// The same of F32 tensors.
void write_safetensors(const std::filesystem::path& path, std::span<const NamedTensor> tensors,
                       const SafetensorsMetadata& metadata = {});

}  // namespace gradrace
