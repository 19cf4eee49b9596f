#pragma once
/// The checksum of TFRecord files.

#include <cstdint>
#include <string_view>

namespace gradrace {

/// CRC-32C (Castagnoli 1993, as in iSCSI, RFC 3720): reflected polynomial 0x82f63b78, all bits inverted before and
/// after.
std::uint32_t crc32c(std::string_view bytes);

}  // namespace gradrace
