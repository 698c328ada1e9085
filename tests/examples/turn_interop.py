#!/usr/bin/env python3
"""Our TURN client against Debian's coturn: turn_interop.py TURNCLIENT

Everything runs on loopback addresses, at ports of the system's choice, with configurations that are
thrown away; every wait has a limit, and every process is ended by its id.
"""

import pathlib
import queue
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

TURNCLIENT = ""
LIMIT = 30.0  # seconds for anything awaited
LOOPBACK = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}
USER, PASSWORD = "user", "correct horse battery staple"


def stop(process):
    """Ends a process that we started, by its id."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(LIMIT)


def free_port(address, family):
    """A port that is free for UDP and TCP now. Somebody may take it before it is used: see Coturn."""
    with socket.socket(family, socket.SOCK_DGRAM) as udp:
        udp.bind((address, 0))
        return udp.getsockname()[1]


class Coturn:
    """Debian's coturn with nothing of the system's configuration."""

    def __init__(self, test, family, *options, tls=False):
        home = tempfile.TemporaryDirectory()
        test.addCleanup(home.cleanup)
        self.test, self.here, self.family, self.process = test, pathlib.Path(home.name), family, None
        self.options, self.tls = options, tls
        if tls:
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost",
                            "-days", "2", "-keyout", self.here / "key", "-out", self.here / "certificate"],
                           check=True, capture_output=True, timeout=LIMIT)
        test.addCleanup(lambda: self.process and stop(self.process))
        for _ in range(3):  # a port may be taken away between the look and the use
            self.port = free_port(LOOPBACK[family], family)
            self.tls_port = free_port(LOOPBACK[family], family)
            if self.start():
                return
        test.fail("coturn does not start:\n" + (self.here / "log").read_text())

    def start(self):
        address = LOOPBACK[self.family]
        lines = [f"listening-ip={address}", f"relay-ip={address}", f"listening-port={self.port}",
                 f"tls-listening-port={self.tls_port}", "lt-cred-mech", "realm=floe.example", f"user={USER}:{PASSWORD}",
                 "allow-loopback-peers", "no-cli", "no-multicast-peers", "log-file=stdout", "simple-log",
                 f"userdb={self.here}/turndb", f"pidfile={self.here}/pid", "no-dtls", *self.options]
        lines += [f"cert={self.here}/certificate", f"pkey={self.here}/key"] if self.tls else ["no-tls"]
        (self.here / "turnserver.conf").write_text("\n".join(lines) + "\n")
        with (self.here / "log").open("a") as log:
            self.process = subprocess.Popen(["turnserver", "-c", self.here / "turnserver.conf"],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.here)
        end = time.monotonic() + LIMIT
        at = (address, self.tls_port if self.tls else self.port)
        while time.monotonic() < end and self.process.poll() is None:
            with socket.socket(self.family) as probe:
                if probe.connect_ex(at) == 0:
                    return True
            time.sleep(0.05)
        stop(self.process)
        return False

    def restart(self):
        """As a crash: nothing is said to anybody."""
        self.process.kill()
        self.process.wait(LIMIT)
        if not self.start():
            self.test.fail("coturn does not start again")


class Client:
    """Our program, and what it says."""

    def __init__(self, test, server, *options):
        self.test = test
        port = server.tls_port if "--tls" in options else server.port
        self.process = subprocess.Popen(
            [TURNCLIENT, "--user", USER, "--password", PASSWORD, *options, LOOPBACK[server.family], str(port)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        test.addCleanup(self.process.stdout.close)
        test.addCleanup(stop, self.process)
        self.lines, self.said = queue.Queue(), []
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        try:
            for line in self.process.stdout:
                self.lines.put(line.strip())
        except ValueError:
            pass  # closed under our hands, at the end of the test
        self.lines.put(None)

    def tell(self, *words):
        self.process.stdin.write(" ".join(str(w) for w in words) + "\n")
        self.process.stdin.flush()

    def expect(self, pattern, limit=LIMIT):
        """The next line that matches; others are passed over."""
        end = time.monotonic() + limit
        while (left := end - time.monotonic()) > 0:
            try:
                line = self.lines.get(timeout=left)
            except queue.Empty:
                break
            if line is None:
                break
            self.said.append(line)
            if found := re.fullmatch(pattern, line):
                return found
        self.test.fail(f"no {pattern!r} in:\n" + "\n".join(self.said[-20:]))

    def relayed(self):
        found = self.expect(r"relayed (\S+) (\d+)")
        return found[1], int(found[2])

    def close(self):
        self.tell("close")
        self.test.assertEqual(self.process.wait(LIMIT), 0)
        self.process.stdin.close()


class Interoperability(unittest.TestCase):
    def peer(self, family):
        made = socket.socket(family, socket.SOCK_DGRAM)
        self.addCleanup(made.close)
        made.settimeout(LIMIT)
        made.bind((LOOPBACK[family], 0))
        return made

    def talk(self, client, relayed, peer, words):
        """A datagram each way."""
        address, port = peer.getsockname()[:2]
        client.tell("send", address, port, words)
        data, source = peer.recvfrom(2000)
        self.assertEqual((data.decode(), source[:2]), (words, relayed))
        peer.sendto(("re: " + words).encode(), relayed)
        found = client.expect(r"data (\S+) (\d+) (.*)")
        self.assertEqual((found[1], int(found[2]), found[3]), (address, port, "re: " + words))

    def check_all(self, server, *options):
        client = Client(self, server, *options)
        relayed = client.relayed()
        peer = self.peer(server.family)
        address, port = peer.getsockname()[:2]
        client.tell("permit", address)
        client.expect(f"permitted {address}")
        self.talk(client, relayed, peer, "by indication")
        client.tell("bind", address, port)
        client.expect(f"bound {address} {port}")
        for i in range(50):
            self.talk(client, relayed, peer, f"by channel {'x' * (i + 1)}")
        self.assertNotIn("not-sent", "\n".join(client.said))
        client.close()
        print(f"{' '.join(options) or '--udp'} {address}: 51 datagrams each way through {relayed}")

    def test_udp_and_tcp(self):
        for family in LOOPBACK:
            options = ["--ipv6-relay"] if family == socket.AF_INET6 else []
            server = Coturn(self, family)
            for how in [], ["--tcp"]:
                with self.subTest(family=family, how=how):
                    self.check_all(server, *how, *options)

    def test_tls(self):
        self.check_all(Coturn(self, socket.AF_INET, tls=True), "--tls")

    def test_nonces_go_stale(self):
        """Nonces last a second, the first lifetime four (coturn grants ten minutes at the first Refresh); data does
        not notice. While the peer is silent the client asks by Refresh whether the server is still there."""
        server = Coturn(self, socket.AF_INET, "verbose", "stale-nonce=1", "max-allocate-lifetime=4")
        client = Client(self, server, "--patience", "500")
        relayed = client.relayed()
        peer = self.peer(server.family)
        address, port = peer.getsockname()[:2]
        client.tell("bind", address, port)
        client.expect(f"bound {address} {port}")
        for i in range(6):
            self.talk(client, relayed, peer, f"number {i}")
            client.tell("permit", f"127.0.1.{i + 1}")
            client.expect(f"permitted 127.0.1.{i + 1}")
            client.tell("send", address, port, "no answer")
            self.assertEqual(peer.recv(100), b"no answer")
            time.sleep(1.2)
        self.talk(client, relayed, peer, "last")
        client.close()
        log = (server.here / "log").read_text()
        refreshes, stale = len(re.findall("REFRESH processed, success", log)), len(re.findall("error 438", log))
        print(f"{refreshes} refreshes, {stale} stale nonces in coturn's log")
        self.assertGreater(refreshes, 5)
        self.assertGreater(stale, 1)

    def test_wrong_password(self):
        server = Coturn(self, socket.AF_INET)
        client = Client(self, server, "--password", "wrong")
        client.expect("ended credentials 401")
        self.assertEqual(client.process.wait(LIMIT), 1)
        client.process.stdin.close()

    def test_server_killed_and_started_again(self):
        """The client notices within its patience, and goes on through another relay."""
        server = Coturn(self, socket.AF_INET)
        client = Client(self, server, "--again", "--patience", "1000")
        relayed = client.relayed()
        peer = self.peer(server.family)
        address, port = peer.getsockname()[:2]
        client.tell("bind", address, port)
        client.expect(f"bound {address} {port}")
        self.talk(client, relayed, peer, "before")
        server.restart()
        began = time.monotonic()
        client.tell("send", address, port, "into the void")
        client.expect("ended forgotten 437")
        again = client.relayed()
        client.expect(f"bound {address} {port}")
        self.talk(client, again, peer, "after")
        gap = time.monotonic() - began
        print(f"relay {relayed} replaced by {again} after {gap:.2f} s")
        self.assertLess(gap, 15)
        client.close()

    def test_nobody_there(self):
        class Nobody:
            family, port = socket.AF_INET, free_port("127.0.0.1", socket.AF_INET)

        client = Client(self, Nobody, "--tcp")
        self.assertEqual(client.process.wait(LIMIT), 1)
        client.process.stdin.close()

    def test_words_that_mean_nothing(self):
        for words, named in (("", "ADDRESS is missing"), ("127.0.0.1", "PORT is missing"),
                             ("localhost 1", "not 'localhost'"), ("127.0.0.1 0", "from 1 to 65535, not '0'"),
                             ("127.0.0.1 99999", "not '99999'"), ("--what 127.0.0.1 1", "no option --what"),
                             ("--user", "--user needs a value"), ("--lifetime 1e3 127.0.0.1 1", "not '1e3'"),
                             ("--tcp --tls 127.0.0.1 1", "--tcp and --tls")):
            done = subprocess.run([TURNCLIENT, *words.split()], stdin=subprocess.DEVNULL, capture_output=True,
                                  text=True, timeout=LIMIT, check=False)
            self.assertEqual((done.returncode, done.stdout), (2, ""), words)
            self.assertIn(named, done.stderr)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    TURNCLIENT = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main(verbosity=2)
