#!/usr/bin/env python3
"""Changes the rules one place at a time, and lists the changes that no twin test notices.

mutations.py says what a change is. All changes of a header are built into its twin test at once, which then runs with each
of them and must fail. What it does not notice so, because constant expressions decide it, is built and tried by itself:
it must fail, or fail to compile because a static_assert says so. A change that does not compile otherwise is none.

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

    def build(self, path, text, *options):
        """Builds the twin of a header with another text. Gives the program, or None, and what the compiler said."""
        program = self.work / "twin"
        changed = self.work / "include" / pathlib.Path(path).relative_to("include")
        changed.parent.mkdir(parents=True, exist_ok=True)
        changed.write_text(text, encoding="utf-8")
        command = [COMPILER, *FLAGS, *options, "-include", str(self.shared / "shared.hpp"), "-include", str(SUPPORT),
                   *(f"-I{folder}" for folder in (self.work / "include", self.tree / "include", self.tree / "tests")),
                   str(self.tree / twin_of(path)), str(self.shared / "main.o"), "-lcrypto", "-o", str(program)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        except subprocess.TimeoutExpired:
            return None, "took too long"
        finally:
            changed.unlink()
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

    def together(self, path, text, wanted):
        """{number: whether it is noticed} for those in `wanted` that compile in a program with all of them."""
        numbered = {number: one for number, one in wanted.items() if not one.row}
        while numbered:
            program, said = self.build(path, mutations.changed(text, numbered))
            if program:
                break
            places = {int(line) for line in re.findall(re.escape(pathlib.Path(path).name) + r":(\d+)", said)}
            kept = {number: one for number, one in numbered.items() if one.line not in places}
            if len(kept) == len(numbered):
                return {}
            numbered = kept
        if not numbered or not self.passes(program):
            return {}
        return {number: not self.passes(program, number) for number in numbered}

    def alone(self, path, text, number, one):
        """'caught', 'survived', or 'void' when the changed header is no C++."""
        program, said = self.build(path, mutations.changed(text, {number: one}), "-DFLOE_MUTATION")
        if not program:
            return "caught" if re.search(r"static assertion|static_assert", said) else "void"
        return "survived" if self.passes(program) else "caught"


def try_header(work, path, wanted, known, again):
    """{change: outcome} of a header, where `wanted` are its changes."""
    text, twin = (work.tree / path).read_text(encoding="utf-8"), digest(work.tree / twin_of(path))
    header, outcomes, left = digest(work.tree / path), {}, {}
    for number, one in enumerate(wanted, 1):
        before = known.known.get((short(path), header, one.name(short(path))))
        if before and (before[0] == twin or again and before[1] != "survived"):
            outcomes[one] = before[1]
        else:
            left[number] = one

    def note(one, outcome):
        outcomes[one] = outcome
        known.note((short(path), header, one.name(short(path))), twin, outcome)

    together = work.together(path, text, left) if left else {}
    if left and not together:
        program, said = work.build(path, text)
        if not program or not work.passes(program):
            sys.exit(f"{path}: its test fails without any change\n{said}")
    for number, one in left.items():
        if together.get(number):
            note(one, "caught")
        elif number in together and one.at_run_time:
            note(one, "survived")
    for number, one in left.items():
        if one not in outcomes:
            note(one, work.alone(path, text, number, one))
    return outcomes


def check(work, path, wanted, text):
    """Changes that a program with all of them sees otherwise than one of their own: there should be none."""
    together = work.together(path, text, dict(enumerate(wanted, 1)))
    return [one for number, one in enumerate(wanted, 1) if number in together and
            (together[number] or one.at_run_time) and (work.alone(path, text, number, one) == "caught") != together[number]]


def main():
    options = argparse.ArgumentParser(prog="./dev mutate", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
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
    scores = {room: collections.Counter() for room in ROOMS}

    def one_header(path):
        with lock:
            work = benches.pop()
        try:
            if chosen.check:
                text = (tree / path).read_text(encoding="utf-8")
                for one in check(work, path, wanted[path], text):
                    print(f"otherwise alone: {one.name(short(path))}", flush=True)
                return
            outcomes = try_header(work, path, wanted[path], known, chosen.survivors)
        finally:
            with lock:
                benches.append(work)
        with lock:
            counts = collections.Counter(outcomes.values())
            scores[short(path).split("/")[0]] += counts
            print(f"{short(path)}: {counts['caught']} caught, {counts['survived']} survived", flush=True)
            for one in wanted[path]:
                if outcomes[one] == "survived":
                    print(f"  :{one.line} survived: {one.name(short(path))}", flush=True)

    with concurrent.futures.ThreadPoolExecutor(chosen.jobs) as pool:
        list(pool.map(one_header, wanted))
    total = sum(scores.values(), collections.Counter())
    for room, counts in [*scores.items(), ("all", total)]:
        tried = counts["caught"] + counts["survived"]
        if tried:
            print(f"{room}: caught {counts['caught']} of {tried}, {100 * counts['caught'] / tried:.1f} %"
                  + (f"; {counts['void']} changes do not compile" if counts["void"] else ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())
