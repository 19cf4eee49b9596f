"""Epochs of Gradrace and of PyTorch, each in a fresh process: what bench/peers/compare and bench/scaling share."""
import argparse, json, os, pathlib, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).resolve().parent
EPOCH = 60000
OPTIMIZERS = {"adadelta": "adadelta:lr=0.5", "adam": "adam:lr=0.001"}


def at_least_one(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 on, found '{text}'")
    return int(text)


def default_data_directory():
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.environ.get("GRADRACE_DATA_DIR") or os.path.join(cache, "gradrace", "mnist")


def option_parser(description, images, rounds):
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=at_least_one, default=images, help=f"train on the first N (default {images})")
    parser.add_argument("--rounds", type=at_least_one, default=rounds, help=f"runs of each (default {rounds})")
    parser.add_argument("--data-dir", default=default_data_directory(), help="MNIST; fetched by gradrace data fetch")
    parser.add_argument("--python", default="/usr/bin/python3", help="the Python that has PyTorch")
    parser.add_argument("--gradrace", default=HERE.parents[1] / "build" / "apps" / "gradrace")
    return parser


def expect_program(options):
    if not os.access(options.gradrace, os.X_OK):
        name = pathlib.Path(sys.argv[0]).name
        sys.exit(f"{name}: {options.gradrace} is not there; build it with: "
                 "cmake -S . -B build && cmake --build build --parallel")


def run(*command):
    """What the command says. If it fails, it has said why; so do we."""
    process = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True)
    if process.returncode != 0:
        name = pathlib.Path(sys.argv[0]).name
        print(f"{name}: {command[0]} failed with exit code {process.returncode}", file=sys.stderr)
        sys.exit(process.returncode if process.returncode > 0 else 1)
    return process.stdout


def pytorch_version(python):
    """Empty where there is none."""
    try:
        probe = subprocess.run([python, "-c", "import torch; print(torch.__version__)"], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True)
    except OSError:
        return ""
    return probe.stdout.strip()


def run_pytorch(options, source, optimizer, threads, *more):
    return json.loads(run(options.python, HERE / "pytorch.py", "--input", source, "--optimizer", optimizer, "--data-dir",
                          options.data_dir, "--images", options.images, "--threads", threads, *more))


def results_of_gradrace(options, optimizers, images, threads, *more):
    """results.json of an epoch of each."""
    with tempfile.TemporaryDirectory() as directory:
        words = [word for optimizer in optimizers for word in ("--optimizer", OPTIMIZERS[optimizer])]
        run(options.gradrace, *words, "--data-dir", options.data_dir, "--train-limit", images, "--test-limit", 100,
            "--epochs", 1, "--seed", 0, "--threads", threads, "--quiet", "--out", directory, *more)
        return json.loads(pathlib.Path(directory, "results.json").read_text())
