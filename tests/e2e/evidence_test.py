"""Published effects against experiments inside the model, as a user meets them: evidence_test.py PROGRAM"""
import csv
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
ROOT = pathlib.Path(__file__).resolve().parents[2]
TABLE = list(csv.DictReader(open(ROOT / "scenarios/data/evidence/effects.csv", encoding="utf-8")))
SMALL = ["--scale", "400", "--replicates", "3", "--quiet"]


def run(*words, lang="en_US.UTF-8", cwd=None):
    return subprocess.run([PROGRAM, "evidence", *map(str, words)], capture_output=True, text=True, cwd=cwd or tempfile.gettempdir(),
                          env={**os.environ, "LC_ALL": lang})


class Evidence(unittest.TestCase):
    def test_the_whole_suite_measures_every_published_effect(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "evidence.csv"
            done = run(*SMALL, "--format", "csv", "-o", file)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn(f"{len(TABLE)} published effects", done.stdout)
            rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))
            again = run("--experiment", "vintage", *SMALL, "-o", file)
            self.assertEqual(again.returncode, 2)
            self.assertIn("--force", again.stderr)
        self.assertEqual([row["id"] for row in rows], [row["id"] for row in TABLE])
        for row in rows:
            self.assertEqual(row["replicates"], "3", row["id"])
            self.assertLessEqual(float(row["ci_low"]), float(row["model"]))
            self.assertGreaterEqual(float(row["ci_high"]), float(row["model"]))
            self.assertIn(row["verdict"], ("within", "same_order", "same_sign", "undecided", "outside"))
            self.assertEqual(row["transfer"], "0" if row["place"] == "Peru" else "1")
        by = {row["id"]: row for row in rows}
        # What no tuning can be needed for: most permit holders of 2019 are off the payroll.
        self.assertGreater(float(by["E15"]["model"]), 80)
        # Levels are levels, not changes.
        self.assertTrue(0 <= float(by["E05"]["model"]) <= 100 and 0 <= float(by["E18"]["model"]) <= 100)

    def test_a_permit_opens_contracts_of_which_contributions_are_paid(self):
        done = run("--experiment", "permit", "--scale", "400", "--replicates", "10", "--quiet", "--format", "json")  # three leave it to chance
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        by = {row["id"]: row for row in json.loads(done.stdout)["rows"]}
        self.assertGreater(float(by["E20"]["ci_low"]), 0)

    def test_one_experiment_is_the_same_at_any_number_of_threads(self):
        one, two = (run("--experiment", "search", "--experiment", "cash", *SMALL, "--threads", n, "--format", "json") for n in (1, 2))
        self.assertEqual((one.returncode, one.stderr), (0, ""))
        self.assertEqual(one.stdout, two.stdout)
        self.assertEqual({row["experiment"] for row in json.loads(one.stdout)["rows"]}, {"search", "cash"})

    def test_the_table_reads_in_both_languages(self):
        for lang, words in (("es_PE.UTF-8", ("Publicado", "Transferencia de 760 soles", "De otro país")), ("en_US.UTF-8", ("Published", "Transfer of 760 soles", "another country"))):
            done = run("--experiment", "cash", *SMALL, lang=lang)
            self.assertEqual(done.returncode, 0)
            for word in words:
                self.assertIn(word, re.sub(r"\s+", " ", done.stdout))

    def test_mistakes_are_sentences(self):
        with tempfile.TemporaryDirectory() as folder:
            table = pathlib.Path(folder) / "effects.csv"
            head = ",".join(TABLE[0]) + "\n"
            cases = [
                (["--experiment", "permits"], "permit"),
                (["--months", "12"], "--months"),
                (["--effects", table], "no experiment is called magic"),
                (["--effects", pathlib.Path(folder) / "none.csv"], "none.csv"),
                (["--format", "xml"], "markdown"),
            ]
            table.write_text(head + "X,magic,pay,effect,1,1,%,Perú,Peru,,a,b,,,s\n")
            for words, says in cases:
                done = run(*words, *SMALL)
                self.assertEqual((done.returncode, done.stdout), (2, ""), words)
                self.assertIn(says, done.stderr)
            table.write_text(head + "X,vintage,wealth,effect,1,1,%,Perú,Peru,,a,b,,,s\n")
            done = run("--effects", table, "--experiment", "vintage", *SMALL)
            self.assertEqual(done.returncode, 2)
            self.assertIn("does not measure wealth", done.stderr)


if __name__ == "__main__":
    unittest.main()
