"""When the machine fails: failures_test.py PROGRAM [CLOCK]

Full and read-only disks, no permission, folders that vanish, limits of memory and of file sizes, files cut off, a clock that
jumps: one sentence, the right exit code, nothing damaged, no litter, and what was done is used afterwards. CLOCK is the library
that makes the clock jump (tests/e2e/jumping_clock.cpp). What needs root says so where it is skipped.
"""
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

PROGRAM = Path(sys.argv[1]).resolve()
CLOCK = Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else None
ROOT = Path(__file__).resolve().parents[2]

AREA = ["--area", "150101,150142", "--scale", "200"]
SMALL = [*AREA, "--months", "3", "--replicates", "1"]
SWEEP = """scenarios: [baseline, regularisation]
design: {kind: latin_hypercube, points: 3}
parameters:
  news.campaign_effect:
area: "150101,150142"
scale: 200
months: 3
replicates: 1
"""
NOBODY = 65534


def words_of(command, target, done):
    """A command that writes into the folder `target`, from the results in `done`."""
    return {
        "run": ["run", "baseline", *SMALL, "-o", target, "--quiet"],
        "sweep": ["sweep", done / "sweep.yaml", "-o", target, "--quiet"],
        "collect": ["collect", done / "sweep", "--csv", target / "answers.csv", "--quiet"],
        "report": ["report", done / "baseline.h5", done / "regularisation.h5", "-o", target / "report.html"],
        "validate": ["validate", done / "baseline.h5", "--format", "csv", "-o", target / "validation.csv"],
        "theory": ["theory", "--claim", "T4", "--no-screen", "--replicates", "2", "--area", "150101,150142", "--scale", "1000", "-o", target, "--quiet"],
        "sensitivity": ["sensitivity", done / "sweep", "--output", "regular_share", "--plot", target / "plot.svg"],
        "sensitivity --export": ["sensitivity", done / "sweep", "--output", "regular_share", "--export", target],
    }[command]


WRITERS = ["run", "sweep", "collect", "report", "validate", "theory", "sensitivity", "sensitivity --export"]


def arraigo(*words, limits={}, user=None, stdout=subprocess.PIPE, env={}, timeout=300):
    def prepare():
        for what, most in limits.items():
            resource.setrlimit(what, (most, most))
        if user is not None:
            os.setgroups([])
            os.setgid(user)
            os.setuid(user)
    return subprocess.run([PROGRAM, *map(str, words)], env={**os.environ, "LC_ALL": "en_US.UTF-8", **env}, stdin=subprocess.DEVNULL,
                          stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=timeout, preexec_fn=prepare)


def unmount(folder):
    subprocess.run(["umount", "--lazy", folder], stderr=subprocess.DEVNULL)


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.done = Path(tempfile.mkdtemp(prefix="arraigo-failures-"))
        cls.done.chmod(0o755)
        cls.addClassCleanup(shutil.rmtree, cls.done, ignore_errors=True)
        (cls.done / "sweep.yaml").write_text(SWEEP)
        for words in (["run", "baseline", "regularisation", *SMALL, "-o", cls.done], ["sweep", cls.done / "sweep.yaml", "-o", cls.done / "sweep"]):
            made = arraigo(*words, "--quiet")
            assert made.returncode == 0, made.stderr

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.folder.chmod(0o755)

    def one_sentence(self, done, code, *says):
        told = f"{' '.join(map(str, done.args[1:]))}\n{done.stderr}"
        self.assertEqual(done.returncode, code, told)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, told)
        self.assertTrue(any(words in done.stderr for words in says), told)

    def no_litter(self, folder):
        """Nothing but the progress told until then."""
        self.assertEqual(sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file() and not p.name.endswith(".progress.jsonl")), [])

    def no_temporaries(self, folder):
        self.assertEqual([str(p) for p in folder.rglob(".*") if p.is_file()], [])

    def tmpfs(self, size):
        if os.geteuid() != 0:
            self.skipTest("a disk of a given size needs root to be mounted")
        disk = self.folder / "disk"
        disk.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk], stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("this machine does not let root mount a tmpfs")
        self.addCleanup(unmount, disk)
        return disk


class Disk(Case):
    def fill(self, disk):
        with open(disk / "filler", "wb", buffering=0) as filler:
            try:
                while filler.write(b"\0" * 4096):
                    pass
            except OSError:
                pass

    def test_a_full_disk_is_told_and_leaves_nothing(self):
        disk = self.tmpfs("1m")
        self.fill(disk)
        for command in WRITERS:
            with self.subTest(command):
                target = disk / command.replace(" ", "_")
                target.mkdir()
                self.one_sentence(arraigo(*words_of(command, target, self.done)), 1, "the disk is full", "Free some space")
                self.no_litter(target)

    def test_what_is_printed_into_a_full_disk_is_told(self):
        disk = self.tmpfs("1m")
        self.fill(disk)
        for words in (["compare", self.done / "baseline.h5", self.done / "regularisation.h5"], ["export", self.done / "baseline.h5"], ["info", self.done / "baseline.h5"],
                      ["check", "baseline"], ["validate", self.done / "baseline.h5"], ["story", self.done / "baseline.h5", "--pick", "host_worker"]):
            with open(disk / "page", "w") as page:
                self.one_sentence(arraigo(*words, stdout=page), 1, "could not be written")

    def test_a_sweep_that_filled_the_disk_goes_on_when_there_is_room(self):
        disk = self.tmpfs("96k")
        out = disk / "sweep"
        self.one_sentence(arraigo("sweep", self.done / "sweep.yaml", "-o", out, "--quiet"), 1, "the disk is full", "Free some space")
        self.no_temporaries(out)
        subprocess.run(["mount", "-o", "remount,size=16m", disk], check=True)
        self.assertEqual(arraigo("sweep", self.done / "sweep.yaml", "-o", out, "--quiet", "--retry-failed").returncode, 0)
        self.assertEqual((out / "answers.h5").read_bytes(), (self.done / "sweep/answers.h5").read_bytes())

    def test_a_disk_that_is_only_for_reading_is_told(self):
        disk = self.tmpfs("4m")
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        for command in WRITERS:
            with self.subTest(command):
                self.one_sentence(arraigo(*words_of(command, disk, self.done)), 1, "read-only")

    def test_a_limit_of_the_shell_on_file_sizes_is_told_and_leaves_nothing(self):
        for command in WRITERS:
            with self.subTest(command):
                target = self.folder / command.replace(" ", "_")
                target.mkdir()
                done = arraigo(*words_of(command, target, self.done), limits={resource.RLIMIT_FSIZE: 64})
                self.one_sentence(done, 1, "too large for that disk", "could not form the file", "cannot be written")
                self.no_litter(target)

    def test_a_result_that_is_there_survives_every_failed_replacement(self):
        disk = self.tmpfs("8m")
        for name in ("baseline.h5", "report.html"):
            (disk / name).write_bytes((self.done / "baseline.h5").read_bytes())
        self.fill(disk)
        for command in ("run", "report"):
            self.assertEqual(arraigo(*words_of(command, disk, self.done), "--force").returncode, 1)
        for name in ("baseline.h5", "report.html"):
            self.assertEqual((disk / name).read_bytes(), (self.done / "baseline.h5").read_bytes())


class Permission(Case):
    def setUp(self):
        super().setUp()
        # Permissions do not bind root; another user must then be able to reach the program.
        self.user = NOBODY if os.geteuid() == 0 else None
        try:
            reached = arraigo("--version", user=self.user).returncode == 0
        except (PermissionError, subprocess.SubprocessError):
            reached = False
        if not reached:
            self.skipTest(f"user {self.user} cannot run {PROGRAM}: a folder above it is closed")

    def test_a_folder_that_may_not_be_written_to_is_told(self):
        target = self.folder / "theirs"
        target.mkdir()
        target.chmod(0o555)
        for command in WRITERS:
            with self.subTest(command):
                self.one_sentence(arraigo(*words_of(command, target, self.done), user=self.user), 1, "permission denied")
        self.one_sentence(arraigo(*words_of("run", target / "deeper", self.done), user=self.user), 1, "permission denied")

    def test_a_file_that_may_not_be_read_is_told(self):
        files = {}
        for name in ("baseline.h5", "sweep.yaml"):
            files[name] = self.folder / name
            files[name].write_bytes((self.done / name).read_bytes())
            files[name].chmod(0)
        for words in (["compare", files["baseline.h5"], self.done / "regularisation.h5"], ["report", files["baseline.h5"], self.done / "regularisation.h5", "-o", self.folder / "r.html"],
                      ["info", files["baseline.h5"]], ["export", files["baseline.h5"]], ["validate", files["baseline.h5"]], ["story", files["baseline.h5"], "--pick", "host_worker"],
                      ["check", files["sweep.yaml"]], ["run", files["sweep.yaml"]], ["sweep", files["sweep.yaml"], "-o", self.folder]):
            with self.subTest(words[0]):
                self.one_sentence(arraigo(*words, user=self.user), 1, "permission denied")


class Vanishing(Case):
    def stopped(self, *words, at):
        """A run that stands still since `at` appeared and had something in it."""
        process = subprocess.Popen([PROGRAM, *map(str, words)], env={**os.environ, "LC_ALL": "en_US.UTF-8"}, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and process.poll() is None and not any(p.stat().st_size > 0 for p in at.parent.glob(at.name)):
            time.sleep(0.002)
        process.send_signal(signal.SIGSTOP)
        self.assertIsNone(process.poll(), "over too early for this test")
        return process

    def end(self, process):
        process.send_signal(signal.SIGCONT)
        _, errors = process.communicate(timeout=240)
        process.args = process.args[:]
        return subprocess.CompletedProcess(process.args, process.returncode, "", errors)

    def test_a_folder_of_results_that_vanishes_is_told(self):
        out = self.folder / "out"
        process = self.stopped("run", "baseline", *AREA, "--months", "60", "--replicates", "2", "-o", out, "--quiet", at=out / "baseline.progress.jsonl")
        shutil.rmtree(out)
        self.one_sentence(self.end(process), 1, str(out))
        self.assertFalse(out.exists())

    def test_a_scenario_that_vanishes_after_the_start_changes_nothing(self):
        file = self.folder / "mine.yaml"
        file.write_text("extends: baseline\nname: mine\n")
        words = [file, *AREA, "--months", "60", "--replicates", "1", "--quiet"]
        process = self.stopped("run", *words, "-o", self.folder / "one", at=self.folder / "one/mine.progress.jsonl")
        file.unlink()
        self.assertEqual(self.end(process).returncode, 0)
        file.write_text("extends: baseline\nname: mine\n")
        self.assertEqual(arraigo("run", *words, "-o", self.folder / "two").returncode, 0)
        hashes = [json.loads(arraigo("info", self.folder / name / "mine.h5", "--format", "json").stdout)["state_hash"] for name in ("one", "two")]
        self.assertEqual(hashes[0], hashes[1])

    def test_a_sweeps_folder_that_vanishes_is_told(self):
        many = self.folder / "many.yaml"
        many.write_text(SWEEP.replace("points: 3", "points: 200"))
        out = self.folder / "out"
        process = self.stopped("sweep", many, "-o", out, "--quiet", at=out / "runs/00000/*.run")
        shutil.rmtree(out)
        done = self.end(process)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(str(out), done.stderr)


class Memory(Case):
    def test_too_little_memory_is_told_as_that(self):
        if CLOCK is None:
            self.skipTest("sanitizers reserve terabytes of addresses")
        run = ["run", "baseline", "--area", "lima_callao", "--scale", "100", "--months", "2", "--replicates", "1", "--quiet", "-o"]
        hit = set()
        for mib in range(32, 84, 8):
            for words in ([*run, self.folder / f"run{mib}"], ["sweep", self.done / "sweep.yaml", "--quiet", "-o", self.folder / f"sweep{mib}"], ["check", "combined"],
                          ["compare", self.done / "baseline.h5", self.done / "regularisation.h5"], ["info", self.done / "baseline.h5", "--verify"],
                          ["report", self.done / "baseline.h5", self.done / "regularisation.h5", "-o", self.folder / f"{mib}.html"]):
                done = arraigo(*words, limits={resource.RLIMIT_AS: mib << 20})
                told = f"{mib} MiB: {' '.join(map(str, words))}: {done.returncode}\n{done.stderr}"
                if done.returncode == 127 or "shared libraries" in done.stderr:
                    continue  # the program itself does not fit
                self.assertIn(done.returncode, (0, 1), told)
                if done.returncode == 1:
                    hit.add(words[0])
                    self.assertRegex(done.stderr, "Memory does not suffice|not enough memory", told)
        self.no_temporaries(self.folder)
        self.assertLessEqual({"run", "compare", "report"}, hit, "no limit was narrow enough to test anything")


class CutOff(Case):
    def test_files_that_a_sweep_left_empty_or_cut_off_are_named_or_made_anew(self):
        for name in ("plan.csv", "answers.h5", "runs/00000/*0000000-r0000.run"):
            for size in (0, 100):
                with self.subTest(name, size=size):
                    out = self.folder / f"{Path(name).suffix}{size}"
                    shutil.copytree(self.done / "sweep", out)
                    file = next(out.glob(name))
                    file.write_bytes(file.read_bytes()[:size])
                    done = arraigo("sweep", self.done / "sweep.yaml", "-o", out, "--quiet")
                    if done.returncode != 0:
                        self.assertEqual(done.returncode, 2, done.stderr)
                        self.assertIn(file.name, done.stderr)
                        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
                    else:
                        self.assertEqual((out / "answers.h5").read_bytes(), (self.done / "sweep/answers.h5").read_bytes())

    def test_runs_that_a_theory_left_cut_off_are_named(self):
        out = self.folder / "theory"
        words = words_of("theory", out, self.done)
        self.assertEqual(arraigo(*words).returncode, 0)
        whole = (out / "theory.csv").read_bytes()
        for file in (sorted((out / "runs").rglob("*.h5"))[0], out / "theory.csv", out / "theory.json"):
            for size in (0, 100):
                before = file.read_bytes()
                file.write_bytes(before[:size])
                done = arraigo(*words)
                if file.suffix == ".h5":
                    self.assertEqual(done.returncode, 2, done.stderr)
                    self.assertIn(file.name, done.stderr)
                    file.write_bytes(before)
                else:
                    self.assertEqual((done.returncode, (out / "theory.csv").read_bytes()), (0, whole), done.stderr)

    def test_every_reader_names_a_run_that_is_cut_off(self):
        bytes_of_run = (self.done / "baseline.h5").read_bytes()
        for size in (0, 1, 100, len(bytes_of_run) // 2, len(bytes_of_run) - 1):
            cut = self.folder / "cut.h5"
            cut.write_bytes(bytes_of_run[:size])
            for words in (["compare", cut, self.done / "regularisation.h5"], ["report", self.done / "regularisation.h5", cut, "-o", self.folder / "r.html"], ["info", cut], ["export", cut],
                          ["validate", cut], ["story", cut, "--pick", "host_worker"]):
                with self.subTest(words[0], size=size):
                    self.one_sentence(arraigo(*words), 2, "cut.h5")


class Clock(Case):
    def test_a_clock_that_jumps_changes_nothing(self):
        if CLOCK is None:
            self.skipTest("no library that makes the clock jump (sanitizers do not load one)")
        env = {"LD_PRELOAD": str(CLOCK)}
        self.assertNotEqual(subprocess.run(["date", "+%Y"], env={**os.environ, **env}, capture_output=True).stdout, subprocess.run(["date", "+%Y"], capture_output=True).stdout)
        for words in (["run", "baseline", *SMALL, "-o", self.folder], ["sweep", self.done / "sweep.yaml", "-o", self.folder / "sweep"]):
            self.assertEqual(arraigo(*words, "--quiet", env=env).returncode, 0)
        self.assertEqual((self.folder / "sweep/answers.h5").read_bytes(), (self.done / "sweep/answers.h5").read_bytes())
        pages = [arraigo("export", folder / "baseline.h5").stdout for folder in (self.folder, self.done)]
        self.assertEqual(pages[0], pages[1])

    def test_dates_of_files_decide_nothing(self):
        shutil.copytree(self.done / "sweep", self.folder / "sweep")
        shutil.copy(self.done / "baseline.h5", self.folder)
        for seconds in (0, 4102444800):  # 1970 and 2100
            for file in self.folder.rglob("*"):
                os.utime(file, (seconds, seconds))
            before = (self.folder / "sweep/answers.h5").read_bytes()
            self.assertIn("kept", "".join(arraigo("run", "baseline", *SMALL, "-o", self.folder).stderr) + arraigo("run", "baseline", *SMALL, "-o", self.folder).stdout)
            self.assertEqual(arraigo("sweep", self.done / "sweep.yaml", "-o", self.folder / "sweep", "--quiet").returncode, 0)
            self.assertEqual((self.folder / "sweep/answers.h5").read_bytes(), before)


class Hostile(Case):
    """Files made to harm: one sentence, under a second of the processor, under 200 MB."""

    def files(self):
        base = "extends: baseline\n"
        aliases = "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9) if i else 'x'}]\n" for i in range(12))
        yield "a scenario of 100 MB", base.encode(), "100 MiB"
        yield "100 MB of nothing", b"", "100 MiB"
        yield "nesting, flow", (base + "measures: " + "[" * 10000 + "]" * 10000 + "\n").encode(), ":2:"
        yield "nesting, block", (base + "".join(" " * i + "a:\n" for i in range(5000))).encode(), "hostile.yaml:"
        yield "nesting, dashes", (base + "measures:\n" + "- " * 10000 + "x\n").encode(), "hostile.yaml:"
        yield "alias bomb", (base + aliases).encode(), "hostile.yaml:"
        yield "alias of itself", (base + "measures: &a [*a]\n").encode(), "hostile.yaml:2:"
        for value in ("NaN", ".nan", "nan", "1e308", "-1e308", "1e309", "0,5", "1e-400", ".inf"):
            yield value, (base + f"parameters:\n  labour:\n    separation_formal_prob_per_month: {value}\n").encode(), "hostile.yaml:4:39"
        for value in ("9999-99", "2026-13", "0000-00"):
            yield value, (base + f"start: {value}\n").encode(), "hostile.yaml:2:8"
        yield "invalid UTF-8", (base + "name: a").encode() + b"\xff\n", "UTF-8"
        yield "UTF-16", (base).encode("utf-16"), "UTF-16"
        yield "byte order mark", b"\xef\xbb\xbf" + base.encode(), "BOM"
        yield "tab", (base + "parameters:\n\tlabour: {}\n").encode(), "hostile.yaml:3:"
        yield "NUL", (base + "name: a").encode() + b"\0\n", "hostile.yaml:2:"

    def checked(self, words):
        process = subprocess.Popen([PROGRAM, *map(str, words)], env={**os.environ, "LC_ALL": "en_US.UTF-8"}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        errors = process.stderr.read()
        process.stderr.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        return process.returncode, errors, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024

    def test_scenarios_and_sweeps_made_to_harm_get_a_sentence_at_once(self):
        worst = [0.0, 0.0]
        file = self.folder / "hostile.yaml"
        for name, content, says in self.files():
            with open(file, "wb") as out:
                out.write(content)
                # Piece by piece: what this process holds would count as the program's memory.
                for _ in range(100 * 2**20 // 4000 + 1 if "100 MB" in name else 0):
                    out.write((b"# " + b"x" * 77 + b"\n") * 50 if content else bytes(4000))
            for words in (["check", file], ["run", file, "-o", self.folder], ["sweep", file, "-o", self.folder / "sweep"]):
                with self.subTest(name, command=words[0]):
                    code, errors, seconds, mib = self.checked(words)
                    self.assertEqual(code, 2, errors)
                    self.assertTrue(errors.strip())
                    if words[0] != "sweep":
                        self.assertEqual(len(errors.strip().splitlines()), 1, errors[:2000])
                        self.assertIn(says, errors)
                    self.assertNotIn("terminate", errors)
                    if CLOCK is not None:
                        self.assertLess(seconds, 1)
                        self.assertLess(mib, 200)
                    worst = [max(worst[0], seconds), max(worst[1], mib)]
        print(f"at most {worst[0]:.2f} s of the processor, {worst[1]:.0f} MiB", file=sys.stderr)

    def test_line_ends_of_windows_are_read(self):
        file = self.folder / "hostile.yaml"
        file.write_bytes(b"extends: baseline\r\nmonths: 12\r\n")
        self.assertEqual(self.checked(["check", file])[0], 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
