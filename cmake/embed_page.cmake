# cmake -DPAGE=page.html -DDIRECTORIES=a;b -DSYMBOL=name -DOUTPUT=x.cpp -P embed_page.cmake
# Replaces every "@include file@" in the page by that file, found in one of the directories, and writes the page as the
# bytes of gradrace::<SYMBOL>.
file(READ ${PAGE} page)
string(REGEX MATCHALL "@include [^@]+@" includes "${page}")
foreach(include IN LISTS includes)
  string(REGEX REPLACE "@include (.*)@" "\\1" name "${include}")
  unset(found CACHE)
  find_file(found ${name} PATHS ${DIRECTORIES} NO_DEFAULT_PATH REQUIRED)
  file(READ ${found} text)
  string(FIND "${text}" "</script" end)
  if(NOT end EQUAL -1)
    message(FATAL_ERROR "${found} holds \"</script\", which would end the script that it is part of")
  endif()
  string(REPLACE "${include}" "${text}" page "${page}")
endforeach()
file(WRITE ${OUTPUT}.html "${page}")
file(READ ${OUTPUT}.html bytes HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
file(WRITE ${OUTPUT} "// Made from ${PAGE}.\n#include \"engine/report/page.hpp\"\n\nnamespace gradrace {\n"
  "namespace {\nconst unsigned char bytes[] = {${bytes}};\n}\n"
  "const std::string_view ${SYMBOL}(reinterpret_cast<const char*>(bytes), sizeof bytes);\n}\n")
