#include "engine/files/sha256.hpp"

#include <memory>
#include <new>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "engine/base/error.hpp"

namespace gradrace {

Sha256 sha256_digest(std::initializer_list<std::span<const std::uint8_t>> parts) {
  if (!OSSL_LIB_CTX_get0_global_default()) throw std::bad_alloc();  // OpenSSL itself would go on with a null pointer
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  bool ok = context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1;
  for (const auto part : parts) ok = ok && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
  Sha256 digest;
  ok = ok && EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1;
  if (!ok) throw failure("OpenSSL could not compute a SHA-256 checksum");
  return digest;
}

std::string sha256(std::initializer_list<std::span<const std::uint8_t>> parts) {
  std::string hex;
  for (const std::uint8_t byte : sha256_digest(parts)) hex += fmt::format("{:02x}", byte);
  return hex;
}

}  // namespace gradrace
