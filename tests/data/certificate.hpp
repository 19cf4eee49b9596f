#pragma once
/// A certificate for 127.0.0.1 that vouches for itself: for web servers in tests.

#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace gradrace {

class Certificate {
 public:
  /// The one that all servers of this process have.
  static const Certificate& of_this_process() {
    static const Certificate certificate;
    return certificate;
  }
  ~Certificate() {
    std::error_code ignored;
    std::filesystem::remove(file_, ignored);
  }
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  X509* get() const { return certificate_.get(); }
  EVP_PKEY* key() const { return key_.get(); }
  /// A file with it (PEM), for those who shall believe it.
  const std::string& file() const { return file_; }

 private:
  Certificate() {
    X509_set_version(get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(get()), 1);
    constexpr long kHour = 3600;  // a clock may be a little off
    X509_gmtime_adj(X509_getm_notBefore(get()), -kHour);
    X509_gmtime_adj(X509_getm_notAfter(get()), kHour);
    X509_set_pubkey(get(), key());
    X509_NAME* name = X509_get_subject_name(get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("a test"), -1, -1, 0);
    X509_set_issuer_name(get(), name);
    const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> address(
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1"), &X509_EXTENSION_free);
    X509_add_ext(get(), address.get(), -1);
    EXPECT_GT(X509_sign(get(), key(), EVP_sha256()), 0);
    const std::unique_ptr<BIO, decltype(&BIO_free)> file(BIO_new_file(file_.c_str(), "w"), &BIO_free);
    EXPECT_EQ(PEM_write_bio_X509(file.get(), get()), 1);
  }

  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_{EVP_EC_gen("P-256"), &EVP_PKEY_free};
  const std::unique_ptr<X509, decltype(&X509_free)> certificate_{X509_new(), &X509_free};
  const std::string file_ = testing::TempDir() + fmt::format("gradrace-certificate-{}.pem", ::getpid());
};

}  // namespace gradrace
