#!/usr/bin/env python3
"""What using floe costs: seconds and memory to compile a translation unit, and the size of a small host.

Seconds are the CPU time of the compiler, the least of `--runs` in turn, so that other work on the machine counts
little; memory is its peak. What matters are the ratios to Asio in the same run; beside some stands what they are to be
at most. `--check` measures only those, and fails when one is more. The size is that of the text of tests/embedded, a
program with two agents, built with -Os and stripped, without exceptions and so without tables to unwind by. Libraries
that are not installed are left out."""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
CXX = os.environ.get("CXX", "g++")
STANDARD = ("algorithm", "array", "chrono", "cstdint", "functional", "list", "memory_resource", "optional", "string",
            "string_view", "system_error", "tuple", "variant", "vector", "gsl/span", "gsl/assert")


def includes(*names):
    return "".join(f"#include {name}\n" for name in names)


# One socket that receives and answers, until it fails.
USE_ASIO = includes("<array>", "<asio.hpp>", "<cstddef>", "<system_error>") + """
struct echo {
  asio::ip::udp::socket socket;
  asio::ip::udp::endpoint peer{};
  std::array<std::byte, 1500> buffer{};

  void receive() {
    socket.async_receive_from(asio::buffer(buffer), peer, [this](std::error_code error, std::size_t size) {
      if (error) return;
      socket.send_to(asio::buffer(buffer.data(), size), peer);
      receive();
    });
  }
};

int main() {
  asio::io_context context;
  echo one{asio::ip::udp::socket{context, {asio::ip::udp::v4(), 0}}};
  one.receive();
  context.run();
}
"""

# All that a host says to an agent in the course of a session, over a network of its own.
USE_AGENT = includes("<array>", "<cstddef>", "<optional>", "<variant>", '"floe/agent/agent.hpp"') + """
std::optional<floe::datagram> wait_until(floe::deadline);
floe::time_point now();
void send(floe::socket_id, const floe::endpoint&, floe::byte_view);
void receive(floe::byte_view);
void signal(floe::ice::credentials_view, const floe::event::any*);
void random_bytes(floe::byte_span);

struct entropy {
  void operator()(floe::byte_span out) { random_bytes(out); }
};

void host(const floe::endpoint& bound, const floe::ice::candidate& theirs) {
  entropy source;
  floe::agent agent{now(), {.role = floe::ice::role::controlling}, source};
  std::array<std::byte, floe::max_datagram_size> buffer;
  if (!agent.add_local(floe::socket_id{1}, bound)) return;
  agent.gather(now());
  signal(agent.local_credentials(), nullptr);
  if (!agent.set_remote_credentials("ufrag", "password-of-twenty-two")) return;
  if (!agent.add_remote(theirs) || !agent.end_of_remote_candidates()) return;
  while (agent.state() != floe::connection_state::failed) {
    while (auto out = agent.poll_transmit(buffer)) {
      send(out->local, out->remote, floe::byte_span{buffer}.subspan(out->offset, out->size));
    }
    while (auto event = agent.poll_event()) signal(agent.local_credentials(), &*event);
    if (auto datagram = wait_until(agent.next_timeout())) {
      const auto result = agent.handle_datagram(now(), *datagram);
      if (const auto* data = std::get_if<floe::payload>(&result)) receive(data->bytes);
    } else {
      agent.handle_timeout(now());
    }
    if (auto out = agent.encapsulate(now(), floe::byte_view{buffer}.first(4), buffer)) {
      send(out->local, out->remote, floe::byte_span{buffer}.subspan(out->offset, out->size));
    }
  }
  agent.close();
}
"""

USE_CATCH = """
int product(int, int);
TEST_CASE("products") {
  REQUIRE(product(2, 3) == 6);
  SECTION("of what is negative") { CHECK(product(-2, 3) == -6); }
}
"""

USE_JSON = includes("<iostream>", "<nlohmann/json.hpp>", "<string>") + """
int main() {
  nlohmann::json value;
  std::cin >> value;
  for (auto& [name, each] : value.items()) each["name"] = name;
  std::cout << value.dump(2) << value.at("one").get<std::string>();
}
"""


def compile_cost(work, text, flags):
    """(seconds, MiB); None when an included header is not there."""
    unit = work / "unit.cpp"
    unit.write_text(text, encoding="utf-8")
    with tempfile.TemporaryFile("w+") as said:
        command = [CXX, "-std=c++20", *flags, f"-I{ROOT / 'include'}", "-c", unit, "-o", work / "unit.o"]
        compiler = subprocess.Popen(command, stderr=said)
        _, status, usage = os.wait4(compiler.pid, 0)
        compiler.returncode = os.waitstatus_to_exitcode(status)
        if compiler.returncode != 0:
            said.seek(0)
            sys.exit(said.read())
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def has(header):
    preprocessor = subprocess.run([CXX, "-E", "-x", "c++", "-"], input=includes(header), text=True, capture_output=True)
    return preprocessor.returncode == 0


class Table:
    """Rows are ratios to the row of this name."""

    def __init__(self, title, unit_of_ratio):
        self.title, self.unit_of_ratio, self.rows = title, unit_of_ratio, []

    def row(self, name, text, flags=("-O0",), aim=None, needs=None):
        if needs is None or has(needs):
            self.rows.append((name, text, flags, aim))
        return self

    def with_aims(self):
        """Only the rows that have one, and what they are compared with."""
        if all(aim is None for _, _, _, aim in self.rows):
            self.rows.clear()
        self.rows = [row for row in self.rows if row[3] is not None or row[0] == self.unit_of_ratio]
        return self

    def measure(self, work, runs):
        """Prints itself; yields what is over its aim."""
        if not self.rows:
            return
        best = {}
        for _ in range(runs):
            for name, text, flags, _ in self.rows:
                cost = compile_cost(work, text, flags)
                best[name] = min(best.get(name, cost), cost)
        print(f"{self.title:<40} {'CPU':>7}  {'memory':>8}   ratio")
        one = best.get(self.unit_of_ratio)
        for name, _, _, aim in self.rows:
            seconds, memory = best[name]
            line = f"  {name:<38} {seconds:5.2f} s  {memory:4.0f} MiB"
            if one:
                line += f"  {seconds / one[0]:5.2f} x"
                if aim is not None:
                    late = seconds / one[0] > aim
                    line += f"  of {aim:.1f} x" + (": too much" if late else "")
                    if late:
                        yield name
            print(line, flush=True)
        if not one:
            print("  no ratios: Asio (Debian: libasio-dev) is not here")


def tables():
    catch = "<catch2/catch_test_macros.hpp>" if has("<catch2/catch_test_macros.hpp>") else "<catch2/catch.hpp>"
    yield (
        Table("to include, at -O0", "<asio.hpp>")
        .row("the standard headers and GSL", includes(*(f"<{name}>" for name in STANDARD)))
        .row("<asio.hpp>", includes("<asio.hpp>"), needs="<asio.hpp>")
        .row("Catch2", includes(catch), needs=catch)
        .row("nlohmann/json", includes("<nlohmann/json.hpp>"), needs="<nlohmann/json.hpp>")
        .row("floe: the STUN writer", includes('"floe/stun/writer.hpp"'))
        .row("floe: configuration and events",
             includes('"floe/agent/config.hpp"', '"floe/agent/events.hpp"'), aim=0.6)
        .row("floe: the agent", includes('"floe/agent/agent.hpp"'), aim=1.6)
        .row("floe: everything", includes('"floe/floe.hpp"'))
    )
    for flags, aim in ("-O0", 2.5), ("-O2", None):
        yield (
            Table(f"to use, at {flags}", "a UDP socket of Asio")
            .row("a UDP socket of Asio", USE_ASIO, [flags], needs="<asio.hpp>")
            .row("a test case of Catch2", includes(catch) + USE_CATCH, [flags], needs=catch)
            .row("a document of nlohmann/json", USE_JSON, [flags], needs="<nlohmann/json.hpp>")
            .row("an agent of floe", USE_AGENT, [flags], aim)
        )


def text_size(work):
    program = work / "host"
    subprocess.run([CXX, "-std=c++20", "-Os", "-DNDEBUG", "-fno-exceptions", "-fno-rtti",
                    "-fno-asynchronous-unwind-tables", "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections",
                    "-s", f"-I{ROOT / 'include'}", f"-I{ROOT / 'tests'}", str(ROOT / "tests/embedded/main.cpp"),
                    "-o", str(program)], check=True)
    sizes = subprocess.run(["size", str(program)], check=True, capture_output=True, text=True).stdout.splitlines()
    return int(sizes[1].split()[0])


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--check", action="store_true", help="only what has an aim; fail when one is missed")
    options = options.parse_args()
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        if options.check:
            late = [name for table in tables() for name in table.with_aims().measure(work, options.runs)]
            sys.exit("over its aim: " + ", ".join(late) if late else 0)
        for table in tables():
            list(table.measure(work, options.runs))
        print(f"text of a small host: {text_size(work) / 1024:.1f} KiB")


if __name__ == "__main__":
    main()
