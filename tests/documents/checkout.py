"""A checkout in which the commands of a page run in little time: the source tree with a finished build, few images, and
in place of what would install, build, fetch or measure for minutes something that looks at its arguments only."""

import os
import pathlib
import random
import shutil
import struct

from pages import ROOT

IMAGES = {"train": 96, "t10k": 40}

# What does not run as it stands. Each is a program of bash that stands in its place; $real is the one that it stands
# for, $isa the best instruction set here, $build the build.
STAND_INS = {
    # The program: races take few images, measuring takes small arrays, downloads are refused, and the images that are
    # verified are not MNIST's.
    "build/apps/gradrace": """
      case "$1 ${2:-}" in
        profile*) exec "$real" "${@/10000000/1000}" ;;
        "data fetch") "$real" "$@" --data-dir nowhere 2>&1 | grep "could not be downloaded" ;;
        "data verify") "$real" "$@"; [ $? -eq 3 ] ;;
        data* | info* | networks* | optimizers* | report* | *--help*) exec "$real" "$@" ;;
        *) exec "$real" "$@" --train-limit 96 --test-limit 40 ;;
      esac""",
    # Benchmarks: names that the filter lets through. The test bench.table measures.
    "build/bench/gradrace-bench": """
      names=$("$real" "${@//avx512/$isa}" --benchmark_list_tests=true) && grep / <<<"$names" """,
    "bench/ladder": 'exec "$real" 64 1',
    # Without PyTorch it says so, once it has understood its options.
    "bench/peers/compare": 'exec "$real" "$@" --python /nowhere/python3',
    "bench/scaling": 'exec "$real" "$@" --images 96 --rounds 1 --threads 2 --python /nowhere/python3',
    # Minutes of building, fuzzing and emulating.
    "tests/fuzz": 'exec bash -n "$real"',
    "tests/threads": 'exec bash -n "$real"',
    "tests/valgrind": 'exec bash -n "$real"',
    # An hour: here two seconds.
    "tests/soak": 'exec "$real" 0.03',
    # An hour or so.
    "tests/spoil": 'exec python3 -m py_compile "$real"',
    # Nothing is installed.
    "bin/apt-get": "", "bin/apt": "", "bin/sudo": 'exec "$@"',
    # Nothing is built: the options must be those of the build that there is.
    "bin/cmake": """
      case "$1" in --version | -E | -P) exec "$real" "$@" ;; esac
      while [ $# -gt 0 ]; do
        case "$1" in
          -B) rmdir "$2" 2>/dev/null; [ -e "$2" ] || ln -s build "$2" ;;
          --build | --install) [ -d "$2" ] || { echo "there is no build in $2"; exit 1; } ;;
          --component) grep -q "\\"$2\\"" "$build/cmake_install.cmake" || { echo "nothing is of $2"; exit 1; } ;;
          GRADRACE_*=*) grep -q "^${1%%=*}:" "$build/CMakeCache.txt" || { echo "there is no option $1"; exit 1; } ;;
        esac
        shift
      done""",
    "bin/cpack": "",
    # The test library.installed builds it and runs it.
    "build/train_mlp": "",
    # The test documents.doxygen runs it.
    "bin/doxygen": '[ -f "$1" ]',
    # No test runs all tests: those of ctest are listed, and there must be some.
    "build/tests/gradrace-tests": '[ -x "$real" ]',
    "bin/ctest": """
      list=$("$real" "$@" -N) && grep '^Total Tests: [1-9]' <<<"$list" """,
    # Not ours: Google Benchmark's way to compare results, and what looks at a report in a browser (report.page does).
    "bin/python3": """
      case "$1" in /usr/share/benchmark/* | *report_page.py) exit ;; esac
      exec "$real" "$@" """,
}


def write_images(directory):
    """MNIST's four files with a few images of stripes, and CIFAR-10's."""
    noise = random.Random(1)
    directory.mkdir()

    def stripes(label, size):
        return bytes(200 * (label * 2 <= i // size < label * 2 + 4) + noise.randrange(50) for i in range(size * size))

    for part, count in IMAGES.items():
        labels = [i % 10 for i in range(count)]
        pixels = b"".join(stripes(label, 28) for label in labels)
        (directory / f"{part}-images-idx3-ubyte").write_bytes(struct.pack(">4I", 2051, count, 28, 28) + pixels)
        (directory / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 2049, count) + bytes(labels))
    records = b"".join(bytes([label]) + 3 * stripes(label, 32) for label in range(10))
    for name in [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]:
        (directory / f"{name}.bin").write_bytes(records)


def link(source, target):
    """Makes the directory `target`, with links to all that `source` holds but builds and what tests leave there."""
    target.mkdir()
    for entry in source.iterdir():
        if not entry.name.startswith(("build", "__pycache__", "Testing")):
            (target / entry.name).symlink_to(entry)


class Checkout:
    """In the directory `root`, which must be empty. build: the build whose programs run; isa: what they run with."""

    def __init__(self, root, build, isa):
        self.tree, self._images, self._cache = root / "tree", root.parent / "images", root / "cache"
        link(ROOT, self.tree)
        (self.tree / "build").symlink_to(build)
        for name, stand_in in STAND_INS.items():
            self._own_folder(name)
            real = self._set_aside(self.tree / name) or shutil.which(pathlib.Path(name).name)
            self._write(name, f"real={real} isa={isa} build={build}\n{stand_in}")
        for program in ("build/apps/gradrace", "build/bench/gradrace-bench"):
            self._write(f"bin/{pathlib.Path(program).name}", f'exec {self.tree / program} "$@"')

    def _own_folder(self, name):
        """Folders on the way to `name` that are links become folders with links in them."""
        for folder in [*reversed((self.tree / name).relative_to(self.tree).parents)][1:]:
            path = self.tree / folder
            if path.is_symlink():
                source = path.resolve()
                path.unlink()
                link(source, path)
            path.mkdir(exist_ok=True)

    def _set_aside(self, path):
        """Renames what is there, if anything, within its folder, so that it finds its neighbours; returns its path."""
        return path.rename(path.with_name("." + path.name)) if path.exists() else None

    def _write(self, name, script):
        (self.tree / name).write_text(f"#!/bin/bash\n{script}\n")
        (self.tree / name).chmod(0o755)

    def environment(self):
        return os.environ | {
            "PATH": f"{self.tree}/bin:{os.environ['PATH']}", "GRADRACE_DATA_DIR": str(self._images),
            "GRADRACE_MIRRORS": "https://127.0.0.1:1", "XDG_CACHE_HOME": str(self._cache),
            "GRADRACE_BENCH": str(self.tree / "build/bench/gradrace-bench")}
