#pragma once
/// SHA-256 checksums.

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

namespace gradrace {

/// The SHA-256 of the parts, one after the other, as 64 lower-case hexadecimal digits.
std::string sha256(std::initializer_list<std::span<const std::uint8_t>> parts);

}  // namespace gradrace
