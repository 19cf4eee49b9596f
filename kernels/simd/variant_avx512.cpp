#include "kernels/simd/variant.inl.hpp"

namespace gradrace::kernels {
constinit const KernelTable table_avx512 = make_table<xsimd::avx512bw>("avx512");
}
