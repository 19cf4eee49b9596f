#include "engine/report/crc32c.hpp"

#include <array>

namespace gradrace {
namespace {

constexpr std::uint32_t kPolynomial = 0x82f63b78;

constexpr std::array<std::uint32_t, 256> kTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t remainder = byte;
    for (int bit = 0; bit < 8; ++bit) remainder = (remainder >> 1) ^ (remainder & 1 ? kPolynomial : 0);
    table[byte] = remainder;
  }
  return table;
}();

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t crc = ~std::uint32_t(0);
  for (const char byte : bytes) crc = (crc >> 8) ^ kTable[(crc ^ std::uint8_t(byte)) & 0xff];
  return ~crc;
}

}  // namespace gradrace
