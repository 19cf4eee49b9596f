# Sourced by apps/run, bench/run and tests/run: installs what the build needs, and builds into <repository>/build. What it
# says, it says on standard error.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$repository/build

# The Debian packages that Gradrace is built with.
packages=(
  g++ cmake ninja-build
  libxsimd-dev libbenchmark-dev libgtest-dev
  libspdlog-dev libfmt-dev libcli11-dev nlohmann-json3-dev libboost-dev
  zlib1g-dev libcurl4-openssl-dev libssl-dev ca-certificates libjs-chart.js
)
test_packages=(python3 chromium chromium-driver pkgconf)  # for tests of the report and of the installed library

# fail SENTENCE: says it, and ends.
fail() {
  printf '%s: %s\n' "$0" "$1" >&2
  exit 1
}

# quietly COMMAND...: runs it, and shows what it said only if it fails.
quietly() {
  local output
  output=$("$@" 2>&1) && return
  printf '%s\n' "$output" >&2
  return 1
}

# followed WHAT COMMAND...: says what is built and builds it quietly; on a terminal with the step that it is at, in the
# brackets of ninja and make: [12/345], [ 12%].
followed() {
  local what=$1 log code=0
  shift
  if [ ! -t 2 ]; then
    echo "$what ..." >&2
    quietly "$@"
    return
  fi
  log=$(mktemp)
  "$@" 2>&1 | tee "$log" | while IFS= read -r line; do
    [[ ! $line =~ ^\[[^]]*\] ]] || printf '\r%s %s ... ' "$what" "${BASH_REMATCH[0]}" >&2
  done || code=$?
  printf '\r%*s\r' 60 "" >&2
  [ $code -eq 0 ] || cat "$log" >&2
  rm "$log"
  return $code
}

# missing_packages PACKAGE...: those that are not installed for this machine's architecture, whatever others have.
missing_packages() {
  local package installed native
  installed=$(dpkg-query -W -f='${Package} ${Architecture} ${db:Status-Status}\n' "$@" 2>/dev/null || true)
  native=$(dpkg --print-architecture)
  for package in "$@"; do
    grep -qxF -e "$package $native installed" -e "$package all installed" <<<"$installed" || echo "$package"
  done
}

# install_packages PACKAGE...: those of the list above, and these.
install_packages() {
  command -v dpkg-query >/dev/null || return 0  # not Debian: CMake will say what is missing
  local missing as_root=()
  mapfile -t missing < <(missing_packages "${packages[@]}" "$@")
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "packages are missing; have root install them: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  echo "Installing ${missing[*]} ..." >&2
  quietly "${as_root[@]}" apt-get update -q
  quietly "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${missing[@]}"
}

# may_build: whether this user may write where the build goes.
may_build() {
  mkdir -p "$build" 2>/dev/null && [ -w "$build" ]
}

# build_targets TARGET CMAKE_OPTION...: configures and builds.
build_targets() {
  local target=$1 generator=()
  shift
  may_build || fail "$(id -un) may not write to $build; use a copy of the repository that is your own"
  if [ ! -f "$build/CMakeCache.txt" ]; then
    echo "The first build takes some minutes." >&2
    ! command -v ninja >/dev/null || generator=(-G Ninja)
    ! command -v ccache >/dev/null || generator+=(-D CMAKE_CXX_COMPILER_LAUNCHER=ccache)
  fi
  quietly cmake -S "$repository" -B "$build" "${generator[@]}" "$@"
  followed "Building $target" cmake --build "$build" --target "$target" --parallel "$(nproc)"
}

# run_program DIRECTORY/TARGET ARGUMENT...: installs, builds and runs it; only runs it where it was built by somebody who
# may, and this user may not.
run_program() {
  local program=$build/$1
  shift
  if may_build || [ ! -x "$program" ]; then
    install_packages
    build_targets "$(basename "$program")"
  fi
  exec "$program" "$@"
}
