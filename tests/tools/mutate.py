#!/usr/bin/env python3
"""Changes the rules one place at a time, and lists the changes that no twin test notices.

mutations.py says what a change is. All changes of a header are built into its twin test at once, which then runs with
each of them and must fail. What it does not notice so, because constant expressions may decide it, is built and tried
by itself: it must fail, or fail to compile because a static_assert says so. A change that does not compile otherwise is
none. The tests of a class in several headers are tried as one.

What was found out holds until the header or its twin test is another one, so that a run can go on where it was stopped.
Changes that make no difference to anybody stand with their reason in mutate.allowed; they don't count."""

import argparse
import collections
import concurrent.futures
import hashlib
import os
import pathlib
import random
import re
import resource
import shutil
import subprocess
import sys
import threading

import mutations
import source

ROOMS = ("ice", "stun", "turn")
ALLOWED = pathlib.Path(__file__).with_name("mutate.allowed")
SUPPORT = pathlib.Path(__file__).with_name("mutation.hpp")
COMPILER = os.environ.get("CXX", "g++")
FLAGS = ["-std=c++20", "-O0", "-g0", "-w", "-D_GLIBCXX_ASSERTIONS", "-Wno-narrowing"]
# Headers that not every machine has, or that only some twins can include.
UNUSUAL = re.compile(r"arm_|cpuid|immintrin|openssl|catch2|nlohmann")
lock = threading.Lock()


def read_allowed():
    """{name of a change: its reason}"""
    lines = ALLOWED.read_text(encoding="utf-8").splitlines() if ALLOWED.exists() else []
    return dict(line.rsplit(" | ", 1) for line in lines if line and not line.startswith("#"))


def twin_of(path):
    return pathlib.Path("tests") / pathlib.Path(path).relative_to("include/floe").with_suffix(".cpp")


def parts_of(path, tree):
    """The headers that end a header because they define its class, as session.hpp's."""
    stem, text = pathlib.Path(path).stem, (tree / path).read_text(encoding="utf-8")
    included = re.findall(r'^#include "(floe/[\w/]+\.hpp)" +// IWYU pragma: export', text, re.MULTILINE)
    return [f"include/{name}" for name in included if pathlib.Path(name).stem.startswith(f"{stem}_") and
            (tree / twin_of(f"include/{name}")).exists()]


def short(path):
    return path.removeprefix("include/floe/").removesuffix(".hpp")


class log:
    """What earlier runs found out: {(header, its text, change): (twin's text, outcome)}, in a file that only grows."""

    def __init__(self, path):
        self.path, self.known = path, {}
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
            *key, twin, outcome = line.split("\t")
            self.known[tuple(key)] = (twin, outcome)

    def note(self, key, twin, outcome):
        with lock:
            self.known[key] = (twin, outcome)
            with self.path.open("a", encoding="utf-8") as out:
                print(*key, twin, outcome, sep="\t", file=out)


def digest(path):
    return hashlib.sha1(pathlib.Path(path).read_bytes() + SUPPORT.read_bytes()).hexdigest()[:16]


def copy_tree(place):
    """A copy that nobody edits while it is tried."""
    tree = place / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    for part in ("include", "tests"):
        shutil.copytree(source.ROOT / part, tree / part)
    return tree


def precompile(place, tree):
    """Builds once what all twins share: main(), and the standard library, GSL and Catch2 as a precompiled header."""
    used = set()
    for path in [*(tree / "include/floe").rglob("*.hpp"), *(tree / "tests").rglob("*.[ch]pp")]:
        used |= set(re.findall(r"^#include (<[\w./]+>)", path.read_text(encoding="utf-8"), re.MULTILINE))
    lines = [f"#include {name}\n" for name in sorted(used) if re.fullmatch(r"<(?:[a-z_]+|gsl/\w+)>", name) and
             not UNUSUAL.search(name)]
    text = f"// {COMPILER} {FLAGS}\n" + "".join(lines) + '#include "catch.hpp"\n'
    header, objects = place / "shared.hpp", place / "main.o"
    if not header.exists() or header.read_text(encoding="utf-8") != text or not objects.exists():
        header.write_text(text, encoding="utf-8")
        options = [*FLAGS, f"-I{tree / 'tests'}"]
        subprocess.run([COMPILER, *options, "-x", "c++-header", str(header), "-o", f"{header}.gch"], check=True)
        subprocess.run([COMPILER, *options, "-c", str(tree / "tests/main.cpp"), "-o", str(objects)], check=True)


class bench:
    """A folder in which one change at a time is built and run."""

    def __init__(self, place, tree, name):
        self.shared, self.tree, self.work = place, tree, place / name
        self.work.mkdir(parents=True, exist_ok=True)

    def build(self, texts, tests, *options):
        """Builds tests with other texts of headers. Gives the program, or None, and what the compiler said."""
        program, changed = self.work / "twin", self.work / "include"
        shutil.rmtree(changed, ignore_errors=True)
        for path, text in texts.items():
            header = self.work / path
            header.parent.mkdir(parents=True, exist_ok=True)
            header.write_text(text, encoding="utf-8")
        folders = (changed, self.tree / "include", self.tree / "tests")
        command = [COMPILER, *FLAGS, *options, "-include", str(self.shared / "shared.hpp"), "-include", str(SUPPORT),
                   *(f"-I{folder}" for folder in folders), *(str(self.tree / test) for test in tests),
                   str(self.shared / "main.o"), "-lcrypto", "-o", str(program)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=1200)
        except subprocess.TimeoutExpired:
            return None, "took too long"
        return (program if done.returncode == 0 else None), done.stderr

    def passes(self, program, number=0):
        """Whether the tests pass; a change may make them loop or eat up the memory."""
        def limit():
            resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
            resource.setrlimit(resource.RLIMIT_CPU, (5, 5))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

        try:
            return subprocess.run([str(program), "--abort"], env={**os.environ, "FLOE_MUTATION": str(number)},
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.tree,
                                  preexec_fn=limit, timeout=60).returncode == 0
        except subprocess.TimeoutExpired:
            return False

    def together(self, texts, wanted):
        """{number: whether it is noticed} of those in {number: (header, change)} that compile in one program."""
        numbered = {number: at for number, at in wanted.items() if not at[1].row}
        while numbered:
            changed = {path: mutations.changed(text, {number: one for number, (where, one) in numbered.items()
                                                      if where == path}) for path, text in texts.items()}
            program, said = self.build(changed, map(twin_of, texts))
            if program:
                break
            places = set(re.findall(r"([\w]+\.hpp:\d+)", said))
            kept = {number: (path, one) for number, (path, one) in numbered.items()
                    if f"{pathlib.Path(path).name}:{one.line}" not in places}
            if len(kept) == len(numbered):
                return {}
            numbered = kept
        if not numbered or not self.passes(program):
            return {}
        return {number: not self.passes(program, number) for number in numbered}

    def alone(self, path, text, number, one):
        """'caught', 'survived', or 'void' when the changed header is no C++."""
        program, said = self.build({path: mutations.changed(text, {number: one})}, [twin_of(path)], "-DFLOE_MUTATION")
        if not program:
            return "caught" if re.search(r"static assertion|static_assert", said) else "void"
        return "survived" if self.passes(program) else "caught"


def try_headers(work, wanted, known, again):
    """{change: outcome} of the headers that are tested together, where `wanted` is {header: its changes}."""
    texts = {path: (work.tree / path).read_text(encoding="utf-8") for path in wanted}
    headers = {path: digest(work.tree / path) for path in wanted}
    twin = "+".join(digest(work.tree / twin_of(path)) for path in wanted)
    everything = [(path, one) for path in wanted for one in wanted[path]]
    outcomes, left = {}, {}
    for number, (path, one) in enumerate(everything, 1):
        before = known.known.get((short(path), headers[path], one.name(short(path))))
        if before and (before[0] == twin or again and before[1] != "survived"):
            outcomes[one] = before[1]
        else:
            left[number] = path, one

    def note(path, one, outcome):
        outcomes[one] = outcome
        known.note((short(path), headers[path], one.name(short(path))), twin, outcome)

    together = work.together(texts, left) if left else {}
    if left and not together:
        program, said = work.build(texts, map(twin_of, texts))
        if not program or not work.passes(program):
            sys.exit(f"{', '.join(texts)}: the tests fail without any change\n{said}")
    for number, (path, one) in left.items():
        if together.get(number):
            note(path, one, "caught")
        elif number in together and one.at_run_time:
            note(path, one, "survived")
    for number, (path, one) in left.items():
        if one not in outcomes:
            note(path, one, work.alone(path, texts[path], number, one))
    return outcomes


def check(work, wanted):
    """Changes that a program with all of them sees otherwise than one of their own: there should be none."""
    texts = {path: (work.tree / path).read_text(encoding="utf-8") for path in wanted}
    numbered = dict(enumerate(((path, one) for path in wanted for one in wanted[path]), 1))
    together = work.together(texts, numbered)
    return [(path, one) for number, (path, one) in numbered.items() if number in together and
            (together[number] or one.at_run_time) and
            (work.alone(path, texts[path], number, one) == "caught") != together[number]]


def main():
    options = argparse.ArgumentParser(prog="./dev mutate", description=__doc__,
                                      formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("headers", nargs="*", metavar="ROOM or HEADER", help=f"all of {', '.join(ROOMS)} by default")
    options.add_argument("--most", type=int, default=0, metavar="N", help="a sample of so many changes; 0: all")
    options.add_argument("--seed", type=int, default=1, help="which sample")
    options.add_argument("--fresh", action="store_true", help="forget what earlier runs found out")
    options.add_argument("--survivors", action="store_true", help="after a test was added: try only what survived")
    options.add_argument("--check", action="store_true", help="try by themselves those caught together")
    options.add_argument("--jobs", type=int, default=1)
    options.add_argument("--place", type=pathlib.Path, default=source.ROOT / "build/mutate")
    chosen = options.parse_args()
    if blind := list(mutations.self_test()):
        sys.exit("\n".join(blind))
    os.nice(10)
    chosen.place = chosen.place.resolve()
    chosen.place.mkdir(parents=True, exist_ok=True)
    if chosen.fresh:
        (chosen.place / "log").unlink(missing_ok=True)
    tree = copy_tree(chosen.place)
    precompile(chosen.place, tree)
    known, allowed = log(chosen.place / "log"), read_allowed()

    headers = []
    for name in chosen.headers or ROOMS:
        name = short(name)
        under = tree / "include/floe" / name
        headers += sorted(under.rglob("*.hpp")) if under.is_dir() else [under.with_suffix(".hpp")]
    headers = [path.relative_to(tree).as_posix() for path in headers]
    headers = [path for path in headers if (tree / twin_of(path)).exists()]
    everything = [(path, one) for path in headers
                  for one in mutations.changes((tree / path).read_text(encoding="utf-8"))]
    if not chosen.most:
        names = {one.name(short(path)) for path, one in everything}
        for name in allowed:
            if any(name.startswith(short(path) + " | ") for path in headers) and name not in names:
                print(f"mutate.allowed: no such change: {name}")
    everything = [(path, one) for path, one in everything if one.name(short(path)) not in allowed]
    chosen_ones = everything
    if chosen.most and chosen.most < len(everything):
        chosen_ones = random.Random(chosen.seed).sample(everything, chosen.most)
    wanted = collections.defaultdict(list)
    for path, one in chosen_ones:
        wanted[path].append(one)
    print(f"{len(chosen_ones)} of {len(everything)} changes in {len(wanted)} headers"
          + (f", seed {chosen.seed}" if chosen.most else ""), flush=True)

    benches = [bench(chosen.place, tree, f"bench{i}") for i in range(chosen.jobs)]
    scores = collections.defaultdict(collections.Counter, {room: collections.Counter() for room in ROOMS})

    def one_group(paths):
        some = {path: wanted[path] for path in paths}
        with lock:
            work = benches.pop()
        try:
            if chosen.check:
                for path, one in check(work, some):
                    print(f"otherwise alone: {one.name(short(path))}", flush=True)
                return
            outcomes = try_headers(work, some, known, chosen.survivors)
        finally:
            with lock:
                benches.append(work)
        with lock:
            for path in paths:
                counts = collections.Counter(outcomes[one] for one in wanted[path])
                scores[short(path).split("/")[0]] += counts
                print(f"{short(path)}: {counts['caught']} caught, {counts['survived']} survived", flush=True)
                for one in wanted[path]:
                    if outcomes[one] == "survived":
                        print(f"  :{one.line} survived: {one.name(short(path))}", flush=True)

    parts = {part: path for path in wanted for part in parts_of(path, tree)}
    groups = collections.defaultdict(list)
    for path in wanted:
        groups[parts.get(path, path)].append(path)
    with concurrent.futures.ThreadPoolExecutor(chosen.jobs) as pool:
        list(pool.map(one_group, groups.values()))
    total = sum(scores.values(), collections.Counter())
    for room, counts in [*scores.items(), ("all", total)]:
        tried = counts["caught"] + counts["survived"]
        if tried:
            print(f"{room}: caught {counts['caught']} of {tried}, {100 * counts['caught'] / tried:.1f} %"
                  + (f"; {counts['void']} changes do not compile" if counts["void"] else ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())
