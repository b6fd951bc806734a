"""The main screens look as they did: pictures_test.py BUILD_DIR [--update]

Each screen is drawn without a window from recorded runs, made smaller, and held against a picture in tests/golden/viewer. --update
writes those pictures instead, after a change of the interface or of the model that is meant; look at them before they are kept. The variable
ARRAIGO_GOLDEN names another folder of pictures, to try something out."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

UPDATE = "--update" in sys.argv
BUILD = Path(next(word for word in sys.argv[1:] if word != "--update")).resolve()
ARRAIGO, SHOTS = BUILD / "arraigo", BUILD / "arraigo-shots"
GOLDEN = Path(os.environ.get("ARRAIGO_GOLDEN") or Path(__file__).resolve().parents[1] / "golden/viewer")

SIZE, SMALL = (1600, 900), (400, 225)
TILE = 25
# The line at the bottom names the version of the program.
ROWS = SMALL[1] - 10
# Mean difference of a channel, of 255, over the picture and over the tile that differs most. Two runs of one program differ by 0,
# the colours of the golden pictures, reduced to a palette, by at most 0.2 and 1. Screens in another language differ by at least 1.2
# and 11; one month less on the slider, by 0.2 and 6.
WHOLE, WORST = 0.6, 3.5

RUNS = {
    "districts": ["--area", "150132,150135", "--scale", "100", "--months", "24", "--replicates", "3"],
    "peru": ["--area", "peru", "--scale", "1000", "--months", "6", "--replicates", "1"],
}

# Of each screen: its runs, the options of the program, and what is done before the picture is taken.
SCREENS = {
    "main_es": ("districts", ["--lang", "es"], []),
    "main_en": ("districts", ["--lang", "en"], []),
    "workshop": ("districts", ["--lang", "es"], [{"key": "F11"}]),
    "maps": ("districts", ["--lang", "en"], [{"widget": "map/level"}, {"widget": "small_multiples"}]),
    "story": ("districts", ["--lang", "es"], [{"widget": "story"}, {"wait_idle": 120}, {"widget": "story/find"}]),
    "assumptions": ("districts", ["--lang", "en"], [{"widget": "assumptions"}]),
    "guide": ("districts", ["--lang", "es", "--guide"], []),
    "peru": ("peru", ["--lang", "es"], [{"widget": "map/level"}]),
}


def run(*words, cwd=None, **more):
    return subprocess.run([str(word) for word in words], cwd=cwd, env={**os.environ, "LC_ALL": "en_US.UTF-8"}, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=600, **more)


def checked(*words, **more):
    done = run(*words, **more)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))}: {done.returncode}\n{done.stderr.decode()}")
    return done.stdout


def smaller(picture, *more):
    return ["convert", picture, "-filter", "box", "-resize", f"{SMALL[0]}x{SMALL[1]}!", *more]


def pixels(picture):
    return checked(*smaller(picture, "-depth", "8", "rgb:-"))


def differences(one, other):
    """Mean difference of a channel over the picture and over the tile that differs most."""
    width = SMALL[0]
    columns = width // TILE
    tiles = [0] * (columns * -(-ROWS // TILE))
    for row in range(ROWS):
        for column in range(columns):
            at = 3 * (row * width + column * TILE)
            tiles[row // TILE * columns + column] += sum(abs(a - b) for a, b in zip(one[at:at + 3 * TILE], other[at:at + 3 * TILE]))
    # The last row of tiles may be lower than the others.
    heights = [min(TILE, ROWS - tile // columns * TILE) for tile in range(len(tiles))]
    return sum(tiles) / (3 * width * ROWS), max(tile / (3 * TILE * height) for tile, height in zip(tiles, heights))


def close(one, other):
    whole, worst = differences(one, other)
    return whole <= WHOLE and worst <= WORST


class Pictures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if shutil.which("convert") is None:
            raise unittest.SkipTest("convert is missing; install the Debian package imagemagick")
        empty = run(SHOTS, input=b"")
        if empty.returncode == 1 and b"EGL" in empty.stderr:
            raise unittest.SkipTest(empty.stderr.decode().strip())
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        for name, options in RUNS.items():
            checked(ARRAIGO, "run", "baseline", "regularisation", *options, "--detail", "districts", "--quiet", "-o", name, cwd=cls.folder)
        # Another processor's mathematical functions may round a last bit otherwise, and a changed model gives other figures: then the
        # pictures differ and are right.
        cls.hashes = {name: json.loads(checked(ARRAIGO, "info", f"{name}/regularisation.h5", "--format", "json", cwd=cls.folder))["state_hash"]
                      for name in RUNS}
        if UPDATE:
            GOLDEN.mkdir(parents=True, exist_ok=True)
            (GOLDEN / "runs.json").write_text(json.dumps(cls.hashes, indent=1) + "\n")
        drawn_from = GOLDEN / "runs.json"
        cls.same_runs = drawn_from.is_file() and json.loads(drawn_from.read_text()) == cls.hashes

    def draw(self, screen):
        """The picture of a screen, as a file."""
        runs, options, steps = SCREENS[screen]
        picture = self.folder / f"{screen}.png"
        script = [{"size": SIZE}, {"wait_idle": 240}, *steps, {"wait_idle": 240}, {"move": [SIZE[0] - 1, SIZE[1] - 1]}, {"frames": 5},
                  {"shot": str(picture)}]
        checked(SHOTS, *options, f"{runs}/baseline.h5", f"{runs}/regularisation.h5", cwd=self.folder,
                input="".join(json.dumps(step) + "\n" for step in script).encode())
        return picture

    def check(self, screen):
        picture, golden = self.draw(screen), GOLDEN / f"{screen}.png"
        if UPDATE:
            GOLDEN.mkdir(parents=True, exist_ok=True)
            # Dithering would be noise.
            checked(*smaller(picture, "+dither", "-treedepth", "8", "-colors", "256", "-strip", "-define", "png:compression-level=9", f"png8:{golden}"))
        self.assertTrue(golden.is_file(), f"{golden} is missing: run this test with --update and look at what it writes")
        if not self.same_runs:
            self.skipTest("the runs' state hashes are not those that the golden pictures were drawn from: run this test with --update")
        whole, worst = differences(pixels(picture), pixels(golden))
        if whole > WHOLE or worst > WORST:
            kept = BUILD / "pictures"
            kept.mkdir(exist_ok=True)
            shutil.copy(picture, kept)
            self.fail(f"{screen} differs from {golden} by {whole:.2f} (at most {WHOLE}), in one place by {worst:.1f} (at most {WORST}); "
                      f"it is now in {kept}. If it is meant to look so, run this test with --update.")

    def test_the_golden_pictures_are_small_and_belong_to_a_screen(self):
        files = sorted(GOLDEN.glob("*.png"))
        if UPDATE and not files:
            self.skipTest("the pictures come with --update")
        self.assertLessEqual({file.stem for file in files}, set(SCREENS))
        self.assertLess(sum(file.stat().st_size for file in files), 300_000)

    def test_another_language_and_another_run_do_not_pass(self):
        spanish, english, again = self.draw("main_es"), self.draw("main_en"), self.draw("main_es")
        drawn = pixels(spanish)
        self.assertEqual(differences(drawn, pixels(again)), (0, 0))
        self.assertFalse(close(drawn, pixels(english)), differences(drawn, pixels(english)))
        country = self.draw("peru")
        self.assertFalse(close(drawn, pixels(country)), differences(drawn, pixels(country)))


def test_of(screen):
    return lambda self: self.check(screen)


for name in SCREENS:
    setattr(Pictures, f"test_screen_{name}", test_of(name))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
