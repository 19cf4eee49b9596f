#pragma once
/// Counts what the test program allocates, for tests of code that must not.

namespace gradrace {

/// How many times any form of operator new was called so far, by all threads and libraries of this program. Calls of
/// malloc do not count.
long allocation_count();

}  // namespace gradrace
