"""A calibration as a user meets it: calibration_test.py PROGRAM"""
import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import h5py

PROGRAM = Path(sys.argv.pop(1)).resolve()

FIGURES = Path(__file__).resolve().parents[2] / "scenarios/data/validation/figures.csv"
# Two districts at 1:200 until the last month of the figure: fractions of a second a run.
SMALL = """scenario: history
area: "150132,150135"
scale: 200
replicates: 2
seed: 5
blocks:
  - id: permits
    parameters:
      news.background_prob_per_month:
      status.application_prob_per_month: [0.1, 0.5]
    targets:
      - {figure: ptp_held_2018, tolerance: 0.3, reason: "a test"}
    points: 6
    waves: 2
    local_steps: 6
"""
# Fitted values as the program writes them, with draws far apart.
FITTED = """version: 1
date: "2026-01-01"
blocks:
  - id: permits
    parameters:
      news.background_prob_per_month: {value: 0.08, low: 0.02, high: 0.1, q05: 0.02, q50: 0.05, q95: 0.1, identified: "yes"}
      status.application_prob_per_month: {value: 0.5, low: 0.1, high: 0.5, q05: 0.1, q50: 0.3, q95: 0.5, identified: "no"}
    draws:
      - [0.02, 0.1]
      - [0.1, 0.5]
"""


def arraigo(*words, **how):
    env = {**os.environ, "LC_ALL": "en_US.UTF-8", **how.pop("env", {})}
    return subprocess.run([PROGRAM, *map(str, words)], env=env, capture_output=True, text=True, timeout=600, **how)


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.file = self.folder / "small.yaml"
        self.out = self.folder / "out"
        self.file.write_text(SMALL, encoding="utf-8")

    def expect(self, code, *words, says="", **how):
        done = arraigo(*words, **how)
        self.assertEqual(done.returncode, code, f"{words}\n{done.stdout}\n{done.stderr}")
        self.assertIn(says, done.stdout + done.stderr)
        return done

    def points(self, folder=None):
        return sorted((folder or self.out).glob("points/*.json"))

    @staticmethod
    def fitted(folder):
        """The file of fitted values without what says when and how it was made."""
        lines = (folder / "calibrated.yaml").read_text(encoding="utf-8").splitlines()
        return [line for line in lines if not line.startswith(("date:", "command:"))]


class Calibrate(Case):
    def test_it_fits_tells_and_repeats_no_run(self):
        saved = self.folder / "saved.yaml"
        done = self.expect(0, "calibrate", self.file, "-o", self.out, "--save", saved)
        for words in ('Calibration "small": history', "Block permits: months: 12", "news.background_prob_per_month", "Venezuelans with a PTP", "Identified?", "wave 2: points:"):
            self.assertIn(words, done.stdout)
        made = len(self.points())
        self.assertIn(f"Runs made now: {made}; taken from the folder: 0", done.stderr)
        # The table's values, 6 points in each of two waves, the emulator's best and the search's: two replicates of each.
        self.assertGreaterEqual(made, 2 * (1 + 6 + 6))
        self.assertLessEqual(made, 2 * (1 + 6 + 6 + 1 + 6))
        self.assertEqual(saved.read_text(), (self.out / "calibrated.yaml").read_text())
        page = json.loads((self.out / "calibration.json").read_text())
        (block,) = page["blocks"]
        (figure,) = block["figures"]
        self.assertLessEqual(abs(figure["after"] - figure["published"]), abs(figure["before"] - figure["published"]))
        for parameter in block["parameters"]:
            self.assertLessEqual(parameter["low"], parameter["fitted"])
            self.assertLessEqual(parameter["fitted"], parameter["high"])

        again = self.expect(0, "calibrate", self.file, "-o", self.out, "--format", "csv")
        self.assertIn(f"Runs made now: 0; taken from the folder: {made}", again.stderr)
        kinds = [row["kind"] for row in csv.DictReader(io.StringIO(again.stdout))]
        self.assertEqual(kinds, ["parameter", "parameter", "figure"])
        self.assertEqual(self.fitted(self.out), [line for line in saved.read_text().splitlines() if not line.startswith(("date:", "command:"))])
        self.expect(2, "calibrate", self.file, "-o", self.out, "--save", saved, says="exists already")

        # A file that something has spoilt is made again, to the same value.
        spoilt = self.points()[3]
        before = spoilt.read_text()
        spoilt.write_text(re.sub(r'("figures":\{"ptp_held_2018 \w+":)', r"\g<1>1", before))
        self.assertIn("Runs made now: 1;", self.expect(0, "calibrate", self.file, "-o", self.out).stderr)
        self.assertEqual(spoilt.read_text(), before)

        # A figure that is read off a run in another way is not what the folder holds of its name; nor is anything, if so asked.
        table = self.folder / "figures.csv"
        with open(FIGURES, encoding="utf-8", newline="") as shipped, open(table, "w", encoding="utf-8", newline="") as changed:
            rows = csv.DictReader(shipped)
            out = csv.DictWriter(changed, rows.fieldnames)
            out.writeheader()
            for row in rows:
                if row["id"] == "ptp_held_2018":
                    row["numerator"] += " + " + row["numerator"]
                out.writerow(row)
        self.assertIn("taken from the folder: 0", self.expect(0, "calibrate", self.file, "-o", self.out, "--figures", table).stderr)
        self.assertNotIn("taken from the folder: 0", self.expect(0, "calibrate", self.file, "-o", self.out, "--figures", table).stderr)
        self.assertIn("taken from the folder: 0", self.expect(0, "calibrate", self.file, "-o", self.out, "--figures", table, "--force").stderr)

    def test_a_stopped_one_goes_on_to_what_an_unbroken_one_says(self):
        env = {**os.environ, "LC_ALL": "en_US.UTF-8"}
        stopped = subprocess.Popen([PROGRAM, "calibrate", self.file, "-o", self.out, "--threads", "1"], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        until = time.monotonic() + 120
        while len(self.points()) < 3 and time.monotonic() < until and stopped.poll() is None:
            time.sleep(0.01)
        stopped.send_signal(signal.SIGTERM)
        _, said = stopped.communicate(timeout=120)
        self.assertEqual(stopped.returncode, 75, said)
        self.assertIn("To go on: arraigo calibrate", said)
        kept = len(self.points())
        self.assertGreaterEqual(kept, 3)
        self.assertFalse((self.out / "calibrated.yaml").exists())
        self.assertIn(f"taken from the folder: {kept}", self.expect(0, "calibrate", self.file, "-o", self.out).stderr)
        unbroken = self.folder / "unbroken"
        self.expect(0, "calibrate", self.file, "-o", unbroken)
        self.assertEqual(self.fitted(self.out), self.fitted(unbroken))
        self.assertEqual((self.out / "calibration.json").read_text(), (unbroken / "calibration.json").read_text())

    def test_what_must_not_be_fitted_to_is_refused(self):
        def refused(figure, says):
            self.file.write_text(SMALL.replace("ptp_held_2018", figure), encoding="utf-8")
            self.expect(2, "calibrate", self.file, "-o", self.out, says=says)
            self.assertFalse(self.out.exists())
        refused("participation_2022", "figure = participation_2022 (is a held-out figure: it judges the model")
        refused("ptp_2018_12", "says something of the whole country")
        refused("ptp_held_2081", "Did you mean ptp_held_2018?")
        self.file.write_text(SMALL, encoding="utf-8")
        self.expect(2, "calibrate", self.file, says="the folder is missing")
        self.expect(2, "calibrate", "-o", self.out, says="the calibration's file is missing")


class Runs(Case):
    SIZE = ("--area", "150132,150135", "--scale", "200", "--months", "10", "--quiet")

    def setUp(self):
        super().setUp()
        self.values = self.folder / "fitted.yaml"
        self.values.write_text(FITTED, encoding="utf-8")

    def hashes(self, file):
        with h5py.File(file) as run:
            return [h.decode() if isinstance(h, bytes) else str(h) for h in run["state_hash"][:]]

    def run_model(self, out, *words):
        self.expect(0, "run", "baseline", "regularisation", *self.SIZE, "--calibrated", self.values, "-o", out, *words)

    def test_fitted_values_take_the_place_of_the_tables_and_not_of_what_is_set(self):
        self.run_model(self.out, "--parameters", "calibrated", "--replicates", "1", "--set", "status.application_prob_per_month=0.3")
        other = self.folder / "other"
        self.expect(0, "run", "baseline", *self.SIZE, "--replicates", "1", "-o", other, "--set", "news.background_prob_per_month=0.08", "--set", "status.application_prob_per_month=0.3")
        with h5py.File(self.out / "baseline.h5") as run, h5py.File(other / "baseline.h5") as same:
            texts = [str(r.attrs["scenario"]).split("\n") for r in (run, same)]
        # What is fitted is not set by the scenario.
        stated = [[line for line in text if line.startswith("stated_parameters: ")] for text in texts]
        self.assertEqual(stated, [["stated_parameters: [status.application_prob_per_month]"], ["stated_parameters: [news.background_prob_per_month, status.application_prob_per_month]"]])
        self.assertEqual(*([line for line in text if not line.startswith("stated_parameters: ")] for text in texts))
        self.assertEqual(self.hashes(self.out / "baseline.h5"), self.hashes(other / "baseline.h5"))

    def test_a_posterior_run_is_drawn_recorded_and_told_in_two_parts(self):
        self.run_model(self.out, "--parameters", "posterior", "--draws", "3", "--replicates", "6")
        with h5py.File(self.out / "baseline.h5") as base, h5py.File(self.out / "regularisation.h5") as policy:
            self.assertEqual(base.attrs["parameter_sets"], policy.attrs["parameter_sets"])
            self.assertEqual(base.attrs["draws"], 3)
            drawn = json.loads(base.attrs["parameter_sets"])
        self.assertEqual(drawn["parameters"], ["news.background_prob_per_month", "status.application_prob_per_month"])
        self.assertEqual(len(drawn["sets"]), 3)
        # Each replicate is the one that the same parameters give by --set, also where months are shared between scenarios.
        hashes = {name: self.hashes(self.out / f"{name}.h5") for name in ("baseline", "regularisation")}
        for i, values in enumerate(drawn["sets"][:2]):
            alone = self.folder / f"set{i}"
            sets = [word for name, value in zip(drawn["parameters"], values) for word in ("--set", f"{name}={value}")]
            self.expect(0, "run", "baseline", "regularisation", *self.SIZE, "--replicates", "6", "-o", alone, *sets)
            for name, all_hashes in hashes.items():
                by_set = self.hashes(alone / f"{name}.h5")
                self.assertEqual([all_hashes[i], all_hashes[i + 3]], [by_set[i], by_set[i + 3]])
        files = (self.out / "baseline.h5", self.out / "regularisation.h5")
        said = self.expect(0, "compare", *files).stdout
        self.assertIn("Chance and parameters apart: sets of parameters: 3, replicates of each: 2", said)
        self.assertIn("± parameters", said)
        rows = list(csv.DictReader(io.StringIO(self.expect(0, "compare", *files, "--format", "csv").stdout)))
        # An indicator that is undefined in some replicate has no interval: its sets are not of one size.
        told = [row for row in rows if row["ci_low"]]
        self.assertGreater(len(told), 5)
        for row in told:
            half = (float(row["ci_high"]) - float(row["ci_low"])) / 2
            self.assertGreaterEqual(half + 1e-9, float(row["chance_halfwidth"]))
        # Costs and jobs count what parameters add as the table of indicators does.
        jobs = csv.DictReader(io.StringIO(self.expect(0, "compare", *files, "--jobs", "--format", "csv").stdout))
        (of_jobs,) = [row for row in jobs if (row["figure"], row["group"]) == ("net_jobs", "migrants")]
        (of_table,) = [row for row in rows if row["indicator"] == "migrant_payroll_jobs"]
        for end in ("ci_low", "ci_high"):
            self.assertAlmostEqual(float(of_jobs[end]), float(of_table[end]), delta=0.01)
        planned = self.expect(0, "compare", *files, "--precision", "0.5", "--indicator", "regular_share").stdout
        self.assertIn("drawn parameters", planned)
        page = self.folder / "page.html"
        self.expect(0, "report", *files, "-o", page)
        self.assertIn("Chance and parameters apart", page.read_text(encoding="utf-8"))
        # Not drawn at all is another run.
        self.run_model(self.folder / "plain", "--parameters", "calibrated", "--replicates", "6")
        self.expect(2, "compare", files[0], self.folder / "plain/regularisation.h5", says="drew different parameters")
        self.expect(0, "story", files[0], "--pick", "irregular_worker", "--replicate", "4")

    def test_what_does_not_go_together_is_refused(self):
        base = ("run", "baseline", *self.SIZE, "-o", self.out, "--calibrated", self.values)
        self.expect(2, *base, says="--calibrated goes with --parameters calibrated|posterior")
        self.expect(2, *base, "--parameters", "calibrated", "--draws", "2", says="--draws goes with --parameters posterior")
        self.expect(2, *base, "--parameters", "posterior", "--draws", "3", "--replicates", "4", says="for example --replicates 6")
        self.expect(2, *base, "--parameters", "posterior", "--replicates", "2", says="--draws 1 with replicates: 2")
        self.expect(2, *base, "--parameters", "posterior", "--replicates", "4", "--behaviour-as", "baseline", says="does not go with --behaviour-as")
        self.values.write_text(FITTED.split("    draws:")[0], encoding="utf-8")
        self.expect(2, *base, "--parameters", "posterior", "--replicates", "4", says="block permits has no ranges")
        self.values.unlink()
        self.expect(2, *base, "--parameters", "calibrated", says="there are no fitted values")
        self.expect(2, *base, "--parameters", "fitted", says="unknown word")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
