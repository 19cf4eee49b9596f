#include "engine/files/tar.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <string_view>

#include "engine/base/error.hpp"
#include "kernels/base.hpp"

namespace gradrace {
namespace {

constexpr std::size_t kBlock = 512;  // a header fills one, and contents are padded to whole ones

struct Field {
  std::size_t offset, length;
};
constexpr Field kPath{0, 100}, kSize{124, 12}, kChecksum{148, 8}, kType{156, 1};

using Header = std::span<const std::uint8_t>;

/// A field's text, up to its first zero.
std::string_view text(Header header, Field field) {
  const std::string_view all(reinterpret_cast<const char*>(header.data()) + field.offset, field.length);
  return all.substr(0, all.find('\0'));
}

/// An octal number, perhaps between spaces. At most 12 digits: it cannot overflow.
std::optional<std::uint64_t> number(Header header, Field field) {
  const std::string_view all = text(header, field);
  const std::size_t begin = std::min(all.find_first_not_of(' '), all.size());
  const std::string_view digits = all.substr(begin, all.find(' ', begin) - begin);
  const auto is_octal = [](char c) { return c >= '0' && c <= '7'; };
  if (digits.empty() || !std::ranges::all_of(digits, is_octal)) return {};
  return std::accumulate(digits.begin(), digits.end(), std::uint64_t{0},
                         [](std::uint64_t value, char c) { return 8 * value + std::uint64_t(c - '0'); });
}

/// The sum of a header's bytes, those of the checksum itself counted as spaces.
std::uint64_t checksum(Header header) {
  const Header own = header.subspan(kChecksum.offset, kChecksum.length);
  const auto sum = [](Header bytes) { return std::accumulate(bytes.begin(), bytes.end(), std::uint64_t{0}); };
  return sum(header) - sum(own) + ' ' * kChecksum.length;
}

}  // namespace

std::vector<TarFile> tar_files(std::span<const std::uint8_t> archive, const std::string& name) {
  std::vector<TarFile> files;
  for (std::size_t at = 0;;) {
    if (archive.size() - at < kBlock)
      throw data_error("{}: expected a tar header at byte {}, found the end: the archive is truncated", name, at);
    const Header header = archive.subspan(at, kBlock);
    if (std::ranges::all_of(header, [](std::uint8_t byte) { return byte == 0; })) return files;
    if (number(header, kChecksum) != checksum(header))
      throw data_error("{}: expected a tar header at byte {}, found something else", name, at);
    at += kBlock;
    const auto size = number(header, kSize);
    if (!size || *size > archive.size() - at)
      throw data_error("{}: expected at byte {} the size of a file of at most the {} bytes that follow", name,
                       at - kBlock + kSize.offset, archive.size() - at);
    const auto bytes = std::size_t(*size);
    const char type = char(header[kType.offset]);
    if (type == '0' || type == '\0') files.push_back({std::string(text(header, kPath)), archive.subspan(at, bytes)});
    at += std::min(bytes + (kBlock - bytes % kBlock) % kBlock, archive.size() - at);
  }
}

}  // namespace gradrace
