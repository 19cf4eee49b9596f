# cmake -DPROJECT=.. -DGRADRACE=.. -DBUILD=.. -DGENERATOR=.. "-DCOMPILER=-D;.." -P check_added.cmake
# Configures PROJECT with the source tree GRADRACE added to it, where what only the programs need is not to be had, and
# looks at how each would be compiled. Nothing is: that would take minutes.
file(REMOVE_RECURSE ${BUILD})
set(hidden "")
foreach(package IN ITEMS CLI11 spdlog benchmark GTest)
  list(APPEND hidden -D CMAKE_DISABLE_FIND_PACKAGE_${package}=ON)
endforeach()
execute_process(COMMAND ${CMAKE_COMMAND} -E env --unset=CXXFLAGS ${CMAKE_COMMAND} -S ${PROJECT} -B ${BUILD} -G ${GENERATOR} ${COMPILER}
  -D GRADRACE_SOURCE=${GRADRACE} -D CMAKE_EXPORT_COMPILE_COMMANDS=ON --no-warn-unused-cli ${hidden}
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)

# command_of(<file name> <output>): the one that compiles it.
file(READ ${BUILD}/compile_commands.json commands)
function(command_of file output)
  string(REGEX MATCH "\"command\": \"[^\n]*/${file}\"" command "${commands}")
  if(NOT command)
    message(FATAL_ERROR "nothing compiles ${file}")
  endif()
  set(${output} "${command}" PARENT_SCOPE)
endfunction()

command_of(train_mlp.cpp theirs)
if(theirs MATCHES " (-W[a-z]+|-f[a-z-]+|-O[0-9]|-DNDEBUG)[^ ]*")
  message(FATAL_ERROR "the code of others is compiled with our ${CMAKE_MATCH_1}: ${theirs}")
endif()
command_of(trainer.cpp ours)
foreach(flag IN ITEMS -O3 -Wall -ffp-contract=off)
  if(NOT ours MATCHES " ${flag} ")
    message(FATAL_ERROR "our code is compiled without ${flag}: ${ours}")
  endif()
endforeach()
