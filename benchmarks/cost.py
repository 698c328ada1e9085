#!/usr/bin/env python3
"""What including floe costs: the time to compile, beside the bare standard headers, and the size of a small host.

Times are medians of `--runs` compilations of a file that holds nothing but the includes, with -O2; the machine decides
about seconds, so look at the ratios. The size is that of the text of tests/embedded, a program with two agents, built with
-Os and stripped, without exceptions and so without tables to unwind by."""

import argparse
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
CXX = os.environ.get("CXX", "g++")
STANDARD = ("algorithm", "array", "chrono", "cstdint", "functional", "list", "memory_resource", "optional", "string",
            "string_view", "system_error", "tuple", "variant", "vector", "gsl/span", "gsl/assert")
UNITS = {
    "the standard headers and GSL": [f"<{name}>" for name in STANDARD],
    "the STUN writer": ['"floe/stun/writer.hpp"'],
    "the agent": ['"floe/agent/agent.hpp"'],
    "everything": ['"floe/floe.hpp"'],
}


def compile_time(work, headers, runs):
    unit = pathlib.Path(work) / "unit.cpp"
    unit.write_text("".join(f"#include {name}\n" for name in headers), encoding="utf-8")
    took = []
    for _ in range(runs):
        began = time.perf_counter()
        subprocess.run([CXX, "-std=c++20", "-O2", f"-I{ROOT / 'include'}", "-c", str(unit), "-o", str(unit) + ".o"],
                       check=True)
        took.append(time.perf_counter() - began)
    return statistics.median(took)


def text_size(work):
    program = pathlib.Path(work) / "host"
    subprocess.run([CXX, "-std=c++20", "-Os", "-DNDEBUG", "-fno-exceptions", "-fno-rtti",
                    "-fno-asynchronous-unwind-tables", "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections",
                    "-s", f"-I{ROOT / 'include'}", f"-I{ROOT / 'tests'}", str(ROOT / "tests/embedded/main.cpp"),
                    "-o", str(program)], check=True)
    sizes = subprocess.run(["size", str(program)], check=True, capture_output=True, text=True).stdout.splitlines()
    return int(sizes[1].split()[0])


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=3)
    runs = options.parse_args().runs
    with tempfile.TemporaryDirectory() as work:
        bare = None
        for name, headers in UNITS.items():
            took = compile_time(work, headers, runs)
            bare = bare or took
            print(f"{name:<32} {took:6.2f} s  {took / bare:5.2f} x", flush=True)
        print(f"{'text of a small host':<32} {text_size(work) / 1024:6.1f} KiB")


if __name__ == "__main__":
    main()
