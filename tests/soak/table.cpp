// What becomes of sessions behind every pair of NATs, as numbers; tests/table/page.py makes the
// page.
//
//     table [--seeds N] [--every K]
//     table --mix [--seeds N]
//     table --times
//
// A line for each cell, fields by tabs: families, loss in percent, both NATs; how many of N
// sessions connect without TURN; and with a TURN server for each side how many connect, how many of
// those by each kind of path, the medians of the milliseconds until both have a valid pair and
// until both have selected one, the 95th percentile of the latter, and the median of the datagrams
// of both sides until then. --every takes each K-th pair of NATs only. --mix draws the NATs of both
// sides instead, and prints a line for each mix. --times prints what sessions at a round trip of
// 100 ms take and may take, in milliseconds.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "../../examples/command_line.hpp"
#include "sim/aims.hpp"
#include "sim/matrix.hpp"
#include "sim/random.hpp"

using namespace floe;
using namespace floe::sim;

namespace {

/// The sessions of a cell.
struct sum {
  std::size_t sessions = 0;
  std::array<std::size_t, 4> kinds{};  ///< connected, by path_kind
  std::vector<std::int64_t> valid;     ///< ms
  std::vector<std::int64_t> selected;  ///< ms
  std::vector<std::int64_t> datagrams;

  [[nodiscard]] std::size_t connected() const { return kinds[0] + kinds[1] + kinds[2] + kinds[3]; }
};

std::int64_t milliseconds(time_point at) {
  return std::chrono::round<std::chrono::milliseconds>(at - epoch).count();
}

void run(const plan& p, sum& to) {
  session s{p};
  s.run();
  ++to.sessions;
  if (!s.is_completed() || !s.is_mirrored()) return;
  ++to.kinds.at(static_cast<std::size_t>(*s.selected_kind()));
  to.valid.push_back(milliseconds(std::max(*s.left.path_found, *s.right.path_found)));
  to.selected.push_back(milliseconds(std::max(*s.left.selected, *s.right.selected)));
  to.datagrams.push_back(static_cast<std::int64_t>(s.left.agent().stats().datagrams_sent +
                                                   s.right.agent().stats().datagrams_sent));
}

/// The value below which so many percent lie; -1 when there is none.
std::int64_t percentile(std::vector<std::int64_t> values, std::size_t percent) {
  if (values.empty()) return -1;
  std::sort(values.begin(), values.end());
  return values[(values.size() - 1) * percent / 100];
}

void print(const sum& s) {
  std::printf("\t%zu", s.connected());
  for (const auto kind : s.kinds) std::printf("\t%zu", kind);
  std::printf("\t%lld\t%lld\t%lld\t%lld\n", static_cast<long long>(percentile(s.valid, 50)),
              static_cast<long long>(percentile(s.selected, 50)),
              static_cast<long long>(percentile(s.selected, 95)),
              static_cast<long long>(percentile(s.datagrams, 50)));
}

/// Mapping and filtering by the first letters: I(ndependent), A(ddress), P(ort as well).
std::string name_of(const side_kind& s) {
  constexpr std::string_view letters = "IAP";
  return {letters.at(static_cast<std::size_t>(s.mapping)),
          letters.at(static_cast<std::size_t>(s.filtering))};
}

std::vector<side_kind> all_nats() {
  auto all = all_sides();
  all.erase(std::remove_if(all.begin(), all.end(),
                           [](const side_kind& s) { return s.is != side_kind::behind_nat; }),
            all.end());
  return all;
}

void run_cells(std::uint64_t seeds, std::size_t every) {
  const auto nats = all_nats();
  std::uint64_t number = 0;
  for (const auto over : {families::v4, families::v6, families::both}) {
    for (const unsigned loss : {0U, 100U, 300U}) {
      for (std::size_t pair = 0; pair < nats.size() * nats.size(); ++pair) {
        ++number;
        if (pair % every != 0) continue;
        cell c{nats[pair / nats.size()], nats[pair % nats.size()], over, loss};
        auto relayed = c;
        relayed.with = relays::both;
        relayed.left.relay = relayed.right.relay = relaying::over_udp;
        sum without;
        sum with;
        for (std::uint64_t k = 1; k <= seeds; ++k) {
          run(plan_of(c, number * 1000 + k), without);
          run(plan_of(relayed, number * 1000 + k), with);
        }
        static constexpr std::array names{"IPv4", "IPv6", "both"};
        std::printf("%s\t%u\t%s\t%s\t%zu", names.at(static_cast<std::size_t>(over)), loss / 10,
                    name_of(c.left).c_str(), name_of(c.right).c_str(), without.connected());
        print(with);
      }
    }
  }
}

/// A population of NATs, per mille.
struct population {
  unsigned dependent;  ///< NATs whose mapping depends on the destination
  unsigned strict;     ///< of the others, those that filter by address and port
  unsigned blocked;    ///< hosts that get no UDP through, and reach TURN over TCP
};

side_kind draw(random_source& r, const population& from) {
  using enum dependence;
  side_kind s{side_kind::behind_nat, endpoint_independent, endpoint_independent,
              relaying::over_udp};
  if (r.chance(from.blocked)) return {side_kind::blocked, {}, {}, relaying::over_tcp};
  if (r.chance(from.dependent)) {
    s.mapping = s.filtering = address_and_port_dependent;
  } else if (r.chance(from.strict)) {
    s.filtering = address_and_port_dependent;
  } else if (r.chance(500)) {
    s.filtering = address_dependent;
  }
  return s;
}

void run_mixes(std::uint64_t seeds) {
  for (const auto& p :
       {population{180, 0, 0}, population{180, 160, 0}, population{180, 333, 0},
        population{180, 667, 0}, population{180, 1000, 0}, population{180, 333, 50}}) {
    sum with;
    sum without;
    random_source r{p.strict + 1};
    for (std::uint64_t k = 1; k <= seeds; ++k) {
      cell c{draw(r, p), draw(r, p), families::v4, 0, relays::both};
      run(plan_of(c, k), with);
      c.left.relay = c.right.relay = relaying::none;
      run(plan_of(c, k), without);
    }
    std::printf("%u\t%u\t%u\t%zu\t%zu", p.dependent, p.strict, p.blocked, with.sessions,
                without.connected());
    print(with);
  }
}

void run_times() {
  const auto ms = [](duration d) {
    return static_cast<long long>(std::chrono::round<std::chrono::milliseconds>(d).count());
  };
  for (const auto& a : all_aims()) {
    const auto took = times_of(plan_of(a, 1));
    if (!took) continue;
    std::printf("%s\t%lld\t%lld\t%lld\t%lld\t%lld\n", std::string{a.name}.c_str(), ms(a.round_trip),
                ms(took->first_valid), ms(a.valid), ms(took->nominated - took->first_valid),
                ms(a.nominated));
  }
  // Where every tenth datagram is lost: the median, and what 95 % keep to.
  std::vector<std::int64_t> lossy;
  const auto strict = all_aims()[1];
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    if (const auto took = times_of(plan_of(strict, seed, 100)))
      lossy.push_back(ms(took->both_valid));
  }
  std::printf("10 %% loss\t%lld\t115\t%lld\t700\n", static_cast<long long>(percentile(lossy, 50)),
              static_cast<long long>(percentile(lossy, 95)));
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t seeds = 0;
  std::size_t every = 1;
  bool mix = false;
  bool times = false;
  examples::command_line line{"table", "usage: table [--mix | --times] [--seeds N] [--every K]\n"};
  line.flag("--mix", mix)
      .flag("--times", times)
      .option("--seeds", examples::number_into(seeds, 1, 999'999'999))
      .option("--every", examples::number_into(every, 1, 999'999'999));
  if (const auto code = line.read(argc, argv)) return *code;
  if (times) {
    run_times();
  } else if (mix) {
    run_mixes(seeds == 0 ? 20'000 : seeds);
  } else {
    run_cells(seeds == 0 ? 100 : seeds, every);
  }
  return 0;
}
