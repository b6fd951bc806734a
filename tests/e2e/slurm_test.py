"""A sweep on a real Slurm whose tasks are killed at random: slurm_test.py PROGRAM"""
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

PROGRAM = Path(sys.argv.pop(1)).resolve()
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import one_machine_slurm  # noqa: E402

RUNS = 200
SWEEP = """scenarios: [baseline]
design: {kind: sobol, points: 50}
parameters:
  news.campaign_effect:
  attitudes.hostile_share_at_start:
area: "150132,150135"
scale: 100
months: 6
replicates: 4
"""
SECONDS = 900


def tasks_of(folder):
    """Processes of this program that work at that folder: each by its own number."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if words[0] == os.fsencode(PROGRAM) and b"--work" in words and os.fsencode(folder) in words:
                found.append(int(entry.name))
        except OSError:
            pass
    return found


@unittest.skipIf(one_machine_slurm.missing(), one_machine_slurm.missing())
class OnSlurm(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "slurm").mkdir()
        self.slurm = one_machine_slurm.Slurm(self.folder / "slurm")
        self.addCleanup(self.slurm.stop)
        try:
            self.slurm.start()
        except RuntimeError as error:  # its daemons are not what is tested here
            self.skipTest(f"Slurm does not start on this machine: {error}")

    def arraigo(self, *words):
        return subprocess.run([PROGRAM, *map(str, words)], env={**self.slurm.environment, "LC_ALL": "en_US.UTF-8"}, capture_output=True, text=True, timeout=600)

    def test_every_run_exists_once_and_equals_the_local_one(self):
        file, out, local = self.folder / "sweep.yaml", self.folder / "out", self.folder / "local"
        file.write_text(SWEEP, encoding="utf-8")
        sent = self.arraigo("sweep", file, "-o", out, "--engine", "slurm", "--partition", "main", "--tasks", 20, "--array-limit", 4)
        self.assertEqual(sent.returncode, 0, sent.stderr)
        self.assertIn("Sent to Slurm: array", sent.stderr)
        chance = random.Random(7)
        kills = requeues = twice = 0
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            jobs = self.slurm.jobs()
            if not jobs:
                break
            working = tasks_of(out)
            what = chance.random()
            if working and what < 0.5 and kills < 40:
                try:
                    os.kill(chance.choice(working), signal.SIGKILL)
                    kills += 1
                except ProcessLookupError:
                    pass
            elif what < 0.6 and requeues < 5:
                running = [line.split()[0] for line in jobs if " RUNNING" in line and "_" in line.split()[0]]
                if running and self.slurm.call("scontrol", "requeue", chance.choice(running)).returncode == 0:
                    requeues += 1
            elif what < 0.65 and twice < 3:
                # The same task beside the one that Slurm runs, as after a lost node.
                environment = {**os.environ, "ARRAIGO_TASK_INDEX": str(chance.randrange(20)), "ARRAIGO_TASK_COUNT": "20"}
                again = subprocess.run([PROGRAM, "sweep", "--work", out, "--quiet", "--threads", "1"], env=environment, capture_output=True, text=True)
                self.assertIn(again.returncode, (0, -signal.SIGKILL), again.stderr)
                twice += 1
            time.sleep(chance.uniform(0.05, 0.5))
        log = (out / "slurm" / "collect.log").read_text() if (out / "slurm" / "collect.log").exists() else ""
        self.assertEqual(self.slurm.jobs(), [], log)
        print(f"killed: {kills}, requeued: {requeues}, run beside: {twice}", file=sys.stderr)
        self.assertGreater(kills, 3)

        results = sorted(out.glob("runs/*/*.run"))
        self.assertEqual(len(results), RUNS, log)
        self.assertEqual(len({file.name for file in results}), RUNS)
        self.assertTrue((out / "answers.h5").is_file(), log)
        status = self.arraigo("sweep", "--status", out)
        self.assertIn(f"done: {RUNS}, running: 0, failed: 0, missing: 0; in all: {RUNS}.", status.stdout)

        here = self.arraigo("sweep", file, "-o", local, "--quiet")
        self.assertEqual(here.returncode, 0, here.stderr)
        for file in results:
            self.assertEqual(file.read_bytes(), (local / file.relative_to(out)).read_bytes(), file.name)
        self.assertEqual((out / "answers.h5").read_bytes(), (local / "answers.h5").read_bytes())

    def test_what_sbatch_does_not_accept_is_told(self):
        file, out = self.folder / "sweep.yaml", self.folder / "out"
        file.write_text(SWEEP, encoding="utf-8")
        sent = self.arraigo("sweep", file, "-o", out, "--engine", "slurm", "--partition", "nowhere", "--tasks", 2)
        self.assertEqual(sent.returncode, 1)
        self.assertIn("sbatch did not accept", sent.stderr)
        self.assertIn("partition", sent.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
