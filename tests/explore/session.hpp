// A small session as a machine whose steps somebody chooses.
//
// owns:     two agents, what is on its way between them, and what may happen next
// does not: choose (walk.hpp)
// sources:  "what must always hold" of the design: each check names its number there. The checks
//            of sim/watch.hpp remember the whole past, which would make every state a new one;
//            those here look at one call, at the tables, and at nothing else.
// invariant: the same choices from the start give the same state.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "explore/choice.hpp"
#include "explore/digest.hpp"
#include "explore/side.hpp"
#include "floe/agent/agent.hpp"
#include "floe/stun/fingerprint.hpp"
#include "floe/stun/message_view.hpp"
#include "sim/time.hpp"

namespace floe::explore {

class session {
 public:
  session(const kind& k, const bounds& b)
      : kind_{k}, bounds_{b}, sides_{{{sim::epoch, behaviour_of(k, 0), entropy_of(k, 0)},
                                      {sim::epoch, behaviour_of(k, 1), entropy_of(k, 1)}}} {
    state_.faults = b.faults;
    for (std::uint8_t s = 0; s < 2; ++s) {
      for (std::size_t i = 0; i < k.candidates.at(s); ++i) {
        require(change(s).add_local(socket_of(i), address_of(s, i)).has_value(),
                "a socket is refused");
      }
      change(s).gather(state_.now);
      script_.at(1U - s) = told_by(s);
    }
  }

  // ---- what can be asked -----------------------------------------------------------------------

  [[nodiscard]] const explore::kind& what() const noexcept { return kind_; }
  [[nodiscard]] time_point now() const noexcept { return state_.now; }
  [[nodiscard]] unsigned faults_left() const noexcept { return state_.faults; }
  [[nodiscard]] const floe::agent& agent(std::size_t s) const { return sides_.at(s).agent(); }

  /// What may happen now, the most usual first. None: nothing ever will.
  ///
  /// While a datagram stands in line to one side no time passes, and what the other side does only
  /// lengthens the line. So what happens to the one commutes with what happens to the other, and
  /// one order of the two stands for both: with bounds::reduce the other side waits.
  [[nodiscard]] std::vector<choice> choices() const {
    std::vector<choice> all;
    for (std::size_t s = 0; s < 2; ++s) {
      if (!bounds_.reduce || !first_in_line(s)) continue;
      add_choices(s, all);
      return all;
    }
    for (std::size_t s = 0; s < 2; ++s) add_choices(s, all);
    std::stable_sort(all.begin(), all.end(),
                     [](const choice& a, const choice& b) { return a.what < b.what; });
    return all;
  }

  /// Both have settled, on the same pair and on who is who, and nothing is on its way.
  [[nodiscard]] bool is_over() const {
    const bool quiet = state_.queues[0].empty() && state_.queues[1].empty() &&
                       state_.heard[0] == script_[0].size() && state_.heard[1] == script_[1].size();
    return quiet && agent(0).state() == connection_state::completed &&
           agent(1).state() == connection_state::completed && is_mirrored() &&
           agent(0).role() != agent(1).role();
  }

  /// What must hold of a session that is over: who says so controls, and of two that say so the one
  /// with the larger tie-breaker (RFC 8445 §6.1.1, §7.3.1.1); and data takes the pair that
  /// counts as selected.
  void check_end() {
    const bool conflict = kind_.roles[0] == kind_.roles[1];
    const bool left =
        conflict ? kind_.ties == ties::left_larger : kind_.roles[0] == ice::role::controlling;
    const bool open = conflict && kind_.ties == ties::equal;
    require(open || (agent(0).role() == ice::role::controlling) == left,
            "5: the wrong side controls");
    for (std::size_t s = 0; s < 2; ++s) {
      std::array<std::byte, max_datagram_size> buffer;
      const auto out = change(s).encapsulate(now(), {}, buffer);
      require(out.has_value(), "5: no path for data");
      const auto& selected = *agent(s).selected();
      const bool on_it = out->local == agent(s).local(selected.local)->socket &&
                         out->remote == agent(s).remote(selected.remote)->candidate.address;
      require(on_it, "5: data takes another path than the selected one");
    }
  }

  /// What a session came to: who controls, and over which pair.
  [[nodiscard]] std::uint64_t outcome() const {
    digester d;
    for (std::size_t s = 0; s < 2; ++s) {
      d.add(agent(s).role());
      d.add(agent(s).state());
      if (const auto* const v = agent(s).selected()) {
        d.add(agent(s).local(v->local)->candidate.address);
        d.add(agent(s).remote(v->remote)->candidate.address);
      }
    }
    return d.value().low;
  }

  /// What is on its way, in a few words.
  [[nodiscard]] std::string traffic() const {
    std::string text;
    for (std::size_t s = 0; s < 2; ++s) {
      text += s == 0 ? "; to A:" : "; to B:";
      for (const auto& m : state_.queues.at(s)) {
        const auto& message = messages_[m.message];
        const auto parsed = stun::message_view::parse(byte_view{message.bytes});
        const bool fails = parsed->cls() == stun::message_class::error;
        text += fails ? " refusal" : message.is_answer ? " answer" : " check";
        if (parsed->find(stun::attribute_type::use_candidate)) text += "+nomination";
        if (m.held) text += " (held up)";
      }
    }
    return text;
  }

  /// The digest of all that decides what can come, but for the faults that are left.
  [[nodiscard]] digest identity() {
    names_.clear();
    digester d;
    // Consent comes round every few seconds: without this, an endless wait would look like a state
    // that was seen before, and not like what it is.
    d.add(state_.now - sim::epoch);
    for (std::size_t s = 0; s < 2; ++s) {
      detail::agent_reader{agent(s), state_.now, d, names_}.read(
          [&](const stun::transaction_id& id) { return is_under_way(id); });
      d.add(state_.heard.at(s));
    }
    for (const auto& queue : state_.queues) {
      d.add(queue.size());
      for (const bool held : {false, true}) {
        for (const auto& m : queue) {
          if (m.held != held) continue;
          const auto& message = messages_[m.message];
          d.add(message.says);
          d.add(names_(message.id));
          d.add(m.from * 256U + m.to + (held ? 65536U : 0U));
          d.add(state_.now - m.sent);
        }
      }
    }
    return d.value();
  }

  // ---- what can be done ------------------------------------------------------------------------

  void limit_faults(unsigned most) noexcept { state_.faults = std::min(state_.faults, most); }

  /// Lets it happen. Throws a violation when something does not hold then.
  void apply(const choice& c) {
    happen(c);
    for (std::size_t s = 0; s < 2; ++s) forget_late_answers(s);
  }

 private:
  friend class keeper;

  enum class call : std::uint8_t { command, datagram, timeout };

  struct content {
    std::vector<std::byte> bytes;
    stun::transaction_id id;
    std::uint64_t says = 0;  ///< as a digest
    bool is_answer = false;
  };

  /// A datagram on its way.
  struct in_flight {
    std::uint32_t message = 0;
    std::uint8_t from = 0;  ///< candidate of the sender
    std::uint8_t to = 0;    ///< candidate of the receiver
    time_point sent{};      ///< or held up
    bool held = false;
  };

  /// What a peer says beside ICE.
  struct credentials {
    std::string ufrag;
    std::string password;
  };
  struct end {};
  using statement = std::variant<credentials, ice::candidate, end>;
  using statements = std::vector<statement>;

  /// What changes, but for the agents.
  struct changing {
    time_point now = sim::epoch;
    std::array<std::vector<in_flight>, 2> queues;  ///< to each side, in the order they were sent
    std::array<std::size_t, 2> heard{};            ///< of what the peer signals
    unsigned faults = 0;
  };

  static config behaviour_of(const explore::kind& k, std::size_t s) {
    config c{.role = k.roles.at(s)};
    c.limits = {.streams = 1,
                .components = 1,
                .local_candidates = 2,
                .remote_candidates = 4,
                .pairs = 8,
                .answers = 8,
                .early_checks = 4,
                .events = 24};
    return c;
  }
  static scripted_entropy entropy_of(const explore::kind& k, std::uint32_t s) {
    const bool larger = (s == 0) == (k.ties == ties::left_larger);
    return {.tie_breaker = k.ties == ties::equal ? 500U
                           : larger              ? 900U
                                                 : 100U,
            .later = 1000U + s,
            .who = s + 1};
  }

  static socket_id socket_of(std::size_t i) { return static_cast<socket_id>(i + 1); }
  static endpoint address_of(std::size_t s, std::size_t i) {
    return {address::v4(192, 0, 2, static_cast<std::uint8_t>(16 * s + i + 1)), 5000};
  }
  [[nodiscard]] floe::agent& change(std::size_t s) { return sides_.at(s).agent(); }

  [[nodiscard]] bool is_open(std::size_t s, std::size_t from, std::size_t to) const {
    if (!kind_.one_path) return true;
    return from + 1 == kind_.candidates.at(s) && to + 1 == kind_.candidates.at(1 - s);
  }

  [[nodiscard]] bool is_mirrored() const {
    const auto* const a = agent(0).selected();
    const auto* const b = agent(1).selected();
    return a != nullptr && b != nullptr &&
           agent(0).local(a->local)->candidate.address ==
               agent(1).remote(b->remote)->candidate.address &&
           agent(1).local(b->local)->candidate.address ==
               agent(0).remote(a->remote)->candidate.address;
  }

  [[nodiscard]] bool is_under_way(const stun::transaction_id& id) const {
    const auto carries = [&](const in_flight& m) { return messages_[m.message].id == id; };
    return std::any_of(state_.queues[0].begin(), state_.queues[0].end(), carries) ||
           std::any_of(state_.queues[1].begin(), state_.queues[1].end(), carries);
  }

  [[nodiscard]] std::optional<std::size_t> first_in_line(std::size_t s) const {
    const auto& queue = state_.queues.at(s);
    const auto found =
        std::find_if(queue.begin(), queue.end(), [](const in_flight& m) { return !m.held; });
    if (found == queue.end()) return std::nullopt;
    return static_cast<std::size_t>(found - queue.begin());
  }
  void add_choices(std::size_t s, std::vector<choice>& to) const {
    const auto add = [&](choice::kind what, std::size_t index = 0) {
      to.push_back({what, static_cast<std::uint8_t>(s), static_cast<std::uint8_t>(index)});
    };
    const bool in_line = first_in_line(s).has_value();
    if (in_line) add(choice::deliver);
    if (state_.heard.at(s) < script_.at(s).size()) add(choice::signal);
    if (may_fire(s)) add(choice::timer);
    const auto& queue = state_.queues.at(s);
    for (std::size_t i = 0; i < queue.size(); ++i) {
      if (queue[i].held) add(choice::release, i);
    }
    if (!in_line || state_.faults == 0) return;
    for (const auto what : {choice::lose, choice::duplicate, choice::hold}) add(what);
  }

  void hold(in_flight& m) const {
    m.held = true;
    m.sent = state_.now;
  }

  /// Time passes only as far as nothing that is on its way must have arrived, and nobody else must
  /// have been called.
  [[nodiscard]] bool may_fire(std::size_t s) const {
    const auto due = agent(s).next_timeout();
    if (!due) return false;
    const auto at = std::max(state_.now, *due);
    for (const auto& queue : state_.queues) {
      for (const auto& m : queue) {
        if (at > m.sent + (m.held ? bounds_.held : duration::zero())) return false;
      }
    }
    for (std::size_t k = 0; k < 2; ++k) {
      const bool waits = state_.heard.at(k) < script_.at(k).size();
      if (waits && at > sim::epoch + bounds_.signalling) return false;
    }
    const auto other = agent(1 - s).next_timeout();
    return !other || at <= *other + bounds_.lateness;
  }

  // ---- signalling ------------------------------------------------------------------------------

  /// What a side says: as much as it will ever say, since it has gathered.
  std::vector<statements> told_by(std::uint8_t s) {
    const auto told = agent(s).local_credentials();
    std::vector<statement> all{credentials{std::string{told.ufrag}, std::string{told.password}}};
    while (const auto e = change(s).poll_event()) {
      if (const auto* const c = std::get_if<event::local_candidate>(&*e)) {
        all.emplace_back(agent(s).local(c->id)->candidate);
      }
    }
    all.emplace_back(end{});
    if (!kind_.trickle) return {all};
    std::vector<statements> one_by_one;
    for (auto& said : all) one_by_one.push_back({std::move(said)});
    return one_by_one;
  }

  static void tell(floe::agent& to, const statements& said) {
    for (const auto& one : said) {
      if (const auto* const c = std::get_if<credentials>(&one)) {
        require(to.set_remote_credentials(c->ufrag, c->password).has_value(),
                "credentials are refused");
      } else if (const auto* const offered = std::get_if<ice::candidate>(&one)) {
        require(to.add_remote(*offered).has_value(), "a candidate is refused");
      } else {
        require(to.end_of_remote_candidates().has_value(), "the end is refused");
      }
    }
  }

  // ---- calls -----------------------------------------------------------------------------------

  void happen(const choice& c) {
    state_.faults -= c.cost();
    auto& queue = state_.queues.at(c.side);
    const auto place = queue.begin() +
                       static_cast<std::ptrdiff_t>(
                           c.what == choice::release ? c.index : first_in_line(c.side).value_or(0));
    switch (c.what) {
      case choice::deliver:
      case choice::release: {
        const auto m = *place;
        queue.erase(place);
        return hand_in(c.side, m);
      }
      case choice::lose: queue.erase(place); return;
      case choice::duplicate: {
        const auto m = *place;
        hold(*place);
        return hand_in(c.side, m);
      }
      case choice::hold: return hold(*place);
      case choice::timer:
        state_.now = std::max(state_.now, *agent(c.side).next_timeout());
        require(state_.now - sim::epoch <= bounds_.horizon, "5: no agreement in time");
        return act(c.side, call::timeout, [&](floe::agent& a) { a.handle_timeout(state_.now); });
      case choice::signal: {
        const auto& said = script_.at(c.side).at(state_.heard.at(c.side)++);
        return act(c.side, call::command, [&](floe::agent& a) { tell(a, said); });
      }
    }
  }

  /// Takes answers that nobody waits for any more off the wire: nothing can come of them, and they
  /// would make many states of one. Where nothing else is due it is tried that nothing does.
  void forget_late_answers(std::size_t s) {
    auto& queue = state_.queues.at(s);
    const auto& waiting = agent(s).*reach(detail::transactions{});
    for (std::size_t i = 0; i < queue.size();) {
      const auto m = queue[i];
      const auto& message = messages_[m.message];
      if (!message.is_answer || waiting.find(message.id)) {
        ++i;
        continue;
      }
      queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(i));
      const auto next = agent(s).next_timeout();
      if (next && *next <= state_.now) continue;
      const auto sent = state_.queues.at(1 - s).size();
      hand_in(s, m);
      require(state_.queues.at(1 - s).size() == sent && agent(s).next_timeout() == next,
              "1: an answer to nothing changed something");
    }
  }

  void hand_in(std::size_t s, const in_flight& m) {
    const auto& bytes = messages_[m.message].bytes;
    act(s, call::datagram, [&](floe::agent& a) {
      (void)a.handle_datagram(state_.now,
                              {socket_of(m.to), address_of(1 - s, m.from), byte_view{bytes}});
    });
  }

  /// Lets an agent act, drains it as the contract says, and checks what must hold.
  template <class Act>
  void act(std::size_t s, call what, Act&& act) {
    auto& a = change(s);
    const auto checks = a.stats().checks_sent;
    const auto free = slot_of(a);
    act(a);
    answers_ = 0;
    std::size_t sent = 0;
    std::array<std::byte, max_datagram_size> buffer;
    while (const auto out = a.poll_transmit(buffer)) {
      require(++sent <= 16, "4: an unbounded drain");
      send(s, *out, byte_view{buffer}.first(out->size));
    }
    while (const auto e = a.poll_event()) {
      const auto* const change = std::get_if<event::state_changed>(&*e);
      require(change == nullptr || change->to != connection_state::failed,
              "5: failed although there is a path");
    }
    require(answers_ <= (what == call::datagram ? 1U : 0U), "3: answered what was not asked");
    const auto started = a.stats().checks_sent - checks;
    require(started <= 1, "2: more than one new check in one call");
    require(started == 0 || free <= state_.now, "2: two new checks within Ta");
    const auto next = a.next_timeout();
    require(what == call::command || !next || *next > state_.now, "4: a deadline that is past");
    check_selection(a);
    sides_.at(s).check_memory();
  }

  [[nodiscard]] time_point slot_of(const floe::agent& a) const {
    return (a.*reach(detail::schedule{})).free_at(sim::epoch);
  }

  /// What is selected has been checked, and works.
  void check_selection(const floe::agent& a) const {
    const auto* const v = a.selected();
    require(v == nullptr || v->nominated, "5: selected without a nomination");
    require(a.state() != connection_state::completed || v != nullptr,
            "5: completed without a pair");
  }

  void send(std::size_t s, const transmit& out, byte_view bytes) {
    const auto parsed = stun::message_view::parse(bytes);
    require(parsed && stun::check_fingerprint(*parsed) == stun::fingerprint_state::right,
            "7: sent what does not parse");
    const auto cls = parsed->cls();
    if (cls == stun::message_class::success || cls == stun::message_class::error) ++answers_;
    const auto from = static_cast<std::size_t>(out.local) - 1;
    for (std::size_t to = 0; to < kind_.candidates.at(1 - s); ++to) {
      if (address_of(1 - s, to) != out.remote || !is_open(s, from, to)) continue;
      state_.queues.at(1 - s).push_back({number_of(bytes, parsed->transaction()),
                                         static_cast<std::uint8_t>(from),
                                         static_cast<std::uint8_t>(to), state_.now, false});
      return;
    }
  }

  /// Every message is kept once, however often it occurs.
  std::uint32_t number_of(byte_view bytes, const stun::transaction_id& id) {
    std::string key(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const auto [found, is_new] = known_.try_emplace(std::move(key), messages_.size());
    if (is_new) {
      digester d;
      add_message(bytes, d);
      const auto cls = stun::message_view::parse(bytes)->cls();
      const bool answers = cls == stun::message_class::success || cls == stun::message_class::error;
      messages_.push_back({{bytes.begin(), bytes.end()}, id, d.value().low, answers});
    }
    return found->second;
  }

  explore::kind kind_;
  bounds bounds_;
  std::array<side, 2> sides_;
  std::array<std::vector<statements>, 2> script_;  ///< what each side will hear
  changing state_;
  std::size_t answers_ = 0;
  id_names names_;
  std::vector<content> messages_;
  std::map<std::string, std::uint32_t> known_;
};

}  // namespace floe::explore
