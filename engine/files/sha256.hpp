#pragma once
/// SHA-256 checksums.

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

namespace gradrace {

using Sha256 = std::array<std::uint8_t, 32>;

/// The SHA-256 of the parts, one after the other.
Sha256 sha256_digest(std::initializer_list<std::span<const std::uint8_t>> parts);

/// The SHA-256 of the parts, one after the other, as 64 lower-case hexadecimal digits.
std::string sha256(std::initializer_list<std::span<const std::uint8_t>> parts);

}  // namespace gradrace
