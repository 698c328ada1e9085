#!/usr/bin/env python3
"""Prints the files below DIRECTORY that match PATTERN, sorted, relative to it: meson has no glob of its own."""

import pathlib
import sys

directory, pattern = pathlib.Path(sys.argv[1]), sys.argv[2]
for path in sorted(directory.rglob(pattern)):
    print(path.relative_to(directory).as_posix())
