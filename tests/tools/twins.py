#!/usr/bin/env python3
"""Every header has a test of its own name that includes it first."""

import re

import source

# language.hpp has nothing in it for a compiler that compiles it; tests/tools/language.py asks those that don't.
NO_TWIN = ("include/floe/floe.hpp", "include/floe/fwd.hpp", "include/floe/core/language.hpp")


def check(files):
    for header in files:
        if not header.startswith("include/floe/") or header in NO_TWIN:
            continue
        name = header.removeprefix("include/floe/")
        twin = "tests/" + name.removesuffix(".hpp") + ".cpp"
        if twin not in files:
            yield f"{header}: has no test {twin}"
            continue
        first = re.search(r"^[ \t]*#[ \t]*include\b[ \t]*(.*?)[ \t]*$", source.without_comments(files[twin]), re.MULTILINE)
        if not first or first[1] != f'"floe/{name}"':
            yield f'{twin}: the first include is not "floe/{name}"'


def headers_and_tests():
    tests = {p.relative_to(source.ROOT).as_posix(): p.read_text(encoding="utf-8") for p in source.ROOT.glob("tests/**/*.cpp")}
    return source.headers() | tests


HEADER = {"include/floe/stun/attributes/a.hpp": ""}

GOOD = [
    {"include/floe/fwd.hpp": "", "include/floe/floe.hpp": ""},
    HEADER | {"tests/stun/attributes/a.cpp": '// why\n#include "floe/stun/attributes/a.hpp"  // first\n#include <array>\n'},
]

BAD = [
    HEADER,
    HEADER | {"tests/stun/a.cpp": '#include "floe/stun/attributes/a.hpp"\n'},
    HEADER | {"tests/stun/attributes/a.cpp": '#include "catch.hpp"\n#include "floe/stun/attributes/a.hpp"\n'},
    HEADER | {"tests/stun/attributes/a.cpp": ""},
]

source.run(check, headers_and_tests, GOOD, BAD)
