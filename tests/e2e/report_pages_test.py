"""Reports in a browser: report_pages_test.py ARRAIGO. Skipped where there is no Chromium.

A copy of the page gets a script that measures what was laid out; the page itself has none and allows none."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ARRAIGO = Path(sys.argv.pop(1)).resolve()
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
LONG = "Una política de nombre muy largo, con oficinas, unidades móviles, convalidación de títulos y cuidado infantil en toda la zona"
POLICY = """extends: regularisation
name: long
title: {es: "%s", en: "%s"}
description: {es: "Nada.", en: "Nothing."}
""" % (LONG, LONG)
SWEEP = """scenarios: [baseline, regularisation]
design: {kind: %s}
parameters:
  news.campaign_effect:
  attitudes.hostile_share_at_start: [0.3, 0.6]
  %s
area: "150132,150135"
scale: 100
months: 14
replicates: 2
"""
PICTURES = "random", "blocks", "paths", "words"

MEASURE = """<script>
addEventListener('load', () => {
  const found = {overlaps: [], outside: [], texts: 0, wide: document.documentElement.scrollWidth - document.documentElement.clientWidth};
  for (const details of document.querySelectorAll('details')) details.open = true;
  for (const svg of document.querySelectorAll('svg')) {
    const frame = svg.getBoundingClientRect();
    const boxes = [...svg.querySelectorAll('text')].map(t => [t.textContent, t.getBoundingClientRect()]);
    found.texts += boxes.length;
    boxes.forEach(([text, a], i) => {
      if (a.left < frame.left - 1 || a.right > frame.right + 1 || a.top < frame.top - 1 || a.bottom > frame.bottom + 2) found.outside.push(text);
      for (const [other, b] of boxes.slice(i + 1))
        if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 2 && b.top < a.bottom - 2) found.overlaps.push([text, other]);
    });
  }
  for (const cell of document.querySelectorAll('th, td, p, dd, figcaption'))
    if (cell.scrollWidth > cell.clientWidth + 1 && getComputedStyle(cell).display !== 'inline') found.outside.push(cell.textContent.slice(0, 60));
  const out = document.createElement('pre');
  out.id = 'measured';
  out.textContent = JSON.stringify(found);
  document.body.append(out);
});
</script></body>"""


@unittest.skipUnless(CHROMIUM, "no Chromium on this machine")
class Browser(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.keeper = tempfile.TemporaryDirectory()
        cls.folder = Path(cls.keeper.name)
        (cls.folder / "long.yaml").write_text(POLICY, encoding="utf-8")
        cls.call("run", "baseline", "regularisation", cls.folder / "long.yaml", "--scale", "400", "--months", "20", "--replicates", "2",
                 "--detail", "districts", "-o", cls.folder, "--quiet")
        cls.call("run", "baseline", "regularisation", "--area", "150132,150135", "--scale", "100", "--months", "5", "--replicates", "1",
                 "-o", cls.folder / "short", "--quiet")
        # All that a report may hold: assumptions of a sweep, and history against what was published.
        cls.call("run", "history", "--area", "lima_callao", "--scale", "400", "--replicates", "2", "-o", cls.folder, "--quiet")
        contact = "news.contact_prob_per_month:"
        for name, design, third in (("random", "latin_hypercube, points: 24", contact), ("blocks", "saltelli, base: 8", contact), ("paths", "morris, trajectories: 4", contact),
                                    ("words", "grid, levels: 3", "measures.quota.enabled: {values: [true, false]}")):
            sweep = SWEEP % (design, third)
            if name == "random":  # goes into a report of Lima-Callao
                sweep = sweep.replace('"150132,150135"', "lima_callao").replace("scale: 100", "scale: 400")
            (cls.folder / f"{name}.yaml").write_text(sweep, encoding="utf-8")
            cls.call("sweep", cls.folder / f"{name}.yaml", "-o", cls.folder / name, "--quiet")
        cls.reports = {}
        for lang in ("es", "en"):
            cls.reports[lang] = cls.folder / f"{lang}.html"
            cls.call("report", *(cls.folder / f"{name}.h5" for name in ("baseline", "regularisation", "long")), cls.folder / "random",
                     "--validation", cls.folder / "history.h5", "-o", cls.reports[lang], "--lang", lang)
        # Pictures of sensitivity, each in a page.
        for name in PICTURES:
            picture = cls.folder / f"{name}.svg"
            cls.call("sensitivity", cls.folder / name, "--output", "regular_share", "--output", "public_cost", "--plot", picture, "--lang", "en")
            cls.reports[name] = cls.folder / f"picture_{name}.html"
            cls.reports[name].write_text(f"<!DOCTYPE html><meta charset='utf-8'><body>{picture.read_text(encoding='utf-8')}</body>", encoding="utf-8")
        cls.reports["short"] = cls.folder / "short.html"
        cls.call("report", cls.folder / "short/baseline.h5", cls.folder / "short/regularisation.h5", "-o", cls.reports["short"])

    @classmethod
    def tearDownClass(cls):
        cls.keeper.cleanup()

    @staticmethod
    def call(*words):
        done = subprocess.run([ARRAIGO, *map(str, words)], capture_output=True, text=True, timeout=900)
        assert done.returncode == 0, (words, done.stdout, done.stderr)

    def browse(self, file, *options):
        profile = self.folder / "profile"
        return subprocess.run([CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={profile}",
                               "--enable-logging=stderr", *options, file.as_uri()], capture_output=True, text=True, errors="replace", timeout=300,
                              env={**os.environ, "HOME": str(self.folder)})

    def test_no_errors_on_the_console(self):
        for name, file in self.reports.items():
            said = self.browse(file, "--dump-dom").stderr
            self.assertEqual([line for line in said.splitlines() if "CONSOLE" in line], [], name)

    def test_the_console_is_heard(self):
        wrong = self.folder / "wrong.html"
        wrong.write_text("<!DOCTYPE html><script>undefined_thing()</script>")
        self.assertIn("CONSOLE", self.browse(wrong, "--dump-dom").stderr)

    def test_no_label_covers_another_or_is_cut_off(self):
        for name, file in self.reports.items():
            is_picture = name in PICTURES
            for size in ("1280,900",) if is_picture else ("1280,900", "500,900"):
                page = re.sub(r"<meta http-equiv[^>]*>", "", file.read_text(encoding="utf-8"))
                copy = self.folder / "measured.html"
                copy.write_text(page.replace("</body>", MEASURE), encoding="utf-8")
                seen = self.browse(copy, "--dump-dom", f"--window-size={size}").stdout
                found = json.loads(re.search(r'<pre id="measured">(.*?)</pre>', seen, re.S)[1].replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">"))
                with self.subTest(page=name, size=size):
                    self.assertGreater(found["texts"], 15 if is_picture else 100)
                    self.assertEqual(found["overlaps"], [])
                    self.assertEqual(found["outside"], [])
                    self.assertLessEqual(found["wide"], 0)

    def test_all_parts_are_there_and_small(self):
        for name in ("es", "en"):
            page = self.reports[name].read_text(encoding="utf-8")
            for part in ("assumptions", "validation", "provenance"):
                self.assertIn(f'id="{part}"', page)
            self.assertLess(len(page.encode()), 5_000_000)

    def test_it_prints(self):
        pdf = self.folder / "report.pdf"
        self.browse(self.reports["es"], f"--print-to-pdf={pdf}", "--no-pdf-header-footer")
        self.assertTrue(pdf.read_bytes().startswith(b"%PDF"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
