#!/usr/bin/env python3
"""Writes all that include/floe/floe.hpp leads to into one header.

    single_header.py FILE
    single_header.py --tree DIRECTORY   # a copy of the tracked files in which each header is that one: for tests

Each header stands where it was first included. A standard header is included once, except below an #if: such an include
stays where it is, and nobody else may count on it. What a header includes of floe's below an #if goes before that header,
because others may include it where the condition does not hold.
"""

import pathlib
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True

import arrows
import version

ROOT = pathlib.Path(__file__).resolve().parents[2]
UMBRELLA = "floe/floe.hpp"
INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')
CONDITION = re.compile(r"\s*#\s*(if|ifdef|ifndef|endif)\b")


def text_of(name):
    return (ROOT / "include" / name).read_text(encoding="utf-8")


def licence(text):
    return "".join(f"// {line}".rstrip() + "\n" for line in text.splitlines())


def with_depth(name, text):
    """The lines, each with the number of #if around it."""
    depth = 0
    for line in text.splitlines():
        condition = CONDITION.match(line)
        if condition and condition[1] == "endif":
            depth -= 1
        yield depth, line
        if condition and condition[1] != "endif":
            depth += 1
    if depth:
        raise ValueError(f"{name}: an #if has no #endif")


def merged(read):
    """The lines of the umbrella with everything in its place. `read` returns the text of "floe/..."."""
    seen, lines = {UMBRELLA}, []

    def take_once(name):
        if name not in seen:
            seen.add(name)
            take(name)

    def take(name):
        parsed = list(with_depth(name, read(name)))
        for depth, line in parsed:
            if depth and (include := INCLUDE.match(line)) and include[1] == '"':
                take_once(include[2])
        lines.extend((f"// ---- {name} ----", ""))
        for depth, line in parsed:
            include = INCLUDE.match(line)
            if include and include[1] == '"':
                take_once(include[2])
            elif include and not depth and include[2] in seen or line.strip() == "#pragma once":
                continue
            else:
                lines.append(line)
                if include and not depth:
                    seen.add(include[2])

    take(UMBRELLA)
    return lines


def single(read, version, licence_text):
    body = re.sub(r"\n{3,}", "\n\n", "\n".join(merged(read)))
    return (
        f"// floe {version}: all of it in one header. It is made by `./dev single-header`; change the headers it is made from.\n"
        f"//\n{licence(licence_text)}"
        "#pragma once\n"
        "#ifndef FLOE_SINGLE_HEADER\n#define FLOE_SINGLE_HEADER\n\n"
        f"{body}\n\n#endif\n"
    )


def self_test():
    files = {
        UMBRELLA: '#pragma once\n#include "floe/b.hpp"\n#include "floe/a.hpp"\n',
        "floe/a.hpp": "#pragma once\n#include <array>\n#if X\n#include <immintrin.h>\n#endif\nint a;\n",
        "floe/b.hpp": '#pragma once\n#if X\n# include <cpuid.h>\n#include "floe/c.hpp"\n#endif\n#include <array>\n'
        '#include "floe/a.hpp"\nint b;\n',
        "floe/c.hpp": "int c;\n",
    }
    lines = [line for line in merged(files.__getitem__) if line and not line.startswith("//")]
    assert lines == [
        "int c;", "#if X", "# include <cpuid.h>", "#endif", "#include <array>",
        "#if X", "#include <immintrin.h>", "#endif", "int a;", "int b;",
    ], lines  # fmt: skip
    try:
        merged((files | {"floe/b.hpp": "#if X\n"}).__getitem__)
    except ValueError:
        return
    raise AssertionError("an #if without #endif is taken")


def copy_tree(directory, header):
    number = version.VERSION.search(text_of(version.HEADER.removeprefix("include/")))[0]
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        to = directory / name
        to.parent.mkdir(parents=True, exist_ok=True)
        if name == f"include/{UMBRELLA}":
            to.write_text(header, encoding="utf-8")
        elif name.startswith("include/") and not arrows.is_apart(name):
            # Meson reads the version from its header, which has it here in a comment.
            note = f"// {number}\n" if name == version.HEADER else ""
            to.write_text(f'{note}#pragma once\n#include "{UMBRELLA}"\n', encoding="utf-8")
        elif (ROOT / name).exists():
            shutil.copy(ROOT / name, to)


def main():
    self_test()
    number = version.version_of((ROOT / version.HEADER).read_text(encoding="utf-8"))
    header = single(text_of, number, (ROOT / "LICENSE").read_text(encoding="utf-8"))
    if sys.argv[1] == "--tree":
        copy_tree(pathlib.Path(sys.argv[2]), header)
    else:
        pathlib.Path(sys.argv[1]).write_text(header, encoding="utf-8")


if __name__ == "__main__":
    main()
