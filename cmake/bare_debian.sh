# Sourced by cmake/try_on and cmake/try_package, which try the project in images of a bare Debian: as root, with
# debootstrap. They are called with SUITE [MIRROR].

suite=${1:?"usage: $0 bookworm|trixie [MIRROR]"}
mirror=${2:-}
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# What lies there is removed by who made it if all went well, and kept to look into if not.
directory=$(mktemp -d "${TMPDIR:-/var/tmp}/gradrace-$suite.XXXXXX")
chmod 755 "$directory"

# step NAME COMMAND...: says how long it took; shows what it said, which $directory/log keeps until the next, if it failed.
step() {
  local name=$1 begin=$SECONDS code=0
  shift
  "$@" >"$directory/log" 2>&1 || code=$?
  [ $code -eq 0 ] || cat "$directory/log"
  printf '== %s on %s: exit code %d after %d:%02d\n' "$name" "$suite" $code $(((SECONDS - begin) / 60)) $(((SECONDS - begin) % 60))
  return $code
}

# make_image NAME: a bare Debian in $directory/NAME.
make_image() {
  step debootstrap debootstrap --variant=minbase "$suite" "$directory/$1" ${mirror:+"$mirror"}
  chmod 755 "$directory/$1"
  cp /etc/resolv.conf "$directory/$1/etc/"
}

# clone_into NAME: HEAD, at /root/gradrace of that image.
clone_into() {
  git clone --quiet --no-local "$repository" "$directory/$1/root/gradrace"
}

# inside NAME COMMAND...: runs it in that image, with processes, mounts and an environment of its own. MNIST is lent to it
# where GRADRACE_DATA_DIR names it.
inside() {
  unshare --mount --pid --fork --kill-child bash -euc '
    image=$1 data=$2; shift 2
    mount -t proc proc "$image/proc"
    mount --rbind /dev "$image/dev"
    mount --rbind /sys "$image/sys"
    [ -z "$data" ] || { mkdir -p "$image/srv/mnist"; mount --bind -o ro "$data" "$image/srv/mnist"; }
    exec chroot "$image" env -i HOME=/root PATH="$PATH" ${data:+GRADRACE_DATA_DIR=/srv/mnist} "$@"
  ' bash "$directory/$1" "${GRADRACE_DATA_DIR:-}" "${@:2}"
}
