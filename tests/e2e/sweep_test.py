"""A sweep as a user meets it: sweep_test.py PROGRAM [--kills N] [unittest arguments]

N interruptions (default 12) by SIGKILL and SIGTERM are spread over as many sweeps as they need; what they came to is printed.
"""
import csv
import os
import random
import re
import resource
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import unittest
from collections import Counter
from pathlib import Path

import numpy
import xarray

PROGRAM = Path(sys.argv.pop(1)).resolve()
KILLS = 12
if "--kills" in sys.argv:
    at = sys.argv.index("--kills")
    KILLS = int(sys.argv[at + 1])
    del sys.argv[at : at + 2]
ROOT = Path(__file__).resolve().parents[2]

# Two districts at 1:200: every phase, in a fraction of a second.
SMALL = """scenarios: [baseline, regularisation]
design: {kind: latin_hypercube, points: 4}
parameters:
  news.campaign_effect:
  attitudes.hostile_share_at_start: [0.3, 0.6]
area: "150132,150135"
scale: 200
months: 3
replicates: 2
"""
RUNS = 2 * 4 * 2


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

    def write(self, text=SMALL):
        self.file.write_text(text, encoding="utf-8")

    def expect(self, code, *words, says="", **how):
        done = arraigo(*words, **how)
        self.assertEqual(done.returncode, code, f"{words}\n{done.stdout}\n{done.stderr}")
        self.assertIn(says, done.stdout + done.stderr)
        return done

    def results(self, folder=None):
        return {p.name: p for p in (folder or self.out).glob("runs/*/*.run")}


class Sweep(Case):
    def test_it_says_what_it_will_do_runs_it_and_answers(self):
        self.write()
        said = self.expect(0, "sweep", self.file, "-o", self.out).stderr
        self.assertIn("points: 4, scenarios: 2, replicates: 2; runs: 16. Done: 0, failed: 0, to do: 16", said)
        for word in ("Estimated:", "memory:", "disk:", "Runs done: 16"):
            self.assertIn(word, said)
        self.assertEqual(len(self.results()), RUNS)
        with xarray.open_dataset(self.out / "answers.h5") as data:
            self.assertEqual(dict(data.sizes), {"point": 8, "replicate": 2, "time": 3})
            self.assertEqual(data.attrs["complete"], 1)
            self.assertEqual(data.scenario.values.tolist(), ["baseline"] * 4 + ["regularisation"] * 4)
            self.assertEqual(data.regular_share.dims, ("point", "replicate", "time"))
            self.assertTrue(numpy.isfinite(data.regular_share.values).all())
            numpy.testing.assert_array_equal(data.regular_share_final, data.regular_share.isel(time=-1))
            numpy.testing.assert_allclose(data.regular_share_mean, data.regular_share.mean("time"), rtol=1e-13)
            self.assertEqual(data.news_campaign_effect.attrs["path"], "news.campaign_effect")
            self.assertTrue(((data.attitudes_hostile_share_at_start >= 0.3) & (data.attitudes_hostile_share_at_start <= 0.6)).all())
        for engine in ("netcdf4", "h5netcdf"):
            with xarray.open_dataset(self.out / "answers.h5", engine=engine) as data:
                self.assertEqual(data.scenario.values.tolist()[0], "baseline")
                self.assertEqual([str(t)[:7] for t in data.time.values][0], "2026-01")

    def test_a_point_is_the_run_that_its_row_says(self):
        self.write()
        self.expect(0, "sweep", self.file, "-o", self.out, "--quiet")
        self.expect(0, "collect", self.out, "--csv", self.folder / "a.csv", "--csv-months", self.folder / "m.csv", "--quiet")
        rows = list(csv.DictReader((self.folder / "a.csv").read_text(encoding="utf-8").splitlines()))
        self.assertEqual(len(rows), RUNS)
        self.assertEqual(len((self.folder / "m.csv").read_text(encoding="utf-8").splitlines()), 1 + RUNS * 3)
        row = next(r for r in rows if r["scenario"] == "regularisation" and r["row"] == "2" and r["replicate"] == "1")
        sets = [w for path in ("news.campaign_effect", "attitudes.hostile_share_at_start") for w in ("--set", f"{path}={row[path]}")]
        self.expect(0, "run", "regularisation", "--area", "150132,150135", "--scale", 200, "--months", 3, "--replicates", 2,
                    "--detail", "totals", "-o", self.folder / "runs", "--quiet", *sets)
        with xarray.open_dataset(self.folder / "runs" / "regularisation.h5") as run, xarray.open_dataset(self.out / "answers.h5") as data:
            share = (100 * run.regular / run.migrant_population).isel(replicate=1)
            numpy.testing.assert_array_equal(share.values, data.regular_share.isel(point=int(row["point"]), replicate=1).values)
            hash_ = int(data.state_hash.isel(point=int(row["point"]), replicate=1)) % 2**64
            self.assertEqual(run.state_hash.values.tolist()[1], f"{hash_:016x}")

    def interrupted(self, out, how, after, on_sight, *words):
        """The exit code of a sweep that got a signal `after` so many seconds, or earlier, when it writes a file."""
        torn = lambda: set(out.rglob(".*.part")) if out.exists() else set()  # noqa: E731
        before, end = torn(), time.monotonic() + after
        process = subprocess.Popen([PROGRAM, "sweep", self.file, "-o", out, "--quiet", *words], stderr=subprocess.DEVNULL)
        while time.monotonic() < end and process.poll() is None and not (on_sight and torn() - before):
            time.sleep(0.0002)
        if process.poll() is None:
            process.send_signal(how)
        return process.wait(timeout=60), bool(torn() - before)

    def test_killed_and_stopped_at_any_time_it_goes_on_and_ends_the_same(self):
        self.write()
        begun = time.monotonic()
        self.expect(0, "sweep", self.file, "-o", self.folder / "whole", "--quiet", "--threads", 1)
        seconds = time.monotonic() - begun
        whole = self.results(self.folder / "whole")
        self.assertEqual(len(whole), RUNS)
        chance = random.Random(1)
        tally, sweeps, torn = Counter(), 0, 0
        while tally.total() < KILLS:
            sweeps += 1
            out, seen, code = self.folder / f"out{sweeps}", {}, None
            while code != 0:
                how = chance.choice([signal.SIGKILL, signal.SIGTERM])
                code, in_a_write = self.interrupted(out, how, chance.uniform(0.02, 0.6 * seconds), chance.random() < 0.4, "--threads", str(chance.choice([1, 2])))
                # SIGTERM may have come too early to be caught.
                self.assertIn(code, (0, 75, -how) if how == signal.SIGTERM else (0, -how))
                torn += in_a_write
                if code != 0:
                    tally[how.name] += 1
                for name, file in self.results(out).items():
                    self.assertEqual(file.read_bytes(), whole[name].read_bytes(), name)
                    self.assertEqual(seen.setdefault(name, file.stat().st_mtime_ns), file.stat().st_mtime_ns, "a finished run was repeated")
            self.assertEqual(sorted(self.results(out)), sorted(whole))
            self.assertEqual((out / "answers.h5").read_bytes(), (self.folder / "whole" / "answers.h5").read_bytes())
            self.assertEqual(sorted(out.rglob(".*.part")), [], "what a killed one was writing is still there")
        print(f"{tally.total()} interruptions ({dict(tally)}; {torn} in the middle of a write) over {sweeps} sweeps of {RUNS} runs: no damaged file, no run lost or repeated, equal bytes", file=sys.stderr)

    def test_the_answer_is_made_again_to_the_same_bytes(self):
        self.write()
        self.expect(0, "sweep", self.file, "-o", self.out, "--quiet")
        before = (self.out / "answers.h5").read_bytes()
        (self.out / "answers.h5").unlink()
        self.expect(0, "collect", self.out, says="runs: 16 of 16")
        self.assertEqual((self.out / "answers.h5").read_bytes(), before)

    def test_a_missing_run_is_named_missing_and_done_again_alone(self):
        self.write()
        self.expect(0, "sweep", self.file, "-o", self.out, "--quiet")
        lost = sorted(self.results().items())[5][1]
        kept = lost.read_bytes()
        lost.unlink()
        self.expect(0, "sweep", "--status", self.out, says="done: 15, running: 0, failed: 0, missing: 1; in all: 16")
        self.expect(75, "collect", self.out, says="missing: 1")
        with xarray.open_dataset(self.out / "answers.h5") as data:
            self.assertEqual(data.attrs["complete"], 0)
            self.assertEqual(int((data.status == 0).sum()), 1)
            self.assertEqual(int(numpy.isnan(data.regular_share_final).sum()), 1)
        self.expect(0, "sweep", self.file, "-o", self.out, says="to do: 1.")
        self.assertEqual(lost.read_bytes(), kept)

    def test_a_damaged_result_is_named(self):
        self.write()
        self.expect(0, "sweep", self.file, "-o", self.out, "--quiet")
        damaged = sorted(self.results().items())[3][1]
        damaged.write_bytes(damaged.read_bytes()[:-70] + b"x" * 70)
        self.expect(2, "collect", self.out, says=damaged.name)

    def test_a_changed_file_is_refused_in_one_sentence(self):
        self.write()
        self.expect(0, "sweep", self.file, "-o", self.out, "--plan-only", "--quiet")
        self.write(SMALL.replace("points: 4", "points: 5"))
        said = self.expect(2, "sweep", self.file, "-o", self.out).stderr
        self.assertEqual(len(said.strip().splitlines()), 1)
        self.assertIn("differs in: design", said)

    def test_shares_by_the_environment_make_up_the_plan(self):
        self.write()
        self.expect(0, "sweep", self.file, "-o", self.out, "--plan-only", "--quiet")
        self.expect(2, "sweep", "--work", self.out, says="ARRAIGO_TASK_INDEX")
        self.expect(2, "sweep", "--work", self.out, env={"ARRAIGO_TASK_INDEX": "3", "ARRAIGO_TASK_COUNT": "3"}, says="ARRAIGO_TASK_INDEX = 3")
        counted = []
        for names in (("ARRAIGO_TASK_INDEX", "ARRAIGO_TASK_COUNT"), ("JOB_COMPLETION_INDEX", "ARRAIGO_TASK_COUNT"), ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE")):
            self.expect(0, "sweep", "--work", self.out, "--quiet", env={names[0]: str(len(counted)), names[1]: "3"})
            counted.append(len(self.results()))
        self.assertTrue(0 < counted[0] < counted[1] < counted[2] == RUNS, counted)
        self.expect(0, "sweep", "--status", self.out, says="done: 16")

    def test_levers_of_measures_share_a_start_and_change_nothing_else(self):
        self.write("scenarios: [regularisation]\ndesign: {kind: grid, levels: 3}\nparameters:\n"
                   "  measures.new_permit.capacity_per_month: [100, 40000]\n  measures.permit_information.enabled: {values: [true, false]}\n"
                   "area: \"150132,150135\"\nscale: 50\nmonths: 9\n")
        self.expect(0, "sweep", self.file, "-o", self.out, "--quiet")
        self.assertEqual(len(self.results()), 6)
        with xarray.open_dataset(self.out / "answers.h5") as data:
            self.assertEqual(data.measures_new_permit_capacity_per_month.values.tolist(), [100, 100, 20050, 20050, 40000, 40000])
            # Each lever tells, once its measure has begun.
            self.assertGreater(len(set(data.state_hash.values.ravel().tolist())), 2)
            for point in (1, 4):
                sets = [w for path in ("measures_new_permit_capacity_per_month", "measures_permit_information_enabled")
                        for w in ("--set", f"{data[path].attrs['path']}={data[path].values[point]}".removesuffix(".0"))]
                self.expect(0, "run", "regularisation", "--area", "150132,150135", "--scale", 50, "--months", 9, "--replicates", 1,
                            "--detail", "totals", "-o", self.folder / f"run{point}", "--quiet", *sets)
                with xarray.open_dataset(self.folder / f"run{point}" / "regularisation.h5") as run:
                    self.assertEqual(run.state_hash.values.tolist(), [f"{int(data.state_hash[point, 0]) % 2**64:016x}"])

    def test_a_failed_run_is_listed_and_stops_nothing(self):
        # A table without the cost of campaigns: only the scenario that has one asks for it.
        data = self.folder / "data"
        shutil.copytree(ROOT / "scenarios" / "data", data)
        costs = (data / "costs.csv").read_text(encoding="utf-8").splitlines(keepends=True)
        (data / "costs.csv").write_text("".join(line for line in costs if not line.startswith("information_campaign_person_reached")), encoding="utf-8")
        self.write()
        said = self.expect(1, "sweep", self.file, "-o", self.out, "--data", data).stderr
        self.assertIn("Failed: regularisation, point 4, replicate 0:", said)
        self.assertIn("information_campaign", said)
        self.assertIn("--retry-failed", said)
        self.assertEqual(len(self.results()), RUNS // 2)
        self.expect(0, "sweep", "--status", self.out, says=f"done: 8, running: 0, failed: 8, missing: 0")
        self.expect(1, "sweep", self.file, "-o", self.out, "--data", data, says="to do: 0.")
        self.expect(1, "sweep", self.file, "-o", self.out, "--data", data, "--retry-failed", says="to do: 8.")
        with xarray.open_dataset(self.out / "answers.h5") as answers:
            self.assertEqual(answers.status.values.ravel().tolist(), [1] * 8 + [2] * 8)
            self.assertEqual(int(numpy.isnan(answers.regular_share_final).sum()), 8)

    def test_what_failed_is_left_alone_until_asked_for(self):
        self.write()
        self.expect(0, "sweep", self.file, "-o", self.out, "--quiet")
        lost = sorted(self.results().items())[5][1]
        kept = lost.read_bytes()
        lost.unlink()
        note = self.out / "failed" / lost.parent.name / lost.with_suffix(".txt").name
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text("no memory")
        self.expect(1, "sweep", self.file, "-o", self.out, says="no memory")
        self.assertFalse(lost.exists())
        self.expect(0, "sweep", self.file, "-o", self.out, "--retry-failed", says="to do: 1.")
        self.assertEqual(lost.read_bytes(), kept)
        self.assertFalse(note.exists())


    def test_series_by_zone_become_run_files(self):
        self.write(SMALL + "detail: zones\n")
        self.expect(0, "sweep", self.file, "-o", self.out, "--quiet")
        self.expect(0, "collect", self.out, "--runs", self.folder / "runs", "--quiet")
        self.assertEqual(len(list((self.folder / "runs").iterdir())), 8)
        self.expect(0, "info", self.folder / "runs" / "baseline-p0000000.h5", "--verify")
        self.expect(0, "compare", self.folder / "runs" / "baseline-p0000002.h5", self.folder / "runs" / "regularisation-p0000006.h5", "--by", "zone")

    def test_run_files_that_are_there_are_kept_and_others_refused(self):
        self.write(SMALL + "detail: zones\n")
        self.expect(0, "sweep", self.file, "-o", self.out, "--quiet")
        runs = self.folder / "runs"
        runs.mkdir()
        (runs / "baseline-p0000001.h5").write_text("of somebody")
        self.expect(2, "collect", self.out, "--runs", runs, says="baseline-p0000001.h5: exists already and is kept")
        self.assertEqual([file.name for file in runs.iterdir()], ["baseline-p0000001.h5"])
        self.assertEqual((runs / "baseline-p0000001.h5").read_text(), "of somebody")
        self.expect(0, "collect", self.out, "--runs", runs, "--force", "--quiet")
        before = {file: file.stat().st_mtime_ns for file in runs.iterdir()}
        self.expect(0, "collect", self.out, "--runs", runs, "--quiet")
        self.assertEqual({file: file.stat().st_mtime_ns for file in runs.iterdir()}, before)

    def test_a_table_replaces_nothing_unless_asked(self):
        self.write()
        self.expect(0, "sweep", self.file, "-o", self.out, "--quiet")
        own = {name: (self.out / name).read_bytes() for name in ("plan.csv", "answers.h5")}
        table, pipe, folder, link = (self.folder / name for name in ("t.csv", "pipe", "folder", "link.csv"))
        table.write_text("of somebody")
        os.mkfifo(pipe)
        folder.mkdir()
        link.symlink_to(self.out / "plan.csv")
        for option in ("--csv", "--csv-months"):
            self.expect(2, "collect", self.out, option, table, says="t.csv: exists already and is kept")
            for name in ("plan.csv", "answers.h5", "runs/00000/x.csv", "failed/x.csv"):
                for force in ([], ["--force"]):
                    self.expect(2, "collect", self.out, option, self.out / name, *force, says=f"{name}: a name that the sweep itself uses")
            self.expect(2, "collect", self.out, option, link, "--force", says="a name that the sweep itself uses")
            for odd in (pipe, folder):
                self.expect(2, "collect", self.out, option, odd, "--force", says="is no file, and is not replaced")
        self.expect(2, "collect", self.out, "--runs", self.out / "runs", says="a name that the sweep itself uses")
        self.expect(2, "collect", self.out, "--csv", self.folder / "a.csv", "--csv-months", self.folder / "." / "folder" / ".." / "a.csv", says="--csv and --csv-months name the same file")
        self.expect(2, "collect", self.out, "--csv", "new.csv", "--csv-months", "./new.csv", cwd=self.folder, says="--csv and --csv-months name the same file")
        self.assertEqual({name: (self.out / name).read_bytes() for name in own}, own)
        self.assertEqual(table.read_text(), "of somebody")
        self.assertTrue(pipe.is_fifo())
        self.expect(0, "collect", self.out, "--csv", table, "--csv-months", self.out / "months.csv", "--force", "--quiet")
        self.assertIn("point,replicate", table.read_text())

    def test_a_device_is_no_table(self):
        device = self.folder / "device"
        try:
            os.mknod(device, stat.S_IFCHR | 0o600, os.makedev(1, 3))
        except PermissionError:
            self.skipTest("only root makes devices")
        self.write()
        self.expect(0, "sweep", self.file, "-o", self.out, "--quiet")
        self.expect(2, "collect", self.out, "--csv", device, "--force", says="is no file, and is not replaced")
        self.assertTrue(device.is_char_device())

    def test_what_is_no_result_is_named_and_not_waited_for(self):
        self.write()
        self.expect(0, "sweep", self.file, "-o", self.out, "--quiet")
        one, other = [path for _, path in sorted(self.results().items())[:2]]
        for file, make in ((one, os.mkfifo), (other, os.mkdir)):
            file.unlink()
            make(file)
        said = self.expect(2, "collect", self.out).stderr
        for file in (one, other):
            self.assertIn(f"{file}: not a regular file", said)

    def test_no_command_writes_over_what_it_reads(self):
        self.write()
        self.expect(0, "sweep", self.file, "-o", self.out, "--quiet")
        self.expect(0, "run", "baseline", "regularisation", "--area", "150132,150135", "--scale", 200, "--months", 3, "--replicates", 2, "-o", self.folder, "--quiet")
        run, other, answers = self.folder / "baseline.h5", self.folder / "regularisation.h5", self.out / "answers.h5"
        copies = {}
        for name, source in (("figures.csv", "validation/figures.csv"), ("effects.csv", "evidence/effects.csv")):
            copies[name] = self.folder / name
            shutil.copyfile(ROOT / "scenarios" / "data" / source, copies[name])
        claims = self.folder / "theory.csv"
        shutil.copyfile(ROOT / "scenarios" / "theory" / "claims.yaml", claims)
        calibration = self.folder / "calibrated.yaml"
        shutil.copyfile(next((ROOT / "scenarios" / "calibration").glob("*.yaml")), calibration)
        files = [run, other, answers, *copies.values(), claims, calibration]
        before = [file.read_bytes() for file in files]
        for words, target in (
            (["validate", run, "-o"], run),
            (["validate", run, "--figures", copies["figures.csv"], "-o"], copies["figures.csv"]),
            (["sensitivity", self.out, "--plot"], answers),
            (["sensitivity", answers, "--plot"], answers),
            (["sensitivity", self.out, "--plot"], self.out / "plan.csv"),
            (["evidence", "--effects", copies["effects.csv"], "-o"], copies["effects.csv"]),
            (["report", run, other, self.out, "-o"], answers),
            (["calibrate", calibration, "-o", self.folder / "new", "--save"], calibration),
        ):
            with self.subTest(command=words[0], target=target.name):
                self.expect(2, *words, target, "--force", says=f"{target}: this command reads it")
        self.expect(2, "theory", "--claims", claims, "-o", self.folder, says="theory.csv: this command reads it")
        self.expect(2, "calibrate", calibration, "-o", self.folder, says="calibrated.yaml: this command reads it")
        self.assertEqual([file.read_bytes() for file in files], before)

    def test_answers_are_not_taken_for_a_run(self):
        self.write()
        self.expect(0, "sweep", self.file, "-o", self.out, "--quiet")
        answers = self.out / "answers.h5"
        for words in (["info", answers], ["export", answers], ["compare", answers, answers], ["validate", answers]):
            said = self.expect(2, *words, says="answers.h5: holds the answers of a sweep, not a run").stderr
            self.assertIn("arraigo sensitivity", said)

    def test_a_plan_that_no_memory_holds_is_refused(self):
        self.write('scenarios: [baseline]\narea: "150142"\nscale: 400\nmonths: 1\ndesign: {kind: sobol, points: 1000000}\nparameters: {"*": }\n')
        limited = lambda: resource.setrlimit(resource.RLIMIT_AS, (4_000_000 << 10, 4_000_000 << 10))
        said = self.expect(2, "sweep", self.file, "-o", self.out, "--plan-only", says="more than 20000000 values", preexec_fn=limited).stderr
        self.assertRegex(said, r"with these parameters \d+ points fit")
        self.assertEqual(len(said.strip().splitlines()), 1, said)
        self.assertFalse(self.out.exists())

    def test_the_memory_that_is_announced_counts_the_plan(self):
        announced = []
        for points in (64, 20000):
            self.write(f'scenarios: [baseline]\narea: "150142"\nscale: 400\nmonths: 1\ndesign: {{kind: latin_hypercube, points: {points}}}\nparameters: {{news.*: }}\n')
            said = self.expect(0, "sweep", self.file, "-o", self.folder / str(points), "--plan-only", "--threads", 1).stderr
            announced.append(int(re.search(r"memory: (\d+) MiB", said)[1]))
        plan = (self.folder / "20000" / "plan.csv").stat().st_size
        self.assertGreater(announced[1] - announced[0], 2 * plan >> 20)

    def test_the_pages_example_is_accepted(self):
        page = (ROOT / "sim" / "sweep" / "README.md").read_text(encoding="utf-8")
        self.write(page.split("```yaml\n")[1].split("```")[0])
        self.expect(0, "sweep", self.file, "-o", self.out, "--plan-only", says="points: 64, scenarios: 2, replicates: 4; runs: 512.")


class Mistakes(Case):
    def test_they_are_told_with_line_value_and_fix(self):
        self.write("scenarios: [baselin]\ndesign: {kind: sobol, points: 4}\nparameters: {news.campaign_effect: [0.1, 5]}\n")
        self.expect(2, "sweep", self.file, "-o", self.out, says="small.yaml:3:")
        self.write(SMALL.replace("news.campaign_effect:", "measures.nobody.capacity: [1, 2]"))
        self.expect(2, "sweep", self.file, "-o", self.out, says="nobody")
        self.assertFalse(self.out.exists())
        self.expect(2, "sweep", self.folder / "missing.yaml", "-o", self.out, says="missing.yaml")
        self.expect(2, "sweep", self.file, says="-o")
        self.expect(2, "sweep", says="sweep.yaml")
        self.expect(2, "sweep", self.file, "-o", self.out, "--tasks", 3, says="--engine slurm")
        self.expect(2, "sweep", "--status", self.folder, says="plan.csv")
        self.expect(2, "collect", self.folder / "nowhere", says="plan.csv")

    def test_without_slurm_it_says_so(self):
        self.write()
        self.expect(1, "sweep", self.file, "-o", self.out, "--engine", "slurm", says="sbatch", env={"PATH": "/nonexistent"})


if __name__ == "__main__":
    unittest.main(verbosity=2)
