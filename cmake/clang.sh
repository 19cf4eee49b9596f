# Sourced after bootstrap.sh by what only clang can do.

# find_clang PROGRAM OPTION...: exports CXX, a clang that links this line of C++ with OpenMP and these options. Where there
# is none, one is added to the packages to install.
find_clang() {
  local clang program=$1
  shift
  CXX=
  for clang in clang++ $(compgen -c clang++- | grep -xE 'clang\+\+-[0-9]+' | sort -Vru); do
    [ -n "$CXX" ] || ! printf '#include <omp.h>\n%s\n' "$program" |
      "$clang" -x c++ - -fopenmp -o /dev/null "$@" 2>/dev/null || CXX=$clang
  done
  [ -n "$CXX" ] || packages+=(clang libclang-rt-dev libomp-dev)
  export CXX=${CXX:-clang++}
}
