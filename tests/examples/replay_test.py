#!/usr/bin/env python3
"""Recordings of the demo and of the simulator play again in every build, and their pictures are fit to look at.

    replay_test.py DEMO NAT_DEMO REPLAY...

DEMO-A.floe and DEMO-B.floe are the recordings of the demo. The pictures are measured in a headless browser, where
there is one: no two texts overlap, all of them are inside, and both colour schemes can be read.
"""

import html
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

DEMO, NAT_DEMO, *REPLAYS = sys.argv[1:] or [""]

# For a page of our own: what a picture looks like to the one who looks at it.
MEASURE = """
const svg = document.querySelector("svg"), view = svg.viewBox.baseVal;
const texts = [...svg.querySelectorAll("text")].map(t => ({t, b: t.getBBox()}));
const out = {texts: texts.length, outside: [], overlaps: [], colours: {}};
const inner = 1.5;  // boxes have some air
for (const {t, b} of texts) {
  if (b.x < 0 || b.y < 0 || b.x + b.width > view.width || b.y + b.height > view.height) out.outside.push(t.textContent);
}
for (let i = 0; i < texts.length; ++i) for (let k = i + 1; k < texts.length; ++k) {
  const a = texts[i].b, b = texts[k].b;
  const wide = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const high = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (wide > inner && high > inner) out.overlaps.push([texts[i].t.textContent, texts[k].t.textContent]);
}
// What is written among the arrows stands on a plate that hides them.
const plates = [...svg.querySelectorAll(".plate")].map(e => ({e, b: e.getBBox()}));
const ways = [...svg.querySelectorAll("line.way[y1]")].filter(e => e.getBBox().y < view.height - 50);
const last = ways[ways.length - 1];
out.labels = 0;
out.struck = [];
for (const {t, b} of texts) if (t.classList.contains("label")) {
  ++out.labels;
  const under = plates.find(p => p.b.x <= b.x && p.b.x + p.b.width >= b.x + b.width - 1 &&
                                 p.b.y <= b.y + 3 && p.b.y + p.b.height >= b.y + b.height - 2);
  if (!under || !(last.compareDocumentPosition(under.e) & Node.DOCUMENT_POSITION_FOLLOWING) ||
      !(under.e.compareDocumentPosition(t) & Node.DOCUMENT_POSITION_FOLLOWING)) out.struck.push(t.textContent);
}
// Nor does an arrow end on a text; on its way through a relay it may pass behind one.
out.points = [];
const lanes = [...svg.querySelectorAll("line.life")].map(l => l.x1.baseVal.value);
const sides = [Math.min(...lanes), Math.max(...lanes)];
const ends = ways.map(w => [w.x2.baseVal.value, w.y2.baseVal.value]).filter(([x]) => sides.some(s => Math.abs(s - x) < 1));
for (const {t, b} of texts) if (t.classList.contains("label")) {
  if (ends.some(([x, y]) => x > b.x - 12 && x < b.x + b.width + 12 && y > b.y + inner && y < b.y + b.height - inner)) {
    out.points.push(t.textContent);
  }
}
// Nothing but what closing sends leaves a side below the words that it closes.
out.after = [];
const at = e => e.getBBox().y + e.getBBox().height / 2;
for (const end of [...svg.querySelectorAll("text")].filter(t => t.textContent == "closes")) {
  const lane = end.classList.contains("end") ? end.x.baseVal[0].value + 12 : end.x.baseVal[0].value - 12;
  for (const w of ways) if (Math.abs(w.x1.baseVal.value - lane) < 1 && w.y1.baseVal.value > at(end) &&
                            !w.style.stroke.match(/upkeep|lost/)) out.after.push(w.style.stroke);
}
out.page = getComputedStyle(document.body).backgroundColor.match(/[0-9.]+/g).slice(0, 3).map(Number);
out.words = svg.textContent;
const colour = (e, what) => getComputedStyle(e)[what].match(/[0-9.]+/g).slice(0, 3).map(Number);
out.colours.paper = colour(svg.querySelector(".paper"), "fill");
out.colours.text = colour(svg.querySelector("text.title"), "fill");
out.colours.mute = colour(svg.querySelector("text.mute"), "fill");
for (const l of svg.querySelectorAll("line.way")) out.colours[l.style.stroke] = colour(l, "stroke");
out.dark = matchMedia("(prefers-color-scheme: dark)").matches;
out.fetched = performance.getEntriesByType("resource").map(e => e.name);
const told = document.createElement("pre");
told.id = "measured";
told.textContent = JSON.stringify(out);
document.body.append(told);
"""


def luminance(colour):
    parts = [c / 255 for c in colour]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def browser(page, profile, dark):
    """The page after its script has run."""
    words = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--no-first-run", f"--user-data-dir={profile}",
             f"--blink-settings=preferredColorScheme={0 if dark else 1}", "--dump-dom", page.as_uri()]
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=180, check=True).stdout


def play(program, *words):
    return subprocess.run([program, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60,
                          check=False)


class Replay(unittest.TestCase):
    def setUp(self):
        self.place = tempfile.TemporaryDirectory()
        self.directory = pathlib.Path(self.place.name)
        self.addCleanup(self.place.cleanup)
        self.demo = [f"{DEMO}-A.floe", f"{DEMO}-B.floe"]

    def simulated(self, *words):
        name = self.directory / words[0]
        done = play(NAT_DEMO, "--nat", *words, "--record", name)
        self.assertEqual(done.returncode, 0, done.stdout)
        return [f"{name}-A.floe", f"{name}-B.floe"]

    def test_every_build_says_the_same(self):
        for recordings in (self.demo, self.simulated("symmetric", "--loss", "5"), self.simulated("blocked")):
            told = [play(program, *recordings) for program in REPLAYS]
            for one in told:
                self.assertEqual(one.returncode, 0, one.stdout)
                self.assertEqual(one.stdout.count("every answer as recorded"), 2)
                self.assertEqual(one.stdout, told[0].stdout)

    def test_a_planted_difference_is_told(self):
        recording = bytearray(pathlib.Path(self.demo[0]).read_bytes())
        outcome = 0
        for at in range(len(recording) // 2, len(recording), len(recording) // 30):
            changed = self.directory / "changed.floe"
            changed.write_bytes(recording[:at] + bytes([recording[at] ^ 0x55]) + recording[at + 1:])
            done = play(REPLAYS[0], changed, "--quiet")
            self.assertIn(done.returncode, (0, 1), done.stdout)
            outcome += "NOT as recorded" in done.stdout and ("call " in done.stdout or "damaged" in done.stdout)
        self.assertGreater(outcome, 8)

    def test_what_is_no_recording_is_refused(self):
        nothing = self.directory / "nothing"
        nothing.write_bytes(b"GET / HTTP/1.1\r\n\r\n")
        another = bytearray(pathlib.Path(self.demo[0]).read_bytes())
        version = self.directory / "version"
        version.write_bytes(another[:8] + bytes([another[8] ^ 0x7f]) + another[9:])
        for files in ([nothing], [version], [self.demo[0], nothing], [nothing, self.demo[0]], [self.directory / "absent"]):
            picture = self.directory / "picture.html"
            done = play(REPLAYS[0], *files, "--html", picture)
            self.assertEqual(done.returncode, 2, done.stdout)
            self.assertRegex(done.stdout, r"^replay: .*(no recording|another version|can't read).*\n$")
            self.assertFalse(picture.exists())
        for words, named in (([], "a recording is missing"), (["--svg"], "--svg needs a value"),
                             ([nothing] * 3, "one word too many"), (["--page", "x"], "no option --page")):
            done = play(REPLAYS[0], *words)
            self.assertEqual(done.returncode, 2)
            self.assertIn(named, done.stdout)

    def test_the_story_in_words(self):
        told = play(REPLAYS[0], *self.simulated("symmetric", "--loss", "5")).stdout
        for words in ("A -> TURN server", "nominate", "(lost)", "selects", "because", "learns prflx"):
            self.assertIn(words, told)

    @unittest.skipUnless(shutil.which("chromium"), "no chromium")
    def test_pictures(self):
        for name, recordings in (("demo", self.demo), ("one", self.demo[:1]),
                                 ("cone", self.simulated("cone", "--loss", "10")),
                                 ("symmetric", self.simulated("symmetric", "--loss", "10"))):
            svg, page = self.directory / f"{name}.svg", self.directory / f"{name}.html"
            done = play(REPLAYS[0], *recordings, "--quiet", "--svg", svg, "--html", page)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertIn(svg.read_text(encoding="utf-8"), page.read_text(encoding="utf-8"))
            datagrams = int(re.search(r"(\d+) datagrams", done.stdout)[1])
            papers = set()
            for dark in (False, True):
                with self.subTest(name=name, dark=dark):
                    papers.add(self.look_at(page, dark, datagrams))
            self.assertEqual(len(papers), 2)

    def look_at(self, page, dark, datagrams):
        measured = page.with_name("measured.html")
        text = page.read_text(encoding="utf-8")
        self.assertNotRegex(text.replace("http://www.w3.org/2000/svg", ""), r"https?:|<script|@import|src=")
        measured.write_text(text.replace("</body>", f"<script>{MEASURE}</script></body>"), encoding="utf-8")
        dom = browser(measured, self.directory / "profile", dark)
        seen = json.loads(html.unescape(re.search(r'<pre id="measured">(.*?)</pre>', dom, re.DOTALL)[1]))
        self.assertGreater(seen["texts"], 20)
        self.assertEqual(seen["outside"], [])
        self.assertEqual(seen["overlaps"], [])
        self.assertEqual(seen["fetched"], [])
        # Like ones in a row share a label.
        self.assertGreater(seen["labels"], datagrams / 2)
        self.assertEqual(seen["struck"], [])
        self.assertEqual(seen["points"], [])
        self.assertEqual(seen["after"], [])
        self.assertIn("not to scale", seen["words"])
        self.assertEqual(seen["page"], seen["colours"]["paper"])
        self.assertEqual(seen["dark"], dark)
        colours = seen["colours"]
        paper = colours.pop("paper")
        self.assertLess(contrast(paper, [0, 0, 0]) if dark else contrast(paper, [255, 255, 255]), 1.5)
        for what, colour in colours.items():
            self.assertGreater(contrast(colour, paper), 3 if what.startswith("var") else 4.5, what)
        return tuple(paper)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    unittest.main(argv=sys.argv[:1], verbosity=2)
