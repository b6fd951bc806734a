"""The benchmark prints its table, writes it, and refuses wrong options: bench_test.py BENCH (the program)."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

BENCH = sys.argv.pop(1)
ROOT = pathlib.Path(__file__).resolve().parents[2]


def run(*words):
    return subprocess.run([BENCH, *words], cwd=ROOT, capture_output=True, text=True, env={"LC_ALL": "C.UTF-8"})


class Bench(unittest.TestCase):
    def test_the_whole_table_is_printed_and_written(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "deep" / "bench.json"
            done = run("--quick", "--area", "lima_callao", "--scales", "800,400", "--months", "13", "--threads", "1,3",
                       "--lima-scale", "400", "--replicates", "3", "--json", str(file))
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            table = json.loads(file.read_text())
        self.assertEqual(list(table), ["machine", "hashes_agree", "bandwidth", "lima", "replicates", "country", "scaling"])
        self.assertTrue(table["hashes_agree"])
        self.assertEqual([row["threads"] for row in table["scaling"]], [1, 3])
        self.assertEqual({row["hash"] for row in table["scaling"]}, {table["country"][1]["hash"]})
        self.assertEqual({row["hash"] for row in table["replicates"]["rows"]}, {table["lima"]["hash"]})
        for size in table["country"]:
            self.assertGreater(size["share_of_limit"], 0)
            *phases, rest, whole = size["phases"]
            self.assertAlmostEqual(sum(row["seconds"] for row in phases + [rest]), whole["seconds"])
            self.assertEqual(sum(row["bytes"] for row in phases), whole["bytes"])
            for row in phases:
                self.assertIn(f"  {row['phase']} ", done.stdout)
        for row in table["scaling"]:
            self.assertIn(row["hash"], done.stdout)
        self.assertIn("Bandwidth", done.stdout)

    def test_a_wrong_value_is_one_sentence_and_exit_code_2(self):
        for words in (["--threads", "0"], ["--threads", "two"], ["--scales", "-1"], ["--months", "0"], ["--sections", "x"],
                      ["--area", "atlantis"], ["--replicates", "1"], ["--unknown"], ["no_such_file.yaml"],
                      ["--json", "/proc/no_such_folder/bench.json"]):
            done = run("--quick", *words)
            self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1), (words, done.stderr))
        self.assertEqual(run("--data", "no_such_folder").returncode, 2)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
