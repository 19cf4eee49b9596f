# The instruction sets of x86-64 that kernels are compiled for, the best first. Each feature is a flag of the compiler
# (-m) and a question to the processor before the kernels run; __builtin_cpu_supports also asks whether the operating
# system saves the registers.
function(add_x86_variant name)
  cmake_parse_arguments(arg "" "ARCH" "FEATURES;FLAGS" ${ARGN})
  list(TRANSFORM arg_FEATURES PREPEND -m OUTPUT_VARIABLE flags)
  list(TRANSFORM arg_FEATURES REPLACE "(.+)" "__builtin_cpu_supports(\"\\1\")" OUTPUT_VARIABLE questions)
  list(JOIN questions " && " supported)
  add_simd_variant(${name} ARCH ${arg_ARCH} SUPPORTED ${supported} FLAGS ${flags} ${arg_FLAGS})
endfunction()

# GCC 12 warns of uninitialised variables in its own AVX-512 headers (PR105593).
add_x86_variant(avx512 ARCH xsimd::avx512bw FEATURES avx512f avx512cd avx512vl avx512bw avx512dq fma
  FLAGS $<$<CXX_COMPILER_ID:GNU>:-Wno-uninitialized> $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
add_x86_variant(avx2 ARCH xsimd::fma3<xsimd::avx2> FEATURES avx2 fma)
add_x86_variant(sse2 ARCH xsimd::sse2 FEATURES sse2)  # part of x86-64: every one has it
