#!/usr/bin/env python3
"""Drives real floecat processes from end to end: floecat_test.py FLOECAT [--slow] [NAME...]

Every wait has a limit, so a test fails but never hangs. --slow adds those that wait for timers of
many seconds. The seed of every shuffle is printed with a failure and taken from SEED.
"""

import hashlib
import os
import pathlib
import queue
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

FLOECAT = ""
SLOW = False
SEED = int(os.environ.get("SEED", "1"))
LIMIT = 10.0  # seconds for anything awaited
DEMO = pathlib.Path(__file__).resolve().parents[2] / "examples" / "demo.py"


class Process:
    """A floecat, its output as a queue of lines or as bytes, and a limit on everything.

    Its reader goes away after `reads` lines, if that is given.
    """

    def __init__(self, test, *words, binary=False, reads=None):
        self.process = subprocess.Popen([FLOECAT, *words], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.output = self.process.stdout
        if reads:
            reader = subprocess.Popen(["sed", "-u", f"{reads}q"], stdin=self.output,
                                      stdout=subprocess.PIPE)
            self.output.close()
            self.output = reader.stdout
            test.addCleanup(reader.wait)
        self.lines = queue.Queue()
        self.seen = []
        self.digest = hashlib.sha256()
        self.size = 0
        self.binary = binary
        self.errors = b""
        self.threads = [threading.Thread(target=self.read, daemon=True),
                        threading.Thread(target=self.read_errors, daemon=True)]
        for thread in self.threads:
            thread.start()
        test.addCleanup(self.stop)

    def read(self):
        self.lines.put(self.output.readline().decode().rstrip("\n"))
        if self.binary:  # what follows the token
            while piece := self.output.read1(65536):
                self.digest.update(piece)
                self.size += len(piece)
        else:
            for line in self.output:
                self.lines.put(line.decode().rstrip("\n"))
        self.lines.put(None)

    def read_errors(self):
        self.errors = self.process.stderr.read()

    def stop(self):
        self.process.kill()
        self.process.wait()
        for thread in self.threads:
            thread.join(LIMIT)
        for stream in (self.process.stdin, self.output, self.process.stderr):
            try:
                stream.close()
            except OSError:
                pass

    def line(self, limit=LIMIT):
        """The next line."""
        try:
            line = self.lines.get(timeout=limit)
        except queue.Empty:
            raise AssertionError(f"no further line; so far: {self.seen}") from None
        self.seen.append(line)
        if line is None:
            raise AssertionError(f"it has ended: {self.seen} {self.errors}")
        return line

    def until(self, start):
        """The next line that starts so; those before it are skipped."""
        while not (line := self.line()).startswith(start):
            pass
        return line

    def description(self):
        """The lines that its peer must be told."""
        lines = [self.until("ufrag ")]
        while lines[-1] != "end-of-candidates":
            lines.append(self.line())
        return lines

    def write(self, data):
        data = data if isinstance(data, bytes) else data.encode()
        try:
            self.process.stdin.write(data)
            self.process.stdin.flush()
        except BrokenPipeError:
            pass

    def tell(self, *lines):
        self.write("".join(line + "\n" for line in lines))

    def end_input(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass

    def code(self, limit=LIMIT):
        code = self.process.wait(limit)
        for thread in self.threads:
            thread.join(LIMIT)
        return code


class BadNetwork:
    """A relay between two processes that loses, doubles and reorders datagrams.

    It gives each side an address that leads to the other, and sends from what its peer knows, as a
    pair of NATs would.
    """

    def __init__(self, test, seed):
        self.dice = random.Random(seed)
        self.sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in "ab"]
        self.homes = [None, None]  # where each side really is
        self.held = [None, None]
        self.forwarded = 0
        for s in self.sockets:
            s.bind(("127.0.0.1", 0))
            s.settimeout(0.2)
            test.addCleanup(s.close)
        self.open = True
        threads = [threading.Thread(target=self.forward, args=(i,), daemon=True) for i in (0, 1)]
        test.addCleanup(self.close, threads)
        for thread in threads:
            thread.start()

    def close(self, threads):
        self.open = False
        for thread in threads:
            thread.join(LIMIT)

    def forward(self, side):
        """What arrives at side's address goes to side, from the address of the other."""
        while self.open:
            try:
                data = self.sockets[side].recv(65536)
            except TimeoutError:
                continue
            dice = self.dice.random()
            if dice < 0.1:
                continue
            if dice < 0.15:
                self.held[side], data = data, self.held[side]  # comes later
            for _ in range(2 if dice > 0.95 else 1):
                if data and self.homes[side]:
                    self.forwarded += 1
                    self.sockets[1 - side].sendto(data, self.homes[side])

    def move(self, side, token):
        """The token of a side, with the relay's address instead of its own."""
        begin, pace, ufrag, pwd, candidate, end = token.split(";")
        fields = candidate.split(" ")
        self.homes[side] = (fields[5], int(fields[6]))
        fields[6] = str(self.sockets[side].getsockname()[1])
        return ";".join([begin, pace, ufrag, pwd, " ".join(fields), end])


class Lines(unittest.TestCase):
    """floecat lines."""

    def pair(self, *options):
        options = options or ("--bind", "127.0.0.1")
        return [Process(self, "lines", "--role", role, *options)
                for role in ("controlling", "controlled")]

    def connected(self, *options):
        a, b = self.pair(*options)
        self.join(a, b)
        return a, b

    def join(self, a, b, carry=lambda process, lines: process.tell(*lines)):
        told = a.description(), b.description()
        carry(a, told[1])
        carry(b, told[0])
        self.check_selected(a, b)

    def check_selected(self, a, b):
        chosen = [ends(p.until("selected ")) for p in (a, b)]
        self.assertEqual(chosen[0], chosen[1][::-1])
        for p in (a, b):
            p.until("state completed")

    def check_data(self, a, b):
        for p, peer, data in ((a, b, "cafe00"), (b, a, "80" + "ab" * 500), (a, b, "ff")):
            p.tell(f"send {data}")
            self.assertEqual(peer.until("rx "), f"rx {data}")

    def test_two_processes_connect_and_exchange_data(self):
        a, b = self.connected()
        self.check_data(a, b)
        for p in (a, b):
            p.tell("quit")
            self.assertEqual(p.code(), 0)
            self.assertEqual(p.errors, b"")

    def test_states_are_told_in_order(self):
        a, b = self.connected()
        for p in (a, b):
            states = [line for line in p.seen if line.startswith("state ")]
            self.assertEqual(states, ["state checking", "state connected", "state completed"])

    def test_the_selected_candidates_are_those_of_the_lines(self):
        a, b = self.pair()
        told = a.description(), b.description()
        a.tell(*told[1])
        b.tell(*told[0])
        mine, theirs = [lines[2].removeprefix("candidate ") for lines in told]
        self.assertEqual(a.until("selected "), f"selected {mine} | {theirs}")
        self.assertEqual(b.until("selected "), f"selected {theirs} | {mine}")

    def test_candidate_lines_have_their_generation(self):
        a, _ = self.pair()
        ufrag, pwd, *candidates, end = a.description()
        self.assertRegex(ufrag, r"^ufrag [A-Za-z0-9+/]{4,32}$")
        self.assertRegex(pwd, r"^pwd [A-Za-z0-9+/]{22,256}$")
        self.assertEqual(end, "end-of-candidates")
        for candidate in candidates:
            self.assertRegex(candidate, r"^candidate \S{1,32} 1 udp \d+ 127\.0\.0\.1 \d+ typ host")
            self.assertTrue(candidate.endswith(" " + ufrag))

    def test_the_pace_comes_before_the_credentials(self):
        process = Process(self, "lines", "--role", "controlling", "--bind", "127.0.0.1")
        first = process.line()
        self.assertRegex(first, r"^ice-pacing [1-9]\d*$")
        process.description()
        token = Process(self, "offer", "--bind", "127.0.0.1").line()
        self.assertTrue(token.startswith(f"floe1;{first};ufrag "), token)

    def test_any_order_of_lines(self):
        for seed in range(SEED, SEED + 20):
            with self.subTest(seed=seed):
                dice = random.Random(seed)

                def carry(process, lines):
                    lines = lines[:]
                    dice.shuffle(lines)
                    process.tell(*lines)

                a, b = self.pair()
                self.join(a, b, carry)

    def test_any_pieces_with_carriage_returns(self):
        def carry(process, lines):
            for byte in "".join(line + "\r\n" for line in lines):
                process.write(byte)

        a, b = self.pair()
        self.join(a, b, carry)

    def test_the_end_may_come_first_and_candidates_much_later(self):
        def carry(process, lines):
            process.tell("end-of-candidates", *[x for x in lines if x.startswith(("ufrag", "pwd"))])
            time.sleep(1.2)
            process.tell(*[x for x in lines if x.startswith("candidate ")])

        a, b = self.pair()
        self.join(a, b, carry)
        self.assertFalse([line for line in a.seen + b.seen if line.startswith("error")])

    def test_a_pair_of_credentials_is_refused_as_a_whole(self):
        for word, new in (("pwd ", "ufrag someOther"), ("ufrag ", "pwd " + "x" * 24)):
            a, b = self.connected()
            known = next(line for line in b.seen if line.startswith(word))
            a.tell(new, known)
            self.assertRegex(a.line(), r"^error \S")
            self.check_data(a, b)
            b.tell("restart")  # and the next whole pair is taken
            a.tell(*b.description())
            b.tell(*a.description())
            self.check_selected(a, b)

    def test_data_of_a_source_that_answered_no_check_is_not_told(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.bind(("127.0.0.1", 0))
            a, b = self.pair()
            told = a.description(), b.description()
            here = stranger.getsockname()[1]
            a.tell(*told[1], f"candidate 9 1 udp 5 127.0.0.1 {here} typ host")
            b.tell(*told[0])
            self.check_selected(a, b)
            there = int(told[0][2].split()[6])
            for _ in range(3):
                stranger.sendto(b"\xffstranger", ("127.0.0.1", there))
            self.check_data(a, b)
            said = [line for line in a.seen if line.startswith("rx ")]
            self.assertEqual(len(said), 1)

    def test_a_reader_that_stands_still_does_not_keep_it(self):
        p = subprocess.Popen([FLOECAT, "lines", "--role", "controlling", "--bind", "127.0.0.1"],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(lambda: (p.kill(), p.wait(), p.stdin.close(), p.stdout.close()))
        p.stdin.write(b"nonsense\n" * 20_000 + b"quit\n")  # the answers fill the pipe
        p.stdin.flush()
        self.assertEqual(p.wait(LIMIT), 0)

    def test_candidates_without_generation_or_with_prefix(self):
        def carry(process, lines):
            process.tell(*[line.split(" ufrag ")[0].replace("candidate ", "candidate candidate:")
                           for line in lines])

        a, b = self.pair()
        self.join(a, b, carry)

    def test_candidates_of_one_side_suffice(self):
        a, b = self.pair()
        told = a.description(), b.description()
        a.tell(*[line for line in told[1] if not line.startswith("candidate ")])
        b.tell(*told[0])
        self.check_selected(a, b)
        self.check_data(a, b)

    def test_ipv6_and_several_addresses(self):
        a, b = self.connected("--bind", "::1", "--bind", "127.0.0.1")
        self.check_data(a, b)

    def test_default_addresses(self):
        a, b = self.pair("--verbose")
        self.join(a, b)
        self.check_data(a, b)

    def test_bad_lines_get_an_error_and_change_nothing(self):
        a, b = self.pair()
        told = a.description(), b.description()
        bad = ["nonsense", "ufrag", "ufrag abc", "ufrag a b", "pwd short", "pwd", "ice-pacing", "ice-pacing soon", "candidate",
               "candidate 1 2 3", "candidate 1 1 udp 5 127.0.0.1 99999 typ host",
               "candidate 1 1 udp 5 127.0.0.1 9 typ host raddr 1.2.3.4", "send", "send xyz", "send abc",
               "send 00", "quit now", "restart now", "end-of-candidates now", "UFRAG abcd", "\0", "\t",
               "send " + "0" * 200_000, "ufrag \xe4\xf6\xfcabc"]
        for line in bad:
            with self.subTest(line=line[:40]):
                a.tell(line)
                self.assertRegex(a.line(), r"^error \S")
        a.tell(*[line for good in told[1] for line in (good, "nonsense")])
        b.tell(*told[0])
        self.check_selected(a, b)
        errors = [line for line in a.seen if line.startswith("error ")]
        self.assertEqual(len(errors), len(bad) + len(told[1]))
        a.tell("candidate 1 1 udp 5 0.0.0.0 9 typ host")
        self.assertRegex(a.line(), r"^error \S")
        self.check_data(a, b)

    def test_kinds_that_are_not_used_are_ignored(self):
        a, b = self.pair()

        def carry(process, lines):
            process.tell("candidate 1 1 tcp 5 127.0.0.1 9 typ host tcptype active",
                         "candidate 1 1 udp 5 somewhere.local 9 typ host", "", *lines)

        self.join(a, b, carry)
        self.assertFalse([line for line in a.seen + b.seen if line.startswith("error")])

    def test_restart(self):
        a, b = self.connected()
        for first, second in ((a, b), (b, a)):
            first.tell("restart")
            news = first.description()
            self.assertNotIn(news[0], first.seen[:first.seen.index(news[0])])
            self.check_data(a, b)  # the old path carries on
            second.tell(*news)
            answer = second.description()
            first.tell(*answer)
            self.check_selected(a, b)
            self.check_data(a, b)

    def test_restart_with_lines_in_any_order(self):
        for seed in range(SEED, SEED + 10):
            with self.subTest(seed=seed):
                dice = random.Random(seed)
                a, b = self.connected()
                a.tell("restart")
                news = a.description()
                dice.shuffle(news)
                b.tell(*news)
                answer = b.description()
                dice.shuffle(answer)
                a.tell(*answer)
                self.check_selected(a, b)
                self.check_data(a, b)

    def test_both_restart_at_once(self):
        a, b = self.connected()
        a.tell("restart")
        b.tell("restart")
        news = a.description(), b.description()
        a.tell(*news[1])
        b.tell(*news[0])
        self.check_selected(a, b)
        self.check_data(a, b)

    def test_both_in_the_same_role_connect(self):
        a, b = [Process(self, "lines", "--role", "controlled", "--bind", "127.0.0.1") for _ in "ab"]
        self.join(a, b)

    def test_the_end_of_input_and_signals_mean_quit(self):
        for end in (lambda p: p.end_input(), lambda p: p.process.send_signal(signal.SIGTERM),
                    lambda p: p.process.send_signal(signal.SIGINT)):
            a, _ = self.pair()
            a.description()
            end(a)
            self.assertEqual(a.code(), 0)

    def test_a_reader_that_goes_away_ends_it(self):
        a = Process(self, "lines", "--role", "controlling", "--bind", "127.0.0.1", reads=9)
        b = Process(self, "lines", "--role", "controlled", "--bind", "127.0.0.1")
        self.join(a, b)
        deadline = time.monotonic() + LIMIT
        while a.process.poll() is None and time.monotonic() < deadline:
            b.tell("send 80")
            time.sleep(0.01)  # until the reader has gone
        self.assertEqual(a.code(0), 1)

    def test_timeout(self):
        a = Process(self, "lines", "--role", "controlled", "--bind", "127.0.0.1", "--timeout", "1")
        self.assertEqual(a.code(), 4)

    def test_idle_costs_nothing(self):
        a, b = self.connected()
        before = [cpu(p) for p in (a, b)]
        with self.assertRaises(AssertionError):
            a.line(limit=1.0)  # nothing is said in this second
        for p, then in zip((a, b), before):
            self.assertLess(cpu(p) - then, 0.05)

    @unittest.skipUnless(SLOW or "--slow" in sys.argv, "waits for consent to expire")
    def test_a_killed_peer_is_noticed(self):
        a, b = self.connected()
        b.process.kill()
        started = time.monotonic()
        while a.line(limit=40) != "state failed":
            pass
        self.assertIn("state disconnected", a.seen)
        self.assertLess(time.monotonic() - started, 35)
        a.tell("send 80")
        self.assertRegex(a.line(), "^error ")


class Talk(unittest.TestCase):
    """floecat offer and answer."""

    def pair(self, *options, gap=""):
        options = options or ("--bind", "127.0.0.1")
        a = Process(self, "offer", *options, binary=True)
        b = Process(self, "answer", *options, binary=True)
        b.write(gap + a.line() + gap + "\n")
        a.write(gap + b.line() + gap + "\n")
        return a, b

    def pour(self, process, data):
        def write():
            process.write(data)
            process.end_input()

        thread = threading.Thread(target=write, daemon=True)
        thread.start()
        self.addCleanup(thread.join, LIMIT)

    def check_whole(self, a, b, there, back):
        self.pour(a, there)
        self.pour(b, back)
        self.assertEqual([a.code(30), b.code(30)], [0, 0], a.errors + b.errors)
        self.assertEqual((b.size, b.digest.digest()), (len(there), hashlib.sha256(there).digest()))
        self.assertEqual((a.size, a.digest.digest()), (len(back), hashlib.sha256(back).digest()))

    def test_files_arrive_whole_both_ways(self):
        a, b = self.pair()
        self.check_whole(a, b, random.randbytes(5_000_000), random.randbytes(5_000_000))

    def test_files_survive_a_bad_network(self):
        network = BadNetwork(self, SEED)
        a = Process(self, "offer", "--bind", "127.0.0.1", binary=True)
        b = Process(self, "answer", "--bind", "127.0.0.1", binary=True)
        b.write(network.move(0, a.line()) + "\n")
        a.write(network.move(1, b.line()) + "\n")
        self.check_whole(a, b, random.randbytes(300_000), random.randbytes(300_000))
        self.assertGreater(network.forwarded, 500)

    def test_sizes_around_the_edges(self):
        for size in (0, 1, 1190, 1191, 1192, 100_000):
            with self.subTest(size=size):
                a, b = self.pair()
                self.check_whole(a, b, random.randbytes(size), b"")

    def test_data_may_follow_the_token_at_once(self):
        a = Process(self, "offer", "--bind", "127.0.0.1", binary=True)
        b = Process(self, "answer", "--bind", "127.0.0.1", binary=True)
        b.write(a.line() + "\nfirst words\n")
        a.write("\n  \n" + b.line())  # blank lines before, and no end of line behind
        a.end_input()
        b.end_input()
        self.assertEqual([a.code(), b.code()], [0, 0])
        self.assertEqual(a.size, len("first words\n"))

    def test_white_space_around_a_token(self):
        a, b = self.pair(gap=" \t")
        self.check_whole(a, b, b"there", b"back")

    def test_ipv6_and_default_addresses(self):
        for options in (("--bind", "::1"), ("--loopback",), ("--verbose",)):
            a, b = self.pair(*options)
            self.check_whole(a, b, b"there" * 1000, b"back")

    def test_bad_tokens(self):
        good = Process(self, "offer", "--bind", "127.0.0.1").line()
        for bad in ("", "\n\n", "hello\n", good[:-1] + "\n", good[:30] + "\n", good.upper() + "\n",
                    "floe1;end\n", good.split(";pwd")[0] + ";end\n", good.replace("pwd ", "pwd -") + "\n",
                    "floe1;\n", "floe9;" + good[6:] + "\n", "x" * 1_000_000, "\0\n", good + good + "\n"):
            for mode in ("offer", "answer"):
                with self.subTest(bad=bad[:20], mode=mode):
                    p = Process(self, mode, "--bind", "127.0.0.1")
                    p.write(bad)
                    p.end_input()
                    self.assertEqual(p.code(), 3)
                    self.assertTrue(p.errors.startswith(b"floecat: "))

    def test_the_own_token_is_recognised(self):
        p = Process(self, "offer", "--bind", "127.0.0.1")
        p.write(p.line() + "\n")
        self.assertEqual(p.code(), 3)
        self.assertIn(b"your own", p.errors)

    def test_two_offers_meet_as_well(self):
        a, b = [Process(self, "offer", "--bind", "127.0.0.1", binary=True) for _ in "ab"]
        tokens = a.line(), b.line()
        a.write(tokens[1] + "\n")
        b.write(tokens[0] + "\n")
        self.check_whole(a, b, b"there", b"back")

    def test_no_token_in_time(self):
        p = Process(self, "answer", "--bind", "127.0.0.1", "--timeout", "1")
        self.assertEqual(p.code(), 4)

    def test_no_connection_in_time(self):
        a = Process(self, "offer", "--bind", "127.0.0.1")
        b = Process(self, "answer", "--bind", "127.0.0.1", "--timeout", "1")
        token = a.line()
        a.stop()
        b.write(token + "\n")
        self.assertEqual(b.code(), 4)

    def test_who_is_told_to_leave_says_so(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            a, b = self.pair()
            a.write("x")
            while b.size == 0:
                time.sleep(0.01)
            a.process.send_signal(number)
            self.assertEqual(a.code(), 128 + number)
            self.assertEqual(b.code(), 6)

    def test_a_reader_that_goes_away_ends_both(self):
        a = Process(self, "offer", "--bind", "127.0.0.1", binary=True)
        b = Process(self, "answer", "--bind", "127.0.0.1", binary=True, reads=1)
        b.write(a.line() + "\n")
        a.write(b.line() + "\n")
        self.pour(a, random.randbytes(1_000_000))
        self.assertEqual(b.code(), 1)
        self.assertEqual(a.code(), 6)

    @unittest.skipUnless(SLOW or "--slow" in sys.argv, "waits for a silence of 15 s")
    def test_a_killed_peer_is_noticed(self):
        a, b = self.pair()
        a.write("x")
        while b.size == 0:
            time.sleep(0.01)
        b.process.kill()
        self.assertEqual(a.code(20), 6)

    @unittest.skipUnless(SLOW or "--slow" in sys.argv, "waits for all checks to fail, 40 s")
    def test_no_path(self):
        a = Process(self, "offer", "--bind", "127.0.0.1")
        b = Process(self, "answer", "--bind", "127.0.0.1")
        b.write(a.line() + "\n")
        token = b.line()
        b.stop()
        a.write(token + "\n")
        self.assertEqual(a.code(60), 5)


class CommandLine(unittest.TestCase):
    def run_once(self, *words):
        return subprocess.run([FLOECAT, *words], stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=LIMIT, check=False)

    def test_help_names_every_exit_code(self):
        done = self.run_once("--help")
        self.assertEqual(done.returncode, 0)
        for word in (b"offer", b"answer", b"lines", b"--bind", b"--loopback", b"--timeout", b"--pcap",
                     b"--stun", b"--turn", b"--user", b"--password", b"--relay-only", b"--verbose", b"exit codes", b"  6  ", b"handed over"):
            self.assertIn(word, done.stdout)

    def test_wrong_usage(self):
        for words in ((), ("call",), ("offer", "answer"), ("lines",), ("offer", "--role", "controlled"),
                      ("lines", "--role", "x"), ("offer", "--bind"), ("offer", "--bind", "localhost"),
                      ("offer", "--bind", "0.0.0.0"), ("offer", "--timeout", "-1"),
                      ("offer", "--timeout", "soon"), ("offer", "--pcap="), ("offer", "--frob=1"),
                      ("offer", "--frob"), ("offer", "-v"), ("offer", "--stun", "127.0.0.1"),
                      ("offer", "--stun", "stuns:127.0.0.1"), ("offer", "--stun", "turn:127.0.0.1"),
                      ("offer", "--turn", "stun:127.0.0.1"), ("offer", "--turn", "turns:127.0.0.1?transport=udp"),
                      ("offer", "--turn", "turn:"), ("offer", "--relay-only"),
                      ("offer", "--relay-only", "--stun", "stun:127.0.0.1")):
            with self.subTest(words=words):
                done = self.run_once(*words)
                self.assertEqual(done.returncode, 2)
                self.assertEqual(done.stdout, b"")
                self.assertTrue(done.stderr.startswith(b"floecat: "))

    def test_what_is_wrong_is_named(self):
        for words, named in (("offer --timeout 1000000", b"--timeout takes a number from 1 to 999999, not '1000000'"),
                             ("offer --bind localhost", b"not 'localhost'"), ("offer --frob", b"no option --frob"),
                             ("offer --stun stun:127.0.0.1:99999", b"not 'stun:127.0.0.1:99999'"),
                             ("call", b"offer, answer or lines, not 'call'"), ("offer answer", b"'answer' is one word too many"),
                             ("lines", b"--role goes with lines"), ("", b"the mode is missing")):
            self.assertIn(named, self.run_once(*words.split()).stderr)

    def test_closed_standard_files_do_no_harm(self):
        for closed in ("<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-"):
            for mode, code in (("lines --role controlled", 0), ("answer", 3)):
                with self.subTest(closed=closed, mode=mode):
                    stdin = "" if "<" in closed else "</dev/null"
                    command = f"exec {FLOECAT} {mode} --bind 127.0.0.1 {stdin} {closed}"
                    done = subprocess.run(["sh", "-c", command], capture_output=True, timeout=LIMIT,
                                          check=False)
                    self.assertEqual(done.returncode, code, done.stderr)

    def test_trouble_on_this_machine(self):
        for words in (("offer", "--bind", "203.0.113.77"), ("offer", "--pcap", "/no/such/place")):
            self.assertEqual(self.run_once(*words).returncode, 1)


class Demo(unittest.TestCase):
    def run_demo(self, *words):
        with tempfile.TemporaryDirectory() as directory:
            capture = pathlib.Path(directory) / "demo.pcap"
            started = time.monotonic()
            done = subprocess.run([sys.executable, DEMO, FLOECAT, "--pcap", capture, *words],
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  timeout=LIMIT, check=False)
            self.assertLess(time.monotonic() - started, 5)
            return done, capture.read_bytes() if capture.exists() else b""

    def test_it_tells_the_story(self):
        for words in ((), ("--bind", "127.0.0.1"), ("--bind", "::1", "--bind", "127.0.0.1")):
            done, capture = self.run_demo(*words)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertEqual(done.stderr, "")
            self.assertEqual(done.stdout.count("delivered"), 2)
            self.assertEqual(done.stdout.count(" answered "), 2)
            self.assertEqual(done.stdout.count("srflx"), 2)
            self.assertIn("selected", done.stdout)
            self.assertGreater(len(capture), 24)

    def test_a_process_that_dies_ends_it_clearly(self):
        for after in (0, 1, 5):
            done, _ = self.run_demo("--kill-after", str(after))
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertRegex(done.stdout, "B was killed by signal 9 before")
            self.assertEqual(done.stderr, "")

    def test_ctrl_c_ends_it_quietly(self):
        """By the signal, as whoever started it must know; at whatever moment it comes."""
        for moment in "Two programs", "Servers", "Messages":
            with tempfile.TemporaryDirectory() as directory:
                demo = subprocess.Popen([sys.executable, "-u", DEMO, FLOECAT, "--pcap", f"{directory}/demo.pcap"],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True, start_new_session=True)
                for line in demo.stdout:
                    if line.startswith(moment):
                        os.killpg(demo.pid, signal.SIGINT)
                        break
                out, err = demo.communicate(timeout=LIMIT)
                self.assertEqual(err, "")
                self.assertEqual(demo.returncode, -signal.SIGINT, out)

    def test_two_sides_that_cannot_meet_end_it_clearly(self):
        done, _ = self.run_demo("--bind", "203.0.113.77")
        self.assertEqual(done.returncode, 1)
        self.assertIn("can't bind", done.stdout)


def ends(selected):
    """Address and port of both ends: their types may differ, as what one side signals the other may
    have learned already."""
    return [half.split()[4:6] for half in selected.removeprefix("selected ").split(" | ")]


def cpu(p):
    """Seconds of processor time that a process has used."""
    fields = pathlib.Path(f"/proc/{p.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    FLOECAT = os.path.abspath(sys.argv.pop(1))
    SLOW = "--slow" in sys.argv
    sys.argv = [word for word in sys.argv if word != "--slow"]
    random.seed(SEED)
    unittest.main()
