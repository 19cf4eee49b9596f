#pragma once
/// Being asked to stop.

#include <atomic>

namespace gradrace {

/// The signal that asked the program to stop; 0 as long as none did. SIGPIPE stands for standard output that can no
/// longer be written.
extern std::atomic<int> stop_signal;

/// From now on SIGINT and SIGTERM set stop_signal. A second one of the same kind ends the program at once.
void stop_on_signals();

}  // namespace gradrace
