#!/usr/bin/env python3
"""Opens report.html in headless Chromium: everything is drawn, nothing is fetched, nothing is complained of.

report_page.py PROGRAM          the test: races with that gradrace, looks at the report
report_page.py --picture REPORT PNG [WIDTH HEIGHT SCALE dark|light TOP]    a picture of a report
"""

import base64
import copy
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from webdriver import Browser

SKIPPED = 77
PHONE, DESKTOP = (390, 844), (1280, 900)
RACE = ["--dataset", "digits", "--train-limit", "640", "--test-limit", "200", "--epochs", "2", "--threads", "2", "--quiet"]

# Every canvas with more than one colour in it counts as drawn.
CANVASES = """
const pen = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
return [...document.querySelectorAll('canvas')].map((canvas) => {
  Object.assign(pen.canvas, { width: canvas.width, height: canvas.height });
  pen.drawImage(canvas, 0, 0);
  const pixels = new Uint32Array(pen.getImageData(0, 0, canvas.width, canvas.height).data.buffer);
  return { label: canvas.getAttribute('aria-label'), role: canvas.getAttribute('role'), drawn: pixels.some((p) => p !== pixels[0]) };
});"""
WIDEST = """
return [...document.querySelectorAll('body *')].filter((e) => !e.closest('.scroll *, #legend *') &&
  e.getBoundingClientRect().right > arguments[0]).map((e) => e.outerHTML.slice(0, 200)).slice(0, 5);"""
OPEN_TABLES = """
document.querySelectorAll('details').forEach((details) => { details.open = true; });
return new Promise((done) => setTimeout(() => done([...document.querySelectorAll('.behind')].map((details) =>
  details.querySelectorAll('tbody td').length)), 50));"""
TICKS = """
return [...document.querySelectorAll('canvas')].map((canvas) => Chart.getChart(canvas)).filter(Boolean).flatMap((chart) =>
  Object.values(chart.scales).map((scale) => scale.ticks.map((tick) => tick.label).filter(Boolean)));"""
PRESS_EVERYTHING = """
document.querySelectorAll('fieldset input').forEach((input) => input.click());
document.querySelectorAll('#legend button').forEach((button) => { button.click(); button.click(); });
document.querySelectorAll('select').forEach((list) => { list.selectedIndex = list.options.length - 1;
  list.dispatchEvent(new Event('change')); });
document.querySelector('.theme').click();"""

# Each tries to leave its mark, window.ran, in a way of its own.
HOSTILE = [
    "<script>window.ran = 1</script>", "</script><script>window.ran = 2</script>", "<!--<script>window.ran = 3",
    "<img src=x onerror='window.ran = 4'>", "\"'><svg onload=window.ran=5></svg>", "javascript:window.ran=6//",
    "<a href='javascript:window.ran=7' autofocus onfocus='window.ran = 7'>", "<style>body { display: none }</style>",
    "<iframe srcdoc='<script>parent.ran = 8</script>'></iframe>", "<base href='https://gradrace.invalid/'>",
    "<meta http-equiv=refresh content='0;url=javascript:window.ran=9'>", "`${window.ran = 10}`", "\u2028window.ran=11//",
    "__proto__", "constructor", "<img src='https://gradrace.invalid/x.png'>",
    "red; background: url(https://gradrace.invalid/y.png)",
]
INTRUDERS = """
return [...document.querySelectorAll('script, style, img, svg, iframe, object, embed, base, form, a[href^=java], [onerror], [onload]')]
  .map((e) => e.outerHTML.slice(0, 80));"""


def hostile(value, spared=frozenset(), name=""):
    """Every string, names of members included, with something hostile in front: the same before equal strings, so that
    what belongs together still does. Not those that are no pictures without their form, nor those of the spared names."""
    if isinstance(value, str):
        return value if name in spared | {"pixels"} else HOSTILE[sum(map(ord, value)) % len(HOSTILE)] + value
    if isinstance(value, list):
        return [hostile(element, spared, name) for element in value]
    if not isinstance(value, dict):
        return value
    members = {key: hostile(member, spared, key) for key, member in value.items()}
    if name in {"options", "kernels", "sha256", "weights", "metrics"}:  # whose members go by names of the race's own
        members |= {hostile(key): member for key, member in members.items()}
    return members


def extended(results):
    """The results of a race as they are with several seeds, statistics, a sweep, phases, and a run that diverged."""
    more = copy.deepcopy(results)
    for run in results["runs"]:
        again = copy.deepcopy(run)
        again.update(seed=1, step_loss=[loss * 1.1 for loss in run["step_loss"]])
        for part in ("evaluation", "weights", "filters"):
            del again[part]
        more["runs"].append(again)
    failed = copy.deepcopy(results["runs"][0])
    failed.update(label="</script><b>wild", status="diverged", problem="wild diverged at step 3", epochs=[],
                  step_loss=[2.3, 1e30, None])
    for part in ("evaluation", "weights", "filters"):
        del failed[part]
    more["runs"].append(failed)
    passed_over = copy.deepcopy(results["runs"][1])
    passed_over["label"] = "adam-0.01"
    more["runs"].append(passed_over)
    more["data"]["notice"] = "This is not MNIST: https://" + "word" * 40
    for i, run in enumerate(more["runs"]):  # so close that a tick needs four digits
        for epoch in run["epochs"]:
            epoch.update(test_correct=9830 + 4 * i, test_total=10000)
    phases = {"data": 0.1, "forward": 0.4, "backward": 0.3, "optimizer": 0.2, "wait": 0.05, "evaluation": 0.1}
    for run in more["runs"]:
        for epoch in run["epochs"]:
            epoch["phase_seconds"] = phases
    metric = {"n": 2, "mean": 0.9, "standard_deviation": 0.01, "median": 0.9, "min": 0.89, "max": 0.91,
              "confidence_low": 0.88, "confidence_high": 0.92}
    labels = [run["label"] for run in results["runs"]]
    more["summary"] = [{"label": label, "seeds": 2, "finished": 2, "diverged": 0,
                        "metrics": {"final_accuracy": metric}} for label in labels]
    more["paired_difference"] = [{"a": labels[0], "b": labels[1], "metric": "final_accuracy", "n": 2, "mean": 0.01,
                                  "confidence_low": -0.01, "confidence_high": 0.03, "p": 0.3, "p_holm": 0.3}]
    more["verdict"] = ["No difference can be shown from 2 seeds."]
    more["statistics"] = {"confidence": 0.95, "interval": "student-t", "correction": "holm"}
    more["sweep"] = [{"optimizer": "adam", "option": "lr", "scale": "log", "chosen": "adam", "points": [
        {"value": value, "label": "adam" if value == 1e-3 else f"adam-{value:g}", "validation_loss": 0.2,
         "validation_accuracy": 0.9 + value, "test_accuracy": 0.91} for value in (1e-4, 1e-3, 1e-2)]}]
    more["options"]["seeds"] = [0, 1]
    return more


def colourful(results):
    """The results of a race on colour images that are not square, in classes with names."""
    more = copy.deepcopy(results)
    names = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
    more["data"].update(name="cifar10", height=24, width=32, channels=3, classes=names)
    image = bytes(value for y in range(24) for x in range(32) for value in (8 * x, 10 * y, 128))
    for hard in more["hardest"]:
        hard.update(height=24, width=32, channels=3, pixels=base64.b64encode(image).decode())
    for run in more["runs"]:
        run["filters"] = {"parameter": "c1.weight", "shape": [4, 3, 2, 2], "values": [i % 5 / 2 - 1 for i in range(48)]}
    return more


def with_classes(results, count):
    """The results of a race on images of `count` classes, each of which is taken for the next one, the last the most."""
    more = copy.deepcopy(results)
    more["data"]["classes"] = [f"kind {i}" for i in range(count)]
    for run in more["runs"]:
        confusion = [[0] * count for _ in range(count)]
        for i in range(count):
            confusion[i][i], confusion[i][(i + 1) % count] = 200, i
        run["evaluation"]["confusion"] = confusion
    return more


def without_convolution(results):
    more = copy.deepcopy(results)
    for run in more["runs"]:
        del run["filters"]
    return more


class ReportPage(unittest.TestCase):
    program = None

    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory(prefix="gradrace-report-")
        cls.addClassCleanup(directory.cleanup)
        cls.directory = pathlib.Path(directory.name)
        cls.gradrace(*RACE, "--out", str(cls.directory / "plain"))
        results = json.loads((cls.directory / "plain/results.json").read_text())
        variants = {"many": extended(results), "colour": colourful(results), "classes30": with_classes(results, 30),
                    "classes100": with_classes(results, 100), "no_convolution": without_convolution(results)}
        many = variants["many"]
        variants |= {"hostile": hostile(many), "half_hostile": hostile(many, {"status", "scale", "metric", "chosen"}),
                     "<img src=x onerror='window.ran = 12'>": results}
        variants["hostile"]["options"]["network"] = {"toString": 1, "valueOf": 1}  # of which no text can be made
        for name, variant in variants.items():
            (cls.directory / name).mkdir()
            (cls.directory / name / "results.json").write_text(json.dumps(variant))
            cls.gradrace("report", str(cls.directory / name))
        cls.gradrace("report", str(cls.directory / "plain"), str(cls.directory / "many"), "--out",
                     str(cls.directory / "merged.html"))
        cls.gradrace("report", str(cls.directory / "plain"), str(cls.directory / list(variants)[-1]), "--out",
                     str(cls.directory / "hostile.html"))
        cls.browser = cls.enterClassContext(Browser())

    @classmethod
    def gradrace(cls, *arguments):
        subprocess.run([cls.program, *arguments], check=True, stdout=subprocess.DEVNULL)

    def visit(self, report, size, dark=False):
        self.browser.view(*size, dark=dark)
        self.browser.open("about:blank")
        self.browser.console(), self.browser.requests()  # those of the page before
        self.browser.open((self.directory / report).as_uri())
        self.assertEqual(self.browser.run("return document.documentElement.dataset.ready"), "yes",
                         self.browser.console())

    def expect_silence(self, report):
        self.assertEqual(self.browser.console(), [])
        address = (self.directory / report).as_uri()
        others = [url for url in self.browser.requests() if url != address and not url.startswith("data:")]
        self.assertEqual(others, [])

    def check(self, report):
        for size, dark in ((DESKTOP, False), (PHONE, True)):
            with self.subTest(report=report, width=size[0], dark=dark):
                self.visit(report, size, dark)
                self.check_canvases()
                self.check_ticks()
                self.expect_no_wider_than(size[0])
                for cells in self.browser.run(OPEN_TABLES):
                    self.assertGreater(cells, 0)
                self.browser.run(PRESS_EVERYTHING)
                self.check_canvases()
                self.expect_no_wider_than(size[0])
                self.expect_silence(report)

    def expect_no_wider_than(self, width):
        found = self.browser.run("return document.documentElement.scrollWidth")
        self.assertLessEqual(found, width, self.browser.run(WIDEST, width))

    def check_canvases(self):
        canvases = self.browser.run(CANVASES)
        self.assertGreater(len(canvases), 10)
        for canvas in canvases:
            self.assertTrue(canvas["drawn"], canvas["label"])
            self.assertEqual(canvas["role"], "img")
            self.assertTrue(canvas["label"])

    def check_ticks(self):
        axes = self.browser.run(TICKS)
        self.assertGreater(len(axes), 20)
        for labels in axes:
            self.assertEqual(len(labels), len(set(labels)), labels)

    def test_shows_a_race(self):
        self.check("plain/report.html")

    def test_shows_many_seeds_statistics_and_a_sweep(self):
        self.check("many/report.html")
        text = self.browser.run("return document.body.innerText")
        for part in ("No difference can be shown from 2 seeds.", "Paired differences", "Sensitivity",
                     "Where the time goes", "</script><b>wild", "wild diverged at step 3"):
            self.assertIn(part, text)

    def test_hides_the_points_of_a_sweep_that_were_not_chosen(self):
        self.visit("many/report.html", DESKTOP)
        pressed = self.browser.run("return [...document.querySelectorAll('#legend button')].map((b) => [b.innerText, b.ariaPressed])")
        self.assertEqual([(text.split()[-1], is_shown) for text, is_shown in pressed],
                         [("adadelta", "true"), ("adam", "true"), ("</script><b>wild", "true"), ("adam-0.01", "false")])
        cards = self.browser.run("return [...document.querySelectorAll('.run h3')].map((title) => title.innerText)")
        self.assertEqual(len(cards), 3)
        self.assertNotIn("adam-0.01", " ".join(cards))

    def test_shows_merged_races_with_labels_that_differ(self):
        self.check("merged.html")
        chips = self.browser.run("return [...document.querySelectorAll('#legend button')].map((b) => b.innerText)")
        self.assertEqual(len(chips), 6)
        self.assertEqual(len(set(chips)), 6)

    def test_shows_colours_and_the_names_of_classes(self):
        self.check("colour/report.html")
        self.visit("colour/report.html", DESKTOP)
        size, pixel, label = self.browser.run("""
            const canvas = document.querySelector('.images canvas');
            return [[canvas.width, canvas.height], [...canvas.getContext('2d').getImageData(2, 1, 1, 1).data], canvas.ariaLabel];""")
        self.assertEqual((size, pixel), ([32, 24], [16, 10, 128, 255]))
        self.assertRegex(label, "labelled (airplane|automobile|bird|cat|deer|dog|frog|horse|ship|truck)$")
        heads = self.browser.run("return [...document.querySelector('.confusion thead').innerText.matchAll(/\\w+/g)].map((m) => m[0])")
        self.assertEqual(heads[::9], ["airplane", "truck"])
        cells = self.browser.run("return [...document.querySelectorAll('.filter')[0].children].map((cell) => cell.style.background)")
        # the first pixel of the first filter: values 0, 4 and 8 of those above, -1, 1 and 1/2 of the largest
        self.assertEqual((len(cells), cells[0]), (4, "rgb(0, 255, 191)"))
        text = self.browser.run("return document.body.innerText")
        self.assertIn("24 by 32 pixels, 3 channels, in 10 classes", text)

    def test_shows_any_number_of_classes(self):
        self.check("classes30/report.html")
        self.assertEqual(self.browser.run("return document.querySelector('.confusion tbody').rows.length"), 30)
        self.check("classes100/report.html")
        self.visit("classes100/report.html", DESKTOP)
        self.assertIsNone(self.browser.run("return document.querySelector('.confusion')"))
        rows = self.browser.run("""
            const card = [...document.querySelectorAll('.card')].find((c) => c.querySelector('h3')?.innerText.startsWith('Confusion'));
            return [...card.querySelectorAll('tbody tr')].map((row) => [...row.cells].map((cell) => cell.innerText));""")
        self.assertEqual(len(rows), 30)
        self.assertEqual(rows[:2], [["kind 99", "kind 0", "99", "33.1\u202f%"], ["kind 98", "kind 99", "98", "32.9\u202f%"]])

    def test_leaves_the_filters_out_where_there_is_no_convolution(self):
        self.check("no_convolution/report.html")
        text = self.browser.run("return document.body.innerText")
        self.assertNotIn("Filters of the first convolution", text)
        self.assertIn("Distribution of the weights", text)

    def test_runs_nothing_whatever_the_results_hold(self):
        for report in ("hostile/report.html", "half_hostile/report.html", "hostile.html"):
            with self.subTest(report=report):
                self.visit(report, DESKTOP)
                self.browser.run(OPEN_TABLES)
                self.browser.run(PRESS_EVERYTHING)
                self.assertIsNone(self.browser.run("return window.ran"))
                own = ["<style>", "<script type=\"application/json\" id=\"results\">", "<script>", "<script>"]
                for element, start in zip(self.browser.run(INTRUDERS), own, strict=True):
                    self.assertTrue(element.startswith(start), element)
                self.assertIn("window.ran", self.browser.run("return document.body.innerText"), "it is shown, though")
                self.expect_silence(report)

    def test_would_run_nothing_if_markup_got_into_it(self):
        """Its policy alone would see to that. Without it the same page runs all of it."""
        page = (self.directory / "plain/report.html").read_text()
        inside = page.replace("<body>", "<body><p id='mark' onclick='window.ran = 13'>" + "<i>".join(HOSTILE))
        policy = re.search('<meta http-equiv="Content-Security-Policy".*?>', inside, re.DOTALL)[0]
        for name, text, ran in (("kept", inside, None), ("bare", inside.replace(policy, ""), 13)):
            (self.directory / f"{name}.html").write_text(text)
            self.browser.open((self.directory / f"{name}.html").as_uri())
            self.browser.run("document.getElementById('mark').click()")
            self.assertEqual(self.browser.run("return window.ran ?? null"), ran)
        self.browser.open((self.directory / "kept.html").as_uri())
        for attempt in ("document.body.innerHTML = '<b>markup</b>'", "document.write('<p>')", "setTimeout('window.ran = 14')"):
            self.assertRaises(RuntimeError, self.browser.run, attempt)
        self.browser.console(), self.browser.requests()

    def test_names_its_language_title_data_and_command(self):
        self.visit("plain/report.html", DESKTOP)
        self.assertEqual(self.browser.run("return document.documentElement.lang"), "en")
        self.assertEqual(self.browser.run("return document.title"), "Gradrace: adadelta \u00b7 adam on digits")
        text = self.browser.run("return document.body.innerText")
        for part in ("This is not MNIST", "--optimizer adadelta:lr=0.5 --optimizer adam:lr=0.001", "--train-limit 640"):
            self.assertIn(part, text)
        self.assertNotIn("Paired differences", text, "one seed shows no difference")

    def test_works_from_the_keyboard(self):
        self.visit("plain/report.html", DESKTOP)
        unreachable = self.browser.run("""
            return [...document.querySelectorAll('button, input, select, summary')].filter((e) => e.tabIndex < 0 ||
              !(e.innerText || e.closest('label')?.innerText)).map((e) => e.outerHTML)""")
        self.assertEqual(unreachable, [])


def picture(report, png, width="1280", height="900", scale="1", theme="light", top="0"):
    with Browser() as browser:
        browser.view(int(width), int(height), theme == "dark", float(scale))
        browser.open(pathlib.Path(report).absolute().as_uri())
        browser.run("window.scrollTo(0, arguments[0])", int(top))
        shot = browser.command("Page.captureScreenshot", format="png")
        pathlib.Path(png).write_bytes(base64.b64decode(shot["data"]))


if __name__ == "__main__":
    if sys.argv[1] == "--picture":
        picture(*sys.argv[2:])
        sys.exit()
    if not shutil.which("chromedriver") and not os.environ.get("CI"):
        print("there is no chromedriver: skipped")
        sys.exit(SKIPPED)
    ReportPage.program = sys.argv.pop(1)
    unittest.main()
