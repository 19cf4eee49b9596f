#include "kernels/simd/variant.inl.hpp"

namespace gradrace::kernels {
constinit const KernelTable table_avx2 = make_table<xsimd::fma3<xsimd::avx2>>("avx2");
}
