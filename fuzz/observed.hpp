// What a fuzz target sees of an agent, and the reasons for which it must see nothing.
//
// owns:     the observable state of a node, and the promise about bytes that prove nothing
// does not: know how the bytes came about
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "floe/core/datagram.hpp"
#include "sim/world.hpp"

namespace hostile {

/// Ends the program where a promise does not hold, and says where.
inline void promise(bool holds, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  if (holds) return;
  std::fprintf(stderr, "%s:%d does not hold\n", file, line);
  std::abort();
}

/// The reasons for which a datagram is refused before it has proved anything.
inline constexpr std::array unproved{floe::reject::not_stun,
                                     floe::reject::truncated,
                                     floe::reject::bad_length,
                                     floe::reject::bad_fingerprint,
                                     floe::reject::no_integrity,
                                     floe::reject::bad_integrity,
                                     floe::reject::bad_username,
                                     floe::reject::unsupported_method,
                                     floe::reject::unknown_transaction,
                                     floe::reject::unknown_socket,
                                     floe::reject::unusable_source,
                                     floe::reject::unverified_source,
                                     floe::reject::closed};

[[nodiscard]] constexpr bool proves_nothing(floe::reject reason) {
  return std::find(unproved.begin(), unproved.end(), reason) != unproved.end();
}

/// What an observer can see of an agent, besides its counters.
struct visible {
  explicit visible(const floe::sim::node& n)
      : state{n.agent.state()}, role{n.agent.role()}, events{n.events.size()},
        next{n.agent.next_timeout()} {
    const auto& lists = n.agent.checklists();
    for (const auto id : lists.order()) pairs.emplace_back(lists[id].state, lists[id].priority);
    for (const auto stream : {floe::stream_id{0}, floe::stream_id{1}}) {
      for (std::uint16_t c = 1; c <= 2; ++c) {
        selected.push_back(n.agent.selected(stream, floe::component_id{c}) != nullptr);
      }
    }
  }

  floe::connection_state state;
  floe::ice::role role;
  std::size_t events;
  floe::deadline next;
  std::vector<std::pair<floe::ice::pair_state, std::uint64_t>> pairs;
  std::vector<bool> selected;

  [[nodiscard]] bool operator==(const visible&) const = default;
};

/// Holds a node to the promise that a datagram which proves nothing changes nothing that shows, and
/// is answered at most once and with hardly more than it brought.
class watch_of_refusal {
 public:
  watch_of_refusal(const floe::sim::world& net, const floe::sim::node& n)
      : net_{net}, n_{n}, before_{n}, sent_{net.log().size()} {}

  /// The node has refused `what`, which came from `from`. has_consent_checks: without them even a
  /// refusal that leaves on a path postpones its keepalive
  void refused(floe::reject why, const floe::endpoint& from, floe::byte_view what,
               bool has_consent_checks) const {
    if (!proves_nothing(why)) return;
    const visible after{n_};
    promise(after.state == before_.state && after.role == before_.role);
    promise(after.events == before_.events && after.pairs == before_.pairs);
    promise(after.selected == before_.selected);
    promise(!has_consent_checks || after.next == before_.next);
    const auto& log = net_.log();
    promise(log.size() <= sent_ + 1);
    if (log.size() == sent_) return;
    promise(log.back().destination == from);
    promise(log.back().bytes.size() <= what.size() + 8);
  }

 private:
  const floe::sim::world& net_;
  const floe::sim::node& n_;
  visible before_;
  std::size_t sent_;
};

}  // namespace hostile
