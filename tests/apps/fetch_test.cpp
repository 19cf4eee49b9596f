#include <signal.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <thread>

#include "tests/apps/program.hpp"
#include "tests/data/https_server.hpp"

namespace gradrace {
namespace {

/// A mirror that sends some bytes of what is asked for, and no more.
class ProgramFetch : public ProgramTest {
 protected:
  static constexpr std::size_t kSent = 5000;

  Words environment() const {
    return {"GRADRACE_MIRRORS=" + mirror_.url(), "SSL_CERT_FILE=" + Certificate::of_this_process().file(),
            "no_proxy=127.0.0.1"};
  }
  std::size_t kept() const {
    std::error_code none;
    const auto bytes = std::filesystem::file_size(part_, none);
    return none ? 0 : std::size_t(bytes);
  }
  /// Starts the program and sends it a signal when so much has come; returns its exit code.
  int interrupted(const Words& arguments, int signal, std::size_t bytes) const {
    const Program program(directory_.path(), arguments, environment());
    for (int i = 0; i < 2000 && kept() < bytes; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_EQ(kept(), bytes);
    program.signal(signal);
    const auto begin = std::chrono::steady_clock::now();
    const int exit_code = program.wait_for_exit();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
    return exit_code;
  }

  const std::filesystem::path cache_ = directory_ / "gradrace/mnist";
  const std::filesystem::path part_ = cache_ / "train-images-idx3-ubyte.gz.part";
  std::atomic<std::size_t> begin_ = 0;  // of the range that was asked for last
  const HttpsServer mirror_{[this](const Connection& client) {
    begin_ = client.range_begin();
    client.send(http_answer(begin_ > 0 ? "206 Partial Content" : "200 OK", std::string(kSent, 'x'), 1000000));
    client.wait(-1);
  }};
};

TEST_F(ProgramFetch, EndsAtOnceWhenInterruptedAndGoesOnFromThere) {
  EXPECT_EQ(interrupted({"data", "fetch"}, SIGINT, kSent), 128 + SIGINT);
  EXPECT_EQ(interrupted({"data", "fetch"}, SIGKILL, 2 * kSent), 128 + SIGKILL);
  EXPECT_EQ(begin_, kSent);
  EXPECT_EQ(interrupted({"--epochs", "1"}, SIGTERM, 3 * kSent), 128 + SIGTERM);
  EXPECT_EQ(begin_, 2 * kSent);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(cache_), {}), 1) << "nothing but the part";
}

TEST_F(ProgramFetch, RefusesMirrorsWithoutEncryption) {
  expect_error(ExitCode::kUsage, "cannot download from http://127.0.0.1: expected a URL that begins with https://",
               {"data", "fetch"}, {"GRADRACE_MIRRORS=http://127.0.0.1"});
}

TEST_F(ProgramFetch, SaysThatCertificatesAreMissing) {
  Words environment = this->environment();
  environment[1] = "SSL_CERT_FILE=/nowhere";
  expect_error(ExitCode::kData, "ca-certificates or the file that SSL_CERT_FILE names", {"data", "fetch"}, environment);
}

}  // namespace
}  // namespace gradrace
