#!/usr/bin/env python3
"""What the pages list is what there is: lists.py BUILD"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from checkout import write_images
from pages import ROOT, Page

# A race in whose results every field stands.
RACE = ["--optimizer", "adamax", "--optimizer", "sgd:lr=1e9", "--sweep", "adam:lr=1e-3..1e-2:log:2", "--seeds", "2",
        "--epochs", "1", "--target-accuracy", "0.01", "--profile", "--quiet"]
# Fields whose members go by names of the race's own: options, layers, parameters, files.
OWN_NAMES = {"options", "kernels", "weights", "sha256"}


def fields(value, name=""):
    """The names of all members, at any depth."""
    if isinstance(value, dict):
        for key, member in value.items():
            if name not in OWN_NAMES:
                yield key
            yield from fields(member, "" if name in OWN_NAMES else key)
    elif isinstance(value, list):
        for element in value:
            yield from fields(element, name)


def names_in(page):
    """Every word of the page's code."""
    return {word for _, span in Page(ROOT / page).spans() for word in re.findall(r"[\w-]+", span)}


class Lists(unittest.TestCase):
    build = None

    def gradrace(self, *words, **options):
        return subprocess.run([self.build / "apps/gradrace", *words], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, **options).stdout

    def test_all_fields_of_results(self):
        with tempfile.TemporaryDirectory() as directory:
            images, out = pathlib.Path(directory, "images"), pathlib.Path(directory, "out")
            write_images(images)
            self.gradrace(*RACE, "--data-dir", images, "--out", out)
            results = json.loads((out / "results.json").read_text())
            header = (out / "steps.csv").read_text().splitlines()
        found = set(fields(results)) | set(next(line for line in header if not line.startswith("#")).split(","))
        self.assertGreater(len(found), 80)
        phases = set(results["runs"][0]["epochs"][0]["phase_seconds"])
        self.assertEqual(found - phases - names_in("engine/results/README.md"), set())

    def test_all_optimizers(self):
        optimizers = json.loads(self.gradrace("optimizers", "--json", check=True))
        names = {entry["name"] for entry in optimizers["optimizers"]}
        self.assertIn("adam", names)
        self.assertEqual(names - names_in("engine/optimizers/README.md"), set())

    def test_all_networks(self):
        names = {network["name"] for network in json.loads(self.gradrace("networks", "--json", check=True))}
        self.assertIn("convnet", names)
        self.assertEqual(names - names_in("engine/training/README.md"), set())

    def test_all_layers(self):
        sources = "".join(path.read_text() for path in (ROOT / "engine/layers").glob("*.cpp"))
        names = set(re.findall(r"LayerRegistry::Entry<.+> \w+\(\"(\w+)\"\);", sources))
        names.remove("conv_pool")  # what fusing makes
        self.assertIn("conv2d", names)
        self.assertEqual(names - names_in("engine/training/README.md"), set())

    def test_all_datasets(self):
        names = re.search(r"--dataset (auto\S+?)(?:=| )", self.gradrace("compare", "--help", check=True))[1].split("|")
        self.assertIn("mnist", names)
        self.assertEqual(set(names) - names_in("engine/data/README.md"), set())

    def test_the_tests_of_promises_are_there(self):
        sources = "".join(path.read_text() for path in (ROOT / "tests").glob("*/*.cpp"))
        lists = "".join(path.read_text() for path in (ROOT / "tests").glob("**/CMakeLists.txt"))
        tests = {".".join(names) for names in re.findall(r"\bTEST(?:_F|_P)?\((\w+),\s*(\w+)\)", sources)}
        tests |= set(re.findall(r"add_test\(NAME ([\w.]+)", lists))
        rows = Page(ROOT / "tests/README.md").lines
        promises = [row.split("|")[2] for row in rows if re.match(r"\| [a-z].* \| `", row)]
        self.assertGreater(len(promises), 10)
        for name in re.findall(r"`([^`]+)`", " ".join(promises)):
            self.assertTrue(any(test.startswith(name.rstrip("*")) for test in tests), name)

    def test_the_version(self):
        version = re.search(r"project\(gradrace VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())[1]
        self.assertIn(f"{{{version}}}", (ROOT / "README.md").read_text())
        self.assertIn(f"## {version}", (ROOT / ".github/CHANGELOG.md").read_text())


if __name__ == "__main__":
    Lists.build = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
