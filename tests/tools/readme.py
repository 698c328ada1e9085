#!/usr/bin/env python3
"""Every piece of C++ that README.md shows stands in a test, between `README: begin` and `README: end`; and what stands
there is shown."""

import re
import textwrap

import source

README = "README.md"


def check(files):
    shown = re.findall(r"^```cpp\n(.*?)^```", files[README], re.DOTALL | re.MULTILINE)
    run = {}
    for name in files.keys() - {README}:
        for piece in re.findall(r"// README: begin\n(.*?)[^\n]*// README: end", files[name], re.DOTALL):
            run[textwrap.dedent(piece)] = name
    if not shown:
        yield f"{README}: shows no C++"
    for piece in shown:
        if piece not in run:
            yield f"{README}: no test has this:\n{piece}"
    for piece in run.keys() - set(shown):
        yield f"{run[piece]}: {README} does not show this:\n{piece}"


def sample(shown, run):
    return {README: "# x\n" + "".join(f"```cpp\n{piece}```\n```sh\nls\n```\n" for piece in shown),
            "tests/a.cpp": "".join(f"  // README: begin\n{piece}  // README: end\n" for piece in run)}


GOOD = [sample(["a();\n  b();\n"], ["  a();\n    b();\n"]), sample(["a();\n", "b();\n"], ["b();\n", "a();\n"])]
BAD = [sample(["a();\n"], ["  b();\n"]), sample(["a();\n", "b();\n"], ["a();\n"]), sample(["a();\n"], ["a();\n", "b();\n"]),
       sample([], []), sample(["a();\n"], [])]


def readme_and_tests():
    names = [source.ROOT / README, *source.ROOT.glob("tests/**/*.cpp")]
    return {p.relative_to(source.ROOT).as_posix(): p.read_text(encoding="utf-8") for p in names}


source.run(check, readme_and_tests, GOOD, BAD)
