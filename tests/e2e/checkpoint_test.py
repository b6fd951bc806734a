"""Runs that are stopped or killed at random go on to the data of an unbroken one.

checkpoint_test.py ARRAIGO [--kills N] [--scale N] [unittest arguments]

N interruptions (default 12) are spread over SIGTERM, SIGINT and SIGKILL, one and two threads, with and without periodic
checkpoints, one and two scenarios, random instants and those at which a file is being written; what they came to is printed.
Nothing that has its final name may ever be damaged. --scale 10 does it with 1.2 million agents.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from collections import Counter
from pathlib import Path

import h5py
import numpy

ARRAIGO = ""
KILLS = 12
CASE = ["--scale", "400", "--months", "24", "--replicates", "3", "--area", "lima_callao"]
SCENARIOS = ["baseline", "regularisation"]
CIRCUMSTANCES = {"command", "started", "finished", "sha256"}  # the digest is of the whole file


def arraigo(*arguments: str, check: int | None = 0, environment: dict | None = None) -> subprocess.CompletedProcess:
    done = subprocess.run([ARRAIGO, *map(str, arguments)], capture_output=True, text=True, timeout=1800, env=environment or dict(os.environ, LC_ALL="en_US.UTF-8"))
    if check is not None and done.returncode != check:
        raise AssertionError(f"arraigo {' '.join(map(str, arguments))}: exit code {done.returncode}, not {check}\n{done.stdout}{done.stderr}")
    return done


def contents(file: Path) -> dict:
    """Everything that must be the same in two runs of the same inputs."""
    found = {}
    with h5py.File(file) as run:
        for name, value in run.attrs.items():
            if name not in CIRCUMSTANCES:
                found["@" + name] = value.tobytes() if hasattr(value, "tobytes") else value
        run.visititems(lambda name, item: found.__setitem__(name, item[()]) if isinstance(item, h5py.Dataset) else None)
    return found


def difference(one: Path, other: Path) -> str:
    a, b = contents(one), contents(other)
    if a.keys() != b.keys():
        return f"names differ: {sorted(a.keys() ^ b.keys())[:5]}"
    for name in a:
        if not numpy.array_equal(a[name], b[name]):
            return name
    return ""


def being_written(folder: Path | None) -> set:
    """Files beside their final names: of a writer at work, or of one that was killed."""
    return set(folder.rglob(".*.part")) if folder else set()


class Interrupted(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="arraigo-checkpoint-"))
        cls.whole = cls.folder / "whole"
        begun = time.monotonic()
        arraigo("run", *SCENARIOS, *CASE, "-o", cls.whole, "--quiet")
        cls.seconds = time.monotonic() - begun

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder, ignore_errors=True)

    def interrupt(self, command: list[str], how: signal.Signals, after: float, on_sight: Path | None = None) -> int:
        """Sends the signal `after` so many seconds, or earlier, when a file in the folder `on_sight` is being written."""
        process = subprocess.Popen([ARRAIGO, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        seen, end = being_written(on_sight), time.monotonic() + after
        try:
            while on_sight and time.monotonic() < end and process.poll() is None and being_written(on_sight) <= seen:
                time.sleep(0.0002)
            return process.wait(timeout=max(0, end - time.monotonic()) if not on_sight else 0)
        except subprocess.TimeoutExpired:
            process.send_signal(how)
        return process.wait(timeout=300)

    def all_told(self, out: Path) -> bool:
        """Whether there are checkpoints, and none that was being begun when the run was killed: --resume names such a one."""
        kept = [folder for folder in out.glob("*.checkpoint") if not (out / f"{folder.stem}.h5").exists()]
        return bool(list(out.glob("*.checkpoint/run.json"))) and all((folder / "run.json").exists() for folder in kept)

    def check_final_files(self, out: Path):
        for file in out.glob("*.h5"):
            arraigo("info", file, "--verify")
            self.assertEqual(difference(self.whole / file.name, file), "", file)

    def test_whatever_the_instant_the_data_are_those_of_an_unbroken_run(self):
        chance = random.Random(20261126)
        tally = Counter()
        interruptions = story = torn = 0
        while interruptions < KILLS:
            story += 1
            out = self.folder / f"story{story}"
            scenarios = SCENARIOS[: chance.choice([1, 2])]
            every = chance.choice([[], ["--checkpoint-every", "1"], ["--checkpoint-every", "5"]])
            command = ["run", *scenarios, *CASE, "-o", str(out), *every, "--threads", str(chance.choice([1, 2])), *chance.choice([[], ["--no-branch"]])]
            for _ in range(40):
                how = chance.choice([signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
                resume = ["run", "--resume", str(out), "--threads", str(chance.choice([1, 2]))]
                go_on = resume if self.all_told(out) and chance.random() < 0.7 else command
                before, on_sight = being_written(out), chance.random() < 0.3
                code = self.interrupt(go_on, how, chance.uniform(0.02, 0.8 * self.seconds), out if on_sight else None)
                torn += bool(being_written(out) - before)
                self.check_final_files(out)
                if code == 0:
                    break
                self.assertIn(code, (75, -how) if how != signal.SIGKILL else (-signal.SIGKILL,), f"{go_on} after {how.name}")
                interruptions += 1
                tally[how.name] += 1
            arraigo(*command)
            self.assertEqual(sorted(file.name for file in out.glob("*.h5")), sorted(f"{name}.h5" for name in scenarios))
            self.check_final_files(out)
            self.assertEqual(list(out.glob("*.checkpoint")), [], "a finished run leaves nothing behind")
            self.assertEqual(being_written(out), set(), "nor what a killed one was writing")
        print(f"{interruptions} interruptions ({dict(tally)}; {torn} in the middle of a write) over {story} runs: no damaged file, no lost run, equal data", file=sys.stderr)

    def stopped(self, name: str, *what: str, stem: str = "baseline") -> Path:
        """A run stopped when it has told of some months."""
        out = self.folder / name
        told = out / f"{stem}.progress.jsonl"
        process = subprocess.Popen([ARRAIGO, "run", *(what or ["baseline"]), *CASE, "-o", str(out)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        while process.poll() is None and (not told.exists() or told.read_text().count("\n") < 8):
            time.sleep(0.001)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(timeout=60), 75)
        self.assertTrue(list(out.glob("*/*.state")))
        return out

    def test_scenarios_that_had_not_begun_are_gone_on_with_too(self):
        out = self.stopped("both", *SCENARIOS, "--no-branch")
        self.assertEqual(len(list(out.glob("*.checkpoint/run.json"))), 2)
        arraigo("run", "--resume", out)
        for name in SCENARIOS:
            self.assertEqual(difference(self.whole / f"{name}.h5", out / f"{name}.h5"), "")
        self.assertEqual(list(out.glob("*.checkpoint")), [])

    def test_a_damaged_state_is_told_and_computed_anew(self):
        out = self.stopped("damaged")
        for state in out.glob("*/*.state"):
            data = bytearray(state.read_bytes())
            data[len(data) // 2] ^= 0x20
            state.write_bytes(data)
        self.assertIn("damaged", arraigo("run", "--resume", out).stderr)
        self.assertEqual(difference(self.whole / "baseline.h5", out / "baseline.h5"), "")

    def test_a_truncated_and_an_empty_state_are_told(self):
        for size in (0, 100):
            out = self.stopped(f"cut{size}")
            for state in out.glob("*/*.state"):
                state.write_bytes(state.read_bytes()[:size])
            self.assertIn("damaged", arraigo("run", "--resume", out).stderr)
            self.assertEqual(difference(self.whole / "baseline.h5", out / "baseline.h5"), "")

    def test_a_checkpoint_that_does_not_say_what_it_is_of_is_named_and_nothing_left_out(self):
        out = self.stopped("untold", *SCENARIOS, "--no-branch")
        (out / "regularisation.checkpoint" / "run.json").unlink()
        (out / "other.checkpoint").mkdir()
        refused = arraigo("run", "--resume", out, check=2).stderr
        self.assertEqual(len(refused.strip().splitlines()), 2, refused)
        self.assertIn("regularisation.checkpoint: does not say which run it is of", refused)
        self.assertIn("other.checkpoint", refused)
        # What the sentence advises.
        arraigo("run", *SCENARIOS, *CASE, "--no-branch", "-o", out, "--quiet")
        for name in SCENARIOS:
            self.assertEqual(difference(self.whole / f"{name}.h5", out / f"{name}.h5"), "")

    def test_what_is_no_regular_file_is_named(self):
        out = self.stopped("odd")
        kept = out / "baseline.checkpoint"
        state = next(kept.glob("*.state"))
        for file in (kept / "run.json", state):
            whole = file.read_bytes()
            for make in (os.mkfifo, os.mkdir, lambda name: os.symlink(kept, name)):
                file.unlink()
                make(file)
                for command in (["run", "--resume", out], ["run", "baseline", *CASE, "-o", out]):
                    self.assertIn(f"{file.name}: not a regular file", arraigo(*command, check=2).stderr)
                file.rmdir() if file.is_dir() and not file.is_symlink() else file.unlink()
                file.write_bytes(whole)
        arraigo("run", "--resume", out, "--quiet")
        self.assertEqual(difference(self.whole / "baseline.h5", out / "baseline.h5"), "")

    def test_what_is_kept_for_other_inputs_is_not_used(self):
        out = self.stopped("other")
        refused = arraigo("run", "baseline", *CASE, "--seed", "99", "-o", out, check=2)
        self.assertIn("another run", refused.stderr)
        arraigo("run", "baseline", *CASE, "-o", out, "--force", "--quiet")
        self.assertEqual(difference(self.whole / "baseline.h5", out / "baseline.h5"), "")

    def test_what_cannot_be_resumed_is_said_in_a_sentence(self):
        empty = self.folder / "empty"
        empty.mkdir()
        self.assertIn("no stopped run is here", arraigo("run", "--resume", empty, check=2).stderr)
        self.assertIn("cannot be read", arraigo("run", "--resume", self.folder / "nowhere", check=2).stderr)
        self.assertIn("--resume goes without", arraigo("run", "baseline", "--resume", empty, check=2).stderr)
        self.assertIn("--checkpoint-every", arraigo("run", "baseline", "--checkpoint-every", "0", check=2).stderr)
        broken = self.folder / "broken"
        (broken / "baseline.checkpoint").mkdir(parents=True)
        for text in ("", "{", "[]", json.dumps({"format": 2}), json.dumps({"format": 1, "every": "x"})):
            (broken / "baseline.checkpoint" / "run.json").write_text(text)
            self.assertIn("cannot be read", arraigo("run", "--resume", broken, check=2).stderr)

    def test_decisions_of_another_scenario_go_on_too(self):
        what = ["regularisation", "--behaviour-as", "baseline"]
        arraigo("run", *what, *CASE, "-o", self.folder / "by_rule_whole", "--quiet")
        out = self.stopped("by_rule", *what, stem="regularisation.by_rule")
        # Stopped once more, unless it comes to its end before, then to the end.
        self.assertIn(self.interrupt(["run", *what, *CASE, "-o", str(out)], signal.SIGTERM, 0.2 * self.seconds), (0, 75))
        arraigo("run", *what, *CASE, "-o", out, "--quiet")
        self.assertEqual(difference(self.folder / "by_rule_whole" / "regularisation.by_rule.h5", out / "regularisation.by_rule.h5"), "")


if __name__ == "__main__":
    ARRAIGO = os.path.abspath(sys.argv.pop(1))
    for option in ("--kills", "--scale"):
        if option not in sys.argv:
            continue
        at = sys.argv.index(option)
        value = int(sys.argv[at + 1])
        del sys.argv[at : at + 2]
        if option == "--kills":
            KILLS = value
        else:
            CASE[CASE.index("--scale") + 1] = str(value)
    unittest.main(verbosity=2)
