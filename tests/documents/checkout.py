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
    # Without PyTorch it says so, once it has understood its options. The test peers.skipped_without_pytorch is the same.
    "bench/peers/compare": 'exec "$real" "$@" --python /nowhere/python3',
    # An hour or so.
    "tests/spoil": 'exec python3 -m py_compile "$real"',
    # Nothing is installed.
    "bin/apt-get": "", "bin/apt": "", "bin/sudo": 'exec "$@"',
    # Nothing is built: the options must be those of the build that there is.
    "bin/cmake": """
      case "$1" in --version | -E | -P) exec "$real" "$@" ;; esac
      while [ $# -gt 0 ]; do
        case "$1" in
          -B) [ -e "$2" ] || ln -s build "$2" ;;
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
        return bytes(200 * (label * 2 <= i // size % size < label * 2 + 4) + noise.randrange(50) for i in range(size * size))

    for part, count in IMAGES.items():
        labels = [i % 10 for i in range(count)]
        pixels = b"".join(stripes(label, 28) for label in labels)
        (directory / f"{part}-images-idx3-ubyte").write_bytes(struct.pack(">4I", 2051, count, 28, 28) + pixels)
        (directory / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 2049, count) + bytes(labels))
    records = b"".join(bytes([label]) + 3 * stripes(label, 32) for label in range(10))
    for name in [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]:
        (directory / f"{name}.bin").write_bytes(records)


def link(source, target, without=()):
    """Makes the directory `target`, with links to all that `source` holds."""
    target.mkdir()
    for entry in source.iterdir():
        if entry.name not in without and not entry.name.startswith(("build", "__pycache__")):
            (target / entry.name).symlink_to(entry)


class Checkout:
    """In the directory `root`, which must be empty. build: the build whose programs run; isa: what they run with."""

    def __init__(self, root, build, isa):
        self.root, self._build, self._isa = root, build, isa
        tree = root / "tree"
        folders = {name.partition("/")[0] for name in STAND_INS} | {"bench", "tests"}
        link(ROOT, tree, without=folders)
        for folder in folders - {"build", "bin"}:
            link(ROOT / folder, tree / folder)
        for source, target in ((ROOT / "bench/peers", tree / "bench/peers"), (build, tree / "build")):
            if target.is_symlink():
                target.unlink()
            link(source, target, without={"Testing"})
        for folder in ("apps", "bench"):
            (tree / "build" / folder).unlink()
            link(build / folder, tree / "build" / folder)
        for name, stand_in in STAND_INS.items():
            self._replace(tree / name, name, stand_in)
        for program in ("apps/gradrace", "bench/gradrace-bench"):
            (tree / "bin" / pathlib.Path(program).name).symlink_to(tree / "build" / program)
        self.tree = tree

    def _replace(self, path, name, stand_in):
        path.parent.mkdir(exist_ok=True)
        real = shutil.which(path.name) if name.startswith("bin/") else None
        if path.exists():  # stays beside it, so that it finds what lies around it
            real = path.with_name("." + path.name)
            path.rename(real)
        path.write_text(f"#!/bin/bash\nreal={real} isa={self._isa} build={self._build}\n{stand_in}\n")
        path.chmod(0o755)

    def environment(self):
        return os.environ | {
            "PATH": f"{self.tree}/bin:{os.environ['PATH']}", "GRADRACE_DATA_DIR": str(self.root.parent / "images"),
            "GRADRACE_MIRRORS": "http://127.0.0.1:1", "XDG_CACHE_HOME": str(self.root / "cache"),
            "GRADRACE_BENCH": str(self.tree / "build/bench/gradrace-bench")}
