#pragma once
/// A web server for tests: it listens on 127.0.0.1, on a port of its own, and answers as it is told, right or wrong.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace gradrace {

/// A complete answer. `claimed` is the length that its header states: more than the body's makes a broken transfer.
inline std::string http_answer(std::string_view status, std::string_view body, std::size_t claimed) {
  return fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}", status, claimed, body);
}
inline std::string http_answer(std::string_view status, std::string_view body) {
  return http_answer(status, body, body.size());
}

class HttpServer {
 public:
  /// Gives all bytes to send for a requested path such as "/a/b.gz". An empty string: never answers.
  using Answer = std::function<std::string(const std::string& path)>;

  explicit HttpServer(Answer answer) : answer_(std::move(answer)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 16), 0);
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    EXPECT_EQ(::pipe(stop_), 0);
    thread_ = std::thread([this] { serve(); });
  }
  ~HttpServer() {
    ::close(stop_[1]);
    thread_.join();
    for (const int connection : silent_) ::close(connection);
    ::close(listener_);
    ::close(stop_[0]);
  }
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::string url() const { return fmt::format("http://127.0.0.1:{}", port_); }

  /// The paths that were asked for so far.
  std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void serve() {
    pollfd ready[] = {{listener_, POLLIN, 0}, {stop_[0], POLLIN, 0}};
    while (::poll(ready, 2, -1) >= 0 && ready[1].revents == 0) {
      const int connection = ::accept(listener_, nullptr, nullptr);
      if (connection >= 0) converse(connection);
    }
  }

  void converse(int connection) {
    const std::string request = read_request(connection);
    const std::size_t begin = request.find(' ') + 1;
    const std::string path = request.substr(begin, request.find(' ', begin) - begin);
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(path);
    }
    const std::string bytes = answer_(path);
    if (bytes.empty()) {
      silent_.push_back(connection);
      return;
    }
    send_all(connection, bytes);
    ::close(connection);
  }

  static std::string read_request(int connection) {
    std::string request;
    char buffer[1024];
    while (request.find("\r\n\r\n") == std::string::npos) {
      const ssize_t size = ::recv(connection, buffer, sizeof buffer, 0);
      if (size <= 0) break;
      request.append(buffer, static_cast<std::size_t>(size));
    }
    return request;
  }

  static void send_all(int connection, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  Answer answer_;
  int listener_, stop_[2] = {-1, -1}, port_ = 0;
  std::vector<int> silent_;  // connections that wait for an answer that never comes
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

/// The URL of a port on which nobody listens.
inline std::string closed_port_url() {
  return HttpServer([](const std::string&) { return std::string(); }).url();
}

}  // namespace gradrace
