# cmake -DNM=.. -DOBJECTS=a.o;b.o -P audit_sockets.cmake
# One of the objects may call libcurl, https.cpp's, and does; none opens a connection by itself or starts a program that
# might.
if(NOT OBJECTS)
  message(FATAL_ERROR "no objects to look at")
endif()
string(JOIN "|" forbidden "socket" "socketpair" "connect" "bind" "listen" "accept4?" "getaddrinfo" "gethostby[a-z_0-9]*"
  "send(to|msg|mmsg)?" "(__)?recv(from|msg|mmsg)?(_chk)?" "dlm?open" "system" "popen" "v?fork" "exec[vl][a-z]*"
  "fexecve" "posix_spawnp?")
set(callers 0)
foreach(object IN LISTS OBJECTS)
  execute_process(COMMAND ${NM} --undefined-only --format=posix ${object}
    RESULT_VARIABLE result OUTPUT_VARIABLE symbols OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_VARIABLE error)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${NM} ${object}: ${result} ${error}")
  endif()
  string(REPLACE "\n" ";" symbols "${symbols}")
  set(opening ${symbols})
  list(FILTER opening INCLUDE REGEX "^(${forbidden}) ")
  list(FILTER symbols INCLUDE REGEX "^curl_")
  if(opening)
    message(FATAL_ERROR "${object} calls ${opening}")
  elseif(symbols)
    if(NOT object MATCHES "/data/https\\.cpp\\.o(bj)?$")
      message(FATAL_ERROR "${object} calls ${symbols}, which is left to engine/data/https.cpp")
    endif()
    math(EXPR callers "${callers} + 1")
  endif()
endforeach()
if(NOT callers EQUAL 1)
  message(FATAL_ERROR "expected one object that calls libcurl, found ${callers}")
endif()
