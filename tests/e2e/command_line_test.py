"""The command line as a user meets it: command_line_test.py PROGRAM BUILD_DIR"""
import csv
import io
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import unittest
from html.parser import HTMLParser
from pathlib import Path

import h5py

PROGRAM = Path(sys.argv[1]).resolve()
BUILD = Path(sys.argv[2]).resolve()
ROOT = Path(__file__).resolve().parents[2]

# Two districts at 1:100 and a quarter of a year: large enough to pass through every phase, small enough for a test.
SMALL = ["--area", "150101,150142", "--scale", "100", "--months", "3", "--replicates", "2"]
COMMANDS = ["run", "sweep", "collect", "sensitivity", "compare", "report", "theory", "validate", "calibrate", "evidence", "story", "view", "check", "population", "info", "export", "list"]


def environment(lang):
    return {**os.environ, "LC_ALL": lang}


def arraigo(*words, lang="en_US.UTF-8", cwd=None, stdout=subprocess.PIPE, program=PROGRAM, errors="strict", env={}):
    return subprocess.run([program, *map(str, words)], env={**environment(lang), **env}, cwd=cwd, stdout=stdout,
                          stderr=subprocess.PIPE, text=True, errors=errors, timeout=300)


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.runs = self.folder / "runs"

    def expect(self, code, *words, says="", **how):
        """Runs the program, expects its exit code, and words in what it prints."""
        done = arraigo(*words, **how)
        self.assertEqual(done.returncode, code, f"{words}\n{done.stdout}\n{done.stderr}")
        self.assertIn(says, (done.stdout or "") + done.stderr)
        if code != 0:
            self.assertTrue(done.stderr.strip(), f"{words}: silent failure")
            self.assertNotIn("terminate called", done.stderr)
        return done

    def left_in_runs(self):
        return sorted(p.name for p in self.runs.iterdir())


class Help(Case):
    def test_every_command_has_a_help_page_in_both_languages(self):
        pages = set()
        for command in [[], *[[c] for c in COMMANDS]]:
            for lang, usage, codes in (("es_PE.UTF-8", "Uso:", "Códigos de salida: 0"), ("en_GB.UTF-8", "Usage:", "Exit codes: 0")):
                page = self.expect(0, *command, "--help", lang=lang).stdout
                self.assertIn(usage, page)
                # Sentences are wrapped to the screen.
                self.assertIn(codes, " ".join(page.split()))
                self.assertIn("75", page)
                pages.add(page)
        self.assertEqual(len(pages), 2 * (len(COMMANDS) + 1))

    def test_the_option_lang_beats_the_environment(self):
        self.expect(0, "run", "--help", "--lang", "es", says="Uso:", lang="en_US.UTF-8")
        self.expect(0, "--lang=en", "--help", says="Usage:", lang="es_PE.UTF-8")
        self.expect(2, "list", "phases", "--lang", "fr", says="--lang = fr")

    def test_another_locale_than_english_gets_spanish(self):
        self.expect(0, "--help", says="Uso:", lang="C")

    def test_every_option_of_the_help_is_explained(self):
        for command in COMMANDS:
            page = self.expect(0, command, "--help").stdout
            for line in page.splitlines():
                if line.startswith("  -"):
                    after = line.strip().split("  ", 1)
                    follows = page.splitlines()[page.splitlines().index(line) + 1]
                    self.assertTrue(len(after) == 2 or follows.startswith("    "), line)


class Mistakes(Case):
    def test_wrong_commands_and_options_exit_2_with_one_sentence(self):
        for words, says in [
            (["rnu"], "Did you mean run?"),
            ([], "--help"),
            (["run"], "scenario"),
            (["run", "baseline", "--replicate", "3"], "Did you mean --replicates?"),
            (["run", "baseline", "--seed"], "--seed lacks its value"),
            (["run", "baseline", "--seed", "1", "--seed", "2"], "--seed"),
            (["run", "baseline", "--force=3"], "the option --force takes no value"),
            (["check", "baseline", "--", "--months"], "--months is one word too many"),
            (["run", "baseline", "--seed", "-1"], "--seed = -1"),
            (["run", "baseline", "--seed", "99999999999999999999"], "--seed"),
            (["run", "baseline", "--months", "0"], "1 to 600"),
            (["run", "baseline", "--months", "2.5"], "whole number"),
            (["run", "baseline", "--scale", "2.5"], "Did you mean 2?"),
            (["run", "baseline", "--months", "1e3"], "must be a whole number; a whole number from 1 to 600"),
            (["run", "baseline", "--scale", "1001"], "1 to 1000"),
            (["run", "baseline", "--replicates", "10001"], "1 to 10000"),
            (["run", "baseline", "--threads", "0"], "--threads = 0"),
            (["run", "baseline", "--detail", "zone"], "Did you mean zones?"),
            (["run", "baseline", "--area", "lima_calao"], "lima_callao"),
            (["run", "baseline", "--set", "parameters.none.x=3"], "parameters.none"),
            (["run", "no_such_file.yaml"], "no_such_file.yaml"),
            (["run", "baseline", "--data", "no/such/folder"], "no/such/folder"),
            (["compare", "a.h5"], "two files"),
            (["compare", "a.h5", "b.h5"], "a.h5"),
            (["compare", "a.h5", "b.h5", "--format", "xml"], "--format = xml"),
            (["compare", "a.h5", "b.h5", "--format", "csv", "--costs", "--jobs"], "either --costs or --jobs"),
            (["report", "a.h5", "-o", "r.html"], "two files"),
            (["report", "a.h5", "b.h5"], "-o report.html"),
            (["report", "a.h5", "b.h5", "-o", ""], "lacks its value"),
            (["report", "a.h5", "b.h5", "-o", "r.html"], "a.h5"),
            (["report", "a.h5", "b.h5", "-o", "."], ".: is a folder"),
            (["report", "a.h5", ""], "arraigo report: an argument is empty"),
            (["theory", "--replicates", "1"], "2 to 10000"),
            (["theory", "--screen", "0"], "--screen = 0"),
            (["theory", "--screen", "300", "--no-screen"], "--screen or --no-screen"),
            (["theory", "--claim", "T44"], "--claim = T44"),
            (["theory", "--claims", "none.yaml"], "none.yaml"),
            (["story", "a.h5"], "--pick"),
            (["story", "a.h5", "--person", "xyz"], "--person = xyz"),
            (["story", "a.h5", "--pick", "nobody"], "--pick = nobody"),
            (["story", "a.h5", "--person", "1", "--district", "150101"], "--district goes with --pick"),
            (["story", "a.h5", "--district", "150101"], "give --person ID, or --pick"),
            (["story", "a.h5", "--pick", "irregular_worker", "--district", ""], "--district lacks its value"),
            (["view", "a.h5"], "a.h5: there is no such file"),
            (["view", ""], "arraigo view: an argument is empty"),
            (["view", "--data", "no/such/folder"], "no/such/folder"),
            (["info"], "info"),
            (["info", "a.h5"], "a.h5"),
            (["export", "a.h5", "--format", "json"], "--format = json"),
            (["list"], "parameters"),
            (["list", "parameter"], "Did you mean parameters?"),
            (["list", "phases", "districts"], "parameters"),
            (["run", "baseline", "--months", ""], "--months lacks its value"),
            (["check", "baseline", "--area", ""], "--area lacks its value"),
            (["check", "baseline", "--set", ""], "--set lacks its value"),
            (["list", "phases", "--lang", ""], "--lang lacks its value"),
            (["compare", "a.h5", "b.h5", "--by", ""], "--by lacks its value"),
            (["story", "a.h5", "--pick", "nobody", "--person", ""], "--person lacks its value"),
            (["check"], "scenario"),
            (["check", ""], "arraigo check: an argument is empty"),
            (["run", "baseline", ""], "arraigo run: an argument is empty"),
            (["compare", "a.h5", ""], "arraigo compare: an argument is empty"),
            (["info", ""], "arraigo info: an argument is empty"),
            (["list", ""], "arraigo list: an argument is empty"),
        ]:
            with self.subTest(words=words):
                done = self.expect(2, *words, says=says, cwd=self.folder)
                self.assertEqual(done.stdout, "")
                self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_scenario_mistakes_of_all_files_come_at_once_with_their_places(self):
        (self.folder / "a.yaml").write_text("extends: baseline\nmonthz: 12\n")
        (self.folder / "b.yaml").write_text("extends: baseline\nscale: 5000\n")
        for command in ("check", "run"):
            done = self.expect(2, command, "a.yaml", "b.yaml", cwd=self.folder)
            self.assertIn("a.yaml:2:1", done.stderr)
            self.assertIn("Did you mean months?", done.stderr)
            self.assertIn("b.yaml:2:8", done.stderr)
            self.assertIn("1 to 1000", done.stderr)

    def test_check_knows_how_many_programmes_the_model_has_room_for(self):
        def with_programmes(count):
            file = self.folder / f"with{count}.yaml"
            file.write_text("extends: baseline\nmeasures:\n" + "".join(
                f"  - {{id: p{i}, kind: programme, from: 2026-02, eligible: [irregular], grants: temporary, "
                f"capacity_per_month: 10, validity_months: 12}}\n" for i in range(count)))
            return file
        listed = self.expect(0, "check", "baseline").stdout
        room = 16 - listed.count("kind: programme\n")
        self.expect(0, "run", with_programmes(room), *SMALL[:-1], "1", "-o", self.runs)
        self.expect(2, "check", with_programmes(room + 1), says="16 programmes")

    def test_a_start_before_the_tables_is_told_by_check_with_the_other_mistakes(self):
        (self.folder / "early.yaml").write_text('extends: baseline\nstart: "2017-12"\nmonthz: 3\n')
        for command in ("check", "run", "population"):
            for lang, says in (("en", 'early.yaml:2:8: start = 2017-12 (a month from 2018-01 to 2199-12; before that rows of '
                                      'rules.csv are missing). Write start: "2018-01"'),
                               ("es", 'early.yaml:2:8: start = 2017-12 (un mes de 2018-01 a 2199-12; antes faltan filas de '
                                      'rules.csv). Ponga start: "2018-01"')):
                done = self.expect(2, command, "early.yaml", lang=lang, says=says, cwd=self.folder)
                self.assertIn("early.yaml:3:1: monthz", done.stderr)
        self.expect(2, "check", "baseline", "--set", "start=1990-01", says="--set start=1990-01: start = 1990-01")
        # What check accepts runs.
        first = ["baseline", *SMALL[:-1], "1", "--set", "start=2018-01"]
        self.expect(0, "check", *first)
        self.expect(0, "run", *first, "-o", self.runs, "--quiet")

    def test_soles_older_than_the_prices_of_the_tables_are_told_by_check(self):
        (self.folder / "wage.yaml").write_text("extends: baseline\nmeasures:\n"
                                               "  - {id: mw, kind: minimum_wage, from: 2010-01, soles_per_month: 600}\n")
        for command in ("check", "run"):
            self.expect(2, command, "wage.yaml", *SMALL, cwd=self.folder,
                        says='wage.yaml:3:40: measures.mw.from = 2010-01 (a month from 2017-01 on')
        # One that is over before the run has no effect.
        over = ["wage.yaml", *SMALL[:-1], "1", "--set", "measures.mw.to=2011-01"]
        self.expect(0, "check", *over, cwd=self.folder)
        self.expect(0, "run", *over, "-o", self.runs, "--quiet", cwd=self.folder)

    def test_a_run_stays_within_the_calendar(self):
        self.expect(0, "check", "baseline", "--set", "start=2199-10", "--months", "3")
        self.expect(2, "check", "baseline", "--set", "start=2199-10", "--months", "4", says="2199-12")

    def test_a_table_without_a_row_that_a_run_asks_for_is_told_in_one_language(self):
        shutil.copytree(ROOT / "scenarios/data", self.folder / "data")
        table = self.folder / "data/rules.csv"
        rows = table.read_text().splitlines(keepends=True)
        table.write_text("".join(row for row in rows if not row.startswith("minimum_wage,")))
        for command in (("run", "baseline", "-o", self.runs, "--quiet"), ("check", "baseline", "regularisation")):
            said = self.expect(2, *command, *SMALL, "--data", self.folder / "data", lang="es").stderr
            self.assertEqual(said, "rules.csv: falta una fila de minimum_wage,national con fecha 2025-12 o anterior. Agréguela.\n")

    def test_a_rule_or_flow_beyond_what_it_can_be_is_told_with_its_place(self):
        shutil.copytree(ROOT / "scenarios/data", self.folder / "data")
        for table, key, value in (("rules.csv", "minimum_wage,national,2025-01,", "11300"), ("rules.csv", "vat_share,national,", "18"), ("rules.csv", "cpi,national,2025-01,", "0"),
                                  ("flows.csv", "mortality,", "-1")):
            path = self.folder / "data" / table
            before = path.read_text()
            rows = before.splitlines(keepends=True)
            at = next(k for k, row in enumerate(rows) if row.startswith(key))
            cells = rows[at].split(",")
            column = rows[0].split(",").index("value")
            cells[column] = value
            rows[at] = ",".join(cells)
            path.write_text("".join(rows))
            said = self.expect(2, "check", "baseline", *SMALL, "--data", self.folder / "data", lang="en").stderr
            self.assertIn(f"{table}:{at + 1}: value = {value}", said)
            path.write_text(before)

    def test_groups_of_margins_that_are_no_groups_are_told_with_their_place(self):
        shutil.copytree(ROOT / "scenarios/data", self.folder / "data")
        table = self.folder / "data/margins.csv"
        whole = table.read_text()
        for right, wrong, says in (("household_size,host,2026-01,1,", "household_size,host,2026-01,one,", "key1 = one"),
                                   ("household_size,host,2026-01,1,", "household_size,host,2026-01,0,", "1 to 8"),
                                   ("cohort,venezuelan,2026-01,2018,", "cohort,venezuelan,2026-01,before,", "key1 = before"),
                                   ("age_sex,host,2026-01,0-4,male", "age_sex,host,2026-01,-5,male", "key1 = -5"),
                                   ("age_sex,host,2026-01,0-4,male", "age_sex,host,2026-01,0-4,boys", "key2 = boys")):
            self.assertIn(right, whole)
            table.write_text(whole.replace(right, wrong, 1))
            done = self.expect(2, "check", "baseline", "--data", self.folder / "data", says=says)
            self.assertRegex(done.stderr, r"margins\.csv:\d+: ")

    def test_equal_stems_are_refused(self):
        (self.folder / "deeper").mkdir()
        for file in ("policy.yaml", "deeper/policy.yaml"):
            (self.folder / file).write_text("extends: baseline\n")
        done = self.expect(2, "run", "policy.yaml", "deeper/policy.yaml", *SMALL, "-o", self.runs, cwd=self.folder)
        self.assertIn("policy.h5", done.stderr)
        self.assertFalse(self.runs.exists())

    def test_a_folder_that_cannot_be_made_is_the_machines_failure(self):
        (self.folder / "file").write_text("")
        self.expect(1, "run", "baseline", *SMALL, "-o", self.folder / "file" / "runs")

    def test_a_folder_that_cannot_be_made_is_told_in_one_language(self):
        (self.folder / "file").write_text("")
        for output in ("file", "file/runs", "file/runs/deeper"):
            done = self.expect(1, "run", "baseline", *SMALL, "-o", output, lang="es", cwd=self.folder)
            self.assertEqual(done.stderr, f"{output}: no se puede crear la carpeta (una parte de la ruta no es una carpeta).\n")

    def test_a_run_that_no_memory_can_hold_is_refused_before_it_begins(self):
        self.expect(1, "run", "baseline", "--area", "peru", "--scale", "1000", "--months", "600", "--replicates", "10000",
                    "--detail", "districts", "-o", self.runs, says="GiB of memory are needed")
        self.assertFalse(self.runs.exists())

    def test_no_fix_is_proposed_that_the_sentence_forbids(self):
        for option, value in (("--scale", "0.5"), ("--months", "0.9"), ("--replicates", "10001.5"), ("--until-halfwidth", "0,0")):
            with self.subTest(option=option):
                self.assertNotIn("Did you mean", self.expect(2, "run", "baseline", option, value, says=f"{option} = {value}").stderr)

    def test_a_progress_file_that_is_no_regular_file_is_refused_before_anything_is_run(self):
        progress, other = self.runs / "baseline.progress.jsonl", self.folder / "other.txt"
        other.write_text("of somebody")
        for make in (lambda: progress.mkdir(), lambda: os.mkfifo(progress), lambda: progress.symlink_to(other)):
            shutil.rmtree(self.runs, ignore_errors=True)
            self.runs.mkdir()
            make()
            self.expect(2, "run", "baseline", *SMALL, "-o", self.runs, lang="es", says="progress.jsonl: no es un archivo corriente")
            self.assertEqual(self.left_in_runs(), [progress.name])
        self.assertEqual(other.read_text(), "of somebody")

    def test_an_output_without_a_name_is_a_mistake(self):
        self.expect(2, "run", "baseline", *SMALL, "-o", "", says="-o", cwd=self.folder)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_the_options_of_the_version_are_not_ignored(self):
        self.expect(2, "--verbose", says="--verbose")
        self.expect(2, "--verbose", "list", "phases", says="--verbose")
        self.expect(2, "--version", "list", "phases", says="--version")

    def test_a_folder_does_not_hide_a_shipped_scenario(self):
        (self.folder / "baseline").mkdir()
        self.expect(0, "check", "baseline", cwd=self.folder)

    def test_output_that_cannot_be_written_is_the_machines_failure(self):
        with open("/dev/full", "w") as full:
            for words in (["list", "parameters"], ["--help"], ["run", "--help"], ["--version"]):
                self.expect(1, *words, stdout=full)


class Lists(Case):
    def test_every_list_is_a_table_csv_and_json_with_the_same_rows(self):
        for what in ["parameters", "measures", "indicators", "phases", "districts", "scenarios", "costs"]:
            with self.subTest(what=what):
                table = self.expect(0, "list", what).stdout
                rows = list(csv.DictReader(io.StringIO(self.expect(0, "list", what, "--format", "csv").stdout)))
                objects = json.loads(self.expect(0, "list", what, "--format", "json").stdout)
                self.assertGreater(len(rows), 0)
                self.assertEqual(len(rows), len(objects))
                self.assertEqual(list(rows[0]), list(objects[0]))
                self.assertIn(list(rows[0].values())[0], table)
                for row, entry in zip(rows, objects):
                    for key, value in row.items():
                        self.assertEqual(value == "", entry[key] in ("", None), key)
                        if isinstance(entry[key], (int, float)):
                            self.assertEqual(float(value), entry[key])
                        elif value:
                            self.assertEqual(value, entry[key])

    def test_tables_for_people_explain_their_codes(self):
        for lang, what, says in (("es", "indicators", "instrumento: encuesta"), ("en", "indicators", "instrument: administrative register"),
                                 ("es", "measures", "temporary: permiso temporal (PTP, CPP); residence"),
                                 ("es", "measures", "approval: desde la aprobación; collection: desde la entrega"),
                                 ("es", "districts", "resto del país"), ("en", "districts", "another host city")):
            table = self.expect(0, "list", what, lang=lang).stdout
            self.assertIn(says, " ".join(table.split()), f"{lang} {what}")
        table = self.expect(0, "population", *SMALL, lang="es").stdout
        self.assertRegex(table, "edad y sexo +peruanos +0-4 hombres +proporción")
        self.assertRegex(table, "asalariados por sector +otros extranjeros")
        codes = {row["margin"] for row in csv.DictReader(io.StringIO(
            self.expect(0, "population", *SMALL, "--format", "csv", lang="es").stdout))}
        self.assertGreater(len(codes), 20)
        # Before the sources, which stand as the tables cite them.
        first = [line[:60] for line in table.splitlines() if line[:1].strip()]
        for code in codes - {"firms"}:
            self.assertFalse([line for line in first if line.split()[0] == code], code)
        for code in ("other_foreign", "venezuelan ", "household ", "other_services", " male", " university"):
            self.assertFalse([line for line in first if code in line], code)

    def test_all_districts_of_the_country_are_there(self):
        objects = json.loads(self.expect(0, "list", "districts", "--format", "json").stdout)
        self.assertEqual(len(objects), 1874)
        self.assertEqual(len({d["ubigeo"] for d in objects}), 1874)

    def test_scenarios_stand_in_groups(self):
        rows = lambda *more: list(csv.DictReader(io.StringIO(
            self.expect(0, "list", "scenarios", "--format", "csv", *more).stdout)))
        shipped, local, everything = rows(), rows("--group", "local"), rows("--all")
        self.assertEqual([row["scenario"] for row in shipped][:2], ["baseline", "programmes"])
        self.assertNotIn("theory", {row["group"] for row in shipped})
        # A group stands together, and in it names are in order.
        groups = [row["group"] for row in everything]
        self.assertEqual(len(set(groups)), 1 + sum(a != b for a, b in zip(groups, groups[1:])))
        for group in set(groups):
            names = [row["scenario"] for row in everything if row["group"] == group]
            self.assertEqual(names, sorted(names))
        self.assertGreater(len(local), 6)
        self.assertEqual(local, [row for row in shipped if row["group"] == "local"])
        self.assertEqual(rows("--group", "theory"), [row for row in everything if row["group"] == "theory"])
        self.assertEqual({row["scenario"] for row in everything if row["group"] == "theory"},
                         {f"theory/{p.stem}" for p in (ROOT / "scenarios/theory").glob("t*.yaml")})
        for lang in ("es", "en"):
            table = self.expect(0, "list", "scenarios", lang=lang).stdout
            for row in shipped:
                self.assertIn(f"  {row['scenario']}: ", table)
        table = self.expect(0, "list", "scenarios", lang="es").stdout
        self.assertLess(table.index("\nRegularización\n"), table.index("\nCuota de contratación\n"))
        self.expect(2, "list", "scenarios", "--group", "locla", says="Did you mean local?")
        self.expect(2, "list", "phases", "--all", says="arraigo list scenarios")

    def test_shipped_scenarios_of_a_folder_are_found_by_name(self):
        self.expect(0, "check", "theory/t4_on", cwd=self.folder)
        self.expect(0, "check", "theory/t4_on.yaml", cwd=self.folder)
        # One's own file comes first, and what leads out of the shipped folder is one's own.
        (self.folder / "theory").mkdir()
        (self.folder / "theory/t4_on").write_text("nothing")
        self.expect(2, "check", "theory/t4_on", cwd=self.folder)
        self.expect(2, "check", "../scenarios/baseline", cwd=self.folder)
        self.expect(2, "check", "./baseline", cwd=self.folder)

    def test_csv_is_the_same_in_every_language(self):
        for what in ["parameters", "measures", "scenarios"]:
            self.assertEqual(arraigo("list", what, "--format", "csv", lang="es_PE.UTF-8").stdout,
                             arraigo("list", what, "--format", "csv", lang="en_US.UTF-8").stdout)

    def test_a_checked_scenario_reads_back_as_the_same(self):
        whole = self.expect(0, "check", "baseline", *SMALL, "--seed", "7").stdout
        (self.folder / "again.yaml").write_text(whole)
        self.assertEqual(self.expect(0, "check", self.folder / "again.yaml").stdout, whole)
        self.assertIn("seed: 7", whole)

    def test_version_names_the_build(self):
        self.assertRegex(self.expect(0, "--version").stdout, r"^arraigo \d+\.\d+\.\d+ \([0-9a-f]{12}(\+changes)?|unknown\)\n$")
        self.assertIn("HDF5: 1.", self.expect(0, "--version", "--verbose").stdout)


class Runs(Case):
    def run_baseline(self, *more, code=0, says="", **how):
        return self.expect(code, "run", "baseline", *SMALL, "-o", self.runs, *more, says=says, **how)

    def results(self, name="baseline"):
        return self.expect(0, "export", self.runs / f"{name}.h5", "--format", "csv").stdout

    def hashes(self, name="baseline"):
        return json.loads(self.expect(0, "info", self.runs / f"{name}.h5", "--format", "json").stdout)["state_hash"]

    def test_a_run_leaves_one_whole_file_and_a_line_for_every_month(self):
        done = self.run_baseline("--quiet")
        self.assertEqual((done.stdout, done.stderr), ("", ""))
        self.assertEqual(self.left_in_runs(), ["baseline.h5", "baseline.progress.jsonl"])
        self.expect(0, "info", self.runs / "baseline.h5", "--verify")
        head, *lines = [json.loads(line) for line in (self.runs / "baseline.progress.jsonl").read_text().splitlines()]
        headlines = [row["indicator"] for row in json.loads(self.expect(0, "list", "indicators", "--format", "json").stdout)
                     if row["headline"]]
        self.assertEqual({**head, "title_es": "", "title_en": ""},
                         {"stem": "baseline", "title_es": "", "title_en": "", "start": "2026-01", "months": 3, "replicates": 2,
                          "scale": 100, "area": "150101,150142", "seed": 7, "indicators": headlines})
        months = sorted((line["replicate"], line["month"]) for line in lines)
        self.assertEqual(months, [(r, f"2026-0{m}") for r in (0, 1) for m in (1, 2, 3)])
        # The values are those of the finished file.
        file = self.runs / "baseline.h5"
        compared = csv.DictReader(io.StringIO(self.expect(0, "compare", file, file, "--month", "all", "--format", "csv").stdout))
        base = {(row["indicator"], row["month"]): row["base"] for row in compared}
        self.assertEqual({indicator for indicator, _ in base}, set(headlines))
        for k, indicator in enumerate(headlines):
            for month in ("2026-01", "2026-02", "2026-03"):
                of_replicates = [line["values"][k] for line in lines if line["month"] == month]
                defined = [value for value in of_replicates if value is not None]
                if not defined:
                    self.assertEqual(base[indicator, month], "", indicator)
                else:
                    self.assertAlmostEqual(sum(defined) / len(defined), float(base[indicator, month]), 6, indicator)

    def test_without_standard_streams_no_message_goes_into_a_file(self):
        def without_streams(*words, keep=()):
            def close():
                for stream in {0, 1, 2} - set(keep):
                    os.close(stream)
            return subprocess.run([PROGRAM, *map(str, words)], env=environment("en"), preexec_fn=close, timeout=300,
                                  stdout=subprocess.DEVNULL).returncode
        file = self.runs / "baseline.h5"
        self.assertEqual(without_streams("run", "baseline", *SMALL, "-o", self.runs), 0)
        for line in (self.runs / "baseline.progress.jsonl").read_text().splitlines()[1:]:
            self.assertIn("month", json.loads(line))
        self.expect(0, "info", file, "--verify")
        self.assertEqual(without_streams("compare", file, file, keep=[1]), 0)
        self.assertEqual(without_streams("compare", file, file), 1)  # nowhere to print to

    def test_the_same_run_again_is_kept_and_another_refused(self):
        self.run_baseline()
        before = (self.runs / "baseline.h5").stat()
        self.run_baseline(says="kept")
        self.run_baseline("--threads", "2", says="kept")  # threads are no input
        self.run_baseline("--seed", "4711", code=2, says="differs in: seed")
        self.run_baseline("--detail", "totals", code=2, says="differs in: detail")
        after = (self.runs / "baseline.h5").stat()
        self.assertEqual((before.st_ino, before.st_mtime_ns), (after.st_ino, after.st_mtime_ns))
        first = self.results()
        self.run_baseline("--seed", "4711", "--force")
        self.assertNotEqual(self.results(), first)
        self.run_baseline("--seed", "4711", says="kept")

    def test_names_that_are_not_utf_8_are_names(self):
        name = os.fsdecode(b"pol\xedtica")
        (self.folder / (name + ".yaml")).write_text("extends: baseline\n")
        words = ["run", name + ".yaml", "baseline", *SMALL, "-o", self.runs]
        self.expect(0, *words, "--quiet", cwd=self.folder, errors="replace")
        self.expect(0, *words, says="kept", cwd=self.folder, errors="replace")
        told = self.expect(0, "compare", self.runs / "baseline.h5", self.runs / (name + ".h5"), "--format", "json").stdout
        self.assertEqual({row["scenario"] for row in json.loads(told)}, {"pol\ufffdtica"})

    def test_force_always_runs_anew(self):
        self.run_baseline()
        before, first = (self.runs / "baseline.h5").stat(), self.results()
        done = self.run_baseline("--force")
        self.assertNotIn("kept", done.stdout + done.stderr)
        self.assertNotEqual((self.runs / "baseline.h5").stat().st_mtime_ns, before.st_mtime_ns)
        self.assertEqual(self.results(), first)
        self.assertEqual(self.left_in_runs(), ["baseline.h5", "baseline.progress.jsonl"])
        page = " ".join(self.expect(0, "run", "--help").stdout.split())
        self.assertIn("With --force everything is run anew", page)

    def test_a_link_that_leads_nowhere_is_told_as_what_it_is(self):
        self.runs.mkdir()
        (self.runs / "baseline.h5").symlink_to(self.folder / "gone.h5")
        self.run_baseline(code=2, says="a link to a file that is not there")
        self.run_baseline("--force")
        self.assertFalse((self.runs / "baseline.h5").is_symlink())

    def publish_meanwhile(self, file):
        """A run that finds its name taken at its end: what it prints, its exit code, and whether the other file stayed."""
        long = [*SMALL[:-3], "120", "--replicates", "2"]
        process = subprocess.Popen([PROGRAM, "run", "baseline", *long, "-o", self.runs], env=environment("en"),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        progress = self.runs / "baseline.progress.jsonl"
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and not (progress.exists() and progress.read_text()):
            time.sleep(0.01)
        process.send_signal(signal.SIGSTOP)
        self.assertFalse((self.runs / "baseline.h5").exists(), "the run was over too early for this test")
        shutil.copyfile(file, self.runs / "baseline.h5")
        process.send_signal(signal.SIGCONT)
        said = "".join(process.communicate(timeout=240))
        self.assertEqual((self.runs / "baseline.h5").read_bytes(), Path(file).read_bytes())
        self.assertEqual(self.left_in_runs(), ["baseline.h5", "baseline.progress.jsonl"])
        return process.returncode, said

    def test_a_name_that_another_program_took_meanwhile_is_treated_as_if_it_had_been_there(self):
        others = self.folder / "others"
        self.expect(0, "run", "baseline", *SMALL[:-3], "120", "--replicates", "2", "-o", others / "same")
        self.expect(0, "run", "baseline", *SMALL, "-o", others / "different")
        code, said = self.publish_meanwhile(others / "same/baseline.h5")
        self.assertEqual(code, 0, said)
        self.assertIn("exists already with the same inputs; kept", said)
        self.runs = self.folder / "second"
        code, said = self.publish_meanwhile(others / "different/baseline.h5")
        self.assertEqual(code, 2, said)
        self.assertIn("differs in: months", said)

    def test_a_file_that_is_no_run_is_refused_and_replaced_by_force(self):
        self.runs.mkdir()
        (self.runs / "baseline.h5").write_text("not a run")
        self.run_baseline(code=2, says="--force")
        self.assertEqual((self.runs / "baseline.h5").read_text(), "not a run")
        self.run_baseline("--force")
        self.expect(0, "info", self.runs / "baseline.h5", "--verify")

    def test_a_folder_in_the_place_of_a_result_is_refused_before_anything_is_run(self):
        (self.runs / "baseline.h5").mkdir(parents=True)
        for force in ([], ["--force"]):
            self.run_baseline(*force, code=2, says="baseline.h5")
            self.assertEqual(self.left_in_runs(), ["baseline.h5"])

    def test_a_refusal_comes_before_anything_is_run(self):
        self.run_baseline()
        (self.folder / "other.yaml").write_text("extends: baseline\n")
        self.expect(2, "run", self.folder / "other.yaml", "baseline", *SMALL, "--seed", "5", "-o", self.runs)
        self.assertEqual(self.left_in_runs(), ["baseline.h5", "baseline.progress.jsonl"])

    def test_threads_change_no_result(self):
        seen = {}
        for threads in (1, 2, 8):
            self.runs = self.folder / f"threads{threads}"
            self.run_baseline("--threads", threads)
            seen[threads] = (self.results(), self.hashes())
        self.assertEqual(seen[1], seen[2])
        self.assertEqual(seen[1], seen[8])

    def test_a_replicate_does_not_depend_on_how_many_there_are(self):
        self.run_baseline()
        three = self.hashes()
        self.runs = self.folder / "fewer"
        self.expect(0, "run", "baseline", *SMALL[:-1], "1", "-o", self.runs)
        self.assertEqual(self.hashes(), three[:1])
        self.assertNotEqual(three[0], three[1])

    def test_info_tells_of_several_files_and_of_those_beside_a_bad_one(self):
        self.run_baseline()
        good = self.runs / "baseline.h5"
        odd = os.fsencode(self.runs) + b"/\xff.h5"
        Path(os.fsdecode(odd)).write_bytes(good.read_bytes())
        told = json.loads(self.expect(0, "info", good, os.fsdecode(odd), "--format", "json", "--verify").stdout)
        self.assertEqual([entry["intact"] for entry in told], [True, True])
        told = json.loads(self.expect(2, "info", "none.h5", good, "--format", "json", says="none.h5").stdout)
        self.assertEqual([entry["file"] for entry in told], [str(good)])

    def test_every_listed_break_down_gives_rows(self):
        self.run_baseline("--detail", "districts")
        file = self.runs / "baseline.h5"
        cuts = ["district", "zone", "origin", "sex", "age", "status", "education", "sector", "size"]
        for cut in cuts:
            done = self.expect(0, "compare", file, file, "--by", cut, "--format", "csv")
            rows = list(csv.DictReader(io.StringIO(done.stdout)))
            self.assertGreater(len(rows), 0, cut)
            self.assertEqual({row["by"] for row in rows}, {cut})
            self.assertTrue(all(row["key"] for row in rows), cut)
        self.expect(2, "compare", file, file, "--indicator", "qwertyuiop", says="arraigo list indicators")
        self.expect(2, "export", file, "--variable", "qwertyuiop", says=f"arraigo info {file} shows them.")
        self.expect(2, "export", file, file, says="one file at a time")
        both = self.expect(0, "compare", file, file, "--by", "sex", "--by", "origin", "--format", "csv").stdout
        self.assertEqual([row["by"] for row in csv.DictReader(io.StringIO(both))],
                         sorted((row["by"] for row in csv.DictReader(io.StringIO(both))), reverse=True))

    def test_a_story_needs_runs_with_the_same_random_numbers(self):
        self.run_baseline()
        first = self.runs / "baseline.h5"
        self.runs = self.folder / "other"
        self.run_baseline("--seed", "4711")
        self.expect(2, "story", first, self.runs / "baseline.h5", "--pick", "irregular_worker", says="seed differs")

    def test_rules_alone_leave_decisions_as_they_are(self):
        size = ["--area", "150101,150142", "--scale", "100", "--months", "9", "--replicates", "2", "-o", self.runs, "--quiet"]
        self.expect(0, "run", "baseline", "humanitarian_cash", *size)
        self.expect(0, "run", "baseline", "humanitarian_cash", "--behaviour-as", "baseline", *size)
        base, base_rule, cash, cash_rule = [self.runs / f"{name}.h5" for name in
                                            ("baseline", "baseline.by_rule", "humanitarian_cash", "humanitarian_cash.by_rule")]
        indicators = ("migrant_payroll_jobs", "migrant_poverty", "regular_share")
        chosen = [*(f"--indicator={name}" for name in indicators), "--month", "mean"]

        def parts(*files):
            rows = csv.DictReader(io.StringIO(self.expect(0, "compare", *files, *chosen, "--format", "csv").stdout))
            return {(row["scenario"], row["indicator"]): row for row in rows}

        rows = parts(base, base, base_rule, cash, cash_rule)
        self.assertEqual({scenario for scenario, _ in rows}, {"baseline", "humanitarian_cash"})
        for indicator in indicators:
            self.assertEqual(float(rows["baseline", indicator]["by_rule"]), 0)
            row = rows["humanitarian_cash", indicator]
            self.assertAlmostEqual(float(row["by_rule"]) + float(row["by_behaviour"]), float(row["difference"]), 6)
        self.assertEqual(self.hashes("humanitarian_cash.by_rule"), self.hashes("baseline"))
        self.assertEqual(float(rows["humanitarian_cash", "regular_share"]["by_rule"]), 0, "decisions are the baseline's")
        self.assertLess(float(rows["humanitarian_cash", "migrant_poverty"]["by_rule"]), 0, "the money is the policy's")
        for lang, title in (("es_PE.UTF-8", "Por reglas y por comportamiento: "), ("en_US.UTF-8", "By rule and by behaviour: ")):
            table = self.expect(0, "compare", base, cash, cash_rule, lang=lang).stdout
            self.assertEqual(table.count(title), 1)
            self.assertIn("(humanitarian_cash.by_rule)", table)
        objects = json.loads(self.expect(0, "compare", base, cash, cash_rule, "--format", "json").stdout)
        self.assertTrue(all({"by_rule", "by_behaviour_percent"} <= set(row) for row in objects))
        self.assertNotIn("by_rule", self.expect(0, "compare", base, cash, "--format", "csv").stdout)
        # Costs and jobs are the alternative's alone.
        costs = csv.DictReader(io.StringIO(self.expect(0, "compare", base, cash, cash_rule, "--costs", "--format", "csv").stdout))
        self.assertEqual({row["scenario"] for row in costs}, {"humanitarian_cash"})
        self.assertEqual(len(self.expect(2, "compare", base, cash_rule, says="give the run of").stderr.splitlines()), 1)
        self.assertEqual(len(self.expect(2, "compare", cash, base, cash_rule, says="its decisions are not those of").stderr.splitlines()), 1)
        for files in ([cash_rule], [base, cash_rule]):
            told = self.expect(2, "story", *files, "--pick", "irregular_worker", says="Tell that of the base or of the alternative")
            self.assertEqual((told.stdout, len(told.stderr.splitlines())), ("", 1))
        self.expect(2, "run", "local_ica", "--behaviour-as", "baseline", "-o", self.runs, "--quiet", says="local_ica")

    def test_a_policy_that_changes_nothing_differs_by_exactly_nothing(self):
        (self.folder / "same.yaml").write_text("extends: baseline\nname: same\n")
        self.expect(0, "run", "baseline", self.folder / "same.yaml", *SMALL, "-o", self.runs)
        done = self.expect(0, "compare", self.runs / "baseline.h5", self.runs / "same.h5", "--month", "all", "--format", "csv")
        rows = list(csv.DictReader(io.StringIO(done.stdout)))
        self.assertEqual(list(rows[0]), "scenario,indicator,by,key,month,base,alt,difference,ci_low,ci_high,replicates".split(","))
        self.assertEqual({row["scenario"] for row in rows}, {"same"})
        self.assertGreater(len([row for row in rows if row["difference"] != ""]), 10)
        for row in rows:
            for column in ("difference", "ci_low", "ci_high"):
                self.assertIn(row[column], ("", "0", "-0"), row)

    def start_long_run(self, *files):
        long = [*SMALL[:-3], "600", "--replicates", "4"]
        progress = self.runs / f"{Path(files[-1]).stem}.progress.jsonl"
        progress.unlink(missing_ok=True)
        process = subprocess.Popen([PROGRAM, "run", *map(str, files), *long, "-o", self.runs], env=environment("en"),
                                   preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and not (progress.exists() and progress.read_text()):
            time.sleep(0.02)
        self.assertTrue(progress.exists(), "the run never began")
        return process

    def test_a_signal_stops_at_the_months_end_and_what_is_finished_stays(self):
        self.run_baseline()
        finished = (self.runs / "baseline.h5").read_bytes()
        (self.folder / "longer.yaml").write_text("extends: baseline\n")
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            process = self.start_long_run(self.folder / "longer.yaml")
            process.send_signal(number)
            _, errors = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 75, errors)
            self.assertIn("longer", errors)
            # What it had reached is kept beside the finished results, to be gone on with.
            self.assertEqual(self.left_in_runs(), ["baseline.h5", "baseline.progress.jsonl", "longer.checkpoint", "longer.progress.jsonl"])
        self.assertEqual((self.runs / "baseline.h5").read_bytes(), finished)

    def test_a_hangup_that_is_to_be_ignored_stops_nothing(self):
        done = subprocess.run(["sh", "-c", 'trap "" HUP; "$0" "$@" & sleep 0.2; kill -HUP $!; wait $!', PROGRAM, "run", "baseline", *SMALL[:-3], "120", "--replicates", "2", "-o", self.runs],
                              env=environment("en"), capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.left_in_runs(), ["baseline.h5", "baseline.progress.jsonl"])

    def test_of_equal_runs_at_once_one_writes_the_progress(self):
        (self.folder / "longer.yaml").write_text("extends: baseline\n")
        first = self.start_long_run(self.folder / "longer.yaml")
        first.send_signal(signal.SIGSTOP)
        progress = self.runs / "longer.progress.jsonl"
        before = progress.read_bytes()
        long = [*SMALL[:-3], "600", "--replicates", "4"]
        second = subprocess.Popen([PROGRAM, "run", self.folder / "longer.yaml", *long, "-o", self.runs], env=environment("en"), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(second.wait)
        self.addCleanup(second.kill)
        self.assertIn("longer.progress.jsonl: another program writes the progress", second.stderr.readline())
        time.sleep(0.3)
        self.assertEqual(progress.read_bytes(), before)
        second.send_signal(signal.SIGTERM)
        second.communicate(timeout=60)
        first.send_signal(signal.SIGCONT)
        first.send_signal(signal.SIGTERM)
        first.communicate(timeout=60)
        self.assertEqual(progress.read_text().count('"stem"'), 1)

    def test_the_same_person_is_told_in_two_futures(self):
        (self.folder / "same.yaml").write_text("extends: baseline\nname: same\n")
        self.expect(0, "run", "baseline", self.folder / "same.yaml", *SMALL, "-o", self.runs)
        files = [self.runs / "baseline.h5", self.runs / "same.h5"]
        picked = self.expect(0, "story", *files, "--pick", "irregular_worker").stdout
        self.assertIn("baseline", picked)
        person = picked.split()[1].strip(",")
        self.assertRegex(person, "^[0-9a-f]{16}$")
        self.assertEqual(self.expect(0, "story", *files, "--person", person).stdout, picked)
        # Nothing is written for it.
        self.assertEqual(arraigo("story", *files, "--person", person, env={"TMPDIR": "/nonexistent"}).stdout, picked)
        # Two runs of one name are told apart.
        (self.runs / "other").mkdir()
        shutil.copyfile(files[0], self.runs / "other/baseline.h5")
        told = self.expect(0, "story", "baseline.h5", "other/baseline.h5", "--person", person, cwd=self.runs).stdout
        self.assertRegex(told, r"month +baseline\.h5 +other/baseline\.h5\n")
        for lang, says in (("en", "arraigo story: --person = 0123456789abcdef (nobody of that identifier at the start of the run). Take one from"),
                           ("es", "arraigo story: --person = 0123456789abcdef (nadie con ese identificador al inicio de la corrida). Tome uno de")):
            self.expect(2, "story", *files, "--person", "0123456789abcdef", says=says, lang=lang)


    def test_somebody_of_a_district_is_picked(self):
        self.run_baseline()
        file = self.runs / "baseline.h5"
        picked = {ubigeo: self.expect(0, "story", file, "--pick", "host_worker", "--district", ubigeo, says=name).stdout.split()[1]
                  for ubigeo, name in (("150101", "Lima"), ("150142", "Villa El Salvador"))}
        self.assertEqual(len(set(picked.values())), 2)
        anywhere = self.expect(0, "story", file, "--pick", "host_worker").stdout.split()[1]
        self.assertIn(anywhere, picked.values())
        for ubigeo, says in (("150199", "no district has that ubigeo"), ("lima", "arraigo list districts shows them"),
                             ("150132", "San Juan de Lurigancho is outside the area of the run). The area is 150101,150142.")):
            done = self.expect(2, "story", file, "--pick", "host_worker", "--district", ubigeo)
            self.assertIn(says, done.stderr)
            self.assertEqual(len(done.stderr.splitlines()), 1)


class Ensembles(Case):
    # Policies begin in July: six months of nine are common to all.
    SIZE = ["--area", "150101,150142", "--scale", "50", "--months", "9"]

    def run_into(self, folder, *words, says="", code=0):
        return self.expect(code, "run", *words, *self.SIZE, "-o", self.folder / folder, says=says)

    def contents(self, folder):
        """The results and states of each file, and what each progress file tells."""
        told = {}
        for file in sorted((self.folder / folder).iterdir()):
            if file.suffix == ".jsonl":
                told[file.name] = sorted(file.read_text().splitlines())
                continue
            info = json.loads(self.expect(0, "info", file, "--format", "json").stdout)
            inputs = {name: value for name, value in info["attributes"].items() if name not in ("command", "started", "finished", "sha256")}
            told[file.name] = (inputs, info["state_hash"], self.expect(0, "export", file, "--format", "csv").stdout)
        return told

    def test_common_months_are_computed_once_and_change_no_result(self):
        (self.folder / "later.yaml").write_text(
            "extends: baseline\nname: later\nmeasures:\n  - {id: wage, kind: minimum_wage, from: 2026-08, to: 2026-08, soles_per_month: 1500}\n")
        (self.folder / "other.yaml").write_text("extends: baseline\nname: other\nparameters: {labour: {separation_formal_prob_per_month: 0.03}}\n")
        names = ["baseline", "service_expansion", self.folder / "later.yaml", self.folder / "other.yaml"]
        apart = self.run_into("apart", *names, "--replicates", "2", "--no-branch")
        self.assertNotIn("Months computed", apart.stderr)
        for threads in (1, 4):
            # 4 scenarios of 9 months twice; 6 months of the policy and 7 of what comes later are the baseline's.
            self.run_into(f"together{threads}", *names, "--replicates", "2", "--threads", threads, says="Months computed: 46 of 72; 26 were common")
            self.assertEqual(self.contents(f"together{threads}"), self.contents("apart"))
        states = [state for name, told in self.contents("apart").items() if name.endswith(".h5") for state in told[1]]
        self.assertEqual(len(set(states)), 8, "four scenarios that differ")
        # Where nothing is common, nothing is said.
        self.assertNotIn("Months computed", self.run_into("nothing", "baseline", self.folder / "other.yaml", "--replicates", "1").stderr)

    def test_common_months_of_rules_alone_are_computed_once_too(self):
        names = ["baseline", "humanitarian_cash", "--behaviour-as", "regularisation", "--replicates", "2"]
        self.run_into("apart", *names, "--no-branch")
        self.run_into("together", *names, says="Months computed: 24 of 36; 12 were common")
        self.assertEqual(self.contents("together"), self.contents("apart"))

    def test_replicates_are_added_until_the_interval_is_narrow(self):
        goal = ["baseline", "service_expansion", "--indicator", "regular_share", "--until-halfwidth"]
        done = self.run_into("grown", *goal, "50", says="Replicates: 10. The half-width asked for is reached.")
        self.assertRegex(done.stderr, r"service_expansion: regular_share [+-]?[\d.]+, ±[\d.]+ \(asked: ±50")
        self.run_into("ten", "baseline", "service_expansion", "--replicates", "10")
        self.assertEqual(self.contents("grown"), {**self.contents("ten"), **{name: value for name, value in self.contents("grown").items() if name.endswith("jsonl")}})
        before = {file.name: file.read_bytes() for file in (self.folder / "grown").glob("*.h5")}
        self.run_into("grown", *goal, "50%", says="is reached")
        self.assertEqual({file.name: file.read_bytes() for file in (self.folder / "grown").glob("*.h5")}, before, "nothing was to be run")
        # What is there counts: only four replicates more are run of each.
        done = self.run_into("grown", *goal, "0.000001", "--max-replicates", "14", says="Replicates: 14. The half-width asked for is not reached")
        self.assertIn("Months computed: 48 of 72", done.stderr)
        lines = [json.loads(line) for line in (self.folder / "grown/service_expansion.progress.jsonl").read_text().splitlines()[1:]]
        self.assertEqual({line["replicate"] for line in lines}, {10, 11, 12, 13})
        self.run_into("fourteen", "baseline", "service_expansion", "--replicates", "14")
        for name in ("baseline.h5", "service_expansion.h5"):
            self.assertEqual(self.contents("grown")[name], self.contents("fourteen")[name])
        self.run_into("fourteen", "baseline", "service_expansion", "--replicates", "14", says="kept")
        # From nothing to the maximum, look after look.
        self.run_into("anew", *goal, "0.000001", "--max-replicates", "15", says="Replicates: 15. The half-width asked for is not reached")
        lines = [json.loads(line) for line in (self.folder / "anew/baseline.progress.jsonl").read_text().splitlines()]
        self.assertEqual(lines[0]["replicates"], 15)
        self.assertEqual(sorted((line["replicate"], line["month"]) for line in lines[1:]), [(r, f"2026-0{m}") for r in range(15) for m in range(1, 10)])
        self.assertEqual(self.contents("anew")["baseline.h5"][1][:14], self.contents("fourteen")["baseline.h5"][1])
        self.run_into("grown", *goal, "50", "--seed", "5", code=2, says="differs in: seed")
        # Twins of the base differ by nothing at all.
        (self.folder / "same.yaml").write_text("extends: baseline\nname: same\n")
        self.run_into("same", "baseline", self.folder / "same.yaml", *goal[2:], "0.1", says="Replicates: 10. The half-width asked for is reached.")

    def test_mistakes_about_precision_exit_2_with_one_sentence(self):
        goal = ["run", "baseline", "service_expansion", *self.SIZE, "-o", self.runs]
        until = ["--until-halfwidth", "1", "--indicator", "regular_share"]
        for words, says in (
            ([*goal, "--indicator", "regular_share"], "go with --until-halfwidth"),
            ([*goal, "--max-replicates", "20"], "go with --until-halfwidth"),
            ([*goal, "--until-halfwidth", "1"], "needs --indicator"),
            ([*goal, "--until-halfwidth", "0", "--indicator", "regular_share"], "a number above 0"),
            ([*goal, "--until-halfwidth", "0,5", "--indicator", "regular_share"], "0.5"),
            ([*goal, "--until-halfwidth", "1", "--indicator", "regular_shar"], "regular_share"),
            ([*goal, *until, "--month", "all"], "is no month"),
            ([*goal, *until, "--month", "2031-01"], "2026-09"),
            ([*goal, *until, "--replicates", "4"], "leave one away"),
            ([*goal, *until, "--max-replicates", "9"], "10 to 10000"),
            ([*goal, *until, "--behaviour-as", "baseline"], "does not go with --behaviour-as"),
            (["run", "baseline", *self.SIZE, "-o", self.runs, *until], "needs two scenarios"),
            (["run", "baseline", "since_2019", *self.SIZE, "-o", self.runs, *until], "start"),
        ):
            done = self.expect(2, *words, says=says)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
            self.assertEqual([*self.runs.glob("*.h5")] if self.runs.exists() else [], [])

    def test_compare_says_how_many_replicates_a_precision_needs(self):
        self.run_into("runs", "baseline", "service_expansion", "--replicates", "6")
        files = [self.runs / "baseline.h5", self.runs / "service_expansion.h5", "--indicator", "regular_share", "--indicator", "migrant_insurance"]
        plain = self.expect(0, "compare", *files, "--format", "csv").stdout.splitlines()
        rows = list(csv.DictReader(io.StringIO(self.expect(0, "compare", *files, "--precision", "0.1", "--format", "csv").stdout)))
        self.assertEqual(list(rows[0])[: len(plain[0].split(","))], plain[0].split(","))
        for row in rows:
            half = (float(row["ci_high"]) - float(row["ci_low"])) / 2
            self.assertAlmostEqual(float(row["halfwidth"]), half, 6)
            low, needed, high = (int(row[name]) for name in ("replicates_needed_low", "replicates_needed", "replicates_needed_high"))
            self.assertLessEqual(low, needed)
            self.assertLess(needed, high)
            self.assertEqual(needed > 6, half > 0.1)
            self.assertAlmostEqual(float(row["pairing_factor"]) * float(row["variance_difference"]),
                                   float(row["variance_base"]) + float(row["variance_alt"]), 4)
            self.assertAlmostEqual(float(row["unpaired_replicates"]), 6 * float(row["pairing_factor"]), 4)
        objects = json.loads(self.expect(0, "compare", *files, "--precision", "2%", "--format", "json").stdout)
        for row in objects:
            self.assertAlmostEqual(row["halfwidth_goal"], 0.02 * abs(row["base"]), 6)
        for lang, title, note in (("es_PE.UTF-8", "Réplicas para un intervalo de ±0.1", "ji cuadrado"), ("en_US.UTF-8", "Replicates for an interval of ±0.1", "chi-squared")):
            table = self.expect(0, "compare", *files, "--precision", "0.1", lang=lang).stdout
            self.assertIn(title, table)
            self.assertIn(note, table)
        self.assertIn("--precision X says how many", " ".join(self.expect(0, "compare", *files).stdout.split()))
        for bad in ("0", "-1", "much", "3 %"):
            self.assertEqual(len(self.expect(2, "compare", *files, f"--precision={bad}", says="--precision").stderr.splitlines()), 1)


class Costs(Case):
    def test_unit_costs_are_listed_with_range_payer_and_source(self):
        rows = list(csv.DictReader(io.StringIO(self.expect(0, "list", "costs", "--format", "csv").stdout)))
        self.assertEqual(list(rows[0]), "line unit_cost_soles per per_es payer low high source".split())
        for row in rows:
            self.assertLessEqual(float(row["low"]), float(row["unit_cost_soles"]), row)
            self.assertLessEqual(float(row["unit_cost_soles"]), float(row["high"]), row)
            self.assertTrue(row["source"], row)
        self.assertEqual(len(rows), len((ROOT / "scenarios/data/costs.csv").read_text().splitlines()) - 1)
        self.expect(0, "list", "costs", lang="es", says="por visita; paga: el Estado")

    def test_compare_tells_costs_and_jobs(self):
        self.expect(0, "run", "baseline", "regularisation", "--area", "150101,150142", "--scale", "100", "--months", "18",
                    "--replicates", "3", "-o", self.runs, "--quiet")
        files = [self.runs / "baseline.h5", self.runs / "regularisation.h5"]
        for lang, says in (("en", ["Cost per additional outcome", "arraigo list costs", "information_campaign_person_reached", "these are not jobs created"]),
                           ("es", ["Costo por resultado adicional", "arraigo list costs", "information_campaign_person_reached", "no son empleos creados"])):
            table = " ".join(self.expect(0, "compare", *files, lang=lang).stdout.split())
            for words in says:
                self.assertIn(words, table)
        # A cut of the area has no accounts; they are there for who asks.
        self.assertNotIn("list costs", self.expect(0, "compare", *files, "--by", "sex").stdout)
        self.expect(0, "compare", *files, "--by", "sex", "--costs", says="list costs")
        plain = self.expect(0, "compare", *files, "--format", "csv").stdout
        self.assertTrue(plain.startswith("scenario,indicator,by,key,month,base,alt,difference,ci_low,ci_high,replicates\n"))
        costs = list(csv.DictReader(io.StringIO(self.expect(0, "compare", *files, "--costs", "--format", "csv").stdout)))
        self.assertEqual({row["cost"] for row in costs}, {"net", "gross"})
        for row in costs:
            self.assertEqual(row["soles_per_outcome"] == "", row["reason"] != "", row)
            spans = float(row["additional_low"]) <= 0 <= float(row["additional_high"])
            self.assertEqual(spans, row["reason"] == "outcome_interval_spans_zero", row)
        regular = [row for row in costs if row["outcome"] == "regular" and row["cost"] == "gross"][0]
        self.assertAlmostEqual(float(regular["soles_per_outcome"]), float(regular["soles"]) / float(regular["additional"]))
        # What these lists cannot answer is refused and not passed over.
        for words in (["--month", "2026-06"], ["--by", "sex"], ["--indicator", "poverty"]):
            for which in ("--costs", "--jobs"):
                self.expect(2, "compare", *files, which, "--format", "csv", *words, says=f"{words[0]} does not go with --costs or --jobs")
        self.expect(2, "compare", *files, "--by", "foo", says="there is no cut \"foo\", but there are zone, sex, age")
        objects = json.loads(self.expect(0, "compare", *files, "--costs", "--format", "json").stdout)
        self.assertEqual(len(objects), len(costs))
        jobs = {(row["figure"], row["group"]): float(row["difference"]) for row in csv.DictReader(io.StringIO(
            self.expect(0, "compare", *files, "--jobs", "--format", "csv").stdout))}
        self.assertAlmostEqual(jobs["net_jobs", "all"], jobs["net_jobs", "hosts"] + jobs["net_jobs", "migrants"], places=6)
        self.assertEqual(len(jobs), 8)

    def test_small_cells_are_withheld(self):
        self.expect(0, "run", "baseline", *SMALL, "-o", self.runs, "--quiet")
        file = self.runs / "baseline.h5"
        words = ["compare", file, file, "--by", "age", "--indicator", "migrant_poverty"]
        self.expect(0, *words, says="fewer than 30 agents (3000 people)")
        rows = list(csv.DictReader(io.StringIO(self.expect(0, *words, "--format", "csv").stdout)))
        self.assertIn("", [row["base"] for row in rows])
        self.assertIn(None, [row["base"] for row in json.loads(self.expect(0, *words, "--format", "json").stdout)])

    def test_what_was_never_tried_is_told(self):
        dear = ["regularisation", "--set", "measures.new_permit.fee_soles=400"]
        for lang, says in (("en", "outside what Peru went through"), ("es", "queda fuera de lo que el Perú vivió")):
            said = self.expect(0, "check", *dear, lang=lang).stderr
            self.assertIn("measures.new_permit.fee_soles = 400", said)
            self.assertIn(says, said)
        self.assertIn("fee_soles = 400", self.expect(0, "run", *dear, *SMALL, "-o", self.runs).stderr)
        for shipped in ("baseline", "regularisation", "service_expansion"):
            self.assertEqual(self.expect(0, "check", shipped).stderr, "")
        for shipped in ("quota_exemption", "combined", "quota_none"):
            self.expect(0, "check", shipped, says="exempt_sizes")


CLAIM = """claims:
  - id: C1
    if: {es: "se abre una ventana", en: "a window opens"}
    then: {es: "hay más personas regulares", en: "more people are regular"}
    why: {es: "es lo que un permiso da", en: "it is what a permit gives"}
    test: difference
    months: 18
    primary: {indicator: regular_share, want: up, margin: 1}
    secondary:
      - {indicator: migrant_income, want: up}
    arms: {"off": off.yaml, a: a.yaml, "on": on.yaml}
    parts: {a: {es: "menos", en: "less"}}
    groups: [quota, news]
  - id: C2
    if: {es: "nada cambia", en: "nothing changes"}
    then: {es: "nada pasa", en: "nothing happens"}
    why: {es: "para probar", en: "as a test"}
    test: interaction
    months: 12
    primary: {level: migrant_payroll, want: up, margin: 10}
    arms: {"off": off.yaml, a: off.yaml, b: off.yaml, "on": same.yaml}
    groups: [quota]
"""


class Page(HTMLParser):
    """A report's tables by kind, as rows of (text, exact value or None); ids, links and elements."""

    def __init__(self, text):
        super().__init__()
        self.tables, self.elements, self.ids, self.links, self.text = [], [], [], [], []
        self.cell = self.value = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.elements.append((tag, attributes))
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.links += [attributes["href"]] if "href" in attributes else []
        if tag == "table":
            self.tables.append((attributes.get("class", ""), []))
        elif tag == "tr":
            self.tables[-1][1].append([])
        elif tag in ("td", "th"):
            self.cell, self.value = "", None
        elif tag == "data":
            self.value = attributes["value"]

    handle_startendtag = handle_starttag

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.tables[-1][1][-1].append((self.cell, self.value))
            self.cell = None

    def handle_data(self, data):
        self.text.append(data)
        if self.cell is not None:
            self.cell += data

    def rows(self, kind):
        """Of all tables of a kind, without their heads."""
        return [row for known, rows in self.tables if known == kind for row in rows[1:]]


HOSTILE = r"""extends: baseline
name: hostile
title: {es: '<script>alert("es")</script> & ''x''', en: '<img src=x onerror=alert(1)> "quoted" & ''x'' </title></style>'}
description: {es: '--><b>no</b> ]]> {} %s', en: '</p><svg onload=alert(2)> {} %s'}
"""


class Report(Case):
    def report(self, *files, lang="en", code=0, **how):
        out = self.folder / f"report_{lang}.html"
        self.expect(code, "report", *files, "-o", out, "--force", "--lang", lang, **how)
        return out.read_text(encoding="utf-8")

    def made(self, *more):
        words = ["--area", "150101,150132,150142", "--scale", "100", "--months", "14", *more]
        words += [] if "--replicates" in more else ["--replicates", "3"]
        self.expect(0, "run", "baseline", "regularisation", *words, "-o", self.runs, "--quiet")
        return [self.runs / "baseline.h5", self.runs / "regularisation.h5"]

    def assert_stands_alone(self, text):
        page = Page(text)
        loads = {"script", "link", "img", "iframe", "object", "embed", "base", "form", "image", "audio", "video"}
        self.assertEqual([tag for tag, _ in page.elements if tag in loads], [])
        self.assertEqual([name for _, attributes in page.elements for name in attributes
                          if name.startswith("on") or name in ("src", "srcset", "action", "xlink:href")], [])
        self.assertEqual([link for link in page.links if link[:1] != "#" or link[1:] not in page.ids], [])
        self.assertEqual(len(page.ids), len(set(page.ids)))
        style = re.search(r"<style>(.*?)</style>", text, re.S)[1]
        self.assertNotIn("@import", style)
        self.assertEqual({found for found in re.findall(r"url\(#?([^)]*)\)", text) if found not in page.ids}, set())
        self.assertIn("default-src 'none'", text)
        return page

    def test_it_stands_alone_in_both_languages(self):
        files = self.made("--detail", "districts")
        for lang, says, month in (("es", "Cifras principales", "febrero de 2027"), ("en", "Headline figures", "February 2027")):
            text = self.report(*files, lang=lang)
            self.assertIn(f'<html lang="{lang}">', text)
            self.assertIn(says, text)
            self.assertIn(month, text)
            page = self.assert_stands_alone(text)
            self.assertNotIn("://", text)
            self.assertLess(len(text), 5 << 20)
            # Every drawing is either told in words or hidden from who cannot see it.
            drawings = [attributes for tag, attributes in page.elements if tag == "svg"]
            self.assertEqual([d for d in drawings if not d.get("aria-label") and d.get("aria-hidden") != "true"], [])
            self.assertGreater(len([d for d in drawings if d.get("role") == "img"]), 10)
            kinds = {kind for kind, _ in page.tables}
            self.assertLessEqual({"headline", "costs", "jobs", "months", "places", "matrix", "groups", "provenance"}, kinds)
            self.assertIn("7", [cell[0] for row in page.rows("provenance") for cell in row])

    def test_it_is_drawn_by_node_and_refused_without_it(self):
        files = self.made("--replicates", "2")
        self.assertEqual(self.report(*files), self.report(*files), "the same input gives the same bytes")
        tools, out = self.folder / "tools", self.folder / "x.html"
        tools.mkdir()
        for lang, says in (("es", "No se encontró en PATH el programa node"), ("en", "The program node")):
            done = self.expect(1, "report", *files, "-o", out, lang=lang, says=says, env={"PATH": str(tools)})
            self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        node = tools / "node"
        for script, says in (("exit 3", "code 3"), ("kill -9 $$", "signal 9"), ("echo '{}'", "not the charts that were asked for")):
            node.write_text(f"#!/bin/sh\n{script}\n")
            node.chmod(0o755)
            self.expect(1, "report", *files, "-o", out, says=says, env={"PATH": str(tools)})
        self.assertFalse(out.exists())
        # What is drawn is not on a command line, and a user's options for node do not matter.
        node.write_text(f"#!/bin/sh\nprintf '%s' \"$*\" > {tools}/words\nexec {shutil.which('node')} \"$@\"\n")
        self.expect(0, "report", *files, "-o", out, env={"PATH": str(tools), "NODE_OPTIONS": "--no-such-option"})
        self.assertEqual((tools / "words").read_text(), str(BUILD / "report_charts.js"))

    def test_its_tables_are_what_compare_prints(self):
        files = self.made("--detail", "districts")
        page = Page(self.report(*files))

        def compared(*options):
            return list(csv.DictReader(io.StringIO(self.expect(0, "compare", *files, "--format", "csv", *options).stdout)))

        headline = page.rows("headline")
        self.assertEqual([[cell[1] or "" for cell in row[1:4]] for row in headline],
                         [[row["base"], row["alt"], row["difference"]] for row in compared()])
        printed = " ".join(self.expect(0, "compare", *files).stdout.split())
        for row in headline:
            self.assertIn(" ".join(cell[0] for cell in row[1:5]).strip(), printed)
        groups = {tuple(cell[1] or "" for cell in row[2:5]) for row in page.rows("groups") if len(row) > 3}
        for cut in ("sex", "age", "education", "group"):
            for row in compared("--by", cut, "--indicator", "migrant_poverty"):
                self.assertIn((row["base"], row["alt"], row["difference"]), groups)
        withheld = [row for cut in ("age", "status", "education", "group") for row in compared("--by", cut) if not row["base"]]
        self.assertTrue(withheld)
        self.assertIn("·", {cell[0] for row in page.rows("groups") for cell in row})
        costs = [row for row in compared("--costs") if row["cost"] == "net"]
        self.assertEqual([[row[1][1], row[2][1] or ""] for row in page.rows("costs")],
                         [[row["additional"], row["soles_per_outcome"]] for row in costs])
        jobs = [row for row in page.rows("jobs") if len(row) > 1]
        self.assertEqual([row[1][1] for row in jobs], [row["difference"] for row in compared("--jobs")])
        self.assertEqual([row[0][0] for row in page.rows("months")], [row["month"] for row in compared("--month", "all")])
        self.assertEqual(len(page.rows("places")), 2 * 3)

    def test_texts_of_files_stay_texts(self):
        (self.folder / "hostile.yaml").write_text(HOSTILE, encoding="utf-8")
        self.expect(0, "run", "baseline", self.folder / "hostile.yaml", *SMALL, "-o", self.runs, "--quiet")
        odd = self.runs / "<b>&'.h5"
        (self.runs / "hostile.h5").rename(odd)
        for lang, title in (("es", "<script>alert(\"es\")</script> & 'x'"), ("en", "<img src=x onerror=alert(1)> \"quoted\" & 'x' </title></style>")):
            page = self.assert_stands_alone(self.report(self.runs / "baseline.h5", odd, lang=lang))
            self.assertIn(title, page.text)
            self.assertIn("<b>&'.h5", page.text)
            self.assertIn("{} %s", "".join(page.text))

    def test_what_runs_lack_is_said(self):
        text = self.report(*self.made("--detail", "totals", "--replicates", "1"))
        for says in ("there is no map", "A single replicate", "no sweep of assumptions was given", "no run of history was given"):
            self.assertIn(says, text)
        self.assert_stands_alone(text)

    def test_history_says_how_far_the_model_lies_from_what_was_published(self):
        runs, history = self.made(), self.runs / "history.h5"
        self.expect(0, "run", "history", *Validate.TINY, "-o", self.runs)
        said = json.loads(self.expect(0, "validate", history, "--format", "json").stdout)
        for lang, says in (("es", "La historia es de otro ámbito"), ("en", "The history is of another area")):
            text = self.report(*runs, "--validation", history, lang=lang)
            self.assertIn(says, text)
            page = self.assert_stands_alone(text)
            scores = [[cell[1] for cell in row[1:]] for row in page.rows("validation-scores")]
            self.assertEqual([row[0] for row in scores], [str(score["inside"]) for score in said["scores"]])
            self.assertEqual([float(row[1]) for row in scores], [score["model"] for score in said["scores"]])
            self.assertEqual([float(row[4]) for row in scores if row[4]], [score["carried"] for score in said["scores"] if score["carried"] is not None])
            compared = [figure for figure in said["figures"] if figure["model"] is not None]
            off = sorted((abs(f["error_in_standard_errors"]) for f in compared if f["set"] == "held_out"), reverse=True)
            misses = page.rows("validation-misses")
            self.assertEqual([abs(float(row[5][1])) for row in misses], off[:10])
            self.assertEqual(len([row for row in page.rows("validation") if len(row) > 1]), len(compared))
        self.assertIn(compared[0]["source"], page.text)

    def test_history_of_another_model_or_none_is_refused(self):
        runs, history = self.made("--replicates", "1"), self.runs / "history.h5"
        self.expect(0, "run", "history", *Validate.TINY, "--months", "1", "-o", self.runs)

        def refused(file, *says, code=2):
            for lang in ("es", "en"):
                done = self.expect(code, "report", *runs, "--validation", file, "-o", self.folder / "x.html", lang=lang)
                self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
                for words in (str(file), *says):
                    self.assertIn(words, done.stderr)
            self.assertFalse((self.folder / "x.html").exists())

        refused(history, "stem = history", "2018-01", "arraigo run history -o runs")
        refused(runs[0], "stem = baseline", "arraigo run history -o runs")
        self.expect(0, "run", "history", *Validate.TINY, "--months", "1", "--set", "labour.scar_per_month=0.001", "-o", self.folder / "other")
        refused(self.folder / "other/history.h5", "labour.scar_per_month = 0.001", "arraigo run history --set labour.scar_per_month=")
        for key in ("version", "commit", "data_digest"):
            changed = self.folder / f"{key}.h5"
            shutil.copy(history, changed)
            with h5py.File(changed, "r+") as file:
                file.attrs[key] = "other"
            refused(changed, f"{key} = other", str(runs[0]), "arraigo run history -o runs")
        damaged = self.folder / "damaged.h5"
        damaged.write_bytes(history.read_bytes()[:-1000])
        refused(damaged)
        table = self.folder / "table.json"
        table.write_text("{}")
        refused(table)
        refused(self.folder / "nowhere.h5")
        self.expect(2, "report", *runs, "--validation", history, "-o", history, "--force", says="one of the runs")

    def test_zones_colour_their_districts_and_what_was_never_tried_is_told(self):
        dear = ["regularisation", "--set", "measures.new_permit.fee_soles=400"]
        for words in (["baseline"], dear):
            self.expect(0, "run", *words, "--area", "150101,150132,150142", "--scale", "100", "--months", "10", "--replicates", "2", "-o", self.runs, "--quiet")
        text = self.report(self.runs / "baseline.h5", self.runs / "regularisation.h5")
        self.assertIn("each district has the colour of its zone", text)
        self.assertIn("measures.new_permit.fee_soles = 400", text)
        self.assertIn("lies outside what Peru went through", text)

    def test_what_is_no_file_is_never_replaced(self):
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        self.expect(2, "report", *self.made(), "-o", pipe, "--force", says="is no file, and is not replaced")
        self.assertTrue(stat.S_ISFIFO(os.stat(pipe).st_mode))

    def test_a_report_is_kept_and_never_half_written(self):
        self.expect(0, "run", "baseline", *SMALL, "-o", self.runs, "--quiet")
        run, copy, out = self.runs / "baseline.h5", self.runs / "copy.h5", self.folder / "r.html"
        shutil.copy(run, copy)
        out.write_text("mine")
        for lang, says in (("en", "exists already and is kept"), ("es", "ya existe y se conserva")):
            self.expect(2, "report", run, copy, "-o", out, lang=lang, says=says)
        self.expect(2, "report", run, copy, "-o", copy, "--force", says="one of the runs")
        self.assertEqual(out.read_text(), "mine")
        self.expect(0, "report", run, copy, "-o", out, "--force", says="report written")
        self.assertIn("<!DOCTYPE html>", out.read_text(encoding="utf-8"))
        other = self.folder / "other"
        self.expect(0, "run", "regularisation", *SMALL, "--seed", "99", "-o", other, "--quiet")
        self.expect(2, "report", run, other / "regularisation.h5", "-o", self.folder / "x.html", says="seed differs")
        self.expect(1, "report", run, copy, "-o", self.folder / "nowhere/x.html", says="nowhere")
        self.assertEqual(sorted(p.name for p in self.folder.iterdir()), ["other", "r.html", "runs"])


class Theory(Case):
    def setUp(self):
        super().setUp()
        (self.folder / "claims.yaml").write_text(CLAIM)
        for name, capacity in (("a", 500), ("on", 20000)):
            (self.folder / f"{name}.yaml").write_text(
                f"extends: baseline\nname: {name}\nmeasures:\n  - {{id: p, kind: programme, from: 2026-02, eligible: [irregular], "
                f"grants: temporary, fine_share: 0, capacity_per_month: {capacity}, validity_months: 24}}\n")
        for name in ("off", "same"):
            (self.folder / f"{name}.yaml").write_text(f"extends: baseline\nname: {name}\n")
        self.out = self.folder / "out"

    def theory(self, code, *words, **how):
        return self.expect(code, "theory", "--claims", self.folder / "claims.yaml", "--area", "150101,150142", "--scale", "100",
                           "--replicates", "3", "-o", self.out, *words, **how)

    def test_claims_are_run_scored_and_screened(self):
        done = self.theory(0, "--screen", "400", "--lang", "en")
        self.assertIn("Screening of assumptions", done.stderr)
        for says in ("IF a window opens, THEN more people are regular", "is no individual effect", "instrument: survey", "arraigo list costs"):
            self.assertIn(says, " ".join(done.stdout.split()))
        # Arms of equal content are run once, whatever their names.
        self.assertEqual(sorted(p.name for p in (self.out / "runs").glob("*.h5")), ["a.h5", "off.h5", "on.h5"])
        text = (self.out / "theory.csv").read_text()
        self.assertEqual(text.splitlines()[0], "claim,indicator,difference,ci_low,ci_high,people,cost_per_outcome_soles,verdict,assumptions")
        rows = {row["claim"]: row for row in csv.DictReader(io.StringIO(text))}
        self.assertEqual(set(rows), {"C1", "C2"})
        self.assertIn(rows["C1"]["verdict"], ("supported", "assumption-driven"))
        self.assertGreater(float(rows["C1"]["ci_low"]), 1)
        self.assertGreater(float(rows["C1"]["people"]), 0)
        # What changes nothing differs by exactly nothing, and no assumption can turn it.
        self.assertEqual([rows["C2"][c] for c in ("difference", "ci_low", "ci_high", "verdict", "assumptions")], ["0", "0", "0", "not supported", ""])
        told = json.loads((self.out / "theory.json").read_text())
        self.assertEqual([claim["claim"] for claim in told["claims"]], ["C1", "C2"])
        first = told["claims"][0]
        self.assertEqual(first["parts"][0]["name"], "a")
        self.assertIsNotNone(first["secondary"][0]["holm"])
        self.assertLessEqual(len(first["screening"]["movers"]), 10)
        self.assertEqual(first["screening"]["scale"], 400)

        # The same command does nothing again and tells the same.
        before = {p: p.stat().st_mtime_ns for p in (self.out / "runs").glob("*.h5")}
        readings = (self.out / "screening.jsonl").stat().st_size
        again = self.theory(0, "--screen", "400", "--format", "csv")
        self.assertEqual(again.stdout, text)
        self.assertEqual({p: p.stat().st_mtime_ns for p in before}, before)
        self.assertEqual((self.out / "screening.jsonl").stat().st_size, readings)
        # A cut-off line of readings is read anew.
        whole = (self.out / "screening.jsonl").read_text()
        (self.out / "screening.jsonl").write_text(whole[:-40])
        self.assertEqual(self.theory(0, "--screen", "400", "--format", "csv", "--quiet").stdout, text)
        # Other inputs do not replace what is there.
        self.theory(2, "--seed", "5", "--no-screen", says="differs in: seed")
        # One claim alone uses the same runs.
        alone = self.theory(0, "--claim", "C2", "--no-screen", "--format", "json", "--threads", "1").stdout
        self.assertEqual([claim["screening"] for claim in json.loads(alone)["claims"]], [None])
        self.assertEqual({p: p.stat().st_mtime_ns for p in before}, before)

    def test_a_signal_stops_and_the_same_command_goes_on(self):
        words = [PROGRAM, "theory", "--claims", self.folder / "claims.yaml", "--area", "150101,150142", "--scale", "20", "--replicates",
                 "20", "-o", self.out, "--no-screen"]
        process = subprocess.Popen([*map(str, words)], env=environment("en"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and not list((self.out / "runs").glob("*.h5")):
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 75, errors)
        self.assertIn("the same command goes on", errors)
        self.assertFalse((self.out / "theory.csv").exists())

    def test_claims_without_arms_are_named(self):
        (self.folder / "a.yaml").unlink()
        done = self.theory(2, "--no-screen", lang="en")
        self.assertIn("C1: the scenarios of its arms are missing in", done.stderr)
        self.assertIn("a.yaml", done.stderr)
        self.assertIn("arraigo theory --claim C2", done.stderr)
        self.assertFalse(self.out.exists())
        self.theory(0, "--claim", "C2", "--no-screen", "--quiet")

    def test_mistakes_of_claims_and_arms_come_with_their_lines(self):
        (self.folder / "on.yaml").write_text("extends: baseline\nmonthz: 3\n")
        self.theory(2, "--claim", "C1", "--no-screen", says="on.yaml:2:1: monthz")
        self.theory(0, "--claim", "C2", "--no-screen", "--quiet")
        (self.folder / "claims.yaml").write_text(CLAIM.replace("test: difference", "test: differenc").replace("margin: 10", "margin: ten"))
        done = self.theory(2, "--no-screen")
        self.assertIn("claims.yaml:6:11: C1.test = differenc (unknown word). Did you mean difference?", done.stderr)
        self.assertEqual(len(done.stderr.strip().splitlines()), 2, done.stderr)

    def test_the_shipped_claims_are_sound(self):
        # Whether all their arms are there or not, their file is read first.
        done = arraigo("theory", "--no-screen", "--claim", "T4", "--area", "150101,150142", "--scale", "200", "--replicates", "2",
                       "-o", self.out, "--quiet", "--format", "csv")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(done.stdout.splitlines()[1].startswith("T4,"), done.stdout)
        for file in sorted((ROOT / "scenarios/theory").glob("t*.yaml")):
            self.assertEqual(self.expect(0, "check", file).stderr, "", file)


class Validate(Case):
    TINY = ["--area", "lima_callao", "--scale", "1000", "--replicates", "4", "--quiet"]

    def test_history_is_run_and_held_against_what_was_published(self):
        tables = {}
        for lang, says in (("es", "Reservadas: de 2020 en adelante"), ("en", "Held out: of 2020 and later")):
            tables[lang] = self.expect(0, "validate", *self.TINY, lang=lang, says=says, cwd=self.folder).stdout
        self.assertRegex(tables["en"], r"The model is (not )?nearer\.")
        self.assertIn("Venezuelans: participation", tables["en"])
        self.assertEqual(list(self.folder.iterdir()), [])
        rows = list(csv.DictReader(io.StringIO(self.expect(0, "validate", *self.TINY, "--format", "csv").stdout)))
        self.assertGreater(len(rows), 60)
        for row in rows:
            self.assertTrue(row["source"], row["id"])
            self.assertEqual(row["not_compared"] == "", row["model"] != "", row["id"])
            if row["model"]:
                self.assertAlmostEqual(float(row["model"]) - float(row["published"]), float(row["error"]), places=6)
                self.assertEqual(row["inside"] == "inside", float(row["low"]) <= float(row["published"]) <= float(row["high"]), row["id"])
        # Numbers of people of the whole country are not those of Lima.
        self.assertEqual({row["not_compared"] for row in rows}, {"", "whole_country"})

    def test_a_run_that_is_made_is_read_and_written_to_a_file(self):
        self.expect(0, "run", "history", *self.TINY, "--parameters", "posterior", "-o", self.runs)
        page = self.folder / "page.json"
        self.expect(0, "validate", self.runs / "history.h5", "--format", "json", "-o", page, says="figures compared")
        said = json.loads(page.read_text())
        self.assertEqual([score["set"] for score in said["scores"]], ["held_out", "calibration", "fitted"])
        self.assertEqual((said["scale"], said["replicates"]), (1000, 4))
        before = page.read_bytes()
        self.expect(2, "validate", self.runs / "history.h5", "-o", page, says="exists already")
        self.assertEqual(page.read_bytes(), before)
        # The same run, made anew in memory with what calibration left open, says the same; with the table's values another.
        again = json.loads(self.expect(0, "validate", *self.TINY, "--format", "json").stdout)
        self.assertEqual(again["figures"], said["figures"])
        table = json.loads(self.expect(0, "validate", *self.TINY, "--parameters", "table", "--format", "json").stdout)
        self.assertNotEqual(table["figures"], said["figures"])

    def test_wrong_input_is_one_sentence(self):
        (self.folder / "figures.csv").write_text("id,set\n")
        for words, says in ((["a.h5", "b.h5"], "one run at a time"), (["a.h5", "--scale", "100"], "--scale"), (["a.h5"], "a.h5"),
                            (["--format", "xml"], "--format"), (["--figures", "figures.csv"], "figures.csv"), (["--scenario", "nothing"], "nothing"),
                            (["--scale", "0"], "--scale"), (["--parameters", "best"], "--parameters"), (["--replicates", "3"], "--draws"),
                            (["--parameters", "table", "--draws", "4"], "--draws"), (["a.h5", "--draws", "4"], "--parameters")):
            done = self.expect(2, "validate", *words, says=says, cwd=self.folder)
            self.assertEqual((done.stdout, len(done.stderr.strip().splitlines())), ("", 1), done.stderr)


class View(Case):
    def setUp(self):
        super().setUp()
        # A program of its own, since a viewer may stand beside the one under test.
        self.program = self.folder / "bin/arraigo"
        self.program.parent.mkdir()
        shutil.copy(PROGRAM, self.program)
        (self.folder / "bin/source_tree.txt").write_text(os.path.relpath(ROOT, self.program.parent) + "\n")
        self.viewer = self.folder / "bin/arraigo-viewer"

    def view(self, code, *words, **how):
        return self.expect(code, "view", *words, program=self.program, cwd=self.folder, **how)

    def test_the_viewer_gets_the_files_and_options(self):
        self.viewer.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\necho closed >&2\nexit 7\n")
        self.viewer.chmod(0o755)
        (self.folder / "run.h5").write_text("")
        (self.folder / "odd name.yaml").write_text("")
        data = ROOT / "scenarios/data"
        told = self.view(7, "baseline", "run.h5", "odd name.yaml", "--lang", "es", "--data", data).stdout
        self.assertEqual(told.splitlines(), ["--lang", "es", f"--data={data}", str(ROOT / "scenarios/baseline.yaml"),
                                             "run.h5", "odd name.yaml"])
        self.assertEqual(self.view(7).stdout.splitlines(), ["--lang", "en"])

    def test_without_the_viewer_it_is_told_how_to_get_it(self):
        for lang, says in (("en", "install the Debian packages libimgui-dev"), ("es", "instale los paquetes de Debian libimgui-dev")):
            self.assertEqual(len(self.view(1, says=says, lang=lang).stderr.splitlines()), 1)
        self.viewer.write_text("")
        self.view(1, says="arraigo-viewer: the operating system does not allow it (permission denied)")


class Installed(Case):
    def test_an_installed_program_finds_its_data_wherever_it_was_moved(self):
        done = subprocess.run(["cmake", "--install", BUILD, "--prefix", self.folder / "first"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        (self.folder / "first").rename(self.folder / "moved")
        program = self.folder / "moved/bin/arraigo"
        self.assertIn(str(self.folder / "moved/share/arraigo/data"),
                      self.expect(0, "--version", "--verbose", program=program).stdout)
        listed = json.loads(self.expect(0, "list", "scenarios", "--format", "json", program=program, cwd="/").stdout)
        self.assertEqual({s["scenario"] for s in listed}, {p.stem for p in (ROOT / "scenarios").glob("*.yaml")})
        self.expect(0, "check", "baseline", program=program, cwd="/")
        self.expect(0, "check", "theory/t9_on", program=program, cwd="/")
        installed = self.folder / "moved/share/arraigo/scenarios"
        # Tables and fitted values stand in the folder of data.
        self.assertEqual(sorted(p.relative_to(installed) for p in installed.rglob("*.yaml")),
                         sorted(p for p in (f.relative_to(ROOT / "scenarios") for f in (ROOT / "scenarios").rglob("*.yaml")) if p.parts[0] != "data"))
        self.assertTrue((self.folder / "moved/share/arraigo/data/calibrated.yaml").is_file())
        # A report is drawn by what was installed, and said to lack it when it is gone; Vega's licence goes with it.
        self.expect(0, "run", "baseline", *SMALL, "-o", self.runs, "--quiet", program=program, cwd="/")
        words = ["report", self.runs / "baseline.h5", self.runs / "baseline.h5", "-o"]
        self.expect(0, *words, self.folder / "a.html", program=program, cwd="/")
        self.assertIn("<path", (self.folder / "a.html").read_text(encoding="utf-8"))
        charts = self.folder / "moved/share/arraigo/report_charts.js"
        self.assertIn("UW Interactive Data Lab", charts.read_text(encoding="utf-8").split("*/")[0])
        charts.unlink()
        self.expect(1, *words, self.folder / "b.html", says=str(charts), program=program, cwd="/")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
