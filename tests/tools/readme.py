#!/usr/bin/env python3
"""The host loop that README.md shows is the one that tests/scenarios/host_loop.cpp runs."""

import re
import textwrap

import source

README = "README.md"
TEST = "tests/scenarios/host_loop.cpp"


def check(files):
    shown = re.search(r"```cpp\n(.*?)```", files[README], re.DOTALL)
    run = re.search(r"// README: begin\n(.*?)[^\n]*// README: end", files[TEST], re.DOTALL)
    if not shown or not run:
        yield f"{README}, {TEST}: one of them has no host loop"
    elif shown[1] != textwrap.dedent(run[1]):
        yield f"{README}: shows another host loop than {TEST} runs"


def pair(shown, run):
    return {README: f"# x\n```cpp\n{shown}```\n", TEST: f"  // README: begin\n{run}  // README: end\n"}


GOOD = [pair("a();\n  b();\n", "  a();\n    b();\n")]
BAD = [pair("a();\n", "  b();\n"), {README: "", TEST: ""}]

source.run(check, lambda: {name: (source.ROOT / name).read_text(encoding="utf-8") for name in (README, TEST)}, GOOD, BAD)
