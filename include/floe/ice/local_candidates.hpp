// The candidates of this agent, as rows.
//
// owns:     local candidates, their foundations and priorities, and what was obtained through what
// does not: know pairs; it answers with ids, and its owner pairs them
// sources:  RFC 8445 sec. 5.1.1.3 (foundations), 5.1.2 (priorities); RFC 8838 sec. 10 (conveying)
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "floe/core/endpoint.hpp"
#include "floe/core/ids.hpp"
#include "floe/core/memory.hpp"
#include "floe/core/slot_table.hpp"
#include "floe/ice/candidate.hpp"
#include "floe/ice/candidate_filter.hpp"
#include "floe/ice/foundation_numbers.hpp"
#include "floe/ice/host_candidate.hpp"
#include "floe/ice/priority.hpp"

namespace floe::ice {

/// The local candidates of a session. Checks may teach as many as the host names: neither push out
/// the other.
class local_candidates {
 public:
  using table = slot_table<local_candidate, local_tag>;

  /// named: how many the host may name
  local_candidates(std::size_t named, memory_ref memory) : rows_(2 * named, memory) {}

  [[nodiscard]] const table& rows() const noexcept { return rows_; }

  /// in: a candidate of this table
  [[nodiscard]] const local_candidate& operator[](local_id id) const { return rows_[id]; }

  /// The foundation for a local candidate of this type, base address and server: that of an earlier
  /// one with all three, or a new one (RFC 8445 sec. 5.1.1.3).
  [[nodiscard]] foundation local_foundation(candidate_type type, const address& base,
                                            server_id server = {}) const {
    std::uint32_t highest = 0;
    std::optional<foundation> shared;
    rows_.for_each([&](local_id, const local_candidate& row) {
      const bool same = row.candidate.type == type && row.base.address == base;
      if (same && row.server == server) shared = row.candidate.foundation;
      highest = std::max<std::uint32_t>(highest, row.foundation_number);
    });
    return shared ? *shared : foundation::from_number(highest + 1);
  }

  /// The host candidate of a socket, among those of its component in the order they are named.
  [[nodiscard]] local_candidate make_host(socket_id socket, const endpoint& bound, stream_id stream,
                                          component_id component, network_cost cost) const {
    std::size_t earlier = 0;
    rows_.for_each([&](local_id, const local_candidate& row) {
      const auto rank = rank_of(cost, bound.address, 0);
      const bool same_kind = row.rank.cost == rank.cost && row.rank.last_resort == rank.last_resort;
      const bool same_family = row.base.address.family == bound.address.family;
      if (!is_host_of(row, stream, component) || !same_kind || !same_family) return;
      // Not their number: some may have gone.
      earlier = std::max<std::size_t>(earlier, row.rank.turn / 2 + 1U);
    });
    local_candidate made;
    made.candidate.component = component;
    made.candidate.address = bound;
    made.candidate.foundation = local_foundation(candidate_type::host, bound.address);
    made.stream = stream;
    made.socket = socket;
    made.base = bound;
    made.speaks_v6 = bound.address.family == family::ipv6;
    made.rank = rank_of(cost, bound.address, earlier);
    made.candidate.priority = untaken_priority(made);
    return made;
  }

  /// The server-reflexive candidate that a server sees when `host` sends. nullopt: `host` has all
  /// that there is room for between two local preferences.
  [[nodiscard]] std::optional<local_candidate> make_reflexive(local_id host, const endpoint& mapped,
                                                              server_id server) const {
    const auto& through = rows_[host];
    auto made = through;
    made.candidate.type = candidate_type::srflx;
    made.candidate.address = mapped;
    made.candidate.related = through.base;
    return make_obtained(made, host, server);
  }

  /// The candidate relayed by a server that `host` reaches; `socket` stands for its allocation, and
  /// `mapped` is what the server saw. place: among the relays of `host`, the best first, in
  /// whatever order they come; as far as there is room. nullopt as above.
  [[nodiscard]] std::optional<local_candidate>
  make_relayed(local_id host, socket_id socket, const endpoint& relayed, const endpoint& mapped,
               server_id server, std::size_t place = 0) const {
    auto made = rows_[host];
    made.candidate.type = candidate_type::relay;
    made.candidate.address = relayed;
    made.candidate.related = mapped;
    made.socket = socket;
    made.base = relayed;
    made.speaks_v6 = false;  // its number is no socket of any family
    return make_obtained(made, host, server, place);
  }

  /// Gives the candidates of a stream that checks did not teach their final priorities, now that
  /// all its host candidates are known. They are not conveyed yet, or are about to be again.
  void prioritize(stream_id stream) {
    rows_.for_each([&](local_id, local_candidate& row) {
      if (row.stream != stream || row.candidate.type == candidate_type::prflx) return;
      row.candidate.priority = priority_of(row);
    });
  }

  /// How many local candidates the host named, as opposed to those learned from checks.
  [[nodiscard]] std::size_t count_named() const {
    std::size_t count = 0;
    rows_.for_each([&](local_id, const local_candidate& row) {
      count += row.candidate.type != candidate_type::prflx ? 1U : 0U;
    });
    return count;
  }

  /// Adds a row, or answers nullopt when the table is full.
  std::optional<local_id> add(local_candidate row) {
    row.foundation_number = numbers_.of(rows_, row.candidate.foundation);
    return rows_.insert(row);
  }

  /// Adds one that a check taught. Such rows take half of the table at most, whatever addresses the
  /// peer says it sees: the host can always name its own.
  std::optional<local_id> learn(const local_candidate& row) {
    if (2 * (rows_.size() - count_named()) >= rows_.capacity()) return std::nullopt;
    return add(row);
  }

  /// Takes a related address from a candidate that would show where a host candidate is: the base
  /// of a reflexive one, or what a server without a NAT in between saw of a relayed one.
  void hide_host_in(candidate& c) const {
    const auto shows = [&](const local_candidate& row) {
      return row.candidate.type == candidate_type::host &&
             row.candidate.address.address == c.related->address;
    };
    if (c.related && rows_.find_if(shows)) c.related = hidden_endpoint(c.related->address.family);
  }

  /// Puts what is known better now in the place of a learned local candidate.
  void replace(local_id learned, local_candidate row) {
    row.foundation_number = numbers_.of(rows_, row.candidate.foundation, learned);
    rows_[learned] = row;
  }

  /// Lets checks come in for a local candidate, at its base.
  void open(local_id id) {
    each_base_of(id, [](local_candidate& base) { base.open = true; });
  }

  /// Notes that a local candidate was handed to the host: its base may be paired (RFC 8838
  /// sec. 10).
  void convey(local_id id) {
    each_base_of(id, [](local_candidate& base) { base.open = base.conveyed = true; });
  }

  /// Notes that what leaves from a relay is wrapped by the agent.
  void note_wrapped(local_id relay) { rows_[relay].wrapped = true; }

  /// Lets no checks in or out at a base any more, until it is opened again.
  void close(local_id base) { rows_[base].open = rows_[base].conveyed = false; }

  /// Forgets a local candidate and all that were obtained through it.
  void erase(local_id id) {
    rows_.erase(id);
    const auto is_orphan = [&](const local_candidate& row) {
      return row.host != local_id{} && rows_.find(row.host) == nullptr;
    };
    while (const auto orphan = rows_.find_if(is_orphan)) rows_.erase(*orphan);
  }

  /// The candidate that `stream` receives checks on at `socket`.
  [[nodiscard]] std::optional<local_id> find_base(stream_id stream, socket_id socket) const {
    return rows_.find_if([&](const local_candidate& row) {
      return is_base(row) && row.open && row.socket == socket && row.stream == stream;
    });
  }

  /// The candidate that receives at `socket`.
  [[nodiscard]] std::optional<local_id> find_socket(socket_id socket) const {
    return rows_.find_if(
        [&](const local_candidate& row) { return is_base(row) && row.socket == socket; });
  }

  /// True for a local candidate and all that were obtained through it.
  [[nodiscard]] bool stems_from(local_id one, local_id root) const {
    for (const auto* row = rows_.find(one); row != nullptr; row = rows_.find(one = row->host)) {
      if (one == root) return true;
    }
    return false;
  }

  /// True for a base, and for what the outside sees of it: all of which leaves from one socket.
  [[nodiscard]] bool is_obtained_from(local_id seen, local_id base) const {
    return seen == base || (!is_base(rows_[seen]) && rows_[seen].host == base);
  }

  /// True when what is sent from `used` needs `base`: it leaves there, or was obtained through it,
  /// or both are relays of one allocation, which live and die together.
  [[nodiscard]] bool needs(local_id used, local_id base) const {
    const auto& a = rows_[used];
    const auto& b = rows_[base];
    const bool siblings = a.candidate.type == candidate_type::relay &&
                          b.candidate.type == candidate_type::relay && a.host == b.host &&
                          a.server == b.server;
    return siblings || stems_from(used, base);
  }

  /// True when some candidate receives at `socket`.
  [[nodiscard]] bool uses(socket_id socket) const { return find_socket(socket).has_value(); }

  /// The local candidate of a stream's component with this address (RFC 8445 sec. 7.2.5.3.1).
  [[nodiscard]] std::optional<local_id> find(stream_id stream, component_id component,
                                             const endpoint& address) const {
    return rows_.find_if([&](const local_candidate& row) {
      return row.candidate.address == address && row.stream == stream &&
             row.candidate.component == component;
    });
  }

  /// Forgets those of a stream that checks taught, as a restart does (RFC 8445 sec. 9).
  void forget_learned(stream_id stream) {
    rows_.for_each([&](local_id id, const local_candidate& row) {
      if (row.stream == stream && row.candidate.type == candidate_type::prflx) rows_.erase(id);
    });
  }

 private:
  /// Local preferences are 16 apart (preference.hpp).
  static constexpr std::size_t max_variants = 16;

  [[nodiscard]] static bool is_host_of(const local_candidate& row, stream_id stream,
                                       component_id component) {
    return row.candidate.type == candidate_type::host && row.stream == stream &&
           row.candidate.component == component;
  }

  /// Completes what was obtained through a host candidate.
  [[nodiscard]] std::optional<local_candidate> make_obtained(local_candidate made, local_id host,
                                                             server_id server,
                                                             std::size_t place = 0) const {
    const auto type = made.candidate.type;
    auto variant = place;
    const auto is_taken = [&](const local_candidate& row) {
      return row.candidate.type == type && row.host == host && row.variant == variant;
    };
    while (variant < max_variants && rows_.find_if(is_taken)) ++variant;
    if (variant >= max_variants) {
      variant = 0;
      while (rows_.find_if(is_taken)) ++variant;
    }
    if (variant >= max_variants) return std::nullopt;
    made.candidate.foundation = local_foundation(type, made.base.address, server);
    made.host = host;
    made.variant = static_cast<std::uint8_t>(variant);
    made.server = server;
    made.open = made.conveyed = false;
    made.candidate.priority = untaken_priority(made);
    return made;
  }

  /// The same, or the next lower one that no other candidate of the stream has: the peer was told
  /// the priorities of those that were named before a better one (RFC 8445 sec. 5.1.2).
  [[nodiscard]] std::uint32_t untaken_priority(const local_candidate& one) const {
    constexpr std::uint32_t step = 1U << 8U;  // of the local preference
    auto priority = priority_of(one);
    const auto is_taken = [&](const local_candidate& row) {
      return row.stream == one.stream && row.candidate.priority == priority;
    };
    while (rows_.find_if(is_taken)) priority -= step;
    return priority;
  }

  /// The priority of a local candidate among the host candidates there are now.
  [[nodiscard]] std::uint32_t priority_of(const local_candidate& one) const {
    std::size_t better = 0;
    rows_.for_each([&](local_id, const local_candidate& row) {
      const bool counts = is_host_of(row, one.stream, one.candidate.component);
      better += counts && row.rank < one.rank ? 1U : 0U;
    });
    const auto preference = static_cast<std::uint16_t>(local_preference(better) - one.variant);
    return candidate_priority(one.candidate.type, preference, one.candidate.component);
  }

  /// Calls `visit(local_candidate&)` for a local candidate, and for the one that is its base.
  template <class Visit>
  void each_base_of(local_id id, Visit&& visit) {
    auto& row = rows_[id];
    visit(row);
    if (auto* const host = is_base(row) ? nullptr : rows_.find(row.host)) visit(*host);
  }

  table rows_;
  foundation_numbers numbers_;
};

}  // namespace floe::ice
