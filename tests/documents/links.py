#!/usr/bin/env python3
"""What the pages point to is there: files, headings, folders and environment variables. Nothing is fetched."""

import os
import pathlib
import re
import unittest

from pages import ROOT, pages

LONGEST_README = 150
LANGUAGES = {"sh", "text", "json", "cpp", "cmake", "bibtex"}
PATH = re.compile(r"^[\w.+-]*/[\w./+-]*$")  # a span of code that names a file or a folder
ENDINGS = {".cpp", ".hpp", ".py", ".js", ".json", ".cmake", ".md", ".txt", ".png"}
SETTING = re.compile(r"\bGRADRACE_[A-Z_]+\b")
ROOMS = [ROOT, ROOT / "engine"]  # from where a path may begin, besides the folder of its page


def sources():
    """The text of everything that is no page."""
    text = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if not name.startswith((".", "build", "golden", "_"))]
        text += [(pathlib.Path(folder) / name).read_text(encoding="utf-8", errors="ignore") for name in files
                 if not name.endswith((".md", ".png"))]
    return "\n".join(text)


class Links(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pages = pages()

    def missing(self, page, target):
        """What of a link's target is not there, if anything."""
        path, _, anchor = target.partition("#")
        file = (page.path.parent / path).resolve() if path else page.path
        if not file.exists():
            return path
        if anchor and anchor not in next((p.anchors() for p in self.pages if p.path == file), ()):
            return "#" + anchor
        return None

    def test_lead_to_files_and_headings(self):
        count = 0
        for page in self.pages:
            for line, target in page.links():
                if re.match(r"https?://[\w.-]+\.\w+(/|$)", target):
                    continue
                count += 1
                with self.subTest(page=page.name, line=line):
                    self.assertIsNone(self.missing(page, target), "leads nowhere")
        self.assertGreater(count, 20)

    def test_paths_in_code_are_there(self):
        count = 0
        for page in self.pages:
            for line, span in page.spans():
                if not PATH.match(span) or re.search(r"[A-Z]{2}", span) or span.startswith(("build", "~")):
                    continue
                if not span.endswith("/") and pathlib.PurePath(span).suffix not in ENDINGS:
                    continue
                count += 1
                with self.subTest(page=page.name, line=line):
                    self.assertTrue(any((base / span).exists() for base in [page.path.parent, *ROOMS]), f"no {span}")
        self.assertGreater(count, 20)

    def test_settings_are_known(self):
        known = set(SETTING.findall(sources()))
        for page in self.pages:
            for name in SETTING.findall("\n".join(page.lines)):
                with self.subTest(page=page.name):
                    self.assertIn(name, known)

    def test_blocks_name_their_language(self):
        for page in self.pages:
            with self.subTest(page=page.name):
                self.assertEqual(page.indented(), [], "fence these lines")
                for block in page.blocks:
                    self.assertIn(block.language, LANGUAGES, f"line {block.line}")

    def test_every_page_can_be_reached_from_the_readme(self):
        by_path = {page.path: page for page in self.pages}
        reached, waiting = set(), [ROOT / "README.md"]
        while waiting:
            page = by_path.get(waiting.pop())
            if page is None or page.path in reached:
                continue
            reached.add(page.path)
            waiting += [(page.path.parent / target.partition("#")[0]).resolve() for _, target in page.links()]
        self.assertEqual(sorted(page.name for page in self.pages if page.path not in reached), [])

    def test_readme_is_short(self):
        self.assertLessEqual(len((ROOT / "README.md").read_text().splitlines()), LONGEST_README)


if __name__ == "__main__":
    unittest.main()
