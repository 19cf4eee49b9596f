#!/usr/bin/env python3
"""Runs what the pages say that one can run: commands.py BUILD

Blocks of `sh` are run as they stand, one after the other, those of a page in one checkout; checkout.py says what runs
shortened, and why. Of commands in running text the program, its command and its options must be there.
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from checkout import Checkout, write_images
from pages import ROOT, pages

LONGEST = 300  # seconds that a block may take, on a machine that is busy
PROGRAM = re.compile(r"(gradrace|gradrace-bench|(?:apps|bench|tests)/[\w/-]*\w)(?: |$)(\w+(?: |$))?")
OPTION = re.compile(r"(?<![\w-])--[a-z][\w-]*")
COMMANDS = ("compare", "data", "info", "optimizers", "networks", "report", "profile")
SUBCOMMANDS = ("data fetch", "data verify", "data make")


def run(checkout, script):
    """What went wrong, or nothing."""
    trap = "trap 'echo \"failed: $BASH_COMMAND\" >&2' ERR\n"
    try:
        process = subprocess.run(["bash", "-euo", "pipefail", "-c", trap + script], cwd=checkout.tree, text=True,
                                 errors="replace", env=checkout.environment(), stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LONGEST)
    except subprocess.TimeoutExpired:
        return f"took more than {LONGEST} s"
    return f"exit code {process.returncode}: {process.stdout[-600:]}" if process.returncode else None


def output(*words):
    return subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True).stdout


class Commands(unittest.TestCase):
    build = None

    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory(prefix="gradrace-documents-")
        cls.addClassCleanup(directory.cleanup)
        cls.directory = pathlib.Path(directory.name)
        write_images(cls.directory / "images")
        cls.pages = pages()
        cls.help = {command: output(cls.build / "apps/gradrace", *command.split(), "--help")
                    for command in COMMANDS + SUBCOMMANDS}
        cls.help["data"] += "".join(cls.help[command] for command in SUBCOMMANDS)
        cls.help["gradrace-bench"] = output(cls.build / "bench/gradrace-bench", "--help")
        cls.help["bench/table"] = cls.help["gradrace-bench"]
        cls.help["bench/peers/compare"] = output(ROOT / "bench/peers/compare", "--help")
        cls.isa = re.search(r"auto, (\w+)", cls.help["compare"])[1]

    def problems(self, page):
        """(block, what went wrong) of each block that fails."""
        blocks = [block for block in page.blocks if block.language == "sh"]
        if not blocks:
            return []
        root = self.directory / page.name.replace("/", "-")
        root.mkdir()
        checkout = Checkout(root, self.build, self.isa)
        found = [(block, run(checkout, block.text)) for block in blocks]
        return [(block, problem) for block, problem in found if problem]

    def test_end_well(self):
        by_length = sorted(self.pages, key=lambda page: -len(page.blocks))
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for page, problems in zip(by_length, pool.map(self.problems, by_length)):
                for block, problem in problems:
                    with self.subTest(page=page.name, line=block.line):
                        self.fail(f"{block.text}{problem}")
        self.assertGreater(sum(block.language == "sh" for page in self.pages for block in page.blocks), 30)

    def unknown(self, span):
        """What a span of code names that there is not."""
        program = PROGRAM.match(span)
        if not program:
            return set(OPTION.findall(span)) - self.options(self.help) if span.startswith("--") else set()
        name, command = program[1], (program[2] or "").strip()
        if name in ("gradrace", "apps/run"):
            if command and command not in COMMANDS:
                return {command}
            return set(OPTION.findall(span)) - self.options([command or "compare"]) - {"--help", "--version"}
        if name not in self.help and not os.access(ROOT / name, os.X_OK):
            return {name}
        return set(OPTION.findall(span)) - self.options([name] if name in self.help else [])

    def options(self, names):
        return {option for name in names for option in OPTION.findall(self.help[name])}

    def test_names_in_running_text_are_known(self):
        count = 0
        for page in self.pages:
            for line, span in page.spans():
                with self.subTest(page=page.name, line=line, span=span):
                    count += bool(PROGRAM.match(span) or span.startswith("--"))
                    self.assertEqual(self.unknown(span), set())
        self.assertGreater(count, 50)


if __name__ == "__main__":
    Commands.build = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
