#!/usr/bin/env python3
"""Rules that were broken on purpose are found by the exploration.

Each rule is broken in a copy of the headers, the exploration is built with the copy, and must end with a violation."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]

# what is broken, header, text, what takes its place, kinds to walk, the violation
RULES = [
    ("the larger tie-breaker keeps its role, whichever that is", "ice/role.hpp",
     "if (should_control == controls) return", "if (should_control) return",
     "1x1 controlled/controlled", "the wrong side controls"),
    ("a controlled agent takes whatever pair works first as nominated", "ice/nomination.hpp",
     "check_nominates : nominated_by_peer", "check_nominates : true",
     "1x2 controlling/controlled", "selected without a nomination"),
]


def explore(work, header, text, change, kinds):
    """What the exploration prints, and whether it ends well, with `change` in the place of `text`."""
    include = work / "include"
    shutil.copytree(ROOT / "include", include, dirs_exist_ok=True)
    target = include / "floe" / header
    whole = target.read_text(encoding="utf-8")
    if whole.count(text) != 1:
        sys.exit(f"{header}: no longer says once: {text}")
    # What the compiler would find is left to the exploration.
    whole = re.sub(r"^static_assert\(decide_role.*?;\n", "", whole.replace(text, change), flags=re.DOTALL | re.MULTILINE)
    target.write_text(whole, encoding="utf-8")
    program = work / "explore"
    subprocess.run([os.environ.get("CXX", "g++"), "-std=c++20", "-O1", "-w", f"-I{include}", f"-I{ROOT / 'tests'}",
                    str(ROOT / "tests/soak/explore.cpp"), "-o", str(program)], check=True)
    run = subprocess.run([str(program), "--only", kinds, "--most", "100000"], capture_output=True, text=True, timeout=300)
    return run.returncode, run.stdout


def main():
    failed = False
    for what, header, text, change, kinds, violation in RULES:
        with tempfile.TemporaryDirectory() as work:
            status, said = explore(pathlib.Path(work), header, text, change, kinds)
        found = status == 1 and violation in said
        failed = failed or not found
        print(f"{'found' if found else 'NOT FOUND'}: {what}", flush=True)
        for line in said.splitlines():
            if "violation" in line or "--replay" in line:
                print("   ", line.strip())
                if "--replay" in line:
                    break
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
