#pragma once
/// A web server for tests: it listens on 127.0.0.1, on a port of its own, and answers as it is told, right or wrong, to
/// any number of clients at once.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "engine/files/descriptor.hpp"
#include "tests/data/certificate.hpp"

namespace gradrace {

/// A complete answer. `claimed` is the length that its header states: more than the body's makes a broken transfer.
inline std::string http_answer(std::string_view status, std::string_view body, std::size_t claimed) {
  return fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}", status, claimed, body);
}
inline std::string http_answer(std::string_view status, std::string_view body) {
  return http_answer(status, body, body.size());
}

/// A conversation with one client.
class Connection {
 public:
  Connection(const Descriptor& socket, SSL_CTX* context) : socket_(socket), tls_(SSL_new(context), &SSL_free) {
    SSL_set_fd(tls_.get(), socket.get());
    if (SSL_accept(tls_.get()) == 1) read_request();
  }
  ~Connection() { SSL_shutdown(tls_.get()); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Such as "/a/b.gz"; empty if the client did not get so far.
  std::string path() const {
    const std::size_t begin = request_.find(' ') + 1;
    return request_.substr(begin, request_.find(' ', begin) - begin);
  }
  /// Where the range begins that was asked for; 0 if none was.
  std::size_t range_begin() const {
    constexpr std::string_view kRange = "\r\nRange: bytes=";
    const std::size_t at = request_.find(kRange);
    return at == request_.npos ? 0 : std::stoul(request_.substr(at + kRange.size()));
  }
  /// Whether the client is still there.
  bool send(std::string_view bytes) const {
    return bytes.empty() || SSL_write(tls_.get(), bytes.data(), int(bytes.size())) > 0;
  }
  /// Waits until the client goes, but no longer than that; -1: for ever.
  void wait(int milliseconds) const {
    pollfd gone = {socket_.get(), POLLRDHUP, 0};
    ::poll(&gone, 1, milliseconds);
  }

 private:
  void read_request() {
    char buffer[1024];
    while (request_.find("\r\n\r\n") == request_.npos) {
      const int size = SSL_read(tls_.get(), buffer, sizeof buffer);
      if (size <= 0) return request_.clear();
      request_.append(buffer, std::size_t(size));
    }
  }

  const Descriptor& socket_;
  const std::unique_ptr<SSL, decltype(&SSL_free)> tls_;
  std::string request_;
};

class HttpsServer {
 public:
  using Conversation = std::function<void(const Connection& client)>;
  /// Gives all bytes to send for a requested path. An empty string: never answers.
  using Answers = std::function<std::string(const std::string& path)>;

  explicit HttpsServer(Conversation converse) : converse_(std::move(converse)) {
    const Certificate& certificate = Certificate::of_this_process();
    SSL_CTX_use_certificate(context_.get(), certificate.get());
    SSL_CTX_use_PrivateKey(context_.get(), certificate.key());
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_.get(), 16), 0);
    EXPECT_EQ(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  explicit HttpsServer(Answers answers)
      : HttpsServer(Conversation([answers = std::move(answers)](const Connection& client) {
          const std::string bytes = answers(client.path());
          if (bytes.empty()) client.wait(-1);
          client.send(bytes);
        })) {}
  ~HttpsServer() {
    ::shutdown(listener_.get(), SHUT_RD);  // no more clients
    thread_.join();
    for (const Client& client : clients_) ::shutdown(client.socket.get(), SHUT_RDWR);
    for (Client& client : clients_) client.thread.join();
  }
  HttpsServer(const HttpsServer&) = delete;
  HttpsServer& operator=(const HttpsServer&) = delete;

  std::string url() const { return fmt::format("https://127.0.0.1:{}", port_); }

  /// The paths that were asked for so far.
  std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  struct Client {
    Descriptor socket;
    std::thread thread;
  };

  void serve() {
    sigset_t broken_pipe;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);  // in the clients' threads, too
    for (;;) {
      Descriptor socket(::accept(listener_.get(), nullptr, nullptr));
      if (!socket.is_open()) return;
      Client& client = clients_.emplace_back(std::move(socket), std::thread());
      client.thread = std::thread([this, &client] { talk_to(client.socket); });
    }
  }

  void talk_to(const Descriptor& socket) {
    {
      const Connection connection(socket, context_.get());
      if (!connection.path().empty()) {
        note(connection.path());
        converse_(connection);
      }
    }
    ::shutdown(socket.get(), SHUT_RDWR);
  }

  void note(const std::string& path) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(path);
  }

  const Conversation converse_;
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_{SSL_CTX_new(TLS_server_method()), &SSL_CTX_free};
  const Descriptor listener_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  int port_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::list<Client> clients_;
  std::thread thread_;
};

/// The URL of a port on which nobody listens.
inline std::string closed_port_url() {
  return HttpsServer([](const std::string&) { return std::string(); }).url();
}

}  // namespace gradrace
