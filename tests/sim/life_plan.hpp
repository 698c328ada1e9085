// What happens to a session that stands: outages, NATs that forget or get other addresses, hosts
// that start over. Drawn from a seed.
//
// owns:     what is drawn, and what may come of it: no end that one side alone believes in, and
//           data again as soon as the topology lets it
// does not: judge how the session came to stand (random_plan.hpp)
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/plan.hpp"
#include "sim/random.hpp"
#include "sim/random_plan.hpp"
#include "sim/session.hpp"
#include "sim/verdict.hpp"

namespace floe::sim {

/// Something that happens to a session after it was quiet for a while.
struct incident {
  enum kind : std::uint8_t {
    outage,     ///< all interfaces of a side are down for a while
    one_down,   ///< the first of them alone
    rebinding,  ///< the NATs of a side forget everything, and choose other ports
    renumber,   ///< and have other addresses
    restart,    ///< of ICE, by the host
    restarts,   ///< by both hosts at once
  };
  kind what = outage;
  bool left = true;
  duration quiet{};   ///< before
  duration length{};  ///< of an outage
};
inline constexpr std::size_t incident_count = static_cast<std::size_t>(incident::restarts) + 1;

struct life_plan {
  sim::plan plan{};
  std::vector<incident> incidents{};
};

/// Draws a session that loses nothing by chance, and what happens to it.
[[nodiscard]] inline life_plan draw_life(std::uint64_t seed) {
  random_source r{seed ^ 0x6c696665U};
  life_plan drawn;
  drawn.plan = draw_plan(r.next()).plan;
  drawn.plan.seed = seed;
  for (auto* const side : {&drawn.plan.left, &drawn.plan.right}) {
    auto& w = side->wire;
    w = {.latency = w.latency,
         .jitter = w.jitter,
         .duplicate = w.duplicate,
         .reorder = w.reorder,
         .held_back = w.held_back};
    side->wrong_password = false;
    side->behaviour.nomination.chosen_by = ice::nomination_config::rule;
  }
  constexpr std::array longest{5s, 24s, 60s, 150s};
  for (auto count = 1 + r.below(3); count > 0; --count) {
    drawn.incidents.push_back(
        {static_cast<incident::kind>(r.below(incident_count)), r.chance(500), r.up_to(90s),
         r.up_to(longest[static_cast<std::size_t>(r.below(longest.size()))])});
  }
  return drawn;
}

/// Such a life.
class life {
 public:
  explicit life(const life_plan& p, record::sink_ref left = {}, record::sink_ref right = {})
      : plan_{p}, session_{p.plan, left, right} {}

  /// Throws when something does not hold that always must.
  verdict run() {
    auto& s = session_;
    if (!s.run() || !s.is_completed()) return verdict::as_expected;
    for (const auto& i : plan_.incidents) {
      s.net.run_for(i.quiet);
      note(i);
      happen(i);
      if (leaves_a_path(i) && !s.can_talk(in_halves(10s))) {
        fail(i, "no data although nothing stands against it");
      }
      // What lost its consent is known to be lost by then.
      s.net.run_for(45s);
      if (!s.net.run_until([&] { return s.has_one_end(); }, 3min)) {
        fail(i, "the sides don't come to one end");
      }
      if (s.is_completed() && !s.can_talk()) {
        fail(i, "both ends agree on what does not work");
      }
      if (!s.is_completed()) return revive(i);
    }
    return verdict::as_expected;
  }

 private:
  static int in_halves(duration span) { return static_cast<int>(span / 500ms); }

  [[noreturn]] void fail(const incident& i, const char* what) const {
    static constexpr std::array names{"outage",  "one interface down", "rebinding", "renumbering",
                                      "restart", "two restarts"};
    std::string about{what};
    about += " after ";
    about += names.at(static_cast<std::size_t>(i.what));
    about += i.left ? " of the left side" : " of the right side";
    if (i.what <= incident::one_down) {
      about += " for " +
               std::to_string(std::chrono::round<std::chrono::milliseconds>(i.length).count()) +
               " ms";
    }
    session_.net.fail(about);
  }

  void happen(const incident& i) {
    auto& s = session_;
    const auto& place = i.left ? s.scene.left : s.scene.right;
    switch (i.what) {
      case incident::outage:
      case incident::one_down: {
        auto all = place.interfaces;
        if (i.what == incident::one_down) all.resize(1);
        for (const auto one : all) s.net.set_up(one, false);
        s.net.run_for(i.length);
        for (const auto one : all) s.net.set_up(one, true);
        return;
      }
      case incident::rebinding:
      case incident::renumber:
        for (const auto g : place.gateways) {
          auto* const box = s.net.nat_of(g);
          if (box == nullptr) continue;
          if (i.what == incident::rebinding) box->rebind();
          if (i.what == incident::renumber)
            box->renumber(detail::other_outer(i.left, ++renumbered_));
        }
        return;
      case incident::restarts:
        start_over(s.left);
        start_over(s.right);
        return;
      case incident::restart: start_over(i.left ? s.left : s.right); return;
    }
  }

  void start_over(host& who) {
    who.command(session_.net, [](auto& a) { (void)a.restart(); });
  }

  /// Whether what was the path, or would be one again, is there at once after an incident.
  [[nodiscard]] bool leaves_a_path(const incident& i) const {
    switch (i.what) {
      case incident::outage:
      case incident::one_down: return is_short(i);
      case incident::restart:
      case incident::restarts: return true;
      case incident::rebinding:
      case incident::renumber: break;
    }
    // The other side must let in who comes from elsewhere, and be seen where it was. A relay is for
    // who asked for it from where he was.
    const auto& moved = i.left ? plan_.plan.left : plan_.plan.right;
    const auto& other = i.left ? plan_.plan.right : plan_.plan.left;
    return moved.relay != relaying::over_udp && !lost_consent_ && plan_.plan.shared == 0 &&
           std::all_of(other.layers.begin(), other.layers.end(), [](const gateway_config& g) {
             constexpr auto free = dependence::endpoint_independent;
             return g.firewall.policy == policy::open &&
                    (!g.nat || (g.nat->mapping == free && g.nat->filtering == free));
           });
  }

  /// A session that failed comes back when a host wants it, where it was not made by chance.
  verdict revive(const incident& last) {
    if (detail::keeps_ports(plan_.plan) || detail::shows_others(plan_.plan)) {
      return verdict::as_expected;
    }
    if (lost_relays_) return verdict::as_expected;
    for (auto* const who : {&session_.left, &session_.right}) who->reflect_again(session_.net);
    start_over(last.left ? session_.left : session_.right);
    const auto both = [&] { return session_.is_completed(); };
    if (!session_.net.run_until(both, 60s)) fail(last, "a restart does not bring back what failed");
    if (!session_.can_talk()) fail(last, "both ends agree on what does not work");
    return verdict::as_expected;
  }

  /// Notes what an incident ends for good: a relay is for who asked for it from where he was, and
  /// a path without consent is over as long as the credentials last (RFC 7675 §5.1).
  void note(const incident& i) {
    const bool moves = i.what == incident::rebinding || i.what == incident::renumber;
    const bool forgets = i.what <= incident::one_down && i.length >= 45s;
    const auto& side = i.left ? plan_.plan.left : plan_.plan.right;
    lost_relays_ = lost_relays_ || ((moves || forgets) && side.relay == relaying::over_udp);
    lost_consent_ = lost_consent_ || (i.what <= incident::one_down && !is_short(i));
  }

  /// Consent was last proved up to six seconds before an outage, and ends after thirty.
  static bool is_short(const incident& outage) { return outage.length <= 24s; }

  life_plan plan_;
  session session_;
  std::uint8_t renumbered_ = 0;
  bool lost_relays_ = false;
  bool lost_consent_ = false;
};

/// Runs a drawn life; throws as life::run() does.
inline verdict life_trial(std::uint64_t seed, record::sink_ref left = {},
                          record::sink_ref right = {}) {
  return life{draw_life(seed), left, right}.run();
}

}  // namespace floe::sim
