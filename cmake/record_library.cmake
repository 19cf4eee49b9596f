# record_library(name version): a library that the program is built with; gradrace --version names them all.
function(record_library name version)
  set_property(GLOBAL APPEND PROPERTY gradrace_libraries "${name} ${version}")
endfunction()
