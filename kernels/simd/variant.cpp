// Compiled once for each instruction set, whose name, table and xsimd architecture the build defines.
#include "kernels/simd/variant.inl.hpp"

namespace gradrace::kernels {
extern const KernelTable GRADRACE_TABLE;
constinit const KernelTable GRADRACE_TABLE = make_table<GRADRACE_ARCH>(GRADRACE_ISA);
}  // namespace gradrace::kernels
