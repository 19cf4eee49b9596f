#include "engine/files/base64.hpp"

#include <openssl/evp.h>

namespace gradrace {

std::string base64(std::span<const std::uint8_t> bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // EVP_EncodeBlock ends it with a zero
  text.resize(
      std::size_t(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(), int(bytes.size()))));
  return text;
}

bool is_base64(std::string_view text, std::size_t bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::size_t padding = (3 - bytes % 3) % 3;
  if (text.size() != (bytes + 2) / 3 * 4) return false;
  return text.substr(0, text.size() - padding).find_first_not_of(kDigits) == text.npos &&
         text.substr(text.size() - padding).find_first_not_of('=') == text.npos;
}

}  // namespace gradrace
