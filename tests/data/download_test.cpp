#include "engine/data/download.hpp"

#include <chrono>
#include <filesystem>

#include <gtest/gtest.h>

#include "engine/data/directory.hpp"
#include "tests/data/download_place.hpp"
#include "tests/tar_archive.hpp"

namespace gradrace {
namespace {

std::string moved_to(const std::string& url) {
  return fmt::format("HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", url);
}

class Download : public DownloadTest {
 protected:
  const HttpsServer right_{[this](const std::string&) { return http_answer("200 OK", text_of(sent_)); }};
  const HttpsServer missing_{[](const std::string&) { return http_answer("404 Not Found", "no such file"); }};
  const HttpsServer html_{[](const std::string&) { return http_answer("200 OK", "<html>Please log in</html>"); }};
  const HttpsServer cut_{
      [this](const std::string&) { return http_answer("200 OK", text_of(sent_).substr(0, sent_.size() / 2)); }};
  const HttpsServer broken_{[this](const std::string&) {
    return http_answer("200 OK", text_of(sent_).substr(0, sent_.size() / 2), sent_.size());
  }};
  const HttpsServer silent_{[](const std::string&) { return std::string(); }};
  const std::string closed_ = closed_port_url();
};

TEST_F(Download, ReturnsWhatWasSent) {
  EXPECT_EQ(get({right_.url()}), sent_);
  EXPECT_EQ(get({right_.url() + "/path/"}), sent_);
  EXPECT_EQ(right_.requests(), (std::vector<std::string>{"/some-labels.gz", "/path/some-labels.gz"}));
}

TEST_F(Download, TriesTheNextMirror) {
  for (const std::string& bad : {missing_.url(), html_.url(), cut_.url(), broken_.url(), silent_.url(), closed_}) {
    EXPECT_EQ(get({bad, right_.url()}), sent_) << bad;
  }
}

TEST_F(Download, HttpErrorsAndSilenceAreTheNetworksFault) {
  expect_contains(failure_of({missing_.url()}, true), "some-labels could not be downloaded (" + missing_.url());
  expect_contains(failure_of({missing_.url()}, true), "HTTP status 404");
  failure_of({closed_}, true);
  failure_of({missing_.url(), closed_}, true);
  failure_of({}, true);
}

TEST_F(Download, AMirrorThatNeverAnswersTimesOut) {
  const auto begin = std::chrono::steady_clock::now();
  failure_of({silent_.url()}, true);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(8));
}

TEST_F(Download, WrongContentIsNot) {
  expect_contains(failure_of({html_.url()}, false), "found 26");
  expect_contains(failure_of({cut_.url()}, false), "truncated");
  expect_contains(failure_of({broken_.url()}, false), "truncated after");
  failure_of({html_.url(), closed_}, false);
  failure_of({missing_.url(), html_.url()}, false);
}

TEST_F(Download, ChecksTheSha256) {
  Bytes other = content_;
  other[100] ^= 1;
  const HttpsServer server([&](const std::string&) { return http_answer("200 OK", text_of(gzip_compressed(other))); });
  expect_contains(failure_of({server.url()}, false), "expected the SHA-256 " + checksum_);
}

TEST_F(Download, KnowsTheCompressedFileToo) {
  const std::string checksum = sha256({sent_});
  const KnownFile file{"some-labels", IdxKind::kLabels, std::ssize(content_), checksum};
  EXPECT_EQ(download(file, part_, options({right_.url()})), sent_);
  Bytes other = sent_;
  other[9] ^= 1;  // the operating system in gzip's header
  const HttpsServer server([&](const std::string&) { return http_answer("200 OK", text_of(other)); });
  expect_contains(error_of(ExitCode::kData, [&] { download(file, part_, options({server.url()})); }),
                  "expected the SHA-256 " + checksum);
}

TEST_F(Download, StopsWhenTooMuchComes) {
  const HttpsServer server([&](const std::string&) { return http_answer("200 OK", std::string(1 << 20, 'x')); });
  expect_contains(failure_of({server.url()}, false), "more were sent");
}

TEST_F(Download, FollowsRedirections) {
  const HttpsServer moved([&](const std::string& path) { return moved_to(right_.url() + path); });
  EXPECT_EQ(get({moved.url()}), sent_);
}

TEST_F(Download, IsLedToHttpsAlone) {
  write_bytes(directory_ / "some-labels.gz", sent_);
  const std::string file = "file://" + (directory_ / "some-labels.gz").string();
  for (const std::string& url : {"http" + right_.url().substr(5), file, std::string("ftp://127.0.0.1/")}) {
    const HttpsServer moved([&](const std::string&) { return moved_to(url); });
    expect_contains(failure_of({moved.url()}, true), "it leads to another protocol than HTTPS");
  }
}

TEST_F(Download, AsksHttpsMirrorsAlone) {
  for (const std::string& url : {std::string("http://127.0.0.1"), "file://" + directory_.path().string()}) {
    const std::string sentence = error_of(ExitCode::kUsage, [&] { get({right_.url(), url}); });
    EXPECT_EQ(sentence, "cannot download from " + url + ": expected a URL that begins with https://");
  }
  EXPECT_TRUE(right_.requests().empty());
}

TEST_F(Download, SaysThatCertificatesAreMissing) {
  DownloadOptions nobody = options({right_.url()}), others = nobody;
  nobody.certificates = "/nowhere/certificates.pem";
  others.certificates = "";  // the system's, which do not know the server
  for (const DownloadOptions& who : {nobody, others}) {
    const std::string sentence = error_of(ExitCode::kData, [&] { download(file_, part_, who); });
    expect_contains(sentence, "ca-certificates or the file that SSL_CERT_FILE names");
  }
  EXPECT_TRUE(right_.requests().empty());
}

TEST_F(Download, ReportsProgress) {
  Index bytes = 0, total = 0;
  std::string name;
  DownloadOptions shown = options({right_.url()});
  shown.progress = [&](const std::string& file, Index so_far, Index all) {
    EXPECT_GE(so_far, bytes);
    name = file, bytes = so_far, total = all;
  };
  download(file_, part_, shown);
  EXPECT_EQ(name, "some-labels");
  EXPECT_EQ(bytes, std::ssize(sent_));
  EXPECT_EQ(total, std::ssize(sent_));
}

TEST_F(Download, FetchLeavesNothingBehindThatIsWrong) {
  for (const std::string& mirror : {html_.url(), cut_.url(), missing_.url()}) {
    error_of(ExitCode::kData, [&] { fetch(kMnist, directory_ / "new", options({mirror})); });
    EXPECT_TRUE(std::filesystem::is_empty(directory_ / "new")) << mirror;
  }
}

TEST_F(Download, FetchLeavesOtherFilesAlone) {
  write_custom_set(directory_.path());
  const std::string sentence =
      error_of(ExitCode::kData, [&] { fetch(kMnist, directory_.path(), options({right_.url()})); });
  expect_contains(sentence, "train-images-idx3-ubyte.gz: the file is there already");
  EXPECT_TRUE(right_.requests().empty());
}

/// A small set in CIFAR-10's format, in an archive, as it is published.
class DownloadArchive : public testing::Test {
 protected:
  void SetUp() override {
    ::setenv("no_proxy", "127.0.0.1", 1);
    options_.mirrors = {server_.url()};
    options_.certificates = Certificate::of_this_process().file();
  }

  const Bytes train_ = cifar_file(7), test_ = cifar_file(3);
  const Bytes archive_ = gzip_compressed(tar_archive({{"set/", "", '5'},
                                                      {"set/readme", "none of the files"},
                                                      {"set/data_batch_1.bin", text_of(train_)},
                                                      {"set/test_batch.bin", text_of(test_)}}));
  const std::string train_sum_ = sha256({train_}), test_sum_ = sha256({test_}), archive_sum_ = sha256({archive_});
  const std::vector<KnownFile> files_ = {{"data_batch_1.bin", {}, std::ssize(train_), train_sum_},
                                         {"test_batch.bin", {}, std::ssize(test_), test_sum_}};
  const KnownArchive known_{"set.tar.gz", "set", std::ssize(archive_), archive_sum_};
  const KnownSet set_{"small", "Small", Format::kCifar, "set", files_, {}, &known_};
  const HttpsServer server_{[this](const std::string&) { return http_answer("200 OK", text_of(archive_)); }};
  const TemporaryDirectory directory_;
  DownloadOptions options_;
};

TEST_F(DownloadArchive, GivesTheSetsFiles) {
  fetch(set_, directory_.path(), options_);
  EXPECT_EQ(read_file(directory_ / "data_batch_1.bin"), train_);
  EXPECT_EQ(read_file(directory_ / "test_batch.bin"), test_);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory_.path()), {}), 2);
  fetch(set_, directory_.path(), options_);
  EXPECT_EQ(server_.requests(), (std::vector<std::string>{"/set.tar.gz"})) << "nothing is missing any more";
  std::filesystem::remove(directory_ / "test_batch.bin");
  fetch(set_, directory_.path(), options_);
  EXPECT_EQ(read_file(directory_ / "test_batch.bin"), test_);
}

TEST_F(DownloadArchive, MustHaveTheKnownChecksum) {
  Bytes other = archive_;
  other[9] ^= 1;  // the operating system in gzip's header
  const HttpsServer server([&](const std::string&) { return http_answer("200 OK", text_of(other)); });
  options_.mirrors = {server.url()};
  expect_contains(error_of(ExitCode::kData, [&] { fetch(set_, directory_ / "new", options_); }),
                  "expected the SHA-256 " + archive_sum_);
  EXPECT_TRUE(std::filesystem::is_empty(directory_ / "new"));
  options_.mirrors.push_back(server_.url());
  fetch(set_, directory_ / "new", options_);
  EXPECT_EQ(read_file(directory_ / "new/test_batch.bin"), test_);
}

TEST_F(DownloadArchive, MustHoldTheFilesWithTheirChecksums) {
  std::vector<KnownFile> files = files_;
  KnownSet set = set_;
  set.files = files;
  files[1].name = "test_batch_2.bin";
  expect_contains(error_of(ExitCode::kData, [&] { fetch(set, directory_ / "a", options_); }),
                  "set.tar.gz: there is no file set/test_batch_2.bin in it");
  files[1] = {"test_batch.bin", {}, std::ssize(test_), train_sum_};
  expect_contains(error_of(ExitCode::kData, [&] { fetch(set, directory_ / "b", options_); }),
                  "set/test_batch.bin: expected the SHA-256 " + train_sum_);
  EXPECT_FALSE(std::filesystem::exists(directory_ / "b/test_batch.bin"));
}

TEST_F(DownloadArchive, LeavesOtherFilesAlone) {
  write_bytes(directory_ / "test_batch.bin.gz", cifar_file(2));
  expect_contains(error_of(ExitCode::kData, [&] { fetch(set_, directory_.path(), options_); }),
                  "test_batch.bin.gz: the file is there already");
  EXPECT_TRUE(server_.requests().empty());
}

}  // namespace
}  // namespace gradrace
