#!/usr/bin/env python3
"""A compiler set to an older C++ names C++20 as the first thing that is wrong, and stops there."""

import shutil
import subprocess
import sys

import source

OLDER = [["-std=c++98"], ["-std=c++11"], ["-std=c++14"], ["-std=gnu++17"], ["-std=c++20", "-D_MSVC_LANG=201703L"]]

# That every other header begins with the same is arrows.py's to say.
HEADER = "floe/floe.hpp"


def errors(compiler, options, header):
    command = [compiler, *options, "-fsyntax-only", "-Iinclude", "-x", "c++", "-"]
    said = subprocess.run(command, cwd=source.ROOT, input=f"#include <{header}>\n", capture_output=True, text=True)
    return [line for line in said.stderr.splitlines() if "error:" in line]


def complaints(compiler):
    for options in OLDER:
        got = errors(compiler, options, HEADER)
        if len(got) != 2 or "floe needs C++20" not in got[0] or "C++20" not in got[1]:
            yield f"{HEADER}: {compiler} {' '.join(options)} says {got[:3]}"
    # Microsoft's compiler says 199711 in __cplusplus unless it is told otherwise.
    if got := errors(compiler, ["-std=c++14", "-D_MSVC_LANG=202002L"], "floe/core/language.hpp"):
        yield f"{compiler}: {got[:3]}"


compilers = [compiler for compiler in ("g++", "clang++") if shutil.which(compiler)]
found = [complaint for compiler in compilers for complaint in complaints(compiler)]
print("\n".join(found), end="\n" if found else "")
sys.exit(bool(found) or not compilers)
