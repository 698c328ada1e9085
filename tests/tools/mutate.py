#!/usr/bin/env python3
"""Changes the rules one place at a time, and lists the changes that no twin test notices.

`mutate.py [HEADER...] [--seed N] [--most N]` takes headers under include/floe/{ice,stun,turn}, all by default, in an
order that the seed determines, and at most so many changes. A change swaps a comparison, moves a number by one, negates
a condition, or drops a row of a state table. Each is tried in a copy of the tree: the header's twin test is built and run
with it, and must fail, or fail to build."""

import argparse
import concurrent.futures
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

import source

ROOMS = ("ice", "stun", "turn")
COMPARISONS = {"<=": "<", ">=": ">", "==": "!=", "!=": "=="}
PLACES = [
    ("comparison", re.compile(r"(?<![<>=!\-])(<=|>=|==|!=)(?![<>=])"), lambda m: COMPARISONS[m[0]]),
    ("less", re.compile(r"(?<= )<(?= [a-z0-9])"), lambda m: "<="),
    ("greater", re.compile(r"(?<= )>(?= [a-z0-9])"), lambda m: ">="),
    ("and", re.compile(r"(?<= )&&(?= )"), lambda m: "||"),
    ("or", re.compile(r"(?<= )\|\|(?= )"), lambda m: "&&"),
    ("number", re.compile(r"(?<![\w.'\"])([1-9]\d{0,5})(?![\w.'\"])"), lambda m: str(int(m[1]) + 1)),
    ("condition", re.compile(r"\bif \((?!constexpr|const |auto |!)([a-z][^;{}]*?)\)(?= return)"), lambda m: f"if (!({m[1]}))"),
    ("row", re.compile(r"^    \w+_rule\{.*\},$", re.MULTILINE), lambda m: "//" + m[0]),
]
SKIPPED = re.compile(r"\bstatic_assert\b|#include|#pragma|template <|Expects\(|Ensures\(|operator")


def mutations(path):
    """(kind, line number, old line, changed text of the whole header)"""
    text = (source.ROOT / path).read_text(encoding="utf-8")
    bare = source.without_comments(text)
    for kind, pattern, change in PLACES:
        for found in pattern.finditer(bare):
            begin = bare.rfind("\n", 0, found.start()) + 1
            end = bare.find("\n", found.end())
            if SKIPPED.search(bare[begin:end]):
                continue
            changed = text[: found.start()] + change(found) + text[found.end():]
            yield kind, source.line_of(text, found.start()), bare[begin:end].strip(), changed


def twin_of(path):
    return pathlib.Path("tests") / pathlib.Path(path).relative_to("include/floe").with_suffix(".cpp")


def survives(work, path, changed):
    """Whether the twin test of a header passes although the header is changed."""
    include = pathlib.Path(work) / "include"
    target = include / pathlib.Path(path).relative_to("include")
    kept = target.read_text(encoding="utf-8")
    target.write_text(changed, encoding="utf-8")
    try:
        program = pathlib.Path(work) / "twin"
        build = [os.environ.get("CXX", "g++"), "-std=c++20", "-O0", "-w", f"-I{include}", f"-I{source.ROOT / 'tests'}",
                 str(source.ROOT / twin_of(path)), str(pathlib.Path(work) / "main.o"), "-o", str(program)]
        if subprocess.run(build, capture_output=True, timeout=300).returncode != 0:
            return False
        return subprocess.run([str(program)], capture_output=True, timeout=60).returncode == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        target.write_text(kept, encoding="utf-8")


def worker(jobs):
    """The survivors of a list of (path, mutation), tried in a copy of the headers."""
    alive = []
    with tempfile.TemporaryDirectory() as work:
        shutil.copytree(source.ROOT / "include", pathlib.Path(work) / "include")
        subprocess.run([os.environ.get("CXX", "g++"), "-std=c++20", "-O1", f"-I{source.ROOT / 'tests'}", "-c",
                        str(source.ROOT / "tests/main.cpp"), "-o", str(pathlib.Path(work) / "main.o")], check=True)
        for path, (kind, line, old, changed) in jobs:
            if survives(work, path, changed):
                alive.append(f"{path}:{line}: {kind}: {old}")
                print("survived", alive[-1], flush=True)
    return alive


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("headers", nargs="*")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--most", type=int, default=0, help="changes to try; 0: all")
    chosen = options.parse_args()
    headers = chosen.headers or sorted(
        str(path.relative_to(source.ROOT)) for room in ROOMS
        for path in (source.ROOT / "include/floe" / room).rglob("*.hpp"))
    jobs = [(path, mutation) for path in headers if (source.ROOT / twin_of(path)).exists()
            for mutation in mutations(path)]
    random.Random(chosen.seed).shuffle(jobs)
    if chosen.most:
        jobs = jobs[: chosen.most]
    workers = os.cpu_count() or 1
    print(f"{len(jobs)} changes of {len({path for path, _ in jobs})} headers, seed {chosen.seed}", flush=True)
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        alive = [line for lines in pool.map(worker, [jobs[i::workers] for i in range(workers)]) for line in lines]
    caught = len(jobs) - len(alive)
    print(f"caught {caught} of {len(jobs)}: {100 * caught / max(len(jobs), 1):.1f} %")
    return 0


if __name__ == "__main__":
    sys.exit(main())
