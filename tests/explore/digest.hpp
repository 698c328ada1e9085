// What decides the future of a session, as a number.
//
// owns:     the digest, and which parts of an agent and of a datagram go into it
// does not: change anything; it reads the tables through a door that the language leaves to
//           explicit instantiations, because no public call shows all of them
// invariant: whatever two states of the same digest do next, they do alike. Instants count from
//            now, and those that only have to be past count alike once they are. Transaction ids
//            count by where they first occur. Left out is what nothing asks: most counters, and
//            cancelled transactions that no datagram on its way can answer. walk.hpp tries
//            this on samples: it runs on from both of two states that are said to be the same.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "floe/agent/agent.hpp"
#include "floe/stun/attribute_walk.hpp"

namespace floe::explore {

/// 128 bits, so that among 2^32 states no two share one by chance.
struct digest {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  [[nodiscard]] bool operator==(const digest&) const noexcept = default;
};

class digester {
 public:
  void add(std::uint64_t word) noexcept {
    high_ = mix(high_ ^ word, 0x9e3779b97f4a7c15U);
    low_ = mix(low_ + word, 0xd1b54a32d192ed03U);
  }
  template <class T>
  requires std::is_enum_v<T>
  void add(T value) noexcept { add(static_cast<std::uint64_t>(value)); }
  void add(duration d) noexcept { add(static_cast<std::uint64_t>(d.count())); }
  void add(const endpoint& e) noexcept {
    std::uint64_t word = e.port;
    for (std::size_t i = 0; i < e.address.size(); ++i) word = word * 257 + e.address.octets.at(i);
    add(word);
  }

  [[nodiscard]] digest value() const noexcept { return {high_, low_}; }

 private:
  static constexpr std::uint64_t mix(std::uint64_t z, std::uint64_t by) noexcept {
    z = (z + by) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 29U)) * by;
    return z ^ (z >> 32U);
  }

  std::uint64_t high_ = 1;
  std::uint64_t low_ = 2;
};

/// Transaction ids by the order in which they first occur.
class id_names {
 public:
  std::uint64_t operator()(const stun::transaction_id& id) {
    const auto found = std::find(known_.begin(), known_.end(), id);
    if (found != known_.end()) return static_cast<std::uint64_t>(found - known_.begin());
    known_.push_back(id);
    return known_.size() - 1;
  }

  void clear() noexcept { known_.clear(); }

 private:
  std::vector<stun::transaction_id> known_;
};

namespace detail {

// A friend that an explicit instantiation defines may name private members.
template <class Tag, typename Tag::type Member>
struct door {
  friend constexpr typename Tag::type reach(Tag) noexcept { return Member; }
};

#define FLOE_EXPLORE_DOOR(tag, owner, member, ...) \
  struct tag {                                     \
    using type = __VA_ARGS__ owner::*;             \
    friend constexpr type reach(tag) noexcept;     \
  };                                               \
  template struct door<tag, &owner::member>

FLOE_EXPLORE_DOOR(claim, agent, claim_, ice::role_claim);
FLOE_EXPLORE_DOOR(claim_accepted, agent, claim_accepted_, deadline);
FLOE_EXPLORE_DOOR(lossy, agent, lossy_, bool);
FLOE_EXPLORE_DOOR(streams, agent, streams_, fixed_vector<stream>);
FLOE_EXPLORE_DOOR(components, agent, components_, fixed_vector<component>);
FLOE_EXPLORE_DOOR(locals, agent, locals_, ice::local_candidates);
FLOE_EXPLORE_DOOR(remotes, agent, remotes_, ice::remote_candidates);
FLOE_EXPLORE_DOOR(valid, agent, valid_, ice::valid_list);
FLOE_EXPLORE_DOOR(schedule, agent, schedule_, ice::schedule);
FLOE_EXPLORE_DOOR(transactions, agent, transactions_, check_transactions);
FLOE_EXPLORE_DOOR(early, agent, early_, ring<early_check>);
FLOE_EXPLORE_DOOR(configuration, agent, config_, config);
FLOE_EXPLORE_DOOR(queue, ice::checklist_set, queue_, ring<ice::pair_id>);
FLOE_EXPLORE_DOOR(order, check_transactions, ids_, fixed_vector<check_transactions::id>);
FLOE_EXPLORE_DOOR(proof, ice::consent, proved_, time_point);
FLOE_EXPLORE_DOOR(next_check, ice::consent, next_check_, time_point);

#undef FLOE_EXPLORE_DOOR

/// Adds what one agent is made of.
class agent_reader {
 public:
  agent_reader(const agent& a, time_point now, digester& to, id_names& names)
      : agent_{a}, now_{now}, to_{to}, names_{names}, config_{a.*reach(configuration{})} {}

  /// awaited: whether a datagram with this transaction id is on its way
  template <class IsAwaited>
  void read(IsAwaited&& awaited) {
    to_.add(agent_.state());
    const auto claim = agent_.*reach(detail::claim{});
    to_.add(claim.role);
    to_.add(claim.tie_breaker);
    to_.add(flags({agent_.*reach(lossy{})}));
    for (const auto& s : agent_.*reach(streams{})) read(s);
    for (const auto& c : agent_.*reach(components{})) read(c);
    read_candidates();
    read_pairs();
    (void)(agent_.*reach(valid{})).contains_if([&](const ice::valid_pair& v) {
      read(v);
      return false;
    });
    to_.add((agent_.*reach(detail::schedule{})).free_at(now_) - now_);
    read_transactions(awaited);
    const auto& early = agent_.*reach(detail::early{});
    to_.add(early.size());
    for (std::size_t i = 0; i < early.size(); ++i) {
      add_local(early[i].local);
      to_.add(early[i].source);
      for (const auto c : early[i].sender.view()) to_.add(static_cast<std::uint64_t>(c));
      to_.add(early[i].check.priority);
      to_.add(flags({early[i].check.nominates, early[i].check.claim.has_value()}));
    }
  }

 private:
  static std::uint64_t flags(std::initializer_list<bool> all) {
    std::uint64_t word = 1;
    for (const bool one : all) word = word * 2 + (one ? 1U : 0U);
    return word;
  }

  /// An instant that something waits for; that it is past is all that matters then.
  void add_due(time_point at) { to_.add(at <= now_ ? duration::zero() : at - now_); }

  // Candidates and pairs are named by what they are: ids depend on what came and went before.
  void add_local(ice::local_id id) {
    const auto* const row = agent_.local(id);
    to_.add(row != nullptr ? row->candidate.address : endpoint{});
  }
  void add_remote(ice::remote_id id) {
    const auto* const row = agent_.remote(id);
    to_.add(row != nullptr ? row->candidate.address : endpoint{});
  }

  void read(const stream& s) {
    to_.add(
        flags({s.current.remote.has_value(), s.former.has_value(), s.gathering, s.named, s.gathered,
               s.remote_complete, s.abandoned, s.heard, s.pac.has_value(), s.give_up.has_value()}));
    if (s.pac) add_due(*s.pac);
    const auto& all = agent_.*reach(components{});
    const bool all_reached =
        std::all_of(all.begin(), all.end(), [](const component& c) { return c.reached; });
    if (s.give_up && !all_reached) add_due(*s.give_up);
  }

  void read(const component& c) {
    to_.add(flags({c.told_selection.has_value(), c.path_announced, c.reached, c.probed,
                   c.settled.has_value(), c.link.has_value()}));
    if (c.told_selection) {
      const auto* const told = (agent_.*reach(valid{})).find(*c.told_selection);
      add_local(told != nullptr ? told->local : ice::local_id{});
      add_remote(told != nullptr ? told->remote : ice::remote_id{});
    }
    if (c.settled) add_due(after(*c.settled, config_.nomination.follow));
    if (!c.link) return;
    to_.add(c.link->path.local);
    to_.add(c.link->path.remote);
    to_.add(c.link->priority);
    to_.add(now_ - c.link->consent.*reach(proof{}));
    add_due(c.link->consent.*reach(next_check{}));
  }

  void read_candidates() {
    const auto& locals = agent_.*reach(detail::locals{});
    locals.rows().for_each([&](ice::local_id, const ice::local_candidate& row) {
      add_candidate(row);
      to_.add(flags({row.open, row.conveyed}));
    });
    const auto& remotes = agent_.*reach(detail::remotes{});
    remotes.rows().for_each([&](ice::remote_id, const ice::remote_candidate& row) {
      add_candidate(row);
      to_.add(flags({row.learned, row.answered}));
      if (row.learned) add_local(row.learned_on);
    });
  }
  template <class Row>
  void add_candidate(const Row& row) {
    to_.add(row.candidate.address);
    to_.add(row.candidate.priority);
    to_.add(row.candidate.type);
    to_.add(row.foundation_number);
  }

  void read_pairs() {
    const auto& lists = agent_.checklists();
    to_.add(lists.state(stream_id{}));
    for (const auto id : lists.order()) {
      const auto& p = lists[id];
      add_pair(p);
      to_.add(p.priority);
      to_.add(p.state);
      to_.add(p.foundation.local * 65536U + p.foundation.remote);
      to_.add(
          flags({p.triggered, p.nominating, p.nominated_by_peer, p.checked_by_peer, p.expired}));
      to_.add(p.conflicts);
      if (p.state == ice::pair_state::in_progress) to_.add(now_ - p.asked);
      // Whether it was checked, and whether that had to be repeated.
      to_.add(std::min<std::uint64_t>(p.history.requests_sent, 2));
    }
    const auto& waiting = lists.*reach(detail::queue{});
    for (std::size_t i = 0; i < waiting.size(); ++i) add_pair(lists[waiting[i]]);
  }
  void add_pair(const ice::pair& p) {
    add_local(p.local);
    add_remote(p.remote);
  }

  void read(const ice::valid_pair& v) {
    add_local(v.local);
    add_local(v.checked);
    add_remote(v.remote);
    to_.add(v.priority);
    to_.add(v.nominated ? 1U : 0U);
    to_.add(ice::presumed_round_trip(v.rtt));
    add_due(after(v.since, config_.nomination.patience));
    to_.add(now_ - v.proved);
    add_due(ice::refresh_due(v, config_.keepalive));
    to_.add(flags({v.unanswered.has_value()}));
    for (const auto& at : {ice::overdue_at(v), ice::silent_at(v, {})}) {
      if (at) add_due(*at);
    }
  }

  template <class IsAwaited>
  void read_transactions(IsAwaited&& awaited) {
    const auto& all = agent_.*reach(transactions{});
    const auto matters = [&](const check_transactions::row& row) {
      return !row.cancelled || awaited(row.transaction);
    };
    for (const auto id : all.*reach(order{})) {
      const auto& row = *all.find(id);
      if (!matters(row)) continue;
      to_.add(names_(row.transaction));
      to_.add(row.path.local);
      to_.add(row.path.remote);
      to_.add(row.owner.what);
      add_local(row.owner.local);
      add_remote(row.owner.remote);
      to_.add(row.owner.request.priority);
      to_.add(row.owner.request.role);
      to_.add(row.owner.request.tie_breaker);
      to_.add(flags({row.owner.request.nominates, row.cancelled, row.owner.queued}));
      add_age(all, row, matters);
      // An answer on its way comes long before a cancelled row ends.
      if (!row.cancelled) add_schedule(row.schedule);
    }
  }

  /// Whether a check left before another, or before the last that was accepted: a refusal of it is
  /// then out of date, or will be.
  template <class Matters>
  void add_age(const check_transactions& all, const check_transactions::row& row,
               Matters&& matters) {
    std::size_t earlier = 0;
    for (const auto id : all.*reach(order{})) {
      const auto& other = *all.find(id);
      earlier += matters(other) && other.schedule.start() < row.schedule.start() ? 1U : 0U;
    }
    const auto accepted = agent_.*reach(claim_accepted{});
    to_.add(earlier);
    to_.add(flags({accepted && row.schedule.start() < *accepted}));
  }

  /// All that a schedule will ever ask for.
  void add_schedule(stun::retransmit_schedule schedule) {
    using step = stun::retransmit_schedule::step;
    for (;;) {
      const auto next = schedule.next();
      if (!next) return;
      to_.add(*next - now_);
      if (schedule.on_time(*next) == step::expired) return;
    }
  }

  const agent& agent_;
  time_point now_;
  digester& to_;
  id_names& names_;
  const config& config_;
};

}  // namespace detail

/// Adds a message without what only proves it: that is a function of the rest.
inline void add_message(byte_view bytes, digester& to) {
  std::uint64_t type = 0;
  for (std::size_t i = 0; i < 2; ++i) type = type * 256 + std::to_integer<unsigned>(bytes[i]);
  to.add(type);
  stun::attribute_walk walk{bytes};
  while (const auto attribute = walk.next()) {
    if (attribute->type == stun::attribute_type::message_integrity ||
        attribute->type == stun::attribute_type::fingerprint) {
      continue;
    }
    std::uint64_t word = static_cast<std::uint64_t>(attribute->type);
    for (const auto octet : attribute->value) {
      word = std::rotl(word, 8) * 0x9e3779b97f4a7c15U ^ std::to_integer<std::uint64_t>(octet);
    }
    to.add(word);
  }
}

}  // namespace floe::explore
