# add_simd_variant(name ARCH <type of xsimd> SUPPORTED <C++ expression> FLAGS ...): kernels/simd/variant.cpp as an object
# library with the flags of one instruction set, which may run where the expression is true. Only these objects get such
# flags, and they export one constant table, table_<name>, and nothing else. The best is added first.
find_package(xsimd REQUIRED)  # 8.1 to 13 serve, but each refuses where another major version is asked for
record_library(xsimd ${xsimd_VERSION})
add_library(gradrace_xsimd INTERFACE)  # Debian's own xsimd target asks for a library (xtl) that it does not install
target_include_directories(gradrace_xsimd SYSTEM INTERFACE ${xsimd_INCLUDE_DIRS})

function(add_simd_variant name)
  cmake_parse_arguments(arg "" "ARCH;SUPPORTED" "FLAGS" ${ARGN})
  set_property(GLOBAL APPEND PROPERTY gradrace_variants ${name})
  set_property(GLOBAL APPEND_STRING PROPERTY gradrace_candidates "GRADRACE_CANDIDATE(${name}, ${arg_SUPPORTED})\n")
  set_property(GLOBAL APPEND PROPERTY gradrace_variant_objects $<TARGET_OBJECTS:gradrace_variant_${name}>)
  add_library(gradrace_variant_${name} OBJECT simd/variant.cpp)
  target_link_libraries(gradrace_variant_${name} PRIVATE gradrace::options gradrace_xsimd)
  set(level -O3)
  if(GRADRACE_SANITIZE)
    set(level -O2)  # checked code takes g++ minutes else
  endif()
  if(GRADRACE_SANITIZE MATCHES fuzzer)  # which reads, and computes next to nothing: compiled in a tenth of the time
    set(level -O1)
    set_source_files_properties(simd/variant.cpp PROPERTIES COMPILE_OPTIONS -fno-sanitize=all)
  endif()
  # Always optimised: without inlining, template instantiations become shared symbols, and the linker could
  # give baseline code a copy that was compiled for a newer instruction set.
  # Kernels throw nothing: what a compiler adds for exceptions would be symbols that the linker could give to others.
  # Inner loops begin at a fetch boundary: elsewhere one runs up to an eighth slower, and any edit could move it there.
  # Short copies stay loops: as calls of memcpy they would cost more than the copying.
  target_compile_options(gradrace_variant_${name} PRIVATE ${arg_FLAGS} ${level} -fno-exceptions -falign-loops=32
    -fvisibility=hidden -fvisibility-inlines-hidden $<$<CXX_COMPILER_ID:GNU>:-fno-tree-loop-distribute-patterns>)
  target_compile_definitions(gradrace_variant_${name} PRIVATE GRADRACE_ARCH=${arg_ARCH} GRADRACE_ISA="${name}"
    GRADRACE_TABLE=table_${name} $<$<BOOL:${GRADRACE_SLOW_KERNELS}>:GRADRACE_SLOW_KERNELS>)
  set_target_properties(gradrace_variant_${name} PROPERTIES
    INTERPROCEDURAL_OPTIMIZATION OFF UNITY_BUILD OFF DISABLE_PRECOMPILE_HEADERS ON)
endfunction()

# write_simd_candidates(file): a line GRADRACE_CANDIDATE(name, expression) for each variant, for isa.cpp.
function(write_simd_candidates file)
  get_property(candidates GLOBAL PROPERTY gradrace_candidates)
  file(CONFIGURE OUTPUT ${file} CONTENT "${candidates}" @ONLY)
endfunction()
