# The instruction sets of 64-bit ARM that kernels are compiled for. NEON, with fused multiply-adds, is part of it.
add_simd_variant(neon ARCH xsimd::neon64 SUPPORTED true)
