# cmake -DNM=.. -DOBJDUMP=.. -DOBJECTS=a.o;b.o [-DTABLE=name] -P audit_variant.cmake
# With TABLE, the objects of one instruction set: they may define that table and nothing else that a linker sees, and run
# no code at load time. Without, objects that every processor must be able to run: no instruction of AVX or SVE in them.
function(run_tool output)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE text ERROR_VARIABLE error)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${ARGN}: ${result} ${error}")
  endif()
  set(${output} "${text}" PARENT_SCOPE)
endfunction()

if(NOT OBJECTS)
  message(FATAL_ERROR "no objects to look at")
endif()
foreach(object IN LISTS OBJECTS)
  if(DEFINED TABLE)
    run_tool(symbols ${NM} --defined-only --extern-only ${object})
    run_tool(sections ${OBJDUMP} -h ${object})
    # On ARM, xsimd's names for casts that cost nothing: NEON is the baseline there, so whoever gets them can run them.
    string(REGEX REPLACE "[^\n]* W _ZN5xsimd6kernel4wrap[0-9]+vreinterpretq_[^\n]*\n" "" others "${symbols}")
    string(REGEX REPLACE "[^\n]* [A-Z] _ZN8gradrace7kernels[0-9]+${TABLE}E\n" "" others "${others}")
    if(NOT symbols MATCHES "${TABLE}" OR NOT others STREQUAL "")
      message(FATAL_ERROR "${object} must export ${TABLE} alone, but also or instead exports:\n${others}")
    elseif(sections MATCHES "\\.(init_array|ctors)")
      message(FATAL_ERROR "${object} runs code at load time (${CMAKE_MATCH_0})")
    endif()
  else()
    run_tool(code ${OBJDUMP} -d --no-show-raw-insn ${object})
    if(code MATCHES "[^\n]*\tv[a-z0-9]+ [^\n]*%[xyz]mm[^\n]*")  # every instruction of AVX and later begins with v
      message(FATAL_ERROR "${object} holds an AVX instruction:\n${CMAKE_MATCH_0}")
    elseif(code MATCHES "[^\n]*[\t ,{]z[0-9]+[.,][^\n]*")  # z0 to z31 are SVE's registers
      message(FATAL_ERROR "${object} holds an SVE instruction:\n${CMAKE_MATCH_0}")
    elseif(NOT code MATCHES "Disassembly")
      message(FATAL_ERROR "${object}: no code was found in it")
    endif()
  endif()
endforeach()
