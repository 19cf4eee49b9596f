"""The project's pages, taken apart: blocks and spans of code, links and headings, in the Markdown that they use."""

import os
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]

FENCE = re.compile(r"^ *```(\w*)$")
HEADING = re.compile(r"^#+ +(.+?) *$")
SPAN = re.compile(r"`([^`]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


class Block:
    """A fenced block of code: its language, its text, and the number of its first line in the page."""

    def __init__(self, language, line):
        self.language, self.line, self.lines = language, line, []

    @property
    def text(self):
        return "\n".join(self.lines) + "\n"


class Page:
    def __init__(self, path):
        self.path = path
        self.name = str(path.relative_to(ROOT))
        self.blocks = []
        self.lines = path.read_text(encoding="utf-8").split("\n")
        self._prose = [""] * len(self.lines)  # the page without its blocks, line by line
        self._read()

    def _read(self):
        block = None
        for i, line in enumerate(self.lines):
            fence = FENCE.match(line)
            if fence and block is None:
                block = Block(fence[1], i + 2)
                self.blocks.append(block)
            elif fence:
                block = None
            elif block:
                block.lines.append(line)
            else:
                self._prose[i] = line

    def _found(self, pattern, text):
        """(line, what the pattern's first group is) of each match; a match may go on in the next line."""
        for match in pattern.finditer(text):
            yield text.count("\n", 0, match.start()) + 1, " ".join(match[1].split())

    def spans(self):
        """(line, text) of each span of code."""
        return list(self._found(SPAN, "\n".join(self._prose)))

    def links(self):
        """(line, target) of each link and picture."""
        return list(self._found(LINK, SPAN.sub(lambda span: re.sub(r"\S", "x", span[0]), "\n".join(self._prose))))

    def indented(self):
        """The numbers of lines that Markdown takes for code because they are indented."""
        return [i + 1 for i, line in enumerate(self._prose)
                if i and line.startswith("    ") and not self._prose[i - 1].strip() and line.strip()]

    def anchors(self):
        """The names by which links reach its headings."""
        names = set()
        for line in self._prose:
            if heading := HEADING.match(line):
                plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1])
                name = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
                names.add(name if name not in names else f"{name}-{sum(n.startswith(name) for n in names)}")
        return names


def pages():
    """All of them but those in build trees and hidden folders, .github excepted."""
    found = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders
                      if name == ".github" or not name.startswith((".", "build", "_"))]
        found += [pathlib.Path(folder) / name for name in files if name.endswith(".md")]
    return [Page(path) for path in sorted(found)]
