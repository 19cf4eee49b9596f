#pragma once
/// The CPUs that this process may use.

#include <vector>

#include "kernels/base.hpp"

namespace gradrace::kernels {

/// Numbers of the CPUs that the process was given (the affinity of its first thread) when this was first called; the
/// team, which places threads, calls it before it does. An OpenMP that binds threads has put the first one on a place
/// of its own before anybody could ask: then the CPUs of all its places. Never empty: where the system does not say,
/// CPU 0.
const std::vector<int>& given_cpus();

/// CPUs that it makes sense to use: those given, or the control groups' quota rounded up if that is less. At least 1.
Index allowed_cpus();

/// The most threads that OpenMP makes: what OMP_THREAD_LIMIT says, else more than anybody asks for.
Index thread_limit();

/// How many of so many threads the system lets run at once, the calling one included. Starts them for a moment to find
/// out: OpenMP ends the program where it cannot.
Index startable_threads(Index threads);

/// How many threads to use where nobody says: one for each allowed CPU, but no more than OpenMP makes.
Index default_threads();

}  // namespace gradrace::kernels
