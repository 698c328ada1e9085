#!/usr/bin/env python3
"""floecat processes behind NATs of the kernel: kernel_nat.py FLOECAT STUNSERVER SCENARIOS

Everything happens in network namespaces that the test makes and takes away again: an Internet with
a STUN server and Debian's coturn, and two homes, each without NAT, behind a cone or behind a
symmetric one. SCENARIOS is the program with tests/scenarios/kernel_nat.cpp in it: what the
simulator says about the same homes is printed beside what happened, and must be the same.

Where the machine has no such namespaces or NATs the test says so, and is skipped.
"""

import contextlib
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import time
import unittest

import floecat_test
import turn_interop
from floecat_test import Process
from turn_interop import PASSWORD, USER, stop

FLOECAT = STUNSERVER = SCENARIOS = ""
LIMIT = 30.0  # seconds for anything awaited
KINDS = ("none", "cone", "symmetric")
TURN, STUN, NOBODY = "198.51.100.1", "198.51.100.2", "198.51.100.3"
# By how many milliseconds a pair may be selected earlier or later than the simulator says. What two
# processes do at once comes in any order: a check that finds a filter still closed is repeated
# after 500 ms, one that leaves a millisecond later is not; and a loaded machine is late.
EARLIER, LATER = 500, 1000

# The kernel keeps a port where it is free, and lets in what belongs to a flow that began inside.
# What comes too early must leave no trace: a flow of the router itself would take the port away.
RULES = """
table ip homes {
  chain input {
    type filter hook input priority 0
    iifname "wan" drop
  }
  chain forward {
    type filter hook forward priority 0
    iifname "wan" ct state new drop
  }
  chain leave {
    type nat hook postrouting priority 100
    oifname "wan" %s
  }
}
"""
CONE, SYMMETRIC = "snat to ", "masquerade fully-random"


def run(*words, data=None):
    done = subprocess.run(words, input=data, capture_output=True, text=True, timeout=LIMIT)
    if done.returncode != 0:
        raise OSError(f"{' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


class Namespace:
    """A network of its own, with a name that nobody else has."""

    def __init__(self, undo, name):
        self.name = f"floe{os.getpid()}-{name}"
        run("ip", "netns", "add", self.name)
        undo(run, "ip", "netns", "del", self.name)
        self.ip("link", "set", "lo", "up")

    def ip(self, *words):
        return run("ip", "-n", self.name, *words)

    def inside(self, *words, data=None):
        return run("ip", "netns", "exec", self.name, *words, data=data)

    def command(self, *words):
        return ["ip", "netns", "exec", self.name, *words]

    def join(self, name, other, other_name):
        """A cable to another one."""
        self.ip("link", "add", name, "type", "veth", "peer", "name", other_name, "netns", other.name)
        self.ip("link", "set", name, "up")
        other.ip("link", "set", other_name, "up")


class Internet(Namespace):
    def __init__(self, undo):
        super().__init__(undo, "net")
        self.ports = 0
        self.ip("link", "add", "hub", "type", "bridge")
        self.ip("link", "set", "hub", "up")
        for address in TURN, STUN:
            self.ip("address", "add", address + "/24", "dev", "hub")
        # What is for nowhere is lost on the way, without a word: coturn drops an allocation that has no route.
        self.ip("neighbour", "add", NOBODY, "lladdr", "02:00:00:00:00:03", "dev", "hub")
        self.ip("route", "add", "default", "via", NOBODY)

    def connect(self, undo, other):
        """Gives another one a cable to the hub, which it knows as "wan", and an address that nobody had before."""
        self.ports += 1
        port, address = f"port{self.ports}", f"198.51.100.{10 + self.ports}"
        other.join("wan", self, port)
        undo(self.ip, "link", "del", port)  # at once, and not when the kernel gets round to it
        self.ip("link", "set", port, "master", "hub")
        other.ip("address", "add", address + "/24", "dev", "wan")
        other.ip("route", "add", "default", "via", TURN)  # which forwards nothing
        return address


def home(undo, internet, number, kind):
    """A host somewhere. Returns its namespace and its address."""
    host = Namespace(undo, f"host{number}")
    if kind == "none":
        return host, internet.connect(undo, host)
    router = Namespace(undo, f"nat{number}")
    outer = internet.connect(undo, router)
    router.inside("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
    host.join("wan", router, "lan")
    host.ip("address", "add", f"10.{number}.0.2/24", "dev", "wan")
    router.ip("address", "add", f"10.{number}.0.1/24", "dev", "lan")
    host.ip("route", "add", "default", "via", f"10.{number}.0.1")
    router.inside("nft", "-f", "-", data=RULES % (CONE + outer if kind == "cone" else SYMMETRIC))
    return host, f"10.{number}.0.2"


def missing():
    """Why there can be no such test here; nothing when there can."""
    if os.geteuid() != 0:
        return "not root"
    lacking = [name for name in ("ip", "ss", "nft", "turnserver") if not shutil.which(name)]
    if lacking:
        return "no " + ", ".join(lacking)
    with contextlib.ExitStack() as undo:
        try:
            probe = Namespace(undo.callback, "probe")
            probe.ip("link", "add", "hub", "type", "bridge")
            probe.ip("link", "add", "one", "type", "veth", "peer", "name", "other")
            probe.inside("nft", "-f", "-", data=RULES % SYMMETRIC)
        except OSError as why:
            return str(why)
    return None


class Coturn(turn_interop.Coturn):
    """In a network of its own."""

    def __init__(self, test, network):
        self.network = network
        super().__init__(test, socket.AF_INET)

    def start(self):
        lines = [f"listening-ip={TURN}", f"relay-ip={TURN}", "lt-cred-mech", "realm=floe.example",
                 f"user={USER}:{PASSWORD}", "no-cli", "no-tls", "no-dtls", "no-multicast-peers", "log-file=stdout",
                 "simple-log", f"userdb={self.here}/turndb", f"pidfile={self.here}/pid"]
        (self.here / "turnserver.conf").write_text("\n".join(lines) + "\n")
        with (self.here / "log").open("a") as log:
            self.process = subprocess.Popen(self.network.command("turnserver", "-c", self.here / "turnserver.conf"),
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.here)
        end = time.monotonic() + LIMIT
        while time.monotonic() < end and self.process.poll() is None:
            if f"{TURN}:3478" in self.network.inside("ss", "-Hlun"):
                return True
            time.sleep(0.05)
        stop(self.process)
        return False


def predictions():
    """What the simulator says, by the kinds of both sides: a type of pair and milliseconds for each."""
    said = subprocess.run([SCENARIOS, "kernel NAT:*"], capture_output=True, text=True, timeout=10 * LIMIT, check=True)
    words = [line.split()[1:] for line in said.stdout.splitlines() if line.startswith("predicted ")]
    return {tuple(w[:2]): [(w[2], float(w[3])), (w[4], float(w[5]))] for w in words}


def relayed(types):
    """Which ends of a pair are relays. What a NAT shows of the others depends on what was asked first."""
    return [end == "relay" for end in types.split("-")]


def selected(side):
    """The types of the pair that a side has in the end, and the milliseconds from its start to that."""
    types = re.findall(r" typ (\w+)", [line for line in side.seen if line and line.startswith("selected ")][-1])
    times = re.findall(r"^floecat \+(\S+) selected ", side.errors.decode(), re.MULTILINE)
    return "-".join(types), float(times[-1])


class KernelNat(unittest.TestCase):
    def connected(self, internet, kinds):
        """A session from end to end, trickled. Returns what each side selected."""
        sides = []
        for number, (role, kind) in enumerate(zip(("controlling", "controlled"), kinds), 1):
            host, address = home(self.addCleanup, internet, number, kind)
            sides.append([*host.command(FLOECAT, "lines", "--role", role, "--bind", address, "--verbose", "--stun",
                                        "stun:" + STUN, "--turn", "turn:" + TURN, "--user", USER, "--password",
                                        PASSWORD)[1:]])
        sides = [Process(self, *words) for words in sides]
        done, end = [False, False], time.monotonic() + LIMIT
        while not all(done):
            self.assertLess(time.monotonic(), end, [side.seen for side in sides])
            for i, side in enumerate(sides):
                try:
                    line = side.line(0.001)
                except AssertionError as why:
                    if not str(why).startswith("no further line"):
                        raise
                    continue
                if line.startswith(("ufrag ", "pwd ", "candidate ", "end-of-candidates")):
                    sides[1 - i].tell(line)
                done[i] = done[i] or line == "state completed"
        for sender, receiver, data in (sides[0], sides[1], "cafe"), (sides[1], sides[0], "80ff"):
            sender.tell("send " + data)
            self.assertEqual(receiver.until("rx "), "rx " + data)
        for side in sides:
            side.tell("quit")
            self.assertEqual(side.code(LIMIT), 0)
        return [selected(side) for side in sides]

    def test_as_the_simulator_says(self):
        why_not = missing()
        if why_not:
            print(f"skipped, for want of what it takes to make NATs: {why_not}", flush=True)
            self.skipTest(why_not)
        predicted = predictions()
        self.assertEqual(set(predicted), {(left, right) for left in KINDS for right in KINDS})
        internet = Internet(self.addCleanup)
        Coturn(self, internet)
        server = subprocess.Popen(internet.command(STUNSERVER, "--bind", STUN), stdout=subprocess.PIPE, text=True)
        self.addCleanup(server.stdout.close)
        self.addCleanup(stop, server)
        self.assertEqual(server.stdout.readline().split(), [STUN, "3478"])
        print(f"{'left':9} {'right':9}  selected by the left (ms, predicted) and by the right one")
        wrong = []
        for (left, right), expected in predicted.items():
            session = KernelNat()  # with cleanups of its own
            try:
                found = session.connected(internet, (left, right))
            finally:
                session.doCleanups()
            text = ""
            # Of a relay on this side and one on the other the first to work is taken, by both.
            if relayed(found[0][0]) != relayed(found[1][0])[::-1]:
                wrong.append((left, right))
            for (types, took), (types_predicted, time_predicted) in zip(found, expected):
                text += f"  {types:12} {took:5.0f} ({types_predicted:12} {time_predicted:5.0f})"
                ways = sum(relayed(types)), sum(relayed(types_predicted))
                if ways[0] != ways[1] or not time_predicted - EARLIER <= took <= time_predicted + LATER:
                    wrong.append((left, right))
            print(f"{left:9} {right:9}{text}", flush=True)
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    FLOECAT, STUNSERVER, SCENARIOS = (str(pathlib.Path(sys.argv.pop(1)).resolve()) for _ in range(3))
    floecat_test.FLOECAT = "ip"  # by which everything runs in a namespace
    unittest.main(verbosity=2)
