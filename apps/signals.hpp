#pragma once
/// Being asked to stop.

#include <atomic>
#include <string>

namespace gradrace {

/// The signal that asked the program to stop; 0 as long as none did. SIGPIPE stands for standard output that can no
/// longer be written.
extern std::atomic<int> stop_signal;

/// From now on SIGINT, SIGTERM, SIGHUP and those by which schedulers warn (SIGUSR1, SIGXCPU) set stop_signal, but for
/// those that the program was told to ignore, as nohup does. Another one a second or two later ends the program at
/// once; one right behind the first does not, since some parents signal a child both by itself and with its group.
void stop_on_signals();

/// Sets stop_signal; false if there was one already, which stays. May be called by signal handlers.
bool ask_to_stop(int signal);

/// "SIGTERM"
std::string signal_name(int signal);

}  // namespace gradrace
