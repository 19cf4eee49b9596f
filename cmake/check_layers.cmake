# cmake -DROOT=<source tree> -P check_layers.cmake: who may include what. Prints every line that breaks a rule.
cmake_minimum_required(VERSION 3.25)
set(broken "")

# forbid(<reason> <Perl expression> <files or folders> ...): no C++ line there may match.
function(forbid reason expression)
  list(TRANSFORM ARGN PREPEND ${ROOT}/)
  execute_process(COMMAND grep -rnP --include=*.hpp --include=*.cpp ${expression} ${ARGN}
    RESULT_VARIABLE result OUTPUT_VARIABLE lines ERROR_VARIABLE error)
  if(result GREATER 1 OR error)
    message(FATAL_ERROR "cannot search ${ARGN}: ${error}")
  endif()
  set(broken "${broken}${lines}" PARENT_SCOPE)
  if(lines)
    message(NOTICE "${reason}:\n${lines}")
  endif()
endfunction()

file(GLOB drivers RELATIVE ${ROOT} ${ROOT}/kernels/*.cpp ${ROOT}/kernels/*.hpp)

# apps, bench -> engine -> kernels -> kernels/simd -> xsimd
forbid("kernels know nothing above them" "#include \"(engine|apps|bench|tests)/" kernels)
forbid("the engine knows nothing above it" "#include \"(apps|bench|tests)/" engine)
forbid("programs include no tests" "#include \"tests/" apps bench)
forbid("kernel tables are private to kernels" "#include \"kernels/(table\\.hpp|simd/)" engine apps bench)
forbid("bodies are included by variants alone" "#include \"kernels/simd/" ${drivers} tests)

forbid("xsimd stands below kernels/simd" "#include <xsimd|\\bxsimd::" ${drivers} engine apps bench tests)
forbid("code for one processor stands in kernels/platform and kernels/simd"
  "<\\w*intrin\\.h>|<arm_\\w+\\.h>|\\b_mm\\w*\\(|\\b__builtin_(ia32|cpu|arm|aarch64)_|\\basm( volatile)?\\(|\\b__(x86_64|aarch64)__"
  ${drivers} engine apps bench)
forbid("bodies use multiply_add, which is fused on every instruction set" "^(?!  return ).*\\bxsimd::fn?ma\\(" kernels/simd)
forbid("parallel regions stand in the kernels' drivers" "#pragma +omp" kernels/simd engine apps bench tests)
forbid("OpenMP is asked in the kernels' drivers" "<omp\\.h>" kernels/simd engine apps bench)

# The engine's rooms, the lowest first: a room sees itself and those before it.
set(rooms base files measuring plan data layers optimizers training race findings results report profile)
file(GLOB found RELATIVE ${ROOT}/engine ${ROOT}/engine/*/)
foreach(room IN LISTS found)
  if(IS_DIRECTORY ${ROOT}/engine/${room} AND NOT room IN_LIST rooms)
    message(NOTICE "engine/${room}: a room without a place in the order of rooms")
    set(broken yes)
  endif()
endforeach()
set(above ${rooms})
foreach(room IN LISTS rooms)
  list(POP_FRONT above)
  string(JOIN "|" higher ${above} "[^/\"]+\\.hpp\"")
  forbid("engine/${room} knows nothing above it" "#include \"engine/(${higher})" engine/${room})
endforeach()

# A library's inline function that is compiled for a newer instruction set could be linked into baseline code.
forbid("bodies see plain headers only"
  "#include (?!<cst(ddef|dint)>|<xsimd/xsimd\\.hpp>|\"kernels/(simd/\\w+\\.inl|base|platform|shapes|non_zeros|optimizer_scalars|table)\\.hpp\")"
  kernels/simd kernels/base.hpp kernels/platform.hpp kernels/shapes.hpp kernels/non_zeros.hpp
  kernels/optimizer_scalars.hpp kernels/table.hpp)

if(broken)
  message(FATAL_ERROR "The layers are mixed up.")
endif()
