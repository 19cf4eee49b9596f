#include "apps/signals.hpp"

#include <csignal>
#include <cstring>
#include <ctime>

#include <fmt/format.h>

namespace gradrace {
namespace {

std::atomic<std::time_t> first_at{0};  // the second in which the first signal came, of the monotonic clock

std::time_t now() {
  timespec time = {};
  clock_gettime(CLOCK_MONOTONIC, &time);  // one of the calls that a signal handler may make
  return time.tv_sec;
}

void on_signal(int signal) {
  std::time_t first = 0;
  if (first_at.compare_exchange_strong(first, now())) {
    ask_to_stop(signal);
  } else if (now() > first + 1) {
    std::signal(signal, SIG_DFL);  // takes effect when the signal, which is blocked in here, comes again
    raise(signal);
  }
}

}  // namespace

std::atomic<int> stop_signal{0};
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<std::time_t>::is_always_lock_free,
              "a signal handler may touch nothing else");

void stop_on_signals() {
  struct sigaction action = {};
  action.sa_handler = on_signal;
  action.sa_flags = int(SA_RESTART);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGXCPU}) {
    struct sigaction before = {};
    sigaction(signal, nullptr, &before);
    if (before.sa_handler != SIG_IGN) sigaction(signal, &action, nullptr);
  }
}

bool ask_to_stop(int signal) {
  int none = 0;
  return stop_signal.compare_exchange_strong(none, signal);
}

std::string signal_name(int signal) {
  const char* name = sigabbrev_np(signal);
  return name ? fmt::format("SIG{}", name) : fmt::format("signal {}", signal);
}

}  // namespace gradrace
