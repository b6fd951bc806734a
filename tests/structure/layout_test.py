"""What the tree promises about itself: includes point one way, every source is built, every table row is used."""
import re
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# What each folder may include besides itself; everything may include core.
ALLOWED = {
    "core": set(),
    "params": set(),
    "map": {"params"},
    "world": {"params"},
    "init": {"params", "world"},
    "phases": {"params", "world", "init"},
    "record": {"params", "world", "init"},
    "schedule": {"params", "world", "init", "phases", "record"},
    # Experiments edit people between months and run the schedule.
    "evidence": {"params", "world", "init", "phases", "record", "schedule"},
    "sweep": {"params", "record"},
    "analysis": {"record"},
    "app": {"params", "map", "world", "init", "phases", "record", "schedule", "evidence", "sweep", "analysis"},
    # It draws results and never reaches into the world, but for the names of its codes.
    "viz": {"params", "map", "world", "init", "record", "schedule", "analysis", "app"},
}
TOP_LEVEL = {"CMakeLists.txt", "CMakePresets.json", "sim", "scenarios", "viz", "analysis", "tests", "README.md", "LICENSE",
             "build", "runs"}


def folder_of(file):
    parts = file.relative_to(ROOT).parts
    return parts[1] if parts[0] == "sim" else parts[0]


def sources(*suffixes):
    return [f for top in ("sim", "analysis", "viz") for f in sorted((ROOT / top).rglob("*"))
            if f.suffix in suffixes and "examples" not in f.parts]


def upward_includes(name, folder, text):
    """The includes of a file that its folder must not have."""
    found = []
    for line, words in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s+"([a-z_]+)/', words)
        if match and match[1] in ALLOWED and match[1] not in ALLOWED[folder] | {folder, "core"}:
            found.append(f"{name}:{line}: {folder} must not include {match[1]}")
    return found


def english_only(name, text):
    """The complaints of a source whose words stand in it, not in the table of texts."""
    found = []
    for match in re.finditer(r"\b(?:InputError|MachineError|mistake|errors_?(?:\.|->)add)\((?:[^;]*?)\);", text, re.S):
        words = re.sub(r"\bsay\(", "", match[0])
        literals = [w for w in re.findall(r'"((?:[^"\\]|\\.)*)"', words) if re.search(r"[A-Za-z]{2,} [A-Za-z]{2,}", w)]
        if [w for w in literals if not w.startswith("arraigo ")]:
            found.append(f"{name}:{text.count(chr(10), 0, match.start()) + 1}: {literals[0]}")
    return found


class Layout(unittest.TestCase):
    def test_includes_point_one_way(self):
        wrong = [w for f in sources(".cpp", ".hpp")
                 for w in upward_includes(f.relative_to(ROOT), folder_of(f), f.read_text(encoding="utf-8"))]
        self.assertEqual(wrong, [])

    def test_an_upward_include_is_found(self):
        self.assertEqual(upward_includes("x.hpp", "world", '#pragma once\n#include "schedule/simulation.hpp"\n'),
                         ["x.hpp:2: world must not include schedule"])

    def test_every_folder_of_sim_has_a_place_in_the_order(self):
        self.assertEqual([d.name for d in sorted((ROOT / "sim").iterdir()) if d.is_dir() and d.name not in ALLOWED], [])

    def test_every_source_and_header_is_listed_in_the_build(self):
        listed = {}
        for cmake in [ROOT / "sim", ROOT / "sim/app", ROOT / "analysis", ROOT / "viz", ROOT / "tests"]:
            listed[cmake] = set(re.findall(r"[\w/.]+\.[ch]pp", (cmake / "CMakeLists.txt").read_text()))
        missing = []
        for file in sources(".cpp", ".hpp") + sorted((ROOT / "tests").rglob("*.cpp")):
            home = next(d for d in (ROOT / "sim/app", ROOT / "sim", ROOT / "analysis", ROOT / "viz", ROOT / "tests") if d in file.parents)
            # Headers of the program and of tests belong to no header set.
            if file.suffix == ".hpp" and home == ROOT / "sim/app":
                continue
            if file.relative_to(home).as_posix() not in listed[home]:
                missing.append(str(file.relative_to(ROOT)))
        self.assertEqual(missing, [])

    def test_the_top_level_holds_nothing_else(self):
        self.assertEqual([p.name for p in sorted(ROOT.iterdir()) if not p.name.startswith(".") and p.name not in TOP_LEVEL], [])


class Tables(unittest.TestCase):
    def test_every_message_is_used(self):
        text = "".join(f.read_text(encoding="utf-8") for f in sources(".cpp", ".hpp"))
        used = set(re.findall(r"Message::(\w+)", text))
        rows = [key for table in sorted((ROOT / "sim/core").glob("text*.def"))
                for key in re.findall(r"^M\((\w+)", table.read_text(encoding="utf-8"), re.M)]
        self.assertGreater(len(rows), 50)
        self.assertEqual([key for key in rows if key not in used], [])

    def test_every_complaint_comes_from_the_table_of_texts(self):
        found = [w for f in sources(".cpp", ".hpp") for w in english_only(f.relative_to(ROOT), f.read_text(encoding="utf-8"))]
        self.assertEqual(found, [])

    def test_a_complaint_with_words_of_its_own_is_found(self):
        self.assertEqual(english_only("x.cpp", 'throw InputError(\n    fmt::format("no such thing {}", x));\n'), ["x.cpp:1: no such thing {}"])
        self.assertEqual(english_only("x.cpp", 'throw InputError(mistake("arraigo story", "--pick", x, say(Message::a)));'), [])

    def test_every_parameter_is_read_by_the_model(self):
        model = "".join(f.read_text(encoding="utf-8") for f in sources(".cpp", ".hpp")
                        if folder_of(f) in ("world", "init", "phases", "record", "schedule"))
        rows = re.findall(r"^P\((\w+),\s*(\w+)", (ROOT / "sim/params/parameters.def").read_text(encoding="utf-8"), re.M)
        self.assertGreater(len(rows), 0)
        unread = [f"{group}.{name}" for group, name in rows if not re.search(rf"\b{group}_{name}\b", model)]
        self.assertEqual(unread, [])

    def test_what_the_model_asks_of_dated_tables_is_what_check_holds_a_start_against(self):
        text = "".join(f.read_text(encoding="utf-8") for f in sources(".cpp", ".hpp")
                       if folder_of(f) in ("world", "init", "phases", "record", "schedule"))
        country = (ROOT / "sim/init/country.cpp").read_text(encoding="utf-8")
        for call, lists in (("rule", ["rules_before_start", "rules_at_start"]), ("flow", ["flows_at_start"]),
                            ("margin(?:_value|_by_part)?", ["margins_of_migrants", "margins_that_hosts_may_lend"])):
            asked = set(re.findall(rf'\b{call}\("(\w+)"', text))
            listed = [re.search(rf"\b{name}\{{(.*?)\}};", country, re.S)[1] for name in lists]
            self.assertGreater(len(asked), 5)
            self.assertEqual(asked, set(re.findall(r'"(\w+)"', "".join(listed))), call)
        policies = (ROOT / "sim/phases/policies.cpp").read_text(encoding="utf-8")
        monthly = re.search(r"\brules_before_start\{(.*?)\};", country, re.S)[1]
        # cpi is asked for by Setup::real.
        self.assertEqual(set(re.findall(r'\brule\("(\w+)"', policies)) | {"cpi"}, set(re.findall(r'"(\w+)"', monthly)))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
