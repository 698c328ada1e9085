// Sessions that nobody would think of: a plan and its faults, drawn from a seed.
//
// owns:     what is drawn, how often, and from which range
// does not: judge; trial() runs a plan and says how it went
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "floe/stun/attributes/text.hpp"
#include "floe/stun/short_term.hpp"
#include "sim/oracle.hpp"
#include "sim/plan.hpp"
#include "sim/random.hpp"
#include "sim/session.hpp"
#include "sim/verdict.hpp"

namespace floe::sim {

/// Something that goes wrong while a session runs.
struct fault {
  enum kind : std::uint8_t {
    rebind,          ///< the NATs of a side forget everything
    interface_down,  ///< and comes back a while later
    restart,         ///< of ICE, by the host
    worse_wire,      ///< loss and latency from now on
    forgery,         ///< datagrams of somebody who knows nothing
    renumber,        ///< the NATs of a side have other addresses
  };
  duration at{};
  kind what = rebind;
  bool left = true;
};

struct random_plan {
  sim::plan plan{};
  std::vector<fault> faults{};
  bool lossy = false;
  /// How long the controlling side sits on what works before it nominates, as peers do that test
  /// each path first; none where the rule of floe nominates. Until then the other side has no more
  /// than valid pairs.
  std::optional<duration> nominates_after{};
};

namespace detail {

inline dependence draw_dependence(random_source& r) {
  return dependences[static_cast<std::size_t>(r.below(dependences.size()))];
}

inline wire_config draw_wire(random_source& r, bool& lossy) {
  wire_config w{.latency = r.up_to(100ms)};
  if (r.chance(300)) w.jitter = r.up_to(30ms);
  if (r.chance(200)) w.loss = static_cast<unsigned>(r.below(150));
  if (r.chance(100)) w.bursts = {10, 200, 800};
  if (r.chance(150)) w.duplicate = static_cast<unsigned>(r.below(100));
  if (r.chance(150)) {
    w.reorder = static_cast<unsigned>(r.below(200));
    w.held_back = r.up_to(100ms);
  }
  if (r.chance(100)) w.mtu = 600;
  if (r.chance(100)) w.rate = 4000 + static_cast<std::size_t>(r.below(20000));
  lossy = lossy || w.loss != 0 || w.bursts.begins != 0 || w.rate != 0;
  return w;
}

inline gateway_config draw_gateway(random_source& r) {
  gateway_config g;
  if (r.chance(850)) {
    g.nat = nat_config{.mapping = draw_dependence(r),
                       .filtering = draw_dependence(r),
                       .ports = static_cast<port_choice>(r.below(3)),
                       .hairpin = r.chance(500),
                       .lifetime = 60s + r.up_to(4min)};
    g.routes_v6 = r.chance(700);
  }
  const auto wall = r.below(20);
  if (wall == 0) g.firewall.policy = policy::blocked;
  if (wall == 1 || (wall < 8 && g.routes_v6)) {
    g.firewall = {.policy = policy::stateful, .filtering = draw_dependence(r)};
  }
  return g;
}

inline side_plan draw_side(random_source& r, bool& lossy) {
  side_plan s;
  for (auto layers = std::array{0, 1, 1, 1, 1, 2}[static_cast<std::size_t>(r.below(6))]; layers > 0;
       --layers) {
    s.layers.push_back(draw_gateway(r));
  }
  const auto over = r.below(4);
  s.v4 = over == 1 ? 0 : 1 + (r.chance(200) ? 1U : 0U);
  s.v6 = over == 0 ? 0 : 1;
  if (s.v4 == 0 && s.layers.size() == 1 && s.layers[0].nat && r.chance(500)) {
    s.layers[0].nat64_prefix = nat64_prefix();
  }
  s.wire = draw_wire(r, lossy);
  s.relay = static_cast<relaying>(r.below(3));
  s.asks = r.chance(300);
  if (r.chance(500)) s.signalling = r.up_to(2s);
  s.behaviour.ta = std::array{50ms, 20ms, 5ms}[static_cast<std::size_t>(r.below(3))];
  s.behaviour.nomination.patience = r.up_to(1s);
  return s;
}

}  // namespace detail

/// Draws a plan.
[[nodiscard]] inline random_plan draw_plan(std::uint64_t seed) {
  random_source r{seed};
  random_plan drawn;
  auto& p = drawn.plan;
  p.seed = seed;
  p.left = detail::draw_side(r, drawn.lossy);
  p.right = detail::draw_side(r, drawn.lossy);
  p.right.behaviour.role = r.chance(900) ? ice::role::controlled : ice::role::controlling;
  if (r.chance(50)) p.left.behaviour.role = ice::role::controlled;
  if (r.chance(200)) p.shared = 1 + static_cast<std::size_t>(r.below(2));
  p.overlapping = r.chance(300);
  p.servers = {.latency = r.up_to(40ms)};
  if (r.chance(300)) {
    for (auto count = 1 + r.below(4); count > 0; --count) {
      drawn.faults.push_back(
          {r.up_to(r.chance(500) ? 2s : 60s), static_cast<fault::kind>(r.below(6)), r.chance(500)});
    }
    std::sort(drawn.faults.begin(), drawn.faults.end(),
              [](const fault& a, const fault& b) { return a.at < b.at; });
  }
  if (r.chance(150)) {
    p.streams.resize(1 + static_cast<std::size_t>(r.below(3)));
    for (auto& components : p.streams) components = static_cast<std::uint16_t>(1 + r.below(2));
    // Ports that follow from others would be those of one flow, and not of the next.
    for (auto* const side : {&p.left, &p.right}) {
      for (auto& g : side->layers) {
        if (g.nat) g.nat->ports = port_choice::random;
      }
    }
  }
  if (r.chance(50)) {
    drawn.nominates_after = 100ms + r.up_to(20s);
    for (auto* const side : {&p.left, &p.right}) {
      side->behaviour.nomination.chosen_by = ice::nomination_config::host;
    }
  }
  for (auto* const side : {&p.left, &p.right}) {
    side->wrong_password = r.chance(15);
    // Many peers say nothing about their pace; a host may know it all the same.
    side->says_pace = r.chance(600);
    if (r.chance(300)) side->behaviour.presumed_ta = r.up_to(50ms);
    side->dual_stack = r.chance(150);
  }
  if (r.chance(300)) (r.chance(500) ? p.left : p.right).one_component = true;
  // Where datagrams are lost a report ends a check that only repeating could have helped.
  p.reports = !drawn.lossy && r.chance(300);
  return drawn;
}

namespace detail {

/// Whether a NAT chooses ports that a peer may meet by chance.
inline bool keeps_ports(const plan& p) {
  const auto keeps = [](const gateway_config& g) {
    return g.nat && g.nat->ports != port_choice::random;
  };
  return std::any_of(p.left.layers.begin(), p.left.layers.end(), keeps) ||
         std::any_of(p.right.layers.begin(), p.right.layers.end(), keeps);
}
/// Whether both sides are seen elsewhere than they say: their checks must meet.
inline bool shows_others(const plan& p) {
  const auto shows = [](const gateway_config& g) {
    return g.nat && g.nat->mapping != dependence::endpoint_independent;
  };
  return std::any_of(p.left.layers.begin(), p.left.layers.end(), shows) &&
         std::any_of(p.right.layers.begin(), p.right.layers.end(), shows);
}

/// Messages that would do something if they were true.
inline void forge(session& s, host& victim, random_source& r) {
  const auto sockets = victim.sockets();
  const auto socket = sockets[static_cast<std::size_t>(r.below(sockets.size()))];
  const auto& here = s.net.bound(socket);
  endpoint from{address::v4(203, 0, 113, 66), 666};
  if (here.address.family == family::ipv6) from.address = six(0xbb, 66);
  const auto* const selected = victim.agent().selected();
  if (selected != nullptr && r.chance(500)) {
    from = victim.agent().remote(selected->remote)->candidate.address;
  }
  std::array<std::byte, max_datagram_size> buffer;
  const auto cls = static_cast<stun::message_class>(r.below(4));
  stun::writer out{buffer, {stun::method::binding, cls}, stun::transaction_id::random(r)};
  const auto told = victim.agent().local_credentials();
  const auto user = std::string{told.ufrag} + ":evil";
  if (r.chance(800)) out.add(stun::username{user});
  out.add(stun::priority{1}).add(stun::ice_controlling{~std::uint64_t{0}});
  if (r.chance(500)) out.add(stun::use_candidate{});
  if (cls == stun::message_class::success) out.add(stun::xor_mapped_address{from});
  if (r.chance(800)) out.add_integrity(stun::short_term_key("guess"));
  const bool complete = cls != stun::message_class::indication && r.chance(700);
  if (complete) out.add_fingerprint();
  const auto size = out.finish();
  victim.attack(s.net, socket, from, byte_view{buffer}.first(size.value()));
}

/// Nominates the best pair that works of every component that has nominated none.
inline void nominate_best(session& s, host& who) {
  if (who.agent().role() != ice::role::controlling) return;
  for (const auto& f : s.flows) {
    const auto works = who.agent().checklists().find_if([&](const ice::pair& p) {
      return p.stream == f.stream && p.component == f.component &&
             p.state == ice::pair_state::succeeded;
    });
    if (!works) continue;
    who.command(s.net, [&](auto& a) { (void)a.nominate(*works).has_value(); });
  }
}

/// Runs a session to its end, with nominations only every so often.
inline void run_late(session& s, duration nominates_after) {
  const auto end = after(s.net.now(), session::patience);
  while (s.net.now() < end && !s.run(nominates_after)) {
    for (auto* const who : {&s.left, &s.right}) nominate_best(s, *who);
  }
}

/// Addresses of a NAT that nobody has at the beginning.
inline std::vector<address> other_outer(bool left, std::uint8_t number) {
  return {address::v4(198, 51, left ? 101 : 102, number), six(left ? 0xe1 : 0xe2, number)};
}

inline void apply(session& s, const fault& f, random_source& r) {
  auto& who = f.left ? s.left : s.right;
  const auto& place = f.left ? s.scene.left : s.scene.right;
  switch (f.what) {
    case fault::rebind:
      for (const auto g : place.gateways) {
        if (auto* const box = s.net.nat_of(g)) box->rebind();
      }
      return;
    case fault::interface_down:
      s.net.set_up(place.interfaces.front(), false);
      s.net.run_for(r.up_to(40s));
      s.net.set_up(place.interfaces.front(), true);
      return;
    case fault::restart: return who.command(s.net, [](auto& a) { a.restart(); });
    case fault::worse_wire:
      for (const auto i : place.interfaces) s.net.rewire(i, {.latency = 200ms, .loss = 200});
      return;
    case fault::renumber:
      for (const auto g : place.gateways) {
        if (auto* const box = s.net.nat_of(g)) {
          box->renumber(other_outer(f.left, static_cast<std::uint8_t>(1 + r.below(250))));
        }
      }
      return;
    case fault::forgery:
      for (int i = 0; i < 5; ++i) forge(s, who, r);
      return;
  }
}

}  // namespace detail

/// What a trial found.
struct trial_result {
  verdict what = verdict::as_expected;
  std::uint64_t digest = 0;
};

/// Runs a random session, and records it if somebody listens. Throws when something does not hold
/// that always must.
inline trial_result trial(const random_plan& drawn, record::sink_ref left = {},
                          record::sink_ref right = {}) {
  session s{drawn.plan, left, right};
  random_source chance{drawn.plan.seed ^ 0x5eedU};
  if (!drawn.faults.empty()) {
    for (const auto& f : drawn.faults) {
      const auto at = epoch + f.at;
      if (at > s.net.now()) s.net.run_for(at - s.net.now());
      detail::apply(s, f, chance);
    }
    // What becomes of it is a matter of luck; that it becomes something is not.
    s.run(3min);
    return {verdict::as_expected, s.net.digest()};
  }
  // A side that knows the other's password wrongly reaches nobody, and both must come to know it.
  const bool strangers = drawn.plan.left.wrong_password || drawn.plan.right.wrong_password;
  const auto best = strangers ? std::nullopt : explorer{drawn.plan}.best();
  if (drawn.nominates_after) {
    detail::run_late(s, *drawn.nominates_after);
  } else {
    s.run();
  }
  const auto what = judge(s, best,
                          {.lossy = drawn.lossy,
                           .any_kind = true,
                           .may_guess = detail::keeps_ports(drawn.plan),
                           .may_miss = detail::shows_others(drawn.plan)});
  return {what, s.net.digest()};
}

}  // namespace floe::sim
