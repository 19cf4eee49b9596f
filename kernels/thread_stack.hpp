#pragma once
/// The stacks that OpenMP gives its threads.

#include "kernels/base.hpp"

namespace gradrace::kernels {

/// What kernels and their team need, in bytes; measured on AVX-512, whose tiles are the largest: 32 KiB are too few, 48
/// are enough.
inline constexpr Index kNeededStack = 64 << 10;

/// Bytes of stack of a thread that OpenMP makes for a team: OMP_STACKSIZE if the environment has it, else the system's.
/// Starts a thread to find out.
Index thread_stack();

}  // namespace gradrace::kernels
