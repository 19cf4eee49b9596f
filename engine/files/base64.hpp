#pragma once
/// Base64 (RFC 4648, section 4): bytes as text.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace gradrace {

std::string base64(std::span<const std::uint8_t> bytes);

/// Whether `text` is so many bytes.
bool is_base64(std::string_view text, std::size_t bytes);

}  // namespace gradrace
