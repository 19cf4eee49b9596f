# Sourced by apps/run and tests/run: installs what the build needs, and builds into <repository>/build. Says something
# only when there is something to do, on standard error.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$repository/build

# The Debian packages that Gradrace is built with.
packages=(
  g++ cmake ninja-build
  libxsimd-dev libbenchmark-dev libgtest-dev
  libspdlog-dev libfmt-dev libcli11-dev nlohmann-json3-dev libboost-dev
  zlib1g-dev libcurl4-openssl-dev libssl-dev ca-certificates libjs-chart.js
)
test_packages=(python3 chromium chromium-driver)  # for the test that looks at the report

# quietly COMMAND...: runs it, and shows what it said only if it fails.
quietly() {
  local output
  output=$("$@" 2>&1) && return
  printf '%s\n' "$output" >&2
  return 1
}

# install_packages PACKAGE...: those of the list above, and these.
install_packages() {
  command -v dpkg-query >/dev/null || return 0  # not Debian: CMake will say what is missing
  local package missing=() as_root=()
  for package in "${packages[@]}" "$@"; do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  echo "Installing ${missing[*]} ..." >&2
  quietly "${as_root[@]}" apt-get update -q
  quietly "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${missing[@]}"
}

# build_targets TARGET CMAKE_OPTION...: configures and builds.
build_targets() {
  local target=$1 generator=()
  shift
  if [ ! -f "$build/CMakeCache.txt" ]; then
    echo "Building $target; the first time takes a minute or two ..." >&2
    ! command -v ninja >/dev/null || generator=(-G Ninja)
    ! command -v ccache >/dev/null || generator+=(-D CMAKE_CXX_COMPILER_LAUNCHER=ccache)
  fi
  quietly cmake -S "$repository" -B "$build" "${generator[@]}" "$@"
  quietly cmake --build "$build" --target "$target" --parallel "$(nproc)"
}
