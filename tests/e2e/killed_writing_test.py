"""Killed at a step of writing: killed_writing_test.py PROGRAM LIBRARY [--steps N] [unittest arguments]

LIBRARY (tests/e2e/killed_at.cpp) kills the program before a chosen write, flush, renaming or removal of a file, or in the middle of the
write. N steps (default 8, 0: every single one) are tried of each way to write: a run with and without checkpoints, one that is gone on
with, a sweep, a sweep's answer. After each: every file under its final name is whole, going on works, and the data are those of an
unbroken run. What was tried is printed.
"""
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import h5py
import numpy

PROGRAM = Path(sys.argv.pop(1)).resolve()
LIBRARY = Path(sys.argv.pop(1)).resolve()
STEPS = 8
if "--steps" in sys.argv:
    at = sys.argv.index("--steps")
    STEPS = int(sys.argv[at + 1])
    del sys.argv[at : at + 2]

CASE = ["baseline", "regularisation", "--area", "150132,150135", "--scale", "400", "--months", "3", "--replicates", "2", "--threads", "2"]
SWEEP = """scenarios: [baseline, regularisation]
design: {kind: latin_hypercube, points: 2}
parameters:
  news.campaign_effect:
area: "150132,150135"
scale: 400
months: 2
replicates: 1
"""
RUNS = 2 * 2


def arraigo(*words, kill_at=None, count_in=None):
    """The exit code: -SIGKILL when the program came to the step `kill_at`."""
    env = {**os.environ, "LC_ALL": "en_US.UTF-8"}
    if kill_at or count_in:
        env.update({"LD_PRELOAD": str(LIBRARY), "ARRAIGO_KILL_AT": str(kill_at or 0)})
    if count_in:
        env["ARRAIGO_KILL_COUNT"] = str(count_in)
    done = subprocess.run([PROGRAM, *map(str, words)], env=env, capture_output=True, text=True, timeout=300)
    if done.returncode not in (0, -signal.SIGKILL):
        raise AssertionError(f"{words}, killed at {kill_at}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.returncode


def data(file):
    """What two runs of the same inputs have in common."""
    with h5py.File(file) as content:
        found = {}
        content.visititems(lambda name, node: found.update({name: node[()]}) if isinstance(node, h5py.Dataset) else None)
        return found


class KilledWriting(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="arraigo-killed-")
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = Path(temporary.name)
        cls.file = cls.folder / "small.yaml"
        cls.file.write_text(SWEEP, encoding="utf-8")
        arraigo("run", *CASE, "-o", cls.folder / "run", "--quiet")
        arraigo("sweep", cls.file, "-o", cls.folder / "sweep", "--quiet")
        cls.runs = {file.name: data(file) for file in (cls.folder / "run").glob("*.h5")}
        assert len(cls.runs) == 2

    def steps(self, make, words):
        """The numbers of the steps to be tried, spread over all that `words` take in the folder that `make` gives."""
        counted = self.folder / "steps.txt"
        self.assertEqual(arraigo(*words(make("counted")), count_in=counted), 0)
        total = int(counted.read_text())
        self.assertGreater(total, 3)
        if STEPS == 0 or STEPS >= total:
            return range(1, total + 1), total
        return sorted(random.Random(total).sample(range(1, total + 1), STEPS)), total

    def empty(self, name):
        shutil.rmtree(self.folder / name, ignore_errors=True)
        return self.folder / name

    def tried(self, what, killed, total):
        print(f"{what}: killed at {killed} of {total} steps of writing, no damaged file, equal data", file=sys.stderr)

    def whole_runs(self, out):
        for file in out.glob("*.h5"):
            arraigo("info", file, "--verify")
            numpy.testing.assert_equal(data(file), self.runs[file.name])

    def nothing_is_left(self, out):
        self.assertEqual([str(p) for p in out.rglob(".*.part")] + [str(p) for p in out.glob("*.checkpoint")], [])

    def runs_killed(self, what, make, words, go_on):
        steps, total = self.steps(make, words)
        killed = 0
        for step in steps:
            with self.subTest(what, step=step):
                out = make("out")
                # Two threads do not always write the same number of times.
                killed += arraigo(*words(out), kill_at=step) != 0
                self.whole_runs(out)
                # Whoever asks for the same again, or goes on where something is kept, gets it.
                # A checkpoint that was only being begun says nothing of itself: --resume names it, and the command goes on with it.
                begun = [folder for folder in out.glob("*.checkpoint") if not (out / f"{folder.stem}.h5").exists()] if out.is_dir() else []
                kept = begun and all((folder / "run.json").exists() for folder in begun)
                self.assertEqual(arraigo(*(go_on(out) if kept and step % 2 else ["run", *CASE, "-o", out, "--quiet"])), 0)
                if not all((out / name).exists() for name in self.runs):
                    self.assertEqual(arraigo("run", *CASE, "-o", out, "--quiet"), 0)
                self.whole_runs(out)
                self.assertEqual({file.name for file in out.glob("*.h5")}, set(self.runs))
                self.nothing_is_left(out)
        self.assertGreater(killed, 0.8 * len(steps))
        self.tried(what, killed, total)

    def test_a_run(self):
        self.runs_killed("run", self.empty, lambda out: ["run", *CASE, "-o", out, "--quiet"], lambda out: ["run", "--resume", out])

    def test_a_run_with_checkpoints(self):
        self.runs_killed("run --checkpoint-every 1", self.empty, lambda out: ["run", *CASE, "-o", out, "--quiet", "--checkpoint-every", 1], lambda out: ["run", "--resume", out])

    def test_a_run_that_is_gone_on_with(self):
        stopped = self.empty("stopped")
        # Killed late, at a step after which a checkpoint is there.
        for step in range(60, 1, -1):
            shutil.rmtree(stopped, ignore_errors=True)
            if arraigo("run", *CASE, "-o", stopped, "--quiet", "--checkpoint-every", 1, kill_at=step) != 0 and list(stopped.glob("*.checkpoint/*.state")):
                break
        self.assertTrue(list(stopped.glob("*.checkpoint/run.json")))

        def make(name):
            return Path(shutil.copytree(stopped, self.empty(name)))

        self.runs_killed("run --resume", make, lambda out: ["run", "--resume", out], lambda out: ["run", "--resume", out])

    def results(self, out):
        return {file.name: file.read_bytes() for file in out.glob("runs/*/*.run")}

    def test_a_sweep(self):
        words = lambda out: ["sweep", self.file, "-o", out, "--quiet"]  # noqa: E731
        steps, total = self.steps(self.empty, words)
        whole, answers = self.results(self.folder / "sweep"), (self.folder / "sweep/answers.h5").read_bytes()
        self.assertEqual(len(whole), RUNS)
        killed = 0
        for step in steps:
            with self.subTest(step=step):
                out = self.empty("out")
                killed += arraigo(*words(out), kill_at=step) != 0
                for name, result in self.results(out).items():
                    self.assertEqual(result, whole[name], name)
                arraigo(*words(out))
                self.assertEqual(self.results(out), whole)
                self.assertEqual((out / "answers.h5").read_bytes(), answers)
                self.nothing_is_left(out)
        self.assertGreater(killed, 0.8 * len(steps))
        self.tried("sweep", killed, total)

    def test_the_answer_of_a_sweep(self):
        def make(name):
            return Path(shutil.copytree(self.folder / "sweep", self.empty(name)))

        steps, total = self.steps(make, lambda out: ["collect", out])
        answers = (self.folder / "sweep/answers.h5").read_bytes()
        killed = 0
        for step in steps:
            with self.subTest(step=step):
                out = make("out")
                killed += arraigo("collect", out, kill_at=step) != 0
                self.assertEqual((out / "answers.h5").read_bytes(), answers, "the answer that was there")
                arraigo("collect", out)
                self.assertEqual((out / "answers.h5").read_bytes(), answers)
                self.nothing_is_left(out)
        self.assertGreater(killed, 0)
        self.tried("collect", killed, total)


if __name__ == "__main__":
    unittest.main(verbosity=2)
