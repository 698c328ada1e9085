// The candidates of both sides, as rows.
//
// owns:     local and remote candidates, their foundations' numbers, and what "the same" means
// does not: know pairs; it answers with ids, and its owner pairs them
// sources:  RFC 8445 §5.1.1.3 (foundations), §7.3.1.3 (a learned candidate gives way to the
//           signalled one with its address); RFC 8838 §11 (duplicates)
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>

#include "floe/core/endpoint.hpp"
#include "floe/core/error.hpp"
#include "floe/core/ids.hpp"
#include "floe/core/slot_table.hpp"
#include "floe/ice/candidate.hpp"
#include "floe/ice/candidate_filter.hpp"
#include "floe/ice/host_candidate.hpp"
#include "floe/ice/priority.hpp"

namespace floe::ice {

/// True when all but the address of a candidate can be right.
[[nodiscard]] constexpr bool is_well_formed(const candidate& signalled) noexcept {
  return is_valid_priority(signalled.priority) && !signalled.foundation.text().empty();
}

/// Why a candidate that the peer signalled can't be used; nullopt when it can.
[[nodiscard]] constexpr std::optional<errc> find_fault(const candidate& signalled,
                                                       bool allow_loopback) noexcept {
  if (!is_well_formed(signalled)) return errc::invalid_candidate;
  if (!is_eligible_address(signalled.address, allow_loopback)) return errc::unusable_address;
  return std::nullopt;
}

/// What became of a remote candidate.
struct remote_addition {
  enum kind : std::uint8_t {
    added,     ///< a new row
    upgraded,  ///< the row of a peer-reflexive candidate now holds what the peer signalled
    known,     ///< a row with this address was there; nothing changed
    no_room,   ///< the table is full
  };
  kind what = no_room;
  remote_id id;  ///< of no row when there was no room
};

/// The two tables of candidates of a session. Checks may teach as many as were named: neither push
/// out the other, for checks may be all that comes through, or none of them.
class candidates {
 public:
  /// locals, remotes: how many of each may be named
  candidates(std::size_t locals, std::size_t remotes, std::pmr::memory_resource* memory)
      : locals_(2 * locals, memory), remotes_(2 * remotes, memory) {}

  [[nodiscard]] const slot_table<local_candidate, local_tag>& locals() const noexcept {
    return locals_;
  }
  [[nodiscard]] const slot_table<remote_candidate, remote_tag>& remotes() const noexcept {
    return remotes_;
  }

  /// The foundation for a local candidate of this type, base address and server: that of an earlier
  /// one with all three, or a new one (RFC 8445 §5.1.1.3).
  [[nodiscard]] foundation local_foundation(candidate_type type, const address& base,
                                            server_id server = {}) const {
    std::uint32_t highest = 0;
    std::optional<foundation> shared;
    locals_.for_each([&](local_id, const local_candidate& row) {
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
    locals_.for_each([&](local_id, const local_candidate& row) {
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
    made.rank = rank_of(cost, bound.address, earlier);
    made.candidate.priority = untaken_priority(made);
    return made;
  }

  /// The server-reflexive candidate that a server sees when `host` sends. nullopt: `host` has all
  /// that there is room for between two local preferences.
  [[nodiscard]] std::optional<local_candidate> make_reflexive(local_id host, const endpoint& mapped,
                                                              server_id server) const {
    const auto& through = locals_[host];
    auto made = through;
    made.candidate.type = candidate_type::srflx;
    made.candidate.address = mapped;
    made.candidate.related = through.base;
    return make_obtained(made, host, server);
  }

  /// The candidate relayed by a server that `host` reaches; `socket` stands for its allocation, and
  /// `mapped` is what the server saw. nullopt as above.
  [[nodiscard]] std::optional<local_candidate> make_relayed(local_id host, socket_id socket,
                                                            const endpoint& relayed,
                                                            const endpoint& mapped,
                                                            server_id server) const {
    auto made = locals_[host];
    made.candidate.type = candidate_type::relay;
    made.candidate.address = relayed;
    made.candidate.related = mapped;
    made.socket = socket;
    made.base = relayed;
    return make_obtained(made, host, server);
  }

  /// Gives the candidates of a stream that checks did not teach their final priorities, now that
  /// all its host candidates are known. They are not conveyed yet, or are about to be again.
  void prioritize(stream_id stream) {
    locals_.for_each([&](local_id, local_candidate& row) {
      if (row.stream != stream || row.candidate.type == candidate_type::prflx) return;
      row.candidate.priority = priority_of(row);
    });
  }

  /// How many local candidates the host named, as opposed to those learned from checks.
  [[nodiscard]] std::size_t count_named() const {
    std::size_t count = 0;
    locals_.for_each([&](local_id, const local_candidate& row) {
      count += row.candidate.type != candidate_type::prflx ? 1U : 0U;
    });
    return count;
  }

  /// Adds a row, or answers nullopt when the table is full.
  std::optional<local_id> add_local(local_candidate row) {
    row.foundation_number = number_of(locals_, row.candidate.foundation);
    return locals_.insert(row);
  }

  /// Adds one that a check taught. Such rows take half of the table at most, whatever addresses the
  /// peer says it sees: the host can always name its own.
  std::optional<local_id> learn_local(const local_candidate& row) {
    if (2 * (locals_.size() - count_named()) >= locals_.capacity()) return std::nullopt;
    return add_local(row);
  }

  /// Takes a related address from a candidate that would show where a host candidate is: the base
  /// of a reflexive one, or what a server without a NAT in between saw of a relayed one.
  void hide_host_in(candidate& c) const {
    const auto shows = [&](const local_candidate& row) {
      return row.candidate.type == candidate_type::host &&
             row.candidate.address.address == c.related->address;
    };
    if (c.related && locals_.find_if(shows)) c.related = hidden_endpoint(c.related->address.family);
  }

  /// Puts what is known better now in the place of a learned local candidate.
  void replace_local(local_id learned, local_candidate row) {
    row.foundation_number = number_of(locals_, row.candidate.foundation, learned);
    locals_[learned] = row;
  }

  /// Lets checks come in for a local candidate, at its base.
  void open(local_id id) {
    each_base_of(id, [](local_candidate& base) { base.open = true; });
  }

  /// Notes that a local candidate was handed to the host: its base may be paired (RFC 8838 §10).
  void convey(local_id id) {
    each_base_of(id, [](local_candidate& base) { base.open = base.conveyed = true; });
  }

  /// Lets no checks in or out at a base any more, until it is opened again.
  void close(local_id base) { locals_[base].open = locals_[base].conveyed = false; }

  /// Forgets a local candidate and all that were obtained through it.
  void erase_local(local_id id) {
    locals_.erase(id);
    const auto is_orphan = [&](const local_candidate& row) {
      return row.host != local_id{} && locals_.find(row.host) == nullptr;
    };
    while (const auto orphan = locals_.find_if(is_orphan)) locals_.erase(*orphan);
  }

  /// The candidate that `stream` receives checks on at `socket`.
  [[nodiscard]] std::optional<local_id> find_base(stream_id stream, socket_id socket) const {
    return locals_.find_if([&](const local_candidate& row) {
      return is_base(row) && row.open && row.socket == socket && row.stream == stream;
    });
  }

  /// The candidate that receives at `socket`.
  [[nodiscard]] std::optional<local_id> find_socket(socket_id socket) const {
    return locals_.find_if(
        [&](const local_candidate& row) { return is_base(row) && row.socket == socket; });
  }

  /// True for a local candidate and all that were obtained through it.
  [[nodiscard]] bool stems_from(local_id one, local_id root) const {
    for (const auto* row = locals_.find(one); row != nullptr; row = locals_.find(one = row->host)) {
      if (one == root) return true;
    }
    return false;
  }

  /// True when what is sent from `used` needs `base`: it leaves there, or was obtained through it,
  /// or both are relays of one allocation, which live and die together.
  [[nodiscard]] bool needs(local_id used, local_id base) const {
    const auto& a = locals_[used];
    const auto& b = locals_[base];
    const bool siblings = a.candidate.type == candidate_type::relay &&
                          b.candidate.type == candidate_type::relay && a.host == b.host &&
                          a.server == b.server;
    return siblings || stems_from(used, base);
  }

  /// True when some candidate receives at `socket`.
  [[nodiscard]] bool uses(socket_id socket) const { return find_socket(socket).has_value(); }

  /// The local candidate of a stream's component with this address (RFC 8445 §7.2.5.3.1).
  [[nodiscard]] std::optional<local_id> find_local(stream_id stream, component_id component,
                                                   const endpoint& address) const {
    return locals_.find_if([&](const local_candidate& row) {
      return row.candidate.address == address && row.stream == stream &&
             row.candidate.component == component;
    });
  }

  /// The remote candidate of a stream's component with this address.
  [[nodiscard]] std::optional<remote_id> find_remote(stream_id stream, component_id component,
                                                     const endpoint& address) const {
    return remotes_.find_if([&](const remote_candidate& row) {
      return row.candidate.address == address && row.stream == stream &&
             row.candidate.component == component;
    });
  }

  /// Adds a candidate that the peer signalled. hidden: by a name, which was resolved
  remote_addition add_remote(stream_id stream, const candidate& signalled, bool hidden = false) {
    if (const auto same = find_remote(stream, signalled.component, signalled.address)) {
      auto& row = remotes_[*same];
      if (!row.learned) return {remote_addition::known, *same};
      row.candidate = signalled;
      row.learned = false;
      row.hidden = hidden;
      row.foundation_number = number_of(remotes_, signalled.foundation, *same);
      return {remote_addition::upgraded, *same};
    }
    return insert_remote({.candidate = signalled,
                          .stream = stream,
                          .foundation_number = number_of(remotes_, signalled.foundation),
                          .hidden = hidden});
  }

  /// True while `source` may still teach a candidate to the base `on`: not when as many ports of
  /// its address as `limit` were learned there that no check reached. Two symmetric NATs show each
  /// check from a new port, and every triggered check would teach the other side another one for
  /// ever. What one base learns in vain says nothing about another: a relay works where hosts
  /// don't.
  [[nodiscard]] bool may_learn(local_id on, const endpoint& source, std::size_t limit) const {
    std::size_t useless = 0;
    remotes_.for_each([&](remote_id, const remote_candidate& row) {
      const bool same = row.learned_on == on && row.candidate.address.address == source.address;
      useless += same && row.learned && !row.answered ? 1U : 0U;
    });
    return useless < limit;
  }

  /// Notes that a check to a remote candidate was answered.
  void note_answer(remote_id id) { remotes_[id].answered = true; }

  /// Adds the source of a check that no signalled candidate has (RFC 8445 §7.3.1.3): its priority
  /// is the one that the check carried, held to the range of priorities, its foundation differs
  /// from every other. on: the base that the check came in on
  remote_addition learn_remote(stream_id stream, component_id component, const endpoint& source,
                               std::uint32_t priority, local_id on = {}) {
    const candidate learned{.foundation = foundation::learned(next_number_),
                            .component = component,
                            .priority = std::clamp(priority, min_priority, max_priority),
                            .address = source,
                            .type = candidate_type::prflx,
                            .related = {}};
    return insert_remote({.candidate = learned,
                          .stream = stream,
                          .foundation_number = take_number(),
                          .learned = true,
                          .learned_on = on});
  }

  /// The signalled candidate that gives way to a new one of `priority` in `stream`: the least that
  /// is not needed, of the stream that has most; in the same stream only one that is no better.
  /// nullopt: the newcomer itself gives way.
  template <class IsNeeded>
  [[nodiscard]] std::optional<remote_id>
  signalled_victim_for(stream_id stream, std::uint32_t priority, IsNeeded&& is_needed) const {
    const auto from = fullest_with(stream, false);
    std::optional<remote_id> least;
    remotes_.for_each([&](remote_id id, const remote_candidate& row) {
      if (row.learned || row.stream != from || is_needed(id)) return;
      if (from == stream && row.candidate.priority > priority) return;
      if (!least || row.candidate.priority < remotes_[*least].candidate.priority) least = id;
    });
    return least;
  }

  /// The learned candidate that gives way to a new one of `stream`: the oldest that is not needed,
  /// of the stream that has most. Its priority says nothing about it: a NAT can show ports without
  /// end, each as good as the others, and the peer tries again what was worth a check.
  template <class IsNeeded>
  [[nodiscard]] std::optional<remote_id> learned_victim_for(stream_id stream,
                                                            IsNeeded&& is_needed) const {
    const auto from = fullest_with(stream, true);
    const auto age = [&](remote_id id) {
      return static_cast<std::uint16_t>(next_number_ - remotes_[id].foundation_number);
    };
    std::optional<remote_id> oldest;
    remotes_.for_each([&](remote_id id, const remote_candidate& row) {
      if (!row.learned || row.stream != from || is_needed(id)) return;
      if (!oldest || age(id) > age(*oldest)) oldest = id;
    });
    return oldest;
  }

  void erase_remote(remote_id id) { remotes_.erase(id); }

  /// Forgets the remote candidates of a stream and the local ones that were learned from checks, as
  /// a restart does (RFC 8445 §9).
  void forget_generation(stream_id stream) {
    remotes_.for_each([&](remote_id id, const remote_candidate& row) {
      if (row.stream == stream) remotes_.erase(id);
    });
    locals_.for_each([&](local_id id, const local_candidate& row) {
      if (row.stream == stream && row.candidate.type == candidate_type::prflx) locals_.erase(id);
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
                                                             server_id server) const {
    const auto type = made.candidate.type;
    std::size_t variant = 0;
    const auto is_taken = [&](const local_candidate& row) {
      return row.candidate.type == type && row.host == host && row.variant == variant;
    };
    while (locals_.find_if(is_taken)) ++variant;
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
  /// the priorities of those that were named before a better one (RFC 8445 §5.1.2).
  [[nodiscard]] std::uint32_t untaken_priority(const local_candidate& one) const {
    constexpr std::uint32_t step = 1U << 8U;  // of the local preference
    auto priority = priority_of(one);
    const auto is_taken = [&](const local_candidate& row) {
      return row.stream == one.stream && row.candidate.priority == priority;
    };
    while (locals_.find_if(is_taken)) priority -= step;
    return priority;
  }

  /// The priority of a local candidate among the host candidates there are now.
  [[nodiscard]] std::uint32_t priority_of(const local_candidate& one) const {
    std::size_t better = 0;
    locals_.for_each([&](local_id, const local_candidate& row) {
      const bool counts = is_host_of(row, one.stream, one.candidate.component);
      better += counts && row.rank < one.rank ? 1U : 0U;
    });
    const auto preference = static_cast<std::uint16_t>(local_preference(better) - one.variant);
    return candidate_priority(one.candidate.type, preference, one.candidate.component);
  }

  /// Calls `visit(local_candidate&)` for a local candidate, and for the one that is its base.
  template <class Visit>
  void each_base_of(local_id id, Visit&& visit) {
    auto& row = locals_[id];
    visit(row);
    if (auto* const host = is_base(row) ? nullptr : locals_.find(row.host)) visit(*host);
  }

  [[nodiscard]] std::size_t count_remotes(stream_id stream, bool learned) const {
    std::size_t count = 0;
    remotes_.for_each([&](remote_id, const remote_candidate& row) {
      count += row.stream == stream && row.learned == learned ? 1U : 0U;
    });
    return count;
  }

  /// The stream with most remote candidates of a kind once `stream` has one more; that one where
  /// several are.
  [[nodiscard]] stream_id fullest_with(stream_id stream, bool learned) const {
    auto fullest = stream;
    auto most = count_remotes(stream, learned) + 1;
    remotes_.for_each([&](remote_id, const remote_candidate& row) {
      if (row.stream == fullest || count_remotes(row.stream, learned) <= most) return;
      fullest = row.stream;
      most = count_remotes(row.stream, learned);
    });
    return fullest;
  }

  /// Adds a row while its kind has no more than half of the table.
  remote_addition insert_remote(const remote_candidate& row) {
    std::size_t of_kind = 0;
    remotes_.for_each([&](remote_id, const remote_candidate& other) {
      of_kind += other.learned == row.learned ? 1U : 0U;
    });
    if (2 * of_kind >= remotes_.capacity()) return {remote_addition::no_room, {}};
    const auto id = remotes_.insert(row);
    if (!id) return {remote_addition::no_room, {}};
    return {remote_addition::added, *id};
  }

  /// The number of a foundation: that of another row that has it, or the next one.
  template <class Table>
  std::uint16_t number_of(const Table& table, const foundation& wanted,
                          std::optional<typename Table::id> except = std::nullopt) {
    const auto same = table.find_if([&](const auto& row) {
      return row.candidate.foundation == wanted && !(except && &row == table.find(*except));
    });
    return same ? table[*same].foundation_number : take_number();
  }

  /// Numbers wrap after 65,535 candidates; two foundations that then share one only unfreeze
  /// together.
  std::uint16_t take_number() noexcept { return next_number_++; }

  slot_table<local_candidate, local_tag> locals_;
  slot_table<remote_candidate, remote_tag> remotes_;
  std::uint16_t next_number_ = 1;
};

}  // namespace floe::ice
