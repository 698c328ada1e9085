#!/usr/bin/env python3
"""`./dev` says what is wrong with a word before it installs or builds anything, asks once for all packages that a
command needs, needs no place to write where it writes nothing, and ends when it is told to.

A directory of programs that only pretend stands first in its path; nothing is installed and nothing built."""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEBIAN = "ID=debian" in pathlib.Path("/etc/os-release").read_text(encoding="utf-8").split()


class Dev(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.place = pathlib.Path(place.name)
        (self.place / "bin").mkdir()
        self.environment = {**os.environ, "BUILD": str(self.place / "build"),
                            "PATH": f"{self.place}/bin:{os.environ['PATH']}"}
        # Nothing is there, and whoever would install or build leaves a trace.
        for name in ("g++", "clang++", "pkg-config"):
            self.pretend(name, "exit 1")
        for name in ("apt-get", "meson", "ninja"):
            self.pretend(name, f"echo {name} \"$@\" >>'{self.place}/ran'; exit 1")
        self.pretend("sudo", "exit 1")

    def pretend(self, name, body):
        path = self.place / "bin" / name
        path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        path.chmod(0o755)

    def start(self, *words, **options):
        return subprocess.Popen(["bash", str(ROOT / "dev"), *words], env=self.environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)

    def dev(self, *words):
        process = self.start(*words)
        out, err = process.communicate(timeout=30)
        return process.returncode, out, err

    def trace(self):
        path = self.place / "ran"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def test_a_wrong_word_is_named_first(self):
        for line, named in (("demo --loss 5", "--loss goes with --nat"),
                            ("demo --nat foo", "cone, symmetric, blocked, not 'foo'"),
                            ("demo --nat cone --loss 200", "from 0 to 60, not '200'"),
                            ("demo --nat cone --loss=200", "from 0 to 60, not '200'"),
                            ("demo --nat", "--nat needs a value"),
                            ("demo --nat cone --bind ::1", "--bind goes without --nat"),
                            ("demo --nat cone --seed x", "not 'x'"),
                            ("demo more", "'more' is one word too many"),
                            ("demo --bnd ::1", "no option --bnd"),
                            ("demo --loopback=yes", "no option --loopback=yes"),
                            ("floecat --dynamic", "no option --dynamic"),
                            ("coverage all", "'all' is one word too many"),
                            ("bench nothing", "not 'nothing'"),
                            ("instructions --all", "no option --all"),
                            ("soak 1e9", "COUNT is a number from 1 to 999999999999, not '1e9'"),
                            ("soak 5 -1", "no option -1"),
                            ("explore --fault 3", "no option --fault"),
                            ("explore --faults three", "not 'three'"),
                            ("table --check 0", "not '0'"),
                            ("fuzz everything", "not 'everything'"),
                            ("fuzz agent soon", "SECONDS is a number"),
                            ("mutate --seed", "--seed needs a value"),
                            ("single-header --all", "no option --all"),
                            ("dance", "no command 'dance'")):
            with self.subTest(line):
                code, out, err = self.dev(*line.split())
                self.assertEqual((code, out), (2, ""))
                self.assertIn(named, err)
                self.assertEqual(err.count("\n"), 1)
        self.assertEqual(self.trace(), "")
        self.assertFalse((self.place / "build").exists())

    def test_right_words_go_through(self):
        self.pretend("id", "echo 1000")
        for line in ("demo", "demo --nat=cone --loss 05 --seed 7", "demo --loss 5 --nat symmetric", "soak 08 0",
                     "demo --pcap=here --bind ::1 --loopback --kill-after 30", "floecat --static", "bench stun --any x",
                     "explore --replay 1 121", "fuzz agent 5", "fuzz all", "table --check 7", "mutate --most 3 ice"):
            with self.subTest(line):
                code, _, err = self.dev(*line.split())
                self.assertEqual(code, 1, err)
                self.assertIn("please", err)  # install

    def test_help_needs_nothing(self):
        self.environment["BUILD"] = "/proc/no/such/place"
        for line in ("help", "", "--help", "demo --help", "soak -h"):
            code, out, err = self.dev(*line.split())
            self.assertEqual((code, err), (0, ""))
            self.assertIn("BUILD=", out)
            for command in ("demo", "floecat", "test", "mutate", "single-header", "need"):
                self.assertIn(f"./dev {command} ", out)

    @unittest.skipUnless(DEBIAN, "packages are Debian's")
    def test_without_root_all_packages_are_asked_for_at_once(self):
        self.pretend("id", "echo 1000")
        for command, packages in (("demo", "libmsgsl-dev libssl-dev"),
                                  ("instructions", "libmsgsl-dev libbenchmark-dev libssl-dev libnice-dev libre-dev"),
                                  ("coverage", "catch2 libclang-rt-14-dev llvm-14")):
            with self.subTest(command):
                code, out, err = self.dev(command)
                self.assertEqual((code, out), (1, ""))
                asked, everything = err.splitlines()
                self.assertIn("no root rights; please run: apt-get install", asked)
                for package in packages.split():
                    self.assertIn(package, asked.split())
                    self.assertIn(package, everything.split())
        self.assertEqual(self.trace(), "")

    @unittest.skipUnless(DEBIAN, "packages are Debian's")
    def test_what_is_optional_is_done_without(self):
        self.pretend("id", "echo 1000")
        code, out, _ = self.dev("need", "python3", "--", "no-such-package")
        self.assertEqual(code, 0)
        self.assertIn("without", out)
        self.pretend("id", "echo 0")
        self.pretend("apt-get", f"echo \"$@\" >>'{self.place}/ran'; case \"$*\" in *no-such*) exit 1 ;; esac")
        code, out, err = self.dev("need", "other-package", "--", "no-such-package")
        self.assertEqual(code, 0, err)
        self.assertIn("without no-such-package", out)
        self.assertTrue(self.trace().endswith("install -y --no-install-recommends other-package\n"), self.trace())

    @unittest.skipUnless(DEBIAN, "packages are Debian's")
    def test_a_signal_while_packages_are_installed_ends_it(self):
        # As apt-get does, it handles the signal and only fails; then a second attempt would follow, and the build.
        self.pretend("id", "echo 0")
        self.pretend("apt-get", f"trap 'exit 100' INT TERM; echo x >>'{self.place}/ran'; while :; do sleep 0.05; done")
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                (self.place / "ran").unlink(missing_ok=True)
                process = self.start("demo", start_new_session=True)
                limit = time.monotonic() + 20
                while not self.trace() and time.monotonic() < limit:
                    time.sleep(0.02)
                os.killpg(process.pid, number)
                process.communicate(timeout=20)
                self.assertEqual(process.returncode, -number)
                self.assertEqual(self.trace(), "x\n")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
