# gradrace::headers: what it takes to include our headers; whoever links our libraries has it, too.
add_library(gradrace_headers INTERFACE)
add_library(gradrace::headers ALIAS gradrace_headers)
target_compile_features(gradrace_headers INTERFACE cxx_std_20)
target_include_directories(gradrace_headers INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)

# gradrace::options: what our own code compiles with besides, and nobody else's.
# Results must be the same from every compiler, so contraction is off (an FMA is written where it is meant) and
# fast-math is refused: it would also add start-up code that changes the floating-point mode of the whole process.
string(TOUPPER "${CMAKE_BUILD_TYPE}" gradrace_config)
foreach(flags IN ITEMS "${CMAKE_CXX_FLAGS}" "${CMAKE_CXX_FLAGS_${gradrace_config}}" "${CMAKE_EXE_LINKER_FLAGS}")
  if(flags MATCHES "-Ofast|-ffast-math|-funsafe-math|-ffinite-math|-fassociative-math|-freciprocal-math")
    message(FATAL_ERROR "gradrace: fast-math flags change the results; remove them from '${flags}'")
  endif()
endforeach()

add_library(gradrace_options INTERFACE)
add_library(gradrace::options ALIAS gradrace_options)
target_link_libraries(gradrace_options INTERFACE gradrace::headers)
target_compile_options(gradrace_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wno-psabi
  -ffp-contract=off -fno-math-errno $<$<BOOL:${GRADRACE_WERROR}>:-Werror>)

# What an attacker would need is taken away: programs lie anywhere in memory, their tables of functions cannot be written
# once they run, and a write beyond a local array ends the program. Sanitizers look for more than fortify does, and would
# be hidden from by it.
include(CheckPIESupported)
check_pie_supported(LANGUAGES CXX)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
target_compile_options(gradrace_options INTERFACE -fstack-protector-strong -fno-semantic-interposition)
if(NOT GRADRACE_SANITIZE)
  target_compile_options(gradrace_options INTERFACE $<$<CONFIG:Release>:-U_FORTIFY_SOURCE$<SEMICOLON>-D_FORTIFY_SOURCE=2>)
endif()
add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack)

if(GRADRACE_SANITIZE)
  # What is found ends the program: only so does a test that meets undefined behaviour fail.
  target_compile_options(gradrace_headers INTERFACE
    -fsanitize=${GRADRACE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g1)
  target_link_options(gradrace_headers INTERFACE -fsanitize=${GRADRACE_SANITIZE})
endif()

# export_our_symbols(library): if it is shared, others see what has our namespace in its name, and nothing else. All of
# our headers are its interface, so there is no list to keep.
function(export_our_symbols library)
  get_target_property(type ${library} TYPE)
  if(type STREQUAL SHARED_LIBRARY)
    target_link_options(${library} PRIVATE -Wl,--version-script=${PROJECT_SOURCE_DIR}/cmake/library.map)
    set_target_properties(${library} PROPERTIES VERSION ${PROJECT_VERSION}
      SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
      LINK_DEPENDS ${PROJECT_SOURCE_DIR}/cmake/library.map DEFINE_SYMBOL "" INSTALL_RPATH $ORIGIN)
  endif()
endfunction()

set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
