"""What the documents promise: documents_test.py ARRAIGO (the built program).

The reference is the tables' own, MODEL.md lists the phases and parameters that the program has, every scenario in
scenarios/README.md is accepted, and the blocks of analysis/README.md run on fresh run files.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "sim"))
import write_reference  # noqa: E402

ARRAIGO = Path(sys.argv.pop(1)).resolve()
DOCUMENTS = ["README.md", "sim/MODEL.md", "sim/REFERENCE.md", "sim/sweep/README.md", "scenarios/README.md", "analysis/README.md", "viz/README.md"]
# Two districts with large migrant communities, long enough for the shipped policies (July 2026) to begin.
SMALL = "--area 150132,150135 --scale 50 --months 8 --replicates 2 --quiet"


def page(name):
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(text, kind):
    """The contents of the fenced blocks whose info string is `kind`."""
    return [body for info, body in re.findall(r"^```([a-z ]*)\n(.*?)^```$", text, re.M | re.S) if info == kind]


def run(words, folder, **more):
    return subprocess.run(words, cwd=folder, capture_output=True, encoding="utf-8", errors="replace",
                          env=os.environ | {"LC_ALL": "C.UTF-8"}, **more)


def program_lines(text):
    """The commands of a page that start the program, as lists of words."""
    lines = [line.split(" #")[0] for body in blocks(text, "sh") for line in body.splitlines()]
    return [line.split() for line in lines if re.match(r"(\S+/)?arraigo ", line)]


def listed(what):
    return write_reference.listed(str(ARRAIGO), what)


class Reference(unittest.TestCase):
    def test_it_is_what_the_tables_say(self):
        written, expected = page("sim/REFERENCE.md").splitlines(), write_reference.reference(str(ARRAIGO)).splitlines()
        differing = [f"{number}: {a!r} should be {b!r}" for number, (a, b) in enumerate(zip(written, expected), 1) if a != b]
        self.assertEqual(differing[:3], [], "run: python3 sim/write_reference.py ARRAIGO > sim/REFERENCE.md")
        self.assertEqual(len(written), len(expected), "run: python3 sim/write_reference.py ARRAIGO > sim/REFERENCE.md")


class Model(unittest.TestCase):
    text = page("sim/MODEL.md")

    def test_its_numbered_sections_are_the_phases_of_the_month(self):
        self.assertEqual(re.findall(r"^### ([\d.]+) (.+) \(`(\w+)`\)$", self.text, re.M),
                         [(row["section"], row["title_en"], row["phase"]) for row in listed("phases")])

    def test_its_schedule_is_the_programs(self):
        self.assertEqual(re.findall(r"^\| ([\d.]+) \| `(\w+)` \|", self.text, re.M),
                         [(row["section"], row["phase"]) for row in listed("phases")])

    def test_it_names_every_parameter_and_no_other(self):
        known = {row["parameter"] for row in listed("parameters")}
        groups = "|".join(sorted({name.split(".")[0] for name in known}))
        code = " ".join(re.findall(r"`([^`\n]+)`", self.text))
        named = set(re.findall(rf"\b((?:{groups})\.(?!csv)\w+)", code))
        self.assertEqual(sorted(known - named), [], "parameters that MODEL.md does not mention")
        self.assertEqual(sorted(named - known), [], "parameters that the program does not have")

    def test_it_names_every_data_table(self):
        tables = [file.name for file in sorted((ROOT / "scenarios/data").glob("*.csv"))]
        self.assertGreater(len(tables), 5)
        self.assertEqual([name for name in tables if f"`{name}`" not in self.text], [])

    def test_it_names_every_measure(self):
        kinds = {row["kind"] for row in listed("measures")}
        self.assertEqual([kind for kind in sorted(kinds) if f"`{kind}`" not in self.text], [])


class Scenarios(unittest.TestCase):
    text = page("scenarios/README.md")

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def check(self, body, *options):
        (Path(self.folder.name) / "my_policy.yaml").write_text(body, encoding="utf-8")
        return run([ARRAIGO, "check", "my_policy.yaml", "--lang", "en", *options], self.folder.name)

    def test_every_example_is_accepted(self):
        examples = blocks(self.text, "yaml")
        self.assertGreater(len(examples), 10)
        for body in examples:
            answer = self.check(body)
            # Some show what was never tried, which is told and is no mistake.
            said = [line for line in answer.stderr.splitlines() if not re.match(r"Note: my_policy: measures\.[\w.]+ = [\d.]+ lies outside", line)]
            self.assertEqual((answer.returncode, said), (0, []), body)

    def test_the_mistakes_are_answered_as_printed(self):
        wrong, said = blocks(self.text, "yaml mistakes"), blocks(self.text, "text")
        self.assertEqual(len(wrong), len(said))
        for body, expected in zip(wrong, said):
            answer = self.check(body)
            self.assertEqual((answer.returncode, answer.stdout, answer.stderr), (2, "", expected))

    def test_every_kind_of_measure_is_shown_with_every_field(self):
        shown = "\n".join(blocks(self.text, "yaml"))
        measures = re.split(r"^ *- ", shown, flags=re.M)
        missing = []
        rows = listed("measures")
        kinds = {row["kind"] for row in rows}
        # What every kind has is shown once, with any.
        common = {row["field"] for row in rows if row["field"]}
        for kind in kinds:
            common &= {row["field"] for row in rows if row["kind"] == kind}
        self.assertEqual(common, {"unit_cost_soles", "payer"})
        for field in sorted(common):
            self.assertIn(f"`{field}`", self.text)
            if f" {field}: " not in shown:
                missing.append(field)
        for row in rows:
            if row["field"] in common:
                continue
            of_kind = [entry for entry in measures if re.search(rf"\bkind: {row['kind']}\b", entry)]
            if not any(re.search(rf"\b{row['field'] or 'kind'}: ", entry) for entry in of_kind):
                missing.append(f"{row['kind']} {row['field']}")
        self.assertEqual(missing, [])

    def test_every_shipped_scenario_is_listed(self):
        self.assertEqual(sorted(re.findall(r"^\| `(\w+\.yaml)` \|", self.text, re.M)),
                         [file.name for file in sorted((ROOT / "scenarios").glob("*.yaml"))])

    def test_the_library_lists_titles_by_group_as_the_program_does(self):
        library = self.text.split("## The shipped scenarios")[1].split("\n## ")[0]
        written, group = [], ""
        for line in library.splitlines():
            if heading := re.match(r"\*\*.+?\*\*(?: \(`group: (\w+)`\))?$", line):
                group = heading[1] or ""
            elif row := re.match(r"\| `(\w+)\.yaml` \| (.+) \|$", line):
                written.append((group, row[1], row[2]))
        self.assertEqual(written, [(row["group"], row["scenario"], row["title_en"]) for row in listed("scenarios")])

    def test_the_catalogue_lists_every_programme_with_its_kind_and_title(self):
        catalogue = self.text.split("## Named programmes of Peru")[1].split("\n## ")[0]
        entries = re.findall(r"^  - id: (\w+)\n    enabled: false\n    title: \{es: .+, en: \"(.+)\"\}\n    kind: (\w+)$",
                             (ROOT / "scenarios/programmes.yaml").read_text(encoding="utf-8"), re.M)
        self.assertGreater(len(entries), 80)
        self.assertEqual(re.findall(r"^\| `(\w+)` \| `(\w+)` \| (.+) \|$", catalogue, re.M),
                         [(name, kind, title) for name, title, kind in entries])

    def test_the_claims_of_the_theory_of_change_are_listed(self):
        claims = re.findall(r"^  - id: (\w+)$", (ROOT / "scenarios/theory/claims.yaml").read_text(encoding="utf-8"), re.M)
        theory = self.text.split("## The theory of change")[1].split("\n## ")[0]
        self.assertEqual(re.findall(r"^\| (T\w+) \|", theory, re.M), claims)

    def test_the_keys_are_those_of_a_resolved_scenario(self):
        table = self.text.split("## Keys of a scenario")[1].split("\nWithout `extends`")[0]
        named = {key for row in re.findall(r"^\| (`.+?) \|", table, re.M) for key in re.findall(r"`(\w+)`", row)}
        resolved = run([ARRAIGO, "check", "regularisation", "--months", "2"], self.folder.name).stdout
        self.assertEqual(named, set(re.findall(r"^(\w+):", resolved, re.M)) | {"extends"})

    def test_its_commands_are_understood(self):
        (Path(self.folder.name) / "my_policy.yaml").write_text(blocks(self.text, "yaml")[0], encoding="utf-8")
        lines = [words for words in program_lines(self.text) if words[1] in ("run", "check")]
        self.assertGreater(len(lines), 3)
        for words in lines:
            # `check` reads the scenario, overrides and settings as `run` would, without running it.
            kept = [w for w, before in zip(words[2:], words[1:]) if w != "-o" and before != "-o"]
            answer = run([ARRAIGO, "check", *kept], self.folder.name)
            self.assertEqual((answer.returncode, answer.stderr), (0, ""), " ".join(words))


class Commands(unittest.TestCase):
    def test_commands_and_options_exist(self):
        count = 0
        for name in DOCUMENTS:
            if not (ROOT / name).exists():
                continue
            for words in program_lines(page(name)):
                if words[1].startswith("-"):
                    continue
                answer = run([ARRAIGO, words[1], "--help"], ROOT)
                self.assertEqual(answer.returncode, 0, f"{name}: {' '.join(words)}")
                for option in (w.split("=")[0] for w in words[2:] if w.startswith("-")):
                    self.assertRegex(answer.stdout, rf"(^|[ ,]){re.escape(option)}\b", f"{name}: {' '.join(words)}")
                count += 1
        self.assertGreater(count, 5)

    def test_files_that_are_named_exist(self):
        missing = [f"{name}: {file}" for name in DOCUMENTS if (ROOT / name).exists()
                   for file in re.findall(r"`((?:sim|scenarios|analysis|viz|tests)/[\w./]+)`", page(name)) if not (ROOT / file).exists()]
        self.assertEqual(missing, [])


class RunFiles(unittest.TestCase):
    """The page about run files, block by block, on runs made by its own first command."""
    text = page("analysis/README.md")

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.folder = Path(cls.temporary.name)
        (cls.folder / "analysis").symlink_to(ROOT / "analysis")
        first, *cls.later = [line for body in blocks(cls.text, "sh") for line in body.splitlines()]
        answer = cls.shell(f"{first} {SMALL}")
        if answer.returncode != 0:
            raise AssertionError(f"{first}: {answer.stderr}")

    @classmethod
    def shell(cls, line):
        words = [str(ARRAIGO) if w == "arraigo" else sys.executable if w.endswith("python3") else w for w in line.split()]
        return run(words, cls.folder)

    def test_its_commands_run(self):
        lines = [line for line in self.later if not line.startswith("Rscript")]
        self.assertGreater(len(lines), 4)
        for line in lines:
            answer = self.shell(line)
            self.assertEqual(answer.returncode, 0, f"{line}: {answer.stderr}")
            self.assertNotEqual(answer.stdout, "", line)

    def test_its_python_runs(self):
        bodies = blocks(self.text, "python")
        self.assertGreater(len(bodies), 3)
        for body in bodies:
            answer = run([sys.executable, "-c", body], self.folder)
            self.assertEqual(answer.returncode, 0, f"{body}\n{answer.stderr}")
            self.assertNotEqual(answer.stdout.strip(), "", body)
            self.assertNotIn("nan", answer.stdout, body)

    def test_its_r_runs(self):
        if shutil.which("Rscript") is None or run(["Rscript", "-e", "library(ncdf4)"], self.folder).returncode != 0:
            self.skipTest("R with ncdf4 is not installed (Debian: r-cran-ncdf4)")
        lines = [line for line in self.later if line.startswith("Rscript")]
        self.assertGreater(len(lines), 0)
        for answer in [self.shell(line) for line in lines] + [run(["Rscript", "-e", body], self.folder) for body in blocks(self.text, "r")]:
            self.assertEqual(answer.returncode, 0, answer.stderr)
            self.assertGreater(len(answer.stdout.splitlines()), 2)

    def test_the_columns_of_compare_are_those_named(self):
        answer = run([ARRAIGO, "compare", "runs/baseline.h5", "runs/regularisation.h5", "--format", "csv"], self.folder)
        self.assertIn(f"`{answer.stdout.splitlines()[0]}`", self.text)

    def test_the_dimensions_and_attributes_are_those_named(self):
        import h5py
        with h5py.File(self.folder / "runs/baseline.h5") as file:
            attributes, names = set(file.attrs), set(file)
        rows = dict(re.findall(r"^\| (dimensions|attributes of the file) \| (.*) \|$", self.text, re.M))
        self.assertEqual(set(re.findall(r"`(\w+)`", rows["dimensions"])) - {"zone"} - names, set())
        self.assertEqual(set(re.findall(r"`(\w+)`", rows["attributes of the file"])) - attributes, set())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
