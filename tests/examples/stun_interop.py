#!/usr/bin/env python3
"""Other people's STUN against ours: stun_interop.py STUNSERVER STUNCLIENT CAPTURE

Debian's `stun` and coturn's `turnutils_stunclient` ask our server, our client asks Debian's coturn,
and tshark reads all that went over the wire from the file CAPTURE. Everything runs on loopback
addresses, at ports of the system's choice, and every wait has a limit.
"""

import pathlib
import re
import selectors
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

STUNSERVER = STUNCLIENT = ""
CAPTURE = pathlib.Path()
LIMIT = 20.0  # seconds for anything awaited
COOKIE = bytes.fromhex("2112a442")
LOOPBACK = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}


class Capture:
    """A pcap file of payloads without headers of their own, each with the name of the Wireshark
    dissector that must understand it (LINKTYPE_WIRESHARK_UPPER_PDU)."""

    def __init__(self, path):
        self.file = path.open("wb")
        self.file.write(struct.pack(">IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 252))
        self.count = 0
        self.lock = threading.Lock()

    def add(self, message, transport):
        dissector = f"stun-{transport}" if message[4:8] == COOKIE else "classicstun"
        name = dissector.encode()
        name += bytes(-len(name) % 4)
        record = struct.pack(">HH", 12, len(name)) + name + bytes(4) + message
        seconds, microseconds = divmod(time.time_ns() // 1000, 1_000_000)
        with self.lock:
            self.file.write(struct.pack(">IIII", seconds, microseconds, len(record), len(record)) + record)
            self.file.flush()
            self.count += 1


class Relay:
    """Stands between one client and one server, and captures what they say to each other."""

    def __init__(self, test, capture, server, tcp=False):
        self.capture, self.server, self.tcp = capture, server, tcp
        self.family = socket.AF_INET6 if ":" in server[0] else socket.AF_INET
        self.front = self.open()
        self.front.bind((LOOPBACK[self.family], 0))
        self.port = self.front.getsockname()[1]
        self.ends = []  # what the server saw of us
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.run_tcp if tcp else self.run_udp, daemon=True)
        if tcp:
            self.front.listen()
        self.thread.start()
        test.addCleanup(self.stop)

    def open(self):
        made = socket.socket(self.family, socket.SOCK_STREAM if self.tcp else socket.SOCK_DGRAM)
        made.settimeout(0.1)
        return made

    def stop(self):
        self.stopped.set()
        self.thread.join(LIMIT)
        self.front.close()

    def run_udp(self):
        """One socket towards the server per client, as a NAT would have it."""
        behind = {}
        with selectors.DefaultSelector() as ready:
            ready.register(self.front, selectors.EVENT_READ, None)
            while not self.stopped.is_set():
                for key, _ in ready.select(0.1):
                    try:
                        bytes_, client = key.fileobj.recvfrom(65535)
                    except OSError:
                        continue
                    self.capture.add(bytes_, "udp")
                    if key.data:
                        self.front.sendto(bytes_, key.data)
                        continue
                    if client not in behind:
                        behind[client] = self.open()
                        behind[client].connect(self.server)
                        self.ends.append(behind[client].getsockname()[:2])
                        ready.register(behind[client], selectors.EVENT_READ, client)
                    behind[client].send(bytes_)
        for back in behind.values():
            back.close()

    def run_tcp(self):
        """One connection; what is captured are the messages that the streams hold."""
        while not self.stopped.is_set():
            try:
                client = self.front.accept()[0]
            except TimeoutError:
                continue
            with client, self.open() as server:
                server.connect(self.server)
                self.ends.append(server.getsockname()[:2])
                streams = {client: b"", server: b""}
                other = {client: server, server: client}
                with selectors.DefaultSelector() as ready:
                    for end in streams:
                        ready.register(end, selectors.EVENT_READ)
                    while not self.stopped.is_set() and streams:
                        for key, _ in ready.select(0.1):
                            if not (bytes_ := key.fileobj.recv(65535)):
                                streams.clear()
                                break
                            streams[key.fileobj] = self.take_messages(streams[key.fileobj] + bytes_)
                            other[key.fileobj].sendall(bytes_)

    def take_messages(self, stream):
        while len(stream) >= 20 and len(stream) >= (size := 20 + int.from_bytes(stream[2:4], "big")):
            self.capture.add(stream[:size], "tcp")
            stream = stream[size:]
        return stream


def stop(process):
    """Ends a process that we started, by its id."""
    process.terminate()
    try:
        process.wait(LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(LIMIT)


def run(*words):
    return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT)


def free_port(address, family):
    """A port that is free for UDP and TCP now. Somebody may take it before it is used: see Coturn."""
    with socket.socket(family, socket.SOCK_DGRAM) as udp:
        udp.bind((address, 0))
        return udp.getsockname()[1]


class Ours:
    """Our server on a loopback address."""

    def __init__(self, test, address):
        self.process = subprocess.Popen([STUNSERVER, "--bind", address, "--port", "0"], stdout=subprocess.PIPE, text=True)
        test.addCleanup(self.process.stdout.close)
        test.addCleanup(stop, self.process)
        bound, port = self.process.stdout.readline().split()
        test.assertEqual(bound, address)
        self.at = (bound, int(port))


class Coturn:
    """Debian's coturn as a plain STUN server, with nothing of the system's configuration."""

    def __init__(self, test, address, family):
        home = tempfile.TemporaryDirectory()
        test.addCleanup(home.cleanup)
        here = pathlib.Path(home.name)
        for _ in range(3):  # the port may be taken away between the look and the use
            port = free_port(address, family)
            self.at = (address, port)
            (here / "turnserver.conf").write_text(
                f"listening-ip={address}\nlistening-port={port}\nstun-only\nno-tls\nno-dtls\nno-cli\nno-auth\n"
                f"no-multicast-peers\nlog-file=stdout\nsimple-log\nuserdb={here}/turndb\npidfile={here}/pid\n")
            with (here / "log").open("w") as log:
                self.process = subprocess.Popen(["turnserver", "-c", here / "turnserver.conf"],
                                                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=here)
            test.addCleanup(stop, self.process)
            if self.listens(family):
                return
            stop(self.process)
        test.fail("coturn does not start:\n" + (here / "log").read_text())

    def listens(self, family):
        """coturn says nothing reliable when it is ready, so a connection shows it; it opens UDP first."""
        end = time.monotonic() + LIMIT
        while time.monotonic() < end and self.process.poll() is None:
            with socket.socket(family) as probe:
                if probe.connect_ex(self.at) == 0:
                    return True
            time.sleep(0.05)
        return False


class Interoperability(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.capture = Capture(CAPTURE)

    def relay(self, server, tcp=False):
        return Relay(self, self.capture, server, tcp)

    def test_debians_stun_asks_our_server(self):
        """A client of RFC 3489. Its test 1 is a plain request; what asks for a second address gets silence,
        so that it finds a firewall, but no server that can't be reached."""
        relay = self.relay(Ours(self, "127.0.0.1").at)
        done = run("stun", "-v", f"127.0.0.1:{relay.port}", "1")
        shown = re.search(r"MappedAddress = (\S+)", done.stderr)
        self.assertTrue(shown, done.stderr)
        print(shown[0])
        self.assertEqual(shown[1], "{}:{}".format(*relay.ends[0]))
        done = run("stun", f"127.0.0.1:{relay.port}")
        self.assertRegex(done.stdout, "Primary: (?!Blocked)")
        print(done.stdout.splitlines()[1])

    def test_coturns_stunclient_asks_our_server(self):
        for family, address in LOOPBACK.items():
            with self.subTest(address):
                relay = self.relay(Ours(self, address).at)
                done = run("turnutils_stunclient", "-p", str(relay.port), address)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                shown = re.search(r"UDP reflexive addr: (\S+)", done.stdout)
                self.assertTrue(shown, done.stdout)
                print(shown[0])
                self.assertEqual(shown[1].replace("[", "").replace("]", ""), f"{address}:{relay.ends[0][1]}")

    def check_client(self, relay, *options):
        done = run(STUNCLIENT, *options, LOOPBACK[relay.family], str(relay.port))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        print(done.stdout.strip())
        address, port = relay.ends[0]
        self.assertEqual(done.stdout, f"{address} {port}\n")

    def test_our_client_asks_coturn(self):
        for family, address in LOOPBACK.items():
            server = Coturn(self, address, family)
            for tcp in False, True:
                with self.subTest(address=address, tcp=tcp):
                    self.check_client(self.relay(server.at, tcp), *["--tcp"] * tcp)

    def test_our_client_asks_our_server(self):
        for address in LOOPBACK.values():
            server = Ours(self, address)
            for tcp in False, True:
                with self.subTest(address=address, tcp=tcp):
                    self.check_client(self.relay(server.at, tcp), *["--tcp"] * tcp)

    def test_our_server_takes_requests_in_any_pieces(self):
        """Three requests on one connection, byte by byte, and what is no STUN ends it."""
        relay = self.relay(Ours(self, "127.0.0.1").at, tcp=True)
        request = bytes.fromhex("000100002112a442") + bytes(range(12))
        with socket.create_connection(("127.0.0.1", relay.port), LIMIT) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in 3 * request:
                client.sendall(bytes([byte]))
            answers = b""
            while len(answers) < 3 * 40:
                answers += client.recv(4096)
            self.assertEqual(answers, 3 * answers[:40])
            self.assertEqual(answers[:2], b"\x01\x01")
            client.sendall(b"\xff\xff\xff\xff")
            self.assertEqual(client.recv(4096), b"")

    def test_nobody_there(self):
        port = free_port("127.0.0.1", socket.AF_INET)
        for options in [], ["--tcp"]:
            done = run(STUNCLIENT, *options, "127.0.0.1", str(port))
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn("stunclient: ", done.stderr)

    def test_words_that_mean_nothing(self):
        """Each is named, and nothing is bound or asked."""
        dump = str(pathlib.Path(STUNSERVER).with_name("stundump"))
        for program, words, named in ((STUNCLIENT, "", "ADDRESS is missing"),
                                      (STUNCLIENT, "localhost 1", "not 'localhost'"),
                                      (STUNCLIENT, "127.0.0.1", "PORT is missing"),
                                      (STUNCLIENT, "127.0.0.1 0", "from 1 to 65535, not '0'"),
                                      (STUNCLIENT, "127.0.0.1 65536", "from 1 to 65535, not '65536'"),
                                      (STUNCLIENT, "127.0.0.1 3478 4", "'4' is one word too many"),
                                      (STUNSERVER, "--bind", "--bind needs a value"),
                                      (STUNSERVER, "--bind localhost", "not 'localhost'"),
                                      (STUNSERVER, "--port x", "from 0 to 65535, not 'x'"),
                                      (STUNSERVER, "--port 99999", "from 0 to 65535, not '99999'"),
                                      (STUNSERVER, "--port 65536", "not '65536'"),
                                      (STUNSERVER, "--port -1", "not '-1'"),
                                      (STUNSERVER, "--what 1", "no option --what"),
                                      (dump, "--lines", "no option --lines")):
            with self.subTest(program=program, words=words):
                done = run(program, *words.split())
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertIn(named, done.stderr)

    def test_help(self):
        for name in "stunserver", "stunclient", "stundump", "turnclient", "replay", "floecat":
            program = pathlib.Path(STUNSERVER).with_name(name)
            if program.exists():
                done = run(program, "--help")
                self.assertEqual((done.returncode, done.stderr), (0, ""), name)
                self.assertIn(name, done.stdout)

    @classmethod
    def tearDownClass(cls):
        """Last, since it reads what all tests have sent."""
        cls.capture.file.close()
        frames = run("tshark", "-r", CAPTURE, "-T", "fields", "-e", "frame.protocols", "-e", "_ws.expert.message",
                     "-e", "_ws.malformed").stdout.splitlines()
        strange = [line for line in frames if not re.fullmatch(r"exported_pdu:(stun|classicstun)\t*", line.strip("\n"))]
        print(f"tshark: {len(frames)} messages dissected, {len(strange)} strange or malformed")
        print(*strange, sep="\n")
        assert len(frames) == cls.capture.count > 0 and not strange


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    STUNSERVER, STUNCLIENT = (str(pathlib.Path(p).resolve()) for p in sys.argv[1:3])
    CAPTURE = pathlib.Path(sys.argv[3])
    del sys.argv[1:4]
    unittest.main(verbosity=2)
