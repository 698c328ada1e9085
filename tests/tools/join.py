#!/usr/bin/env python3
"""join.py OUTPUT FILE...: makes one translation unit of test files, so that what they include is compiled once.

All their includes come first. The rest of each file stands in a namespace of its own, so that the names of one don't
meet those of another, and keeps the file's name and line numbers in messages."""

import os
import pathlib
import re
import sys


def joined(paths, base):
    """The unit's text. `base` is the directory that file names in messages are relative to."""
    includes, bodies = {}, []
    for path in paths:
        depth, lines = 0, []
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            directive = re.match(r"\s*#\s*(\w+)\s*(.*)", line)
            word, rest = directive.groups() if directive else (None, "")
            depth += (word in ("if", "ifdef", "ifndef")) - (word == "endif")
            if word == "include":
                if depth:
                    sys.exit(f"{path}:{number}: an include that has a condition can't come first")
                beside = path.parent / rest[1:-1]
                includes[f'"{beside.resolve()}"' if rest.startswith('"') and beside.is_file() else rest] = None
                line = ""
            elif word in ("define", "undef"):
                sys.exit(f"{path}:{number}: a macro would hold in other files too")
            lines.append(line)
        name = re.sub(r"[\W_]+", "_", "of_" + path.resolve().as_posix())
        bodies.append(f'namespace {name} {{\n#line 1 "{os.path.relpath(path, base)}"\n' + "\n".join(lines) + "\n}\n")
    # Those of tests last: a global name of theirs is not there yet for the others to shadow.
    order = sorted(includes, key=lambda name: 0 if name.startswith("<") else 1 if name.startswith('"floe/') else 2)
    return "".join(f"#include {name}\n" for name in order) + "".join(bodies)


if __name__ == "__main__":
    output, *files = sys.argv[1:]
    pathlib.Path(output).write_text(joined([pathlib.Path(f) for f in files], os.getcwd()), encoding="utf-8")
