#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <atomic>
#include <csignal>
#include <thread>

#include "engine/data/directory.hpp"
#include "engine/data/partial_file.hpp"
#include "tests/data/download_place.hpp"

namespace gradrace {
namespace {

/// Downloads that are interrupted, slow, or two at once.
class PartialDownload : public DownloadTest {
 protected:
  Bytes half() const { return Bytes(sent_.begin(), sent_.begin() + std::ssize(sent_) / 2); }

  /// Answers as a server that knows ranges, and notes where they begin.
  void send_range(const Connection& client) {
    const std::size_t begin = client.range_begin();
    begins_.push_back(begin);
    if (begin >= sent_.size())
      client.send(http_answer("416 Range Not Satisfiable", ""));
    else
      client.send(http_answer(begin > 0 ? "206 Partial Content" : "200 OK", text_of(sent_).substr(begin)));
  }
  /// What a download makes of a file that is there from another one.
  Bytes get_after(const Bytes& before) {
    write_bytes(part_, before);
    return get({ranges_.url()});
  }

  std::vector<std::size_t> begins_;
  const HttpsServer ranges_{[this](const Connection& client) { send_range(client); }};
  const HttpsServer whole_{[this](const std::string&) { return http_answer("200 OK", text_of(sent_)); }};
};

using Begins = std::vector<std::size_t>;

TEST_F(PartialDownload, GoesOnWhereItWasInterrupted) {
  const HttpsServer broken([&](const std::string&) { return http_answer("200 OK", text_of(half()), sent_.size()); });
  failure_of({broken.url()}, false);
  EXPECT_EQ(read_file(part_), half());
  EXPECT_EQ(get({ranges_.url()}), sent_);
  EXPECT_EQ(begins_, Begins{half().size()});
  EXPECT_FALSE(std::filesystem::exists(part_));
  EXPECT_EQ(get({broken.url(), ranges_.url()}), sent_) << "the next mirror goes on, too";
  EXPECT_EQ(begins_.back(), half().size());
}

TEST_F(PartialDownload, ShowsHowMuchThereIs) {
  write_bytes(part_, half());
  DownloadOptions shown = options({ranges_.url()});
  Index first = 0, last = 0;
  shown.progress = [&](const std::string&, Index bytes, Index total) {
    if (first == 0) first = bytes;
    last = bytes;
    EXPECT_EQ(total, std::ssize(sent_));
  };
  download(file_, part_, shown);
  EXPECT_GE(first, std::ssize(half()));
  EXPECT_EQ(last, std::ssize(sent_));
}

TEST_F(PartialDownload, StartsAgainWhereAServerKnowsNoRanges) {
  write_bytes(part_, half());
  EXPECT_EQ(get({whole_.url()}), sent_);
  EXPECT_EQ(whole_.requests().size(), 1u);
}

TEST_F(PartialDownload, StartsAgainWhereThePartWasDamaged) {
  Bytes damaged = half();
  damaged[20] ^= 1;
  EXPECT_EQ(get_after(damaged), sent_);
  EXPECT_EQ(begins_, (Begins{damaged.size(), 0}));
  EXPECT_EQ(get_after(Bytes(sent_.size() + 1)), sent_) << "longer than the file";
  EXPECT_EQ(get_after(Bytes(std::size_t(file_.bytes) + (1 << 20))), sent_) << "longer than any file can be";
  EXPECT_EQ(begins_.back(), 0u);
  EXPECT_FALSE(std::filesystem::exists(part_));
}

TEST_F(PartialDownload, TakesAPartThatIsTheWhole) {
  EXPECT_EQ(get_after(sent_), sent_);
  EXPECT_EQ(begins_, Begins{sent_.size()});
}

TEST_F(PartialDownload, AServerThatRefusesEveryRangeIsAskedTwice) {
  write_bytes(part_, half());
  const HttpsServer none([](const std::string&) { return http_answer("416 Range Not Satisfiable", ""); });
  expect_contains(failure_of({none.url()}, true), "HTTP status 416");
  EXPECT_EQ(none.requests().size(), 2u);
}

TEST_F(PartialDownload, TwoAtOnceEndWell) {
  std::atomic<int> asked = 0;
  const HttpsServer server([&](const Connection& client) {
    ++asked;
    for (int i = 0; i < 500 && asked < 2; ++i) client.wait(10);
    client.send(http_answer("200 OK", text_of(sent_)));
  });
  Bytes other;
  std::thread second([&] { other = get({server.url()}); });
  EXPECT_EQ(get({server.url()}), sent_);
  second.join();
  EXPECT_EQ(other, sent_);
  EXPECT_EQ(asked, 2);
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
}

TEST_F(PartialDownload, LeavesThePartOfAnotherAlone) {
  PartialFile another(part_, sent_.size());
  another.append(half());
  EXPECT_EQ(get({ranges_.url()}), sent_);
  EXPECT_EQ(begins_, Begins{0});
  EXPECT_EQ(read_file(part_), half());
}

TEST_F(PartialDownload, EndsWhereTheServerIsTooSlow) {
  const HttpsServer slow([&](const Connection& client) {
    client.send(http_answer("200 OK", "", sent_.size()));
    for (std::size_t i = 0; client.send(text_of(sent_).substr(i, 1)); ++i) client.wait(500);
  });
  const auto begin = std::chrono::steady_clock::now();
  expect_contains(failure_of({slow.url()}, true), "too slow");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(8));
}

TEST_F(PartialDownload, EndsWhereItTakesTooLong) {
  const HttpsServer steady([&](const Connection& client) {
    client.send("HTTP/1.1 200 OK\r\n\r\n");
    while (client.send(std::string(500, 'x'))) client.wait(100);
  });
  DownloadOptions hurried = options({steady.url()});
  hurried.total_timeout = std::chrono::seconds(1);
  expect_contains(error_of(ExitCode::kData, [&] { download(file_, part_, hurried); }), "timed out after");
}

TEST_F(PartialDownload, EndsWhereTheServerDoesNot) {
  const HttpsServer body([](const Connection& client) {
    client.send("HTTP/1.1 200 OK\r\n\r\n");
    while (client.send(std::string(1000, 'x'))) continue;
  });
  expect_contains(failure_of({body.url()}, false), "more were sent");
  const HttpsServer headers([](const Connection& client) {
    client.send("HTTP/1.1 200 OK\r\n");
    while (client.send("X: " + std::string(1000, 'x') + "\r\n")) continue;
  });
  expect_contains(failure_of({headers.url()}, true), "bytes of headers were sent");
  const HttpsServer circle([&](const std::string& path) {
    return "HTTP/1.1 302 Found\r\nLocation: " + path + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  });
  failure_of({circle.url()}, true);
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
}

TEST_F(PartialDownload, SaysWhatCannotBeWritten) {
  const auto sentence = [&] { return error_of(ExitCode::kFailure, [&] { get({whole_.url()}); }); };
  std::filesystem::create_directory(part_);
  expect_contains(sentence(), "cannot write " + part_.string());
  std::filesystem::remove(part_);
  ASSERT_EQ(::mkfifo(part_.c_str(), 0600), 0);
  expect_contains(sentence(), "it exists and is not a regular file");
  std::filesystem::remove(part_);
  write_bytes(directory_ / "precious", half());
  std::filesystem::create_symlink(directory_ / "precious", part_);
  expect_contains(sentence(), "cannot write " + part_.string());
  EXPECT_EQ(read_file(directory_ / "precious"), half());
  EXPECT_TRUE(whole_.requests().empty()) << "it is known before anything is downloaded";
}

TEST_F(PartialDownload, SaysThatTheDiskIsFull) {
  rlimit before;
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small = {1, before.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &small);
  const std::string sentence = error_of(ExitCode::kFailure, [&] { get({whole_.url()}); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  expect_contains(sentence, "cannot write " + part_.string());
}

}  // namespace
}  // namespace gradrace
