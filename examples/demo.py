#!/usr/bin/env python3
"""Two floecat processes find each other over real sockets, and this script tells how.

It carries their lines across, as two people or a server would, watches what they say they do, lets
them exchange one message each way, and writes every datagram to a capture file. A STUN server tells
each side by what address the Internet would see it: that of a NAT, which is made here as well. Both
sides are recorded; examples/replay plays the recordings again and draws them.
"""

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)  # until there is something to clean up

import argparse
import os
import pathlib
import selectors
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

TIME_LIMIT = 4.0  # seconds for everything
MESSAGES = {"A": "Hello B, here is A.", "B": "Hello A, here is B."}


class Ending(Exception):
    """Why the demo can't go on, as a sentence."""


class Side:
    """One floecat process: what it was told, what it said, and when."""

    def __init__(self, name, role, floecat, directory, recording, options):
        self.name, self.role = name, role
        self.capture = os.path.join(directory, name + ".pcap")
        command = [floecat, "lines", "--role", role, "--verbose", "--pcap", self.capture,
                   "--record", recording, *options]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        self.pieces = {self.process.stdout: b"", self.process.stderr: b""}
        self.lines = []       # what the peer must be told
        self.peer = None      # who is told at once, from when on it was told the lines so far
        self.candidates = []  # (endpoint, type, priority)
        self.pace = 0         # ms from check to check, as it told the peer
        self.gathered = False
        self.selected = None  # (own endpoint, peer's endpoint)
        self.received = []    # messages
        self.events = []      # (seconds, words), as --verbose tells them
        self.clock = 0.0
        self.complaints = []

    def tell(self, text):
        try:
            self.process.stdin.write(text.encode())
            self.process.stdin.flush()
        except OSError:
            pass  # it has ended, and its closed stdout will say so

    def read(self, stream):
        """Takes what the process wrote; returns False when it wrote its last."""
        piece = os.read(stream.fileno(), 65536)
        *lines, self.pieces[stream] = (self.pieces[stream] + piece).split(b"\n")
        for line in lines:
            words = line.decode(errors="replace").split()
            if words:
                (self.on_word if stream is self.process.stdout else self.on_report)(words)
        return bool(piece)

    def on_word(self, words):
        word, rest = words[0], words[1:]
        if word in ("ice-pacing", "ufrag", "pwd", "candidate", "end-of-candidates"):
            self.lines.append(" ".join(words) + "\n")
            if self.peer:
                self.peer.tell(self.lines[-1])
        if word == "ice-pacing":
            self.pace = int(rest[0])
        elif word == "candidate":
            self.candidates.append((endpoint(rest[4], rest[5]), rest[7], int(rest[3])))
        elif word == "end-of-candidates":
            self.gathered = True
        elif word == "selected":
            peer = rest[rest.index("|") + 1:]
            self.selected = (endpoint(rest[4], rest[5]), endpoint(peer[4], peer[5]))
        elif words == ["relay-replaced", "cut-off"]:
            self.tell("restart\n")  # so that the peer is told of the new relay
        elif word == "rx":
            self.received.append(bytes.fromhex(rest[0]).decode(errors="replace"))
        elif word == "error" or (word == "state" and rest[0] == "failed"):
            self.complaints.append(" ".join(words))

    def on_report(self, words):
        if words[0] == "floecat:":
            self.complaints.append(" ".join(words[1:]))
        elif words[0] == "floecat" and words[2] == "clock":
            self.clock = float(words[3])
        elif words[0] == "floecat":
            self.events.append((self.clock + float(words[1]) / 1000, words[2:]))

    def when(self, word):
        """When the first (or, of candidates, the last) such event happened."""
        times = [at for at, words in self.events if words[0] == word]
        return (times[-1] if word == "remote" else times[0]) if times else None

    def ending(self):
        try:
            code = self.process.wait(1)
        except subprocess.TimeoutExpired:
            return "closed its output"
        return f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"


class Internet:
    """A STUN server of our own, behind a NAT as seen from the sides: it sees other ports than theirs.

    The NAT lets in what comes from where something was sent to, so nothing but the server's answers.
    """

    def __init__(self, stunserver):
        self.process = subprocess.Popen([stunserver, "--port", "0"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, text=True)
        host, port = self.process.stdout.readline().split() or ("", "0")
        self.server = (host, int(port))
        self.inside = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.inside.bind(("127.0.0.1", 0))
        self.address = endpoint(*map(str, self.inside.getsockname()))
        threading.Thread(target=self.translate, daemon=True).start()

    def translate(self):
        selector = selectors.DefaultSelector()
        selector.register(self.inside, selectors.EVENT_READ)
        outsides = {}
        while True:
            for key, _ in selector.select():
                try:
                    data, source = key.fileobj.recvfrom(2048)
                    if key.fileobj is not self.inside:
                        self.inside.sendto(data, key.data)
                        continue
                    if source not in outsides:
                        outside = outsides[source] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                        outside.bind((source[0], 0))
                        outside.connect(self.server)
                        selector.register(outside, selectors.EVENT_READ, source)
                    outsides[source].send(data)
                except OSError:
                    pass  # lost, as any datagram may be


class Demo:
    """Both sides, and the loop that listens to them."""

    def __init__(self, sides, kill_after):
        self.sides = sides
        self.kill_after = kill_after
        self.kill_at = None
        self.finishing = False
        self.deadline = time.monotonic() + TIME_LIMIT
        self.selector = selectors.DefaultSelector()
        for side in sides:
            for stream in side.pieces:
                self.selector.register(stream, selectors.EVENT_READ, side)

    def until(self, done, waiting_for):
        """Listens until done() holds."""
        while not done():
            now = time.monotonic()
            if self.kill_at and now >= self.kill_at:
                self.sides[1].process.kill()
                self.kill_at = None
            if now >= self.deadline:
                complaints = [f"{s.name}: {c}" for s in self.sides for c in s.complaints]
                raise Ending("; ".join([f"no {waiting_for} within {TIME_LIMIT:.0f} s"] + complaints))
            wake = min(self.deadline, self.kill_at or self.deadline)
            for key, _ in self.selector.select(max(0.0, wake - now)):
                self.listen(key.data, key.fileobj, waiting_for)

    def listen(self, side, stream, waiting_for):
        if side.read(stream):
            return
        self.selector.unregister(stream)
        if stream is side.process.stdout and not self.finishing:
            while side.read(side.process.stderr):
                pass
            why = "".join(f" ({c})" for c in side.complaints)
            raise Ending(f"{side.name} {side.ending()} before any {waiting_for}{why}")

    def exchange_lines(self):
        """What signalling does: each side's lines to the other."""
        self.until(lambda: all(s.gathered for s in self.sides), "candidates were gathered")
        start = time.monotonic()
        if self.kill_after is not None:
            self.kill_at = start + self.kill_after / 1000
        for side, peer in zip(self.sides, reversed(self.sides)):
            side.tell("".join(peer.lines))
            peer.peer = side
        return start

    def agreed(self):
        a, b = self.sides
        return a.selected and b.selected and a.selected == tuple(reversed(b.selected))

    def exchange_messages(self):
        a, b = self.sides
        for side in self.sides:
            side.tell(f"send {MESSAGES[side.name].encode().hex()}\n")
        self.until(lambda: a.received and b.received, "messages arrived")

    def finish(self):
        """Lets both end by themselves, and hears the rest of what they say."""
        self.finishing = True
        for side in self.sides:
            side.tell("quit\n")
        self.until(lambda: not self.selector.get_map(), "end came")
        for side in self.sides:
            if side.process.wait(1) != 0:
                raise Ending(f"{side.name} {side.ending()} after all was done")


def endpoint(host, port):
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


# ---- the capture: every datagram once ------------------------------------------------------------


def records(path):
    """The time stamp, both endpoints, UDP data and raw record of each packet."""
    data = pathlib.Path(path).read_bytes() if os.path.exists(path) else b""
    at = 24
    while at + 16 <= len(data):
        seconds, nanoseconds, size, _ = struct.unpack_from(">4I", data, at)
        packet = data[at + 16:at + 16 + size]
        if len(packet) == size:
            yield (seconds, nanoseconds), ends(packet), udp_data(packet), data[at:at + 16 + size]
        at += 16 + size


def header_size(packet):
    return 20 if packet[0] >> 4 == 4 else 40


def ends(packet):
    family, at, size = (socket.AF_INET, 12, 4) if packet[0] >> 4 == 4 else (socket.AF_INET6, 8, 16)
    hosts = [socket.inet_ntop(family, packet[i:i + size]) for i in (at, at + size)]
    return [endpoint(*end) for end in zip(hosts, struct.unpack_from(">HH", packet, header_size(packet)))]


def udp_data(packet):
    return packet[header_size(packet) + 8:]


def merge_captures(sides, server, path):
    """Writes what each side sent and what the server did, in the order of time. Returns the UDP data of
    every datagram, and whether it is from or to the server."""
    merged = []
    for side in sides:
        own = {e for e, _, _ in side.candidates} | {server}
        merged += [r for r in records(side.capture) if r[1][0] in own]
    merged.sort(key=lambda r: r[0])
    path.parent.mkdir(parents=True, exist_ok=True)
    header = struct.pack(">IHHIIII", 0xa1b23c4d, 2, 4, 0, 0, 65536, 101)
    path.write_bytes(header + b"".join(raw for _, _, _, raw in merged))
    return [(data, server in ends) for _, ends, data, _ in merged]


# ---- the story -----------------------------------------------------------------------------------


def title(text):
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}")


def table(rows, indent="  "):
    """Prints rows in columns; numbers stand right, words left."""
    if not rows:
        return
    number = [column[-1].replace(".", "").isdigit() for column in zip(*rows)]
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        cells = [c.rjust(w) if n else c.ljust(w) for c, w, n in zip(row, widths, number)]
        print((indent + "  ".join(cells)).rstrip())


def tell_candidates(sides):
    title("Candidates: where each side might be reached")
    table([(s.name, e, kind, f"priority {priority}")
           for s in sides for e, kind, priority in s.candidates])


def tell_servers(sides):
    asked = [(s.name, words[2], words[3], words[5], "ms") for s in sides for _, words in s.events
             if words[0] == "server" and words[3] != "no-matching-family"]
    if asked:
        title("Servers: what address the Internet would see, here that of a NAT that the demo plays")
        table(asked)


def number_pairs(sides):
    """Pairs as (A's endpoint, B's endpoint), best first, with the priority both sides agree on."""
    priorities = {}
    for side in sides:
        for _, words in side.events:
            if words[0] == "pair":
                priorities[pair_of(side, words[3:5])] = int(words[2])
    best_first = sorted(priorities, key=priorities.get, reverse=True)
    return {pair: (number, priorities[pair]) for number, pair in enumerate(best_first, 1)}


def pair_of(side, ends):
    return tuple(ends if side.name == "A" else reversed(ends))


def tell_pairs(pairs):
    title("Pairs: every way from A to B, best first")
    table([(str(number), f"A {a}", f"B {b}", f"priority {priority}")
           for (a, b), (number, priority) in pairs.items()])


def happenings(sides, pairs, start):
    """What each side says of its pairs, as (ms, side, pair, what), in the order of time."""
    said = {"path": "can carry data", "selected": "selected"}
    for side in sides:
        for at, words in side.events:
            ms = f"{(at - start) * 1000:.1f}"
            if at < start or words[0] not in ("pair", "path", "selected"):
                continue
            ends = words[3:5] if words[0] == "pair" else words[1:3]
            if pair_of(side, ends) in pairs:
                number = pairs[pair_of(side, ends)][0]
                yield at, ms, side.name, number, said.get(words[0], words[1])


def tell_checks(sides, pairs, start):
    pace = max(side.pace for side in sides)
    title(f"Checks: each pair's state as time goes by (each side starts one check per {pace} ms at most)")
    moments = {}  # (ms, side) to the states of each pair
    for _, ms, name, number, what in sorted(happenings(sides, pairs, start)):
        moments.setdefault((ms, name), {}).setdefault(number, []).append(what)
    rows = [("ms", "A says", "B says")]
    for (ms, name), states in moments.items():
        alike = {}
        for number, whats in sorted(states.items()):
            alike.setdefault(", ".join(whats), []).append(str(number))
        for whats, numbers in alike.items():
            text = f"pair{'s' if len(numbers) > 1 else ''} {', '.join(numbers)} {whats}"
            rows.append((ms, text, "") if name == "A" else (ms, "", text))
    table(rows)


def tell_result(sides, pairs, start, datagrams):
    a = sides[0]
    chosen = pairs[a.selected][0]
    known = max(s.when("remote") for s in sides)
    first = min(s.when("path") for s in sides)
    valid = max(s.when("path") for s in sides)
    settled = max(s.when("selected") for s in sides)

    def since(at):
        return f"{max(0.0, at - known) * 1000:.1f}"

    asking = [d for d, is_servers in datagrams if is_servers]
    data = [d for d, _ in datagrams if d.decode(errors="replace") in MESSAGES.values()]
    checks = [d for d, is_servers in datagrams if not is_servers and d not in data]
    title("Result")
    print(f"  pair {chosen} is selected by both: A {a.selected[0]} and B {a.selected[1]}\n")
    print("  from the moment both sides knew all candidates")
    table([("to the first valid pair", since(first), "ms"),
           ("to a valid pair on both sides", since(valid), "ms"),
           ("to the selected pair on both sides", since(settled), "ms")], "    ")
    print("\n  datagrams used")
    table([("to ask the server", str(len(asking)), f"with {sum(map(len, asking))} bytes of UDP data"),
           ("to connect", str(len(checks)), f"with {sum(map(len, checks))} bytes of UDP data"),
           ("for the messages", str(len(data)), f"with {sum(map(len, data))} bytes of UDP data")],
          "    ")


def tell_messages(sides):
    title("Messages: one each way, over the selected pair")
    for side, peer in zip(sides, reversed(sides)):
        print(f"  {side.name} to {peer.name}: {peer.received[0]!r} delivered")


def play(demo, server, capture):
    """The whole demo. Tells what can be told even when it ends early."""
    sides = demo.sides
    start = None
    try:
        start = demo.exchange_lines()
        tell_servers(sides)
        tell_candidates(sides)
        demo.until(demo.agreed, "pair was selected by both sides")
        demo.exchange_messages()
        if any(p.received != [MESSAGES[s.name]] for s, p in zip(sides, reversed(sides))):
            raise Ending("a message arrived changed")
        demo.finish()
    finally:
        pairs = number_pairs(sides)
        if start is not None and pairs:
            tell_pairs(pairs)
            tell_checks(sides, pairs, start)
        datagrams = merge_captures(sides, server, capture)
    tell_result(sides, pairs, start, datagrams)
    tell_messages(sides)
    return len(datagrams)


def draw(replay, recordings, picture):
    """Plays the recordings again and draws them. Returns what to say about it."""
    if not replay.exists():
        return "There is no replay program beside floecat, so there is no picture."
    words = [replay, *recordings, "--quiet", "--html", picture]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise Ending("played again, the recordings say something else:\n" + done.stdout.strip())
    return f"Played again, both recordings say the same; the picture is in {picture}."


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("floecat", help="the floecat program")
    parser.add_argument("--pcap", type=pathlib.Path, metavar="FILE",
                        help="where the datagrams go (default: demo.pcap in the build directory)")
    parser.add_argument("--bind", action="append", default=[], metavar="ADDRESS",
                        help="use this local address only; may be repeated")
    parser.add_argument("--loopback", action="store_true", help="use loopback addresses as well")
    parser.add_argument("--kill-after", type=float, metavar="MS",
                        help="kill B so long after the lines were handed over")
    arguments = parser.parse_args()
    if arguments.pcap is None:
        arguments.pcap = pathlib.Path(arguments.floecat).resolve().parent.parent / "demo.pcap"
    return arguments


def main():
    arguments = parse_arguments()
    options = [word for address in arguments.bind for word in ("--bind", address)]
    options += ["--loopback"] if arguments.loopback else []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    print("Two programs that share nothing but a few lines of text look for a path to each other.")
    print("A is controlling: it settles which pair is used. B is controlled.")
    sides = []
    internet = None
    with tempfile.TemporaryDirectory() as directory:
        try:
            internet = Internet(pathlib.Path(arguments.floecat).resolve().with_name("stunserver"))
            options += ["--stun", "stun:" + internet.address]
            arguments.pcap.parent.mkdir(parents=True, exist_ok=True)
            recordings = [arguments.pcap.with_name(f"{arguments.pcap.stem}-{name}.floe") for name in "AB"]
            for name, role, recording in zip("AB", ("controlling", "controlled"), recordings):
                sides.append(Side(name, role, arguments.floecat, directory, str(recording), options))
            count = play(Demo(sides, arguments.kill_after), internet.address, arguments.pcap)
            print(f"\nAll {count} datagrams are in {arguments.pcap} (for Wireshark or tshark).")
            replay = pathlib.Path(arguments.floecat).resolve().with_name("replay")
            print(draw(replay, recordings, arguments.pcap.with_suffix(".html")))
        except Ending as why:
            print(f"\nThe demo ended early: {why}.")
            print(f"The datagrams until then are in {arguments.pcap}.")
            return 1
        except BrokenPipeError:  # nobody reads the story any more
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1
        except OSError as why:
            print(f"\nThe demo could not run: {why}.")
            return 1
        finally:
            for one in sides + ([internet] if internet else []):
                one.process.kill()
                one.process.wait()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:  # everything is cleaned up; whoever started it learns by what it ended
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
