#!/usr/bin/env python3
"""Whatever names floe's version names the one of include/floe/core/version.hpp. With --print, prints that."""

import re
import sys

sys.dont_write_bytecode = True  # whoever builds floe as a part of something else finds its tree as it was

import source

HEADER = "include/floe/core/version.hpp"
VERSION = re.compile(r"version\{(\d+), (\d+), (\d+)\};")

# Where the number has to be written once more, because somebody else's tool reads it there. "series" is the version
# without the last number.
MENTIONS = {
    "CHANGELOG.md": {r"^## \[?(\d[\w.]*)": "first"},
    "packaging/vcpkg/vcpkg.json": {r'"version": "([^"]*)"': "all"},
    "README.md": {r"GIT_TAG v([\w.]+)": "all", r"revision = v([\w.]+)": "all", r"find_package\(floe ([\d.]+)": "series"},
}

# These read the header.
READERS = ("CMakeLists.txt", "meson.build", "packaging/conan/conanfile.py", "packaging/vcpkg/portfile.cmake")


def version_of(text):
    match = VERSION.search(text)
    return ".".join(match.groups()) if match else None


def check(files):
    version = version_of(files[HEADER])
    if not version:
        yield f"{HEADER}: no version"
        return
    for path, patterns in MENTIONS.items():
        for pattern, how in patterns.items():
            found = re.findall(pattern, files[path], re.MULTILINE)
            wanted = version.rpartition(".")[0] if how == "series" else version
            if not found:
                yield f"{path}: has no {pattern}"
            for number in found[:1] if how == "first" else found:
                if number != wanted:
                    yield f"{path}: {number}, which should be {wanted}"
    for path in READERS:
        if re.search(r"""(?i)version['":= ]+\d+\.\d+\.\d+""", files[path]):
            yield f"{path}: writes a version; it is read from {HEADER}"


def tree(version="0.2.0", header=None, changelog=None, reader=""):
    return {
        HEADER: header or f"inline constexpr std::array<int, 3> version{{{version.replace('.', ', ')}}};",
        "CHANGELOG.md": f"# Changes\n\n## [{changelog or version}] - unreleased\n\n## [0.1.0]\n",
        "packaging/vcpkg/vcpkg.json": '{"version": "0.2.0"}',
        "README.md": "  GIT_TAG v0.2.0)\nrevision = v0.2.0\nfind_package(floe 0.2 REQUIRED)\n",
        **{path: reader for path in READERS},
    }


GOOD = [tree(), tree(reader="cmake_minimum_required(VERSION 3.21...3.31)\nmeson_version: '>=1.0.0'")]
BAD = [
    tree(header="version"),
    tree(version="0.2.1"),
    tree(changelog="0.3.0"),
    tree() | {"packaging/vcpkg/vcpkg.json": '{"version": "0.1.0"}'},
    tree() | {"README.md": "  GIT_TAG v0.2.0)\nrevision = v0.2.0\n"},
    tree() | {"README.md": tree()["README.md"].replace("GIT_TAG v0.2.0", "GIT_TAG v0.1.0")},
    tree() | {"README.md": tree()["README.md"].replace("floe 0.2", "floe 0.1")},
    tree(reader="project('floe', version: '0.2.0')"),
    tree(reader='    version = "0.2.0"'),
]

if __name__ == "__main__":
    if "--print" in sys.argv:
        print(version_of((source.ROOT / HEADER).read_text(encoding="utf-8")) or sys.exit(f"{HEADER}: no version"))
    else:
        names = (HEADER, *MENTIONS, *READERS)
        source.run(check, lambda: {name: (source.ROOT / name).read_text(encoding="utf-8") for name in names}, GOOD, BAD)
