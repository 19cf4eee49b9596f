# add_simd_variant(name FLAGS ...): kernels/simd/variant_<name>.cpp as an object library with the flags of one
# instruction set. Only these files get such flags, and they export one constant table and nothing else.
find_package(xsimd 8.1 REQUIRED)
add_library(gradrace_xsimd INTERFACE)  # Debian's own xsimd target asks for a library (xtl) that it does not install
target_include_directories(gradrace_xsimd SYSTEM INTERFACE ${xsimd_INCLUDE_DIRS})

function(add_simd_variant name)
  cmake_parse_arguments(arg "" "" "FLAGS" ${ARGN})
  add_library(gradrace_variant_${name} OBJECT simd/variant_${name}.cpp)
  target_link_libraries(gradrace_variant_${name} PRIVATE gradrace::options gradrace_xsimd)
  # Always optimised: without inlining, template instantiations become shared symbols, and the linker could
  # give baseline code a copy that was compiled for a newer instruction set.
  # Inner loops begin at a fetch boundary: elsewhere one runs up to an eighth slower, and any edit could move it there.
  # Short copies stay loops: as calls of memcpy they would cost more than the copying.
  target_compile_options(gradrace_variant_${name} PRIVATE ${arg_FLAGS} -O3 -falign-loops=32
    -fvisibility=hidden -fvisibility-inlines-hidden $<$<CXX_COMPILER_ID:GNU>:-fno-tree-loop-distribute-patterns>)
  target_compile_definitions(gradrace_variant_${name} PRIVATE $<$<BOOL:${GRADRACE_SLOW_KERNELS}>:GRADRACE_SLOW_KERNELS>)
  set_target_properties(gradrace_variant_${name} PROPERTIES
    INTERPROCEDURAL_OPTIMIZATION OFF UNITY_BUILD OFF DISABLE_PRECOMPILE_HEADERS ON)
endfunction()
