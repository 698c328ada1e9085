#!/usr/bin/env python3
"""floecat processes that reach each other only through Debian's coturn: floecat_relays.py FLOECAT [PAYLOADS]

Everything runs on loopback addresses. Every wait has a limit, and every process is ended by its id.
"""

import hashlib
import os
import pathlib
import random
import socket
import sys
import time
import unittest

import floecat_test
import turn_interop
from floecat_test import LIMIT, Process
from turn_interop import PASSWORD, USER, Coturn

SEED = int(os.environ.get("SEED", "1"))
PAYLOADS = 100_000  # through the relays by UDP; a tenth of it by TCP and TLS
BURST = 32  # payloads under way: fewer than any buffer holds


def dropped_by_the_system():
    """How many datagrams found a full buffer, on the whole machine."""
    names, values = [line.split() for line in pathlib.Path("/proc/net/snmp").read_text().splitlines()
                     if line.startswith("Udp: ")]
    return sum(int(values[names.index(name)]) for name in ("RcvbufErrors", "SndbufErrors"))


class Relays(unittest.TestCase):
    def options(self, server, *words, how="", user=USER, password=PASSWORD):
        """how: what the URI has besides host and port."""
        host = "localhost" if server.family == socket.AF_INET else "[::1]"
        scheme, port = ("turns", server.tls_port) if server.tls else ("turn", server.port)
        return ["--bind", turn_interop.LOOPBACK[server.family], "--relay-only", "--verbose",
                "--turn", f"{scheme}:{host}:{port}{how}", "--user", user, "--password", password, *words]

    def connected(self, options):
        sides = [Process(self, "lines", "--role", role, *options) for role in ("controlling", "controlled")]
        told = [side.description() for side in sides]
        for side, lines in zip(sides, reversed(told)):
            candidates = [line.split() for line in lines if line.startswith("candidate ")]
            self.assertTrue(candidates)
            for words in candidates:
                self.assertEqual(words[8], "relay")
                self.assertIn(words[10:13], (["0.0.0.0", "rport", "9"], ["::", "rport", "9"]))
            side.tell(*lines)
        for side in sides:
            self.assertEqual(side.until("selected ").count("typ relay"), 2)
            side.until("state completed")
        return sides

    def exchange(self, sides, count):
        """Payloads both ways in turns. Returns how many were lost."""
        lost = 0
        dice = random.Random(SEED)
        for first in range(0, count, BURST):
            sender, receiver = sides if first // BURST % 2 == 0 else reversed(sides)
            payloads = [f"{i:08x}" + dice.randbytes(dice.randrange(400)).hex()
                        for i in range(first, min(first + BURST, count))]
            sender.tell(*("send " + p for p in payloads))
            waiting = ["rx " + p for p in payloads]
            try:
                while waiting:
                    waiting.remove(receiver.line(2))
            except AssertionError as why:
                if not str(why).startswith("no further line"):
                    raise
            lost += len(waiting)
            receiver.seen.clear()
        return lost

    def check(self, server, count, how=""):
        sides = self.connected(self.options(server, how=how))
        before, began = dropped_by_the_system(), time.monotonic()
        lost = self.exchange(sides, count)
        took, dropped = time.monotonic() - began, dropped_by_the_system() - before
        print(f"{'TLS' if server.tls else how or 'UDP'}: {count} payloads through two relays in {took:.1f} s, "
              f"{lost} lost, {dropped} dropped by the system", flush=True)
        self.assertLessEqual(lost, dropped)
        for side in sides:
            side.tell("quit")
            self.assertEqual(side.code(), 0)
            self.assertRegex(side.errors.decode(), r"server \S+ \S+:\d+ answered - \d+\.\d")

    def test_udp_and_tcp(self):
        server = Coturn(self, socket.AF_INET)
        self.check(server, PAYLOADS)
        self.check(server, PAYLOADS // 10, "?transport=tcp")

    def test_ipv6(self):
        self.check(Coturn(self, socket.AF_INET6), PAYLOADS // 10)

    def trusted(self):
        """A server for TLS, whose certificate our programs trust."""
        server = Coturn(self, socket.AF_INET, tls=True)
        os.environ["SSL_CERT_FILE"] = str(server.here / "certificate")
        self.addCleanup(os.environ.pop, "SSL_CERT_FILE", None)
        return server

    def test_tls(self):
        self.check(self.trusted(), PAYLOADS // 10)

    def test_what_goes_in_comes_out(self):
        """offer and answer, with more data than any window; in the end they give their relays back."""
        server = Coturn(self, socket.AF_INET, "verbose")
        sides = [Process(self, mode, *self.options(server), binary=True) for mode in ("offer", "answer")]
        offer, answer = sides
        answer.tell(offer.line())
        offer.tell(answer.line())
        data = random.Random(SEED).randbytes(2_000_000)
        offer.write(data)
        offer.end_input()
        answer.end_input()
        self.assertEqual([side.code() for side in sides], [0, 0])
        self.assertEqual((answer.size, answer.digest.digest()), (len(data), hashlib.sha256(data).digest()))
        self.assertEqual(offer.size, 0)
        limit = time.monotonic() + LIMIT
        while (server.here / "log").read_text().count("lifetime=0") < 2:
            self.assertLess(time.monotonic(), limit)
            time.sleep(0.05)

    def time_to_talk(self, sides, limit=40.0):
        """Sends both ways until something arrives both ways. Returns how long that took."""
        began, number, heard = time.monotonic(), 0, set()
        while len(heard) < 2:
            self.assertLess(time.monotonic() - began, limit, [side.seen[-10:] for side in sides])
            number += 1
            for side in sides:
                side.tell(f"send ff{number:06x}")
            time.sleep(0.1)
            for side in sides:
                while not side.lines.empty():
                    line = side.line()
                    if line.startswith("rx ff") and int(line[5:], 16) > 1:
                        heard.add(side)
        return time.monotonic() - began

    def join(self, sides):
        """Carries what both say to the other, until both are connected; restarts who is cut off."""
        end, done = time.monotonic() + LIMIT, set()
        while len(done) < 2:
            self.assertLess(time.monotonic(), end, [side.seen for side in sides])
            for side, other in zip(sides, reversed(sides)):
                while not side.lines.empty():
                    line = side.line()
                    if line.startswith(("ufrag ", "pwd ", "candidate ", "end-of-candidates")):
                        other.tell(line)
                    if line == "relay-replaced cut-off":
                        side.tell("restart")
                    if line == "state completed":
                        done.add(side)
            time.sleep(0.01)

    def test_a_server_killed_in_mid_call(self):
        """One side has only a relay; with another one the call goes on, and the peer is told nothing."""
        for over in "UDP", "TCP", "TLS":
            with self.subTest(over=over):
                server = self.trusted() if over == "TLS" else Coturn(self, socket.AF_INET)
                how = "?transport=tcp" if over == "TCP" else ""
                sides = [Process(self, "lines", "--role", "controlling", *self.options(server, how=how)),
                         Process(self, "lines", "--role", "controlled", "--bind", "127.0.0.1")]
                self.join(sides)
                self.time_to_talk(sides)
                server.restart()
                gap = self.time_to_talk(sides)
                print(f"{over}: server killed and started again, data goes on after {gap:.1f} s", flush=True)
                self.assertLess(gap, 30 if over == "UDP" else 5)
                self.assertFalse([line for line in sides[1].seen if line.startswith("ufrag")][1:])
                sides[0].tell("quit")
                self.assertEqual(sides[0].code(), 0)
                self.assertIn("relay lost", sides[0].errors.decode())

    def test_a_server_killed_under_both(self):
        """Both sides have only relays: a restart tells the new ones."""
        server = Coturn(self, socket.AF_INET)
        sides = [Process(self, "lines", "--role", role, *self.options(server, how="?transport=tcp"))
                 for role in ("controlling", "controlled")]
        self.join(sides)
        self.time_to_talk(sides)
        server.restart()
        self.join(sides)
        self.assertTrue([side for side in sides if "relay-replaced cut-off" in side.seen])
        self.assertLess(self.time_to_talk(sides), 5)

    def refused(self, options):
        """What the only server came to, when it gives nothing."""
        side = Process(self, "lines", "--role", "controlling", *options)
        self.assertEqual(len(side.description()), 3)
        side.tell("quit")
        self.assertEqual(side.code(), 0)
        return next(line.split()[5:7] for line in side.errors.decode().splitlines() if " server " in line)

    def test_wrong_password(self):
        server = Coturn(self, socket.AF_INET)
        for how in "", "?transport=tcp":
            self.assertEqual(self.refused(self.options(server, how=how, password="wrong")), ["credentials", "401?"])

    def test_a_certificate_that_nobody_trusts(self):
        server = Coturn(self, socket.AF_INET, tls=True)
        self.assertEqual(self.refused(self.options(server, how="?transport=tcp")), ["unreachable", "-"])

    def test_a_bad_certificate_leaves_other_servers_alone(self):
        """OpenSSL tells all connections of a thread what was wrong with one of them. Whichever is asked first: the
        good server's relays carry the call from its beginning to its end."""
        good, bad = self.trusted(), Coturn(self, socket.AF_INET, tls=True)
        for first, second in ((good, bad), (bad, good)):
            with self.subTest(first="good" if first is good else "bad"):
                servers = [word for server in (first, second) for word in
                           ("--turn", f"turns:localhost:{server.tls_port}?transport=tcp")]
                options = ["--bind", "127.0.0.1", "--relay-only", "--verbose", *servers, "--user", USER,
                           "--password", PASSWORD]
                sides = self.connected(options)
                self.assertEqual(self.exchange(sides, 200), 0)
                for side in sides:
                    side.tell("quit")
                    self.assertEqual(side.code(), 0)
                    told = side.errors.decode()
                    for server, came_to in ((good, "answered"), (bad, "unreachable")):
                        self.assertRegex(told, rf"server \S+ \S+:{server.tls_port} {came_to}")
                    self.assertNotIn("lost", told)

    def test_a_certificate_for_another_name(self):
        server = Coturn(self, socket.AF_INET, tls=True)
        os.environ["SSL_CERT_FILE"] = str(server.here / "certificate")
        self.addCleanup(os.environ.pop, "SSL_CERT_FILE")
        options = [word.replace("localhost", "127.0.0.1") for word in self.options(server, how="?transport=tcp")]
        self.assertEqual(self.refused(options), ["unreachable", "-"])

    def test_nobody_there(self):
        class Nobody:
            family, tls, port = socket.AF_INET, False, turn_interop.free_port("127.0.0.1", socket.AF_INET)

        self.assertEqual(self.refused(self.options(Nobody, how="?transport=tcp")), ["unreachable", "-"])


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    floecat_test.FLOECAT = str(pathlib.Path(sys.argv.pop(1)).resolve())
    if len(sys.argv) > 1 and sys.argv[1].isdigit():
        PAYLOADS = int(sys.argv.pop(1))
    unittest.main(verbosity=2)
