#include "kernels/simd/variant.inl.hpp"

namespace gradrace::kernels {
constinit const KernelTable table_sse2 = make_table<xsimd::sse2>("sse2");
}
