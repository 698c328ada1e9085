#!/usr/bin/env python3
"""Whole sessions over real sockets, by floe, libnice and aioice in one run: sessions.py PROGRAM [COUNT [AGENTS]]

Each library makes COUNT sessions one after the other, both sides in one process, with one candidate
each on the same address, and tells the other side everything at once and in memory; then AGENTS
agents stay connected. PROGRAM is benchmarks/sessions.cpp; aioice (Python) is measured here.

As root everything happens in a network namespace of its own, so that datagrams are those of the
library that is measured; else others' are counted as well. What a library is not there for is left
out.
"""

import os
import pathlib
import statistics
import subprocess
import sys
import time

ADDRESS = "10.99.99.1"
COUNT, AGENTS = 100, 1000


def datagrams_sent():
    names, values = [line.split() for line in pathlib.Path("/proc/self/net/snmp").read_text().splitlines()
                     if line.startswith("Udp: ")]
    return int(values[names.index("OutDatagrams")])


def resident_bytes():
    return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def aioice_sessions(count, agents):
    """Prints the same line as PROGRAM. When a pair is first valid aioice does not tell."""
    import asyncio
    import resource

    import aioice

    async def session():
        began = time.monotonic()
        sides = [aioice.Connection(ice_controlling=controlling, use_ipv6=False) for controlling in (True, False)]
        for side in sides:
            await side.gather_candidates()
        for side, other in zip(sides, reversed(sides)):
            side.remote_username, side.remote_password = other.local_username, other.local_password
            for candidate in other.local_candidates:
                await side.add_remote_candidate(candidate)
            await side.add_remote_candidate(None)
        await asyncio.gather(*(side.connect() for side in sides))
        return sides, (time.monotonic() - began) * 1e3

    async def close(sides):
        for side in sides:
            await side.close()

    async def all_of_it():
        await close((await session())[0])
        times, began, sent = [], time.process_time(), datagrams_sent()
        for _ in range(count):
            sides, took = await session()
            times.append(took)
            await close(sides)
        cpu, sent = (time.process_time() - began) / count * 1e6, (datagrams_sent() - sent) / count
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        before = resident_bytes()
        live = [(await session())[0] for _ in range(agents // 2)]
        memory = (resident_bytes() - before) / (2 * len(live))
        print(count, f"{cpu:.1f} {sent:.2f} nan {statistics.median(times):.2f} {memory:.0f}", flush=True)
        os._exit(0)  # nobody waits for a thousand goodbyes

    asyncio.run(all_of_it())


def run_all(program, count, agents, address):
    """What each library says; nothing for one that is not there."""
    numbers = [str(count), str(agents)]
    commands = {"floe": [program, "floe", address, *numbers], "libnice": [program, "libnice", address, *numbers],
                # Debian's packages are for Debian's Python.
                "aioice": ["/usr/bin/python3", __file__, "--aioice", *numbers]}
    found = {}
    for name, command in commands.items():
        done = subprocess.run(command, capture_output=True, text=True, timeout=600)
        if done.returncode == 0 and done.stdout:
            found[name] = [float(word) for word in done.stdout.split()][1:]
        else:
            reason = (done.stderr.strip().splitlines() or ["no output"])[-1]
            print(f"without {name}: {reason}", file=sys.stderr)
    return found


def print_table(found, count, agents):
    titles = ["CPU, us", "datagrams", "first valid, ms", "selected, ms", "MB per 1,000 agents"]
    print(f"{count} sessions, and {agents} agents that stay; both sides together, except for memory")
    print(f"{'':10}" + "".join(f"{title:>22}" for title in titles))
    ours = found.get("floe")
    for name, values in found.items():
        values = values[:4] + [values[4] * 1000 / 1e6]
        base = ours and ours[:4] + [ours[4] * 1000 / 1e6]
        cells = []
        for i, value in enumerate(values):
            if value != value:
                cells.append("-")
            elif name == "floe" or not base:
                cells.append(f"{value:.2f}")
            else:
                cells.append(f"{value:.2f} (x {value / base[i]:.2f})")
        print(f"{name:10}" + "".join(f"{cell:>22}" for cell in cells))
    return 0 if ours else 1


def main(words):
    if words[0] == "--aioice":
        return aioice_sessions(int(words[1]), int(words[2]))
    if words[0] == "--inside":
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        subprocess.run(["ip", "link", "add", "one", "type", "veth", "peer", "name", "two"], check=True)
        subprocess.run(["ip", "address", "add", ADDRESS + "/24", "dev", "one"], check=True)
        for name in "one", "two":
            subprocess.run(["ip", "link", "set", name, "up"], check=True)
        return main(["--address", ADDRESS, *words[1:]])
    if words[0] != "--address":
        inside = ["unshare", "--net", sys.executable, __file__, "--inside", *words]
        if os.geteuid() == 0 and subprocess.run(["unshare", "--net", "true"], stderr=subprocess.DEVNULL).returncode == 0:
            return subprocess.run(inside).returncode
        words = ["--address", "127.0.0.1", *words]
    address, program = words[1:3]
    count, agents = [int(word) for word in words[3:]] + [COUNT, AGENTS][len(words[3:]):]
    return print_table(run_all(program, count, agents, address), count, agents)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
