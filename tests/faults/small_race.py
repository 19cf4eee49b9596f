"""A race of a fraction of a second that writes everything that a race can write, and what must be true of its files
whatever happened to it."""

import json
import pathlib
import random
import shutil
import struct
import subprocess
import tempfile

BUILD = pathlib.Path(__file__).resolve().parents[2] / "build"
IMAGES = {"train": 24, "t10k": 8}
NETWORK = '{"input": [28, 28, 1], "layers": ["max_pool2d:kernel_size=4", "linear:out_features=10"]}'
CODES = (0, 1, 2, 5)  # that a fault may end in; README.md of the root says what they mean
STEADY = ("runs", "parameter_difference", "hardest")  # of results, from race to race, but for...
VARIES = ("seconds", "resumed_after")
ENDS = {".json": "\n", ".csv": "\n", ".html": "</html>\n", ".svg": "</svg>\n"}


def write_images(directory):
    """MNIST's four files, with a few images of noise."""
    noise = random.Random(1)
    for part, count in IMAGES.items():
        (directory / f"{part}-images-idx3-ubyte").write_bytes(struct.pack(">4I", 2051, count, 28, 28) +
                                                              noise.randbytes(count * 28 * 28))
        (directory / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 2049, count) +
                                                              bytes(i % 10 for i in range(count)))


def steady(value):
    """A part of results without what varies from race to race."""
    if isinstance(value, dict):
        return {key: steady(member) for key, member in value.items() if not any(word in key for word in VARIES)}
    return [steady(element) for element in value] if isinstance(value, list) else value


class SmallRace:
    """The program, and a directory in which it runs, with the results of an earlier, different race in it."""

    def __init__(self, build):
        self.program = build / "apps/gradrace"
        self._temporary = tempfile.TemporaryDirectory(prefix="gradrace-faults-")
        self.parent = pathlib.Path(self._temporary.name)
        (self.parent / "data").mkdir()
        write_images(self.parent / "data")
        (self.parent / "network.json").write_text(NETWORK)
        self.before = self.fresh("before", None)
        self.expect_well(self.run(self.before, "--optimizer", "adagrad", "--out", "out", "--save-weights", "--plots",
                                  "--trace", "trace.json"))
        self.after = self.fresh("after")
        self.expect_well(self.run_all(self.after))
        self.expected = self.results(self.after)

    def close(self):
        self._temporary.cleanup()

    def fresh(self, name, model="before"):
        """A directory of that name, as another one is."""
        directory = self.parent / name
        shutil.rmtree(directory, ignore_errors=True)
        if model:
            shutil.copytree(self.parent / model, directory)
        else:
            directory.mkdir()
        return directory

    def words(self, *words):
        return [self.program, "--data-dir", self.parent / "data", "--network", self.parent / "network.json", "--epochs",
                "2", "--batch-size", "8", "--log-level", "error", *words]

    def whole_race(self, *more, threads=2):
        return self.words("--threads", str(threads), "--optimizer", "adam", "--optimizer", "sgd:lr=0.1", "--out", "out",
                          "--save-weights", "--plots", "--trace", "trace.json", "--tensorboard", "board",
                          "--checkpoint", "runs", "--checkpoint-every", "2", *more)

    def begin(self, words, directory, environment):
        variables = {"PATH": "/usr/bin:/bin", "XDG_CACHE_HOME": str(self.parent), **environment}
        return subprocess.Popen(words, cwd=directory, env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def complete(self, words, directory, environment):
        process = self.begin(words, directory, environment)
        out, errors = process.communicate(timeout=120)
        return subprocess.CompletedProcess(words, process.returncode, out, errors)

    def run(self, directory, *words, **environment):
        return self.complete(self.words(*words), directory, environment)

    def run_all(self, directory, *more, **environment):
        return self.complete(self.whole_race(*more), directory, environment)

    def report(self, directory, **environment):
        return self.complete([self.program, "report", "out"], directory, environment)

    def expect_well(self, process):
        if process.returncode or process.stderr:
            raise AssertionError(f"exit code {process.returncode}: {process.stderr}")

    def results(self, directory):
        """All that a race writes but for times."""
        out = directory / "out"
        files = {path.name: path.read_bytes() for path in out.glob("*.safetensors") if "adagrad" not in path.name}
        results = json.loads((out / "results.json").read_text())
        return files | {"steps.csv": (out / "steps.csv").read_bytes()} | {key: steady(results[key]) for key in STEADY}

    def resume(self, directory, threads=2):
        return self.complete(self.whole_race("--resume", threads=threads), directory, {})

    def expect_same_results(self, directory):
        found = self.results(directory)
        different = [name for name in self.expected if found.get(name) != self.expected[name]]
        if different:
            raise AssertionError(f"differs from an undisturbed race: {different}")

    def expect_whole(self, directory):
        """Every file is either as it was before or all there."""
        for path in (path for path in directory.rglob("*") if path.is_file()):
            former = self.before / path.relative_to(directory)
            if "tfevents" in path.name or (former.exists() and former.read_bytes() == path.read_bytes()):
                continue
            if not is_whole(path):
                raise AssertionError(f"{path.name} is not whole")


def expect_no_temporary(directory):
    for path in directory.rglob("*.tmp.*"):
        raise AssertionError(f"{path.name} is left")


def is_whole(path):
    contents = path.read_bytes()
    if path.suffix == ".safetensors":
        size, = struct.unpack("<Q", contents[:8].ljust(8, b"\xff"))
        ends = [entry["data_offsets"][1] for name, entry in json.loads(contents[8:8 + size]).items()
                if name != "__metadata__"]
        return len(contents) == 8 + size + max(ends)
    return path.suffix not in ENDS or contents.decode().endswith(ENDS[path.suffix])
