"""Sensitivities of real sweeps as a user meets them: sensitivity_test.py PROGRAM"""
import csv
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import unittest
import xml.etree.ElementTree
from pathlib import Path

import numpy
import pandas
import xarray

PROGRAM = Path(sys.argv.pop(1)).resolve()
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "analysis/examples"))
import sweep_to_salib  # noqa: E402

# Two districts at 1:50, fine and long enough for the policy (July 2026) to act.
SWEEP = """scenarios: [baseline, regularisation]
design: {kind: %s}
parameters:
  news.campaign_effect:
  attitudes.hostile_share_at_start: [0.3, 0.6]
  news.contact_prob_per_month:
area: "150132,150135"
scale: 50
months: 14
replicates: 2
"""
DESIGNS = {"morris": ("morris, trajectories: 4", 16), "saltelli": ("saltelli, base: 8", 40), "lhs": ("latin_hypercube, points: 24", 24),
           "sobol": ("sobol, points: 16", 16), "grid": ("grid, levels: 3", 27)}
PARAMETERS = ["news_campaign_effect", "attitudes_hostile_share_at_start", "news_contact_prob_per_month"]
HEADER = "indicator,scenario,base,month,method,parameter,measure,value,ci_low,ci_high,p_value"


def arraigo(*words, lang="en_US.UTF-8", env={}):
    return subprocess.run([PROGRAM, *map(str, words)], env={**os.environ, "LC_ALL": lang, **env}, capture_output=True, text=True, timeout=900)


def setUpModule():
    """The sweeps, once for all tests."""
    keeper = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(keeper.cleanup)
    Case.folder = Path(keeper.name)
    for name, (design, _) in DESIGNS.items():
        (Case.folder / f"{name}.yaml").write_text(SWEEP % design, encoding="utf-8")
        done = arraigo("sweep", Case.folder / f"{name}.yaml", "-o", Case.folder / name, "--quiet")
        assert done.returncode == 0, done.stderr


class Case(unittest.TestCase):
    def expect(self, code, *words, says="", **how):
        done = arraigo(*words, **how)
        self.assertEqual(done.returncode, code, f"{words}\n{done.stdout}\n{done.stderr}")
        self.assertIn(says, done.stdout + done.stderr)
        return done

    def rows(self, *words):
        done = self.expect(0, "sensitivity", *words, "--format", "csv")
        self.assertEqual(done.stdout.splitlines()[0], HEADER)
        return list(csv.DictReader(io.StringIO(done.stdout)))

    def answers(self, name):
        """Differences of regular_share in the last month by row, from the answer file."""
        with xarray.open_dataset(self.folder / name / "answers.h5") as data:
            points = data.regular_share.isel(time=-1).values.mean(axis=1)
            half = len(points) // 2
            return points[half:] - points[:half], {p: data[p].values[:half] for p in PARAMETERS}, data.block.values[:half], data.step.values[:half]


class Formats(Case):
    def test_every_design_has_its_method(self):
        for name, method in (("morris", "morris"), ("saltelli", "sobol"), ("lhs", "prcc"), ("sobol", "prcc"), ("grid", "prcc")):
            rows = self.rows(self.folder / name, "--output", "regular_share")
            methods = {row["method"] for row in rows}
            self.assertIn(method, methods, name)
            self.assertEqual("regional" in methods, name != "morris", name)
            self.assertEqual({row["scenario"] for row in rows} | {row["base"] for row in rows}, {"regularisation", "baseline"})
            self.assertEqual({row["parameter"] for row in rows if row["method"] == method} - {""},
                             {"news.campaign_effect", "attitudes.hostile_share_at_start", "news.contact_prob_per_month"})
            self.assertEqual(next(r["value"] for r in rows if r["measure"] == "points"), str(DESIGNS[name][1]))

    def test_the_mean_is_that_of_the_answers(self):
        effect = self.answers("lhs")[0]
        rows = self.rows(self.folder / "lhs", "--output", "regular_share")
        self.assertAlmostEqual(float(next(r["value"] for r in rows if r["measure"] == "mean")), effect.mean(), places=9)

    def test_elementary_effects_are_those_of_the_answers(self):
        effect, values, block, step = self.answers("morris")
        rows = self.rows(self.folder / "morris", "--output", "regular_share")
        spans = {"news_campaign_effect": (0.1, 0.9), "attitudes_hostile_share_at_start": (0.3, 0.6), "news_contact_prob_per_month": (0.01, 0.05)}
        for name, (low, high) in spans.items():
            found = []
            for i in range(1, len(effect)):
                if step[i] > 0 and values[name][i] != values[name][i - 1]:
                    found.append((effect[i] - effect[i - 1]) / ((values[name][i] - values[name][i - 1]) / (high - low)))
            self.assertEqual(len(found), 4)
            path = name.replace("_", ".", 1)
            told = {r["measure"]: float(r["value"]) for r in rows if r["parameter"] == path}
            self.assertAlmostEqual(told["mu_star"], numpy.abs(found).mean(), places=6)
            self.assertAlmostEqual(told["sigma"], numpy.std(found, ddof=1), places=6)

    def test_variance_shares_are_those_of_the_answers(self):
        effect, _, block, step = self.answers("saltelli")
        y = numpy.array([[effect[(block == b) & (step == n)][0] for n in range(8)] for b in range(5)])
        variance = numpy.var(numpy.concatenate([y[0], y[1]]))
        rows = self.rows(self.folder / "saltelli", "--output", "regular_share")
        centre = y[:2].mean()
        for k, path in enumerate(("news.campaign_effect", "attitudes.hostile_share_at_start", "news.contact_prob_per_month")):
            told = {r["measure"]: float(r["value"]) for r in rows if r["parameter"] == path and r["method"] == "sobol"}
            self.assertAlmostEqual(told["total_order"], 0.5 * ((y[0] - y[2 + k]) ** 2).mean() / variance, places=9)
            self.assertAlmostEqual(told["first_order"], ((y[1] - centre) * (y[2 + k] - y[0])).mean() / variance, places=9)

    def test_partial_rank_correlations_are_those_of_the_answers(self):
        effect, values, _, _ = self.answers("lhs")
        # Equal means of replicates differ in their last bit by the order of summation: those are ties.
        ranks = pandas.DataFrame({**values, "y": effect.round(12)}).rank().values
        inverse = numpy.linalg.inv(numpy.corrcoef(ranks.T))
        rows = self.rows(self.folder / "lhs", "--output", "regular_share")
        for k, path in enumerate(("news.campaign_effect", "attitudes.hostile_share_at_start", "news.contact_prob_per_month")):
            told = next(float(r["value"]) for r in rows if r["parameter"] == path and r["method"] == "prcc")
            self.assertAlmostEqual(told, -inverse[k, 3] / (inverse[k, k] * inverse[3, 3]) ** 0.5, places=9)

    def test_what_is_too_small_is_said(self):
        self.assertIn("Trajectories: 4; with fewer than 10", self.expect(0, "sensitivity", self.folder / "morris", "--output", "regular_share").stdout)
        self.assertIn("The sample is small", self.expect(0, "sensitivity", self.folder / "saltelli", "--output", "regular_share").stdout)
        said = self.expect(0, "sensitivity", self.folder / "lhs", "--output", "regular_share")
        self.assertIn("fewer than 10 points a parameter", said.stdout)
        self.assertIn("with fewer than 30 in a group", said.stdout)
        self.assertIn("with fewer than 30 in a group", self.expect(0, "sensitivity", self.folder / "lhs", "--output", "regular_share", "--format", "csv").stderr)

    def test_tables_and_json_in_both_languages(self):
        for name in DESIGNS:
            for lang, word in (("en", "Sweep"), ("es", "Barrido")):
                self.expect(0, "sensitivity", self.folder / name, "--lang", lang, says=f"{word} {name}")
        told = json.loads(self.expect(0, "sensitivity", self.folder / "lhs", "--format", "json", "--lang", "es").stdout)
        self.assertGreater(len(told), 5)
        for entry in told:
            self.assertEqual((entry["base"], entry["scenario"], entry["design"]), ("baseline", "regularisation", "latin_hypercube"))
            self.assertTrue(entry["measures"])
        self.assertTrue(any("Puntos: 24" in sentence for entry in told for sentence in entry["notes"]))

    def test_a_level_another_month_and_a_rule(self):
        rows = self.rows(self.folder / "lhs", "--output", "regular_share", "--scenario", "regularisation", "--month", "2027-01", "--prim", "value>=p75")
        self.assertEqual({(row["base"], row["month"]) for row in rows}, {("", "2027-01")})
        with xarray.open_dataset(self.folder / "lhs/answers.h5") as data:
            level = data.regular_share.isel(time=12).values[24:].mean(axis=1)
        told = {r["measure"]: float(r["value"]) for r in rows if r["method"] in ("output", "cases")}
        self.assertAlmostEqual(told["mean"], level.mean(), places=9)
        self.assertAlmostEqual(told["threshold"], numpy.percentile(level, 75), places=9)
        self.assertEqual(told["of_interest"], (level >= told["threshold"]).sum())

    def test_the_same_again_is_the_same(self):
        self.assertEqual(*(self.expect(0, "sensitivity", self.folder / "lhs", "--format", "json").stdout for _ in range(2)))

    def test_the_picture_is_one_svg_file(self):
        for name in DESIGNS:
            file = self.folder / f"{name}.svg"
            self.expect(0, "sensitivity", self.folder / name, "--output", "regular_share", "--plot", file, says=str(file))
            root = xml.etree.ElementTree.parse(file).getroot()
            self.assertEqual(root.tag, "{http://www.w3.org/2000/svg}svg")
            self.assertIn("campaign_effect", "".join(root.itertext()))
            self.assertNotRegex(file.read_text(encoding="utf-8"), r"\bnan\b|\binf\b|<script")
            self.expect(2, "sensitivity", self.folder / name, "--plot", file, says="--force")

    def test_the_picture_needs_node_and_says_so(self):
        file = self.folder / "undrawn.svg"
        self.expect(1, "sensitivity", self.folder / "lhs", "--output", "regular_share", "--plot", file, says="The program node", env={"PATH": str(self.folder)})
        self.assertFalse(file.exists())

    def test_mistakes_are_told_with_a_fix(self):
        self.expect(2, "sensitivity", says="arraigo sensitivity runs/sweep")
        self.expect(2, "sensitivity", self.folder / "nowhere", says="is not there")
        self.expect(2, "sensitivity", self.folder, says="arraigo collect")
        self.expect(2, "sensitivity", self.folder / "lhs.yaml", says="not the answer file of a sweep")
        self.expect(2, "sensitivity", self.folder / "lhs", "--output", "regular_shar", says="Did you mean regular_share?")
        self.expect(2, "sensitivity", self.folder / "lhs", "--alt", "regularization", says="Did you mean regularisation?")
        self.expect(2, "sensitivity", self.folder / "lhs", "--prim", "effct<0", says="--prim 'effect<0'")
        self.expect(2, "sensitivity", self.folder / "lhs", "--month", "all", says="YYYY-MM, last or mean")
        self.expect(2, "sensitivity", self.folder / "lhs", "--output", "regular_share", "--box", "999", says="the trajectory ends at step")

    def test_a_damaged_answer_file_is_refused(self):
        whole = (self.folder / "lhs/answers.h5").read_bytes()
        for cut in (0, 100, len(whole) // 2):
            file = self.folder / "damaged.h5"
            file.write_bytes(whole[:cut])
            self.expect(2, "sensitivity", file, says="damaged.h5")


class Export(Case):
    """Neither SALib nor EMA Workbench is a package of Debian: what they read is held against their readers' own steps."""

    def export(self, name, *options):
        folder = self.folder / f"export_{name}"
        self.expect(0, "sensitivity", self.folder / name, "--output", "regular_share", "--export", folder, "--force", *options)
        return folder

    def test_salib_reads_problem_x_and_y(self):
        for name, (_, rows) in DESIGNS.items():
            folder = self.export(name) / "salib"
            problem = json.loads((folder / "problem.json").read_text())
            self.assertEqual((problem["num_vars"], problem["names"], problem["groups"]), (3, PARAMETERS, None))
            X, Y = numpy.loadtxt(folder / "X.txt"), numpy.loadtxt(folder / "Y_regular_share.txt")
            self.assertEqual((X.shape, Y.shape), ((rows, 3), (rows,)), name)
            for k, (low, high) in enumerate(problem["bounds"]):
                self.assertTrue(((X[:, k] >= low) & (X[:, k] <= high)).all())
            # Its command line takes this table of name, lower and upper bound.
            table = [line.split(",") for line in (folder / "params.txt").read_text().splitlines()]
            self.assertEqual([[n, [float(a), float(b)]] for n, a, b in table], [list(pair) for pair in zip(problem["names"], problem["bounds"])])

    def test_salibs_blocks_are_in_its_order(self):
        folder = self.export("saltelli") / "salib"
        X = numpy.loadtxt(folder / "X.txt").reshape(8, 5, 3)  # base points, then A, A_B1, A_B2, A_B3, B
        for k in range(3):
            expected = X[:, 0].copy()
            expected[:, k] = X[:, 4, k]
            numpy.testing.assert_array_equal(X[:, 1 + k], expected)

    def test_salibs_trajectories_move_one_parameter_at_a_time(self):
        X = numpy.loadtxt(self.export("morris") / "salib/X.txt").reshape(4, 4, 3)
        self.assertTrue(((numpy.diff(X, axis=1) != 0).sum(axis=2) == 1).all())

    def test_the_example_gives_the_same_numbers(self):
        for name in DESIGNS:
            folder = self.export(name) / "salib"
            problem, X, Y, _ = sweep_to_salib.load(self.folder / name, "regular_share", "baseline", "regularisation")
            self.assertEqual(problem, json.loads((folder / "problem.json").read_text()))
            numpy.testing.assert_allclose(X, numpy.loadtxt(folder / "X.txt"), rtol=1e-14)
            numpy.testing.assert_allclose(Y, numpy.loadtxt(folder / "Y_regular_share.txt"), rtol=0, atol=1e-9)
            said = subprocess.run([sys.executable, ROOT / "analysis/examples/sweep_to_salib.py", self.folder / name, "regular_share", "baseline", "regularisation"],
                                  capture_output=True, text=True, check=True).stdout
            self.assertIn(f"X ({len(Y)}, 3), Y ({len(Y)},)", said)

    def test_the_example_takes_words_of_two_kinds(self):
        (self.folder / "words.yaml").write_text('scenarios: [baseline]\ndesign: {kind: grid, levels: 4}\nparameters:\n  news.campaign_effect:\n'
                                                '  measures.quota.enabled: {values: [true, false]}\narea: "150132"\nscale: 200\nmonths: 2\n', encoding="utf-8")
        self.expect(0, "sweep", self.folder / "words.yaml", "-o", self.folder / "words", "--quiet")
        problem, X, Y, _ = sweep_to_salib.load(self.folder / "words", "regular_share", "baseline")
        self.expect(0, "sensitivity", self.folder / "words", "--output", "regular_share", "--export", self.folder / "exported")
        self.assertEqual(problem, json.loads((self.folder / "exported/salib/problem.json").read_text()))
        numpy.testing.assert_allclose(X, numpy.loadtxt(self.folder / "exported/salib/X.txt"), rtol=1e-14)
        self.assertEqual(sorted(set(X[:, 1])), [0, 1])

    def test_ema_workbench_reads_experiments_and_outcomes(self):
        archive = self.export("lhs") / "ema/results.tar.gz"
        # The steps of its load_results: metadata.json, the types of experiments.csv, ScalarOutcome.from_disk.
        with tarfile.open(archive, "r:gz", encoding="UTF8") as files:
            metadata = json.loads(files.extractfile("metadata.json").read().decode())
            experiments = pandas.read_csv(files.extractfile("experiments.csv"))
            outcomes = {}
            for kind, name, file in metadata["outcomes"]:
                self.assertEqual(kind, "ScalarOutcome")
                values = pandas.read_csv(files.extractfile(file), index_col=False, header=None).values
                outcomes[name] = numpy.reshape(values, (values.shape[0],))
        self.assertEqual(list(experiments.columns), PARAMETERS + ["scenario", "policy", "model"])
        self.assertEqual(list(metadata["experiments"]), list(experiments.columns))
        for name, kind in metadata["experiments"].items():
            numpy.dtype(kind)
        self.assertEqual(experiments.shape, (48, 6))
        self.assertEqual(experiments.policy.unique().tolist(), ["baseline", "regularisation"])
        self.assertEqual(outcomes["regular_share"].shape, (48,))
        effect = self.answers("lhs")[0]
        numpy.testing.assert_allclose(outcomes["regular_share"][24:] - outcomes["regular_share"][:24], effect, rtol=0, atol=1e-9)

    def test_missing_runs_leave_whole_trajectories(self):
        for name, group in (("morris", 4), ("saltelli", 5)):
            folder = self.folder / f"less_{name}"
            subprocess.run(["cp", "-r", self.folder / name, folder], check=True)
            sorted(folder.glob("runs/*/*.run"))[5].unlink()
            self.expect(75, "collect", folder)
            out = self.folder / f"less_{name}_export"
            self.expect(0, "sensitivity", folder, "--output", "regular_share", "--export", out)
            self.assertEqual(len(numpy.loadtxt(out / "salib/X.txt")), DESIGNS[name][1] - group)


class Report(Case):
    def test_a_report_with_a_sweep_says_which_assumptions_matter(self):
        small = ["--area", "150132,150135", "--scale", 200, "--months", 9, "--replicates", 2, "--detail", "districts", "--quiet"]
        self.expect(0, "run", "baseline", "regularisation", *small, "-o", self.folder / "runs")
        runs = [self.folder / "runs/baseline.h5", self.folder / "runs/regularisation.h5"]
        for name in ("lhs", "saltelli", "morris"):
            for lang, head, chance in (("en", "Which assumptions matter", "Chance of the replicates"), ("es", "Qué supuestos importan", "Azar de las réplicas")):
                page = self.folder / f"{name}_{lang}.html"
                self.expect(0, "report", *runs, self.folder / name, "-o", page, "--lang", lang)
                text = page.read_text(encoding="utf-8")
                self.assertIn(head, text)
                self.assertIn('id="assumptions"', text)
                self.assertIn("news.campaign_effect", text)
                self.assertIn(chance, text)
                self.assertNotIn("no sweep of assumptions was given", text)
        self.expect(2, "report", *runs, self.folder / "lhs", self.folder / "morris", "-o", self.folder / "x.html", says="two sweeps")
        self.expect(2, "report", runs[1], runs[0], self.folder, "-o", self.folder / "x.html", says="answers.h5")
        (self.folder / "other.yaml").write_text("extends: baseline\nname: other\ntitle: {es: a, en: a}\ndescription: {es: a, en: a}\n", encoding="utf-8")
        self.expect(0, "run", self.folder / "other.yaml", *small, "-o", self.folder / "runs")
        self.expect(2, "report", runs[0], self.folder / "runs/other.h5", self.folder / "lhs", "-o", self.folder / "x.html", says="holds the scenarios baseline, regularisation")
        # Scenarios of the same names that are others.
        self.expect(0, "run", "baseline", "regularisation", "--area", "150101", *small[2:], "-o", self.folder / "elsewhere")
        elsewhere = [self.folder / "elsewhere/baseline.h5", self.folder / "elsewhere/regularisation.h5"]
        self.expect(2, "report", *elsewhere, self.folder / "lhs", "-o", self.folder / "x.html", says="area = 150132,150135, and")
        self.expect(0, "run", "regularisation", *small, "--set", "measures.new_permit.capacity_per_month=5000", "-o", self.folder / "changed")
        self.expect(2, "report", runs[0], self.folder / "changed/regularisation.h5", self.folder / "lhs", "-o", self.folder / "x.html", says='the measures of "regularisation" are not those')


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
