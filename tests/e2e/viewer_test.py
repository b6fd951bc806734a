"""The viewer as a user meets it, in a window on a display of its own: viewer_test.py BUILD_DIR"""
import csv
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import zlib
from pathlib import Path

BUILD = Path(sys.argv[1]).resolve()
ARRAIGO, VIEWER = BUILD / "arraigo", BUILD / "arraigo-viewer"

# Two districts at 1:100: large enough for figures to move, small enough that a live run answers at once on any machine.
SMALL = ["--area", "150132,150135", "--scale", "100", "--months", "24", "--replicates", "3", "--detail", "districts", "--quiet"]
# Software draws the window, and other tests may run beside this one.
PATIENCE = 120


def environment(**more):
    kept = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "LANG", "LC_MESSAGES")}
    return {**kept, "LC_ALL": "en_US.UTF-8", "LIBGL_ALWAYS_SOFTWARE": "1", **more}


def arraigo(*words, cwd=None):
    done = subprocess.run([ARRAIGO, *map(str, words)], cwd=cwd, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=300)
    if done.returncode != 0:
        raise AssertionError(f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def compared(folder, base, alternative, *words):
    """What arraigo compare prints, by indicator, key and month."""
    printed = arraigo("compare", base, alternative, "--format", "csv", *words, cwd=folder)
    return {(row["indicator"], row["key"], row["month"]): row for row in csv.DictReader(printed.splitlines())}


def exported(file):
    """A file that the viewer exported, by part of the screen, indicator, key, month and scenario."""
    with open(file, encoding="utf-8", newline="") as text:
        return {(row["view"], row["indicator"], row["key"], row["month"], row["scenario"]): row for row in csv.DictReader(text)}


def png(file):
    """Width, height and the decompressed rows of a PNG."""
    data = file.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n", file
    width, height = struct.unpack(">II", data[16:24])
    at, packed = 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        if kind == b"IDAT":
            packed += data[at + 8:at + 8 + length]
        at += 12 + length
    return width, height, zlib.decompress(packed)


class Display:
    """An X display of its own, with a free number."""

    def __init__(self):
        told, tells = os.pipe()
        self.server = subprocess.Popen(["Xvfb", "-displayfd", str(tells), "-screen", "0", "1600x900x24", "+extension", "GLX", "-noreset",
                                        "-nolisten", "tcp"], pass_fds=[tells], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(tells)
        with os.fdopen(told) as number:
            self.name = ":" + number.readline().strip()
        if self.name == ":":
            self.close()
            raise unittest.SkipTest("Xvfb does not start")

    def close(self):
        self.server.terminate()
        self.server.wait(30)


class Window:
    """The viewer in a window, with hands and eyes."""

    def __init__(self, case, display, folder, *files):
        self.case, self.folder = case, folder
        self.registry = folder / "widgets.jsonl"
        self.registry.unlink(missing_ok=True)
        self.env = environment(DISPLAY=display.name)
        self.complaints = open(folder / "stderr.txt", "w+")
        self.process = subprocess.Popen([VIEWER, "--widgets", self.registry, *map(str, files)], cwd=folder, env=self.env,
                                        stdout=subprocess.DEVNULL, stderr=self.complaints)
        case.addCleanup(self.close)
        self.until(self.registry.exists, "no window came")
        found = self.xdotool("search", "--sync", "--onlyvisible", "--pid", str(self.process.pid)).split()
        self.number = found[-1]
        self.xdotool("windowfocus", "--sync", self.number)
        place = dict(line.split("=") for line in self.xdotool("getwindowgeometry", "--shell", self.number).splitlines())
        self.x, self.y = int(place["X"]), int(place["Y"])

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.complaints.close()

    def said(self):
        self.complaints.seek(0)
        return self.complaints.read()

    def xdotool(self, *words):
        done = subprocess.run(["xdotool", *words], env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
        self.case.assertEqual(done.returncode, 0, f"xdotool {words}: {done.stderr}\n{self.said()}")
        return done.stdout

    def until(self, happens, otherwise, seconds=PATIENCE):
        """What `happens` gives as soon as it is true."""
        end = time.monotonic() + seconds
        while not (result := happens()):
            self.case.assertIsNone(self.process.poll(), f"the viewer ended: {self.said()}")
            self.case.assertLess(time.monotonic(), end, f"{otherwise}; on the screen: {sorted(self.widgets())}")
            time.sleep(0.05)
        return result

    def lines(self):
        return [json.loads(line) for line in self.registry.read_text(encoding="utf-8").splitlines()] if self.registry.exists() else []

    def widgets(self):
        return {line["id"]: line for line in self.lines()[1:]}

    def idle(self):
        """Waits until the viewer computes, reads and moves nothing."""
        quiet = 0
        last = None

        def settled():
            nonlocal quiet, last
            lines = self.lines()
            quiet = quiet + 1 if lines and not lines[0]["busy"] and lines == last else 0
            last = lines
            return quiet >= 12
        self.until(settled, "the viewer stays busy")

    def place(self, widget):
        """The rectangle of a widget that can be clicked."""
        def there():
            line = self.widgets().get(widget)
            return line["rectangle"] if line and line["enabled"] and line["visible"] else None
        return self.until(there, f"{widget} cannot be clicked")

    def point(self, widget, share=0.5):
        low_x, low_y, high_x, high_y = self.place(widget)
        return str(self.x + round(low_x + share * (high_x - low_x))), str(self.y + round((low_y + high_y) / 2))

    def click(self, widget):
        self.xdotool("mousemove", *self.point(widget), "sleep", "0.2", "click", "1", "sleep", "0.2")

    def drag(self, widget, start, end, steps=8):
        words = ["mousemove", *self.point(widget, start), "sleep", "0.2", "mousedown", "1"]
        for step in range(1, steps + 1):
            words += ["sleep", "0.1", "mousemove", *self.point(widget, start + (end - start) * step / steps)]
        self.xdotool(*words, "sleep", "0.2", "mouseup", "1", "sleep", "0.2")

    def key(self, name):
        self.xdotool("key", name, "sleep", "0.2")

    def new_file(self, pattern, make):
        """The file that `make` leads to."""
        before = set(self.folder.glob(pattern))
        make()
        return self.until(lambda: set(self.folder.glob(pattern)) - before, f"no new {pattern}").pop()

    def export(self):
        self.idle()
        file = self.new_file("arraigo-*.csv", lambda: self.click("csv"))
        if "dismiss" in self.until(self.widgets, ""):
            self.click("dismiss")
        return exported(file)

    def colours(self):
        """How many colours there are on the screen, in a sample of its pixels."""
        seen = subprocess.run(["import", "-window", "root", "-depth", "8", "rgb:-"], env=self.env, stdout=subprocess.PIPE, check=True,
                              timeout=PATIENCE).stdout
        self.case.assertEqual(len(seen), 1600 * 900 * 3)
        return len({seen[at:at + 3] for at in range(0, len(seen), 3 * 7)})

    def quit(self):
        self.xdotool("windowfocus", self.number, "key", "ctrl+q")
        self.case.assertEqual(self.process.wait(PATIENCE), 0, self.said())
        self.case.assertEqual(self.said(), "")


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for program, package in (("Xvfb", "xvfb"), ("xdotool", "xdotool"), ("import", "imagemagick")):
            if shutil.which(program) is None:
                raise unittest.SkipTest(f"{program} is missing; install the Debian package {package}")
        cls.display = Display()
        cls.addClassCleanup(cls.display.close)

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def window(self, *files):
        return Window(self, self.display, self.folder, *files)

    def assert_same_number(self, shown, expected, what):
        if expected == "":
            self.assertEqual(shown, "", what)
        else:
            self.assertAlmostEqual(float(shown), float(expected), delta=1e-9 * max(1, abs(float(expected))), msg=str(what))

    def check_headlines(self, screen, figures):
        """The cards and courses on the screen are what the command line computes from the files."""
        cards = [key for key in screen if key[0] == "headline" and key[4] == "difference"]
        self.assertGreaterEqual(len(cards), 3)
        for key in cards:
            row, expected = screen[key], figures[key[1], "", key[3]]
            for shown, wanted in (("value", "difference"), ("ci_low", "ci_low"), ("ci_high", "ci_high"), ("replicates", "replicates")):
                self.assert_same_number(row[shown], expected[wanted], (key, wanted))
        courses = [key for key in screen if key[0] == "chart"]
        self.assertEqual(len({key[3] for key in courses}), 24)
        for key in courses:
            # The other side's title stands behind a letter.
            side = "base" if key[4].startswith("Base") else "alt"
            self.assert_same_number(screen[key]["value"], figures[key[1], "", key[3]][side], key)


class Session(Case):
    def setUp(self):
        super().setUp()
        arraigo("run", "baseline", "regularisation", *SMALL, "-o", "runs", cwd=self.folder)

    def test_from_two_run_files_to_a_scenario_that_the_command_line_runs(self):
        window = self.window("runs/baseline.h5", "runs/regularisation.h5")
        window.until(lambda: "alternative" in window.widgets(), "the second run does not come")

        # Compared: cards, courses and map are the figures of the command line.
        screen = window.export()
        figures = compared(self.folder, "runs/baseline.h5", "runs/regularisation.h5", "--month", "all",
                           *[w for name in {key[1] for key in screen} - {"cost_per_contract"} for w in ("--indicator", name)])
        self.check_headlines(screen, figures)
        places = [key for key in screen if key[0] == "map_difference"]
        self.assertEqual({key[2] for key in places}, {"150132", "150135"})
        by_district = compared(self.folder, "runs/baseline.h5", "runs/regularisation.h5", "--by", "district", "--indicator", places[0][1])
        for key in places:
            self.assert_same_number(screen[key]["value"], by_district[key[1:4]]["difference"], key)

        # Live, from the recorded run.
        window.click("go_live")
        window.until(lambda: "save" in window.widgets(), "no live run")
        before = window.export()
        cards = [key for key in before if key[0] == "headline" and key[4] == "difference"]
        self.assertGreaterEqual(len(cards), 3)
        self.assertTrue(all(before[key]["value"] for key in cards), "a figure of the live run is missing")

        # The first measure with a slider goes from what it is to the end of the slider.
        lever = next(name for name, line in window.widgets().items()
                     if name + "/on" in window.widgets() and line["visible"] and line["rectangle"][2] - line["rectangle"][0] > 80)
        self.assertFalse(window.widgets()["undo"]["enabled"])
        window.drag(lever, 0.5, 0.04)
        window.until(lambda: window.widgets()["undo"]["enabled"], "the lever did not move")
        moved = window.export()
        self.assertNotEqual({key: moved[key]["value"] for key in before}, {key: before[key]["value"] for key in before},
                            f"{lever} moved no figure")

        # In the other language everything stands elsewhere, and the numbers are the same.
        window.key("ctrl+l")
        window.idle()
        spanish = window.export()
        titles = {key[4] for key in spanish} - {"difference"}
        self.assertTrue(titles.isdisjoint({key[4] for key in moved}), titles)
        for key in cards:
            self.assertEqual(spanish[key]["value"], moved[key]["value"])

        # One undo takes the whole drag back, another redo repeats it.
        window.key("ctrl+z")
        window.until(lambda: not window.widgets()["undo"]["enabled"], "a drag is more than one step")
        window.key("ctrl+l")
        self.assertEqual(window.export(), before)
        window.key("ctrl+y")
        again = window.export()
        self.assertEqual(again, moved)

        picture = window.new_file("arraigo-*.png", lambda: window.click("png"))
        width, height, rows = png(picture)
        self.assertEqual((width, height), (3200, 1800))
        self.assertGreater(len({rows[at:at + 3] for at in range(1, len(rows), 3 * 101)}), 20, "a blank picture")
        window.click("dismiss")

        # What is saved is what is on the screen: the command line computes the same figures from it.
        window.key("ctrl+s")
        scenario = window.new_file("*.yaml", lambda: window.click("save/write"))
        window.key("Escape")
        scale = next(line.split(":")[1].strip() for line in scenario.read_text().splitlines() if line.startswith("scale:"))
        same = [*SMALL[:2], "--scale", scale, *SMALL[4:]]
        arraigo("run", "baseline", *same, "-o", "again", cwd=self.folder)
        arraigo("run", scenario, *SMALL[-3:], "-o", "again", cwd=self.folder)
        figures = compared(self.folder, "again/baseline.h5", f"again/{scenario.stem}.h5", "--month", "all",
                           *[w for name in {key[1] for key in again} - {"cost_per_contract"} for w in ("--indicator", name)])
        for key in cards:
            self.assert_same_number(again[key]["value"], figures[key[1], "", key[3]]["difference"], key)
            self.assert_same_number(again[key]["ci_low"], figures[key[1], "", key[3]]["ci_low"], key)

        window.quit()


class Mistakes(Case):
    def test_damaged_and_empty_files_are_told_of_in_the_window(self):
        arraigo("run", "baseline", *SMALL, "-o", "runs", cwd=self.folder)
        whole = (self.folder / "runs/baseline.h5").read_bytes()
        (self.folder / "damaged.h5").write_bytes(whole[:len(whole) // 2])
        (self.folder / "empty.h5").write_bytes(b"")
        window = self.window("damaged.h5", "empty.h5")
        # A sentence for each, with a button that takes it away. The button moves with the sentence's length, so that on a busy machine a
        # click may miss it.
        window.until(lambda: "dismiss" in window.widgets(), "no sentence about a damaged file")
        window.idle()
        self.assertGreater(window.colours(), 20, "a blank window")
        clicks = 0
        while "dismiss" in window.widgets():
            self.assertLess(clicks, 8, "the sentences do not go away")
            window.click("dismiss")
            window.idle()
            clicks += 1
        self.assertGreaterEqual(clicks, 2, "one sentence for two files")
        window.quit()

    def test_a_run_that_has_just_begun_is_waited_for(self):
        arraigo("run", "baseline", *SMALL, "-o", "runs", cwd=self.folder)
        lines = (self.folder / "runs/baseline.progress.jsonl").read_text().splitlines(keepends=True)
        young, edited, empty = (self.folder / f"{name}.progress.jsonl" for name in ("young", "edited", "empty"))
        young.write_text(lines[0])
        empty.write_text("")
        edited.write_text(lines[0] + "".join(lines[1:]).replace('"replicate":', '"replicate":-5'))
        for file in (young, edited, empty):
            window = self.window(file)
            window.until(lambda: "waiting" in window.widgets(), "the run is not waited for")
            window.idle()
            if file == young:
                young.write_text("".join(lines))
                window.until(lambda: window.widgets() and "waiting" not in window.widgets(), "the first month is not shown")
                self.assertTrue([key for key in window.export() if key[0] == "headline"])
            window.quit()

    def test_a_damaged_file_beside_a_whole_one_hides_nothing(self):
        arraigo("run", "baseline", *SMALL, "-o", "runs", cwd=self.folder)
        (self.folder / "empty.h5").write_bytes(b"")
        window = self.window("empty.h5", "runs/baseline.h5")
        window.until(lambda: "dismiss" in window.widgets() and "base" in window.widgets(), "the whole file is not shown")
        self.assertTrue(window.export())
        window.quit()


class NoDisplay(unittest.TestCase):
    def test_without_a_display_it_says_so_and_exits_1(self):
        done = subprocess.run([VIEWER], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertIn("no display", done.stderr)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
