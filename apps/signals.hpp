#pragma once
/// Being asked to stop.

#include <atomic>

namespace gradrace {

/// The signal that asked the program to stop; 0 as long as none did. SIGPIPE stands for standard output that can no
/// longer be written.
extern std::atomic<int> stop_signal;

/// From now on SIGINT and SIGTERM set stop_signal. Another one a second or two later ends the program at once; one
/// right behind the first does not, since some parents signal a child both by itself and with its group.
void stop_on_signals();

}  // namespace gradrace
