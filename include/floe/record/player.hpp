// Plays a recording: the same agent, the same inputs, and whether the outputs are the same.
//
// owns:     an agent made as the recording says, and the comparison with what was recorded
// does not: trust a recording: whatever it says, nothing breaks, and no more memory is taken than
//           the limits of values.hpp allow
// invariant: it stops at the first difference, because what follows one means nothing.
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "floe/agent/agent.hpp"
#include "floe/core/fixed_vector.hpp"
#include "floe/core/memory.hpp"
#include "floe/record/archive.hpp"
#include "floe/record/calls.hpp"
#include "floe/record/outcome.hpp"
#include "floe/record/values.hpp"

namespace floe::record {

/// Functions of the host that a recording can only say were there. They must be those that were
/// used, or the session plays otherwise.
struct policies {
  ice::candidate_filter offers = nullptr;
  ice::candidate_filter accepts = nullptr;
  ice::nomination_filter nominations = nullptr;
  const crypto::library* hash_library = nullptr;  ///< floe's own functions give the same
};

/// How a recording has played so far.
enum class verdict : std::uint8_t {
  playing,     ///< there is more
  identical,   ///< to its end, and everything was as recorded
  broken_off,  ///< identical, but it has no end: its host died, or its file is cut
  different,   ///< difference() says where
  damaged,     ///< this is no recording, or not from there on
  unplayable,  ///< of another version, with policies that weren't given, or with too large limits
};

/// The first thing that was not as recorded.
struct difference {
  enum kind : std::uint8_t {
    entropy,  ///< more, less, or another number of random bytes was drawn
    answer,   ///< the call returned something else
    bytes,    ///< it wrote other bytes
  };
  kind what = answer;
  std::size_t index = 0;  ///< of the call, from 0
  time_point now;
  byte_view expected;  ///< as outcome.hpp describes it
  byte_view actual;    ///< until the next step
};

/// What a call returned, with the value where it is of interest; for others, the error if one.
using answer = std::variant<std::monostate, bool, std::optional<errc>, inbound,
                            std::optional<inbound>, std::optional<transmit>,
                            std::optional<event::any>, result<transmit>, deadline, offering>;

/// A call that was played. Views last until the next one.
struct step {
  std::size_t index = 0;
  time_point now;  ///< of this call, or of the last that came with a time
  call::any call;
  record::answer answer;
  byte_view bytes;  ///< the datagram that it wrote
};

class player {
 public:
  /// Reads the beginning of a recording and makes its agent. The recording must outlive the player,
  /// and all memory comes from `memory`, now.
  explicit player(byte_view recording, const policies& own = {}, memory_ref memory = {})
      : input_{recording}, tape_{this}, memory_{memory}, uris_{most_uris, memory},
        servers_{most_uris, memory}, buffer_{most_room + 2 * most_margin, memory} {
    verdict_ = open(own, memory);
  }

  player(const player&) = delete;
  player& operator=(const player&) = delete;
  player(player&&) = delete;
  player& operator=(player&&) = delete;
  ~player() = default;

  /// Plays the next call; nullopt when the verdict is in.
  std::optional<step> next() {
    if (verdict_ != verdict::playing) return std::nullopt;
    if (!ahead_ || *ahead_ == static_cast<std::uint8_t>(mark::end)) {
      verdict_ = ahead_ ? verdict::identical : verdict::broken_off;
      return std::nullopt;
    }
    constexpr auto first = static_cast<std::size_t>(mark::first_call);
    if (*ahead_ < first || *ahead_ - first >= std::variant_size_v<call::any>) return damage();
    step played{.index = index_, .now = {}, .call = {}, .answer = {}, .bytes = {}};
    const bool made = play(*ahead_ - first, played, all_calls{});
    ++index_;
    played.now = input_.base();
    return made ? std::optional{played} : std::nullopt;
  }

  /// Plays to the end.
  record::verdict play_all() {
    while (next()) {
    }
    return verdict_;
  }

  [[nodiscard]] record::verdict verdict() const noexcept { return verdict_; }

  /// Where the recording and the agent part; nullptr when they don't.
  [[nodiscard]] const record::difference* difference() const noexcept {
    return verdict_ == verdict::different ? &difference_ : nullptr;
  }

  /// The agent, to look at; nullptr when there could be none.
  [[nodiscard]] const floe::agent* agent() const noexcept { return agent_ ? &*agent_ : nullptr; }

  /// The number of calls that were played.
  [[nodiscard]] std::size_t played() const noexcept { return index_; }

  /// What the agent was made with.
  [[nodiscard]] const floe::config& config() const noexcept { return setup_.config; }
  [[nodiscard]] time_point start() const noexcept { return setup_.now; }

 private:
  using all_calls = std::make_index_sequence<std::variant_size_v<call::any>>;

  /// Gives the agent what the recorded one drew.
  struct tape {
    void operator()(byte_span out) const { owner->draw(out); }
    player* owner;
  };

  void draw(byte_span out) {
    std::fill(out.begin(), out.end(), std::byte{});
    if (verdict_ != verdict::playing || !ahead_) return;  // the end comes by itself
    byte_view drawn;
    if (*ahead_ != static_cast<std::uint8_t>(mark::entropy)) {
      return differ(difference::entropy, {}, out);
    }
    if (!input_(drawn)) return static_cast<void>(damage());
    if (drawn.size() != out.size()) return differ(difference::entropy, drawn, out);
    std::copy(drawn.begin(), drawn.end(), out.begin());
    look_ahead();
  }

  void look_ahead() {
    ahead_.reset();
    if (input_.empty()) return;
    const auto byte = input_.raw(1);
    if (!byte.empty()) ahead_ = std::to_integer<std::uint8_t>(byte[0]);
  }

  std::optional<step> damage() {
    verdict_ = verdict::damaged;
    return std::nullopt;
  }

  void differ(difference::kind what, byte_view expected, byte_view actual) {
    if (verdict_ != verdict::playing) return;
    verdict_ = verdict::different;
    difference_ = {what, index_, input_.base(), expected, actual};
  }

  record::verdict open(const policies& own, memory_ref memory) {
    const auto front = input_.raw(magic.size());
    if (!std::equal(front.begin(), front.end(), magic.begin(), magic.end())) {
      return verdict::damaged;
    }
    std::uint32_t written_by = 0;
    if (!input_(written_by)) return verdict::damaged;
    if (written_by != version) return verdict::unplayable;
    deadline pace;
    if (!input_(setup_)) return verdict::damaged;
    const auto servers = read_servers();
    if (servers != verdict::playing) return servers;
    if (!input_(pace)) return verdict::damaged;
    auto& c = setup_.config;
    c.servers = servers_;
    if (!choose(setup_.offers, own.offers, c.offers) ||
        !choose(setup_.accepts, own.accepts, c.accepts) || !is_playable(setup_)) {
      return verdict::unplayable;
    }
    if (setup_.nominations != policy::any) c.nomination.accepts = own.nominations;
    if (c.nomination.accepts == nullptr) return verdict::unplayable;
    c.hash_library = own.hash_library;
    if (setup_.pacer) {
      pacer_ = ice::pacer{*setup_.pacer};
      set_pace(pace);
      c.pacer = &pacer_;
    }
    buffer_.resize(buffer_.capacity());
    look_ahead();
    verdict_ = verdict::playing;
    agent_.emplace(setup_.now, c, tape_, memory);
    c.servers = {};
    if (verdict_ == verdict::playing && is_ahead(mark::entropy)) {
      differ(difference::entropy, {}, {});
    }
    return verdict_;
  }

  record::verdict read_servers() {
    std::uint64_t count = 0;
    if (!input_(count)) return verdict::damaged;
    if (count > most_uris) return verdict::unplayable;
    struct row {
      gather::server server;
      std::size_t first;
      std::size_t size;
    };
    fixed_vector<row> rows{static_cast<std::size_t>(count), memory_};
    for (; count > 0; --count) {
      row r{{}, uris_.size(), 0};
      std::uint64_t uris = 0;
      if (!input_(r.server.username, r.server.credential, r.server.expires, uris)) {
        return verdict::damaged;
      }
      if (uris > most_uris - uris_.size()) return verdict::unplayable;
      r.size = static_cast<std::size_t>(uris);
      for (; uris > 0; --uris) {
        std::string_view uri;
        if (!input_(uri)) return verdict::damaged;
        uris_.push_back(uri);
      }
      rows.push_back(r);
    }
    for (auto& r : rows) {
      r.server.uris = gsl::span<const std::string_view>{uris_}.subspan(r.first, r.size);
      servers_.push_back(r.server);
    }
    return verdict::playing;
  }

  [[nodiscard]] static bool choose(policy named, ice::candidate_filter own,
                                   ice::candidate_filter& chosen) noexcept {
    switch (named) {
      case policy::any: chosen = ice::any_candidate; break;
      case policy::relayed_only: chosen = ice::relayed_only; break;
      case policy::no_host: chosen = ice::no_host; break;
      case policy::custom: chosen = own; break;
    }
    return chosen != nullptr;
  }

  void set_pace(deadline free) noexcept {
    pacer_ = ice::pacer{*setup_.pacer};
    if (free) pacer_.take(after(*free, -*setup_.pacer));
  }

  [[nodiscard]] bool is_ahead(mark m) const noexcept {
    return ahead_ && *ahead_ == static_cast<std::uint8_t>(m);
  }

  template <std::size_t... I>
  bool play(std::size_t which, step& played, std::index_sequence<I...>) {
    bool made = false;
    static_cast<void>(
        ((which == I && (made = play<std::variant_alternative_t<I, call::any>>(played), true)) ||
         ...));
    return made;
  }

  template <class Call>
  bool play(step& played) {
    Call c{};
    if (!read(c) || !may_make(*agent_, c)) return damage().has_value();
    look_ahead();
    played.call = c;
    if constexpr (std::is_same_v<Call, call::pace>) {
      if (setup_.pacer) set_pace(c.free);
    } else if constexpr (std::is_same_v<Call, call::remark>) {
    } else if constexpr (std::is_void_v<decltype(make(*agent_, c))>) {
      make(*agent_, c);
      if (is_ahead(mark::entropy)) differ(difference::entropy, {}, {});
    } else {
      const auto got = make(*agent_, c);
      const auto what = describe(c, got, input_.base());
      compare(what);
      played.bytes = what.body;
      keep(played, got);
      if constexpr (std::is_same_v<Call, call::encapsulate>) {
        if (got) played.bytes = c.buffer.subspan(got->offset, got->size);
      }
    }
    return verdict_ == verdict::playing;
  }

  template <class Call>
  bool read(Call& c) {
    return input_(c);
  }
  bool read(call::poll_transmit& c) {
    std::uint64_t room = 0;
    if (!input_(room) || room > most_room) return false;
    c.buffer = byte_span{buffer_}.first(static_cast<std::size_t>(room));
    return true;
  }
  bool read(call::encapsulate& c) {
    bool in_place = false;
    std::uint32_t front = 0;
    std::uint32_t back = 0;
    if (!input_(c.now, c.stream, c.component, c.data, in_place, front, back)) return false;
    if (front > most_room || back > most_room || c.data.size() > most_room) return false;
    if (!in_place) {
      c.buffer = byte_span{buffer_}.first(front);
      return true;
    }
    if (front > most_margin || back > most_margin) return false;
    c.buffer = byte_span{buffer_}.first(front + c.data.size() + back);
    const auto place = c.buffer.subspan(front, c.data.size());
    std::copy(c.data.begin(), c.data.end(), place.begin());
    c.data = place;
    return true;
  }

  void compare(const outcome& what) {
    if (verdict_ != verdict::playing || !ahead_) return;
    if (is_ahead(mark::entropy)) return differ(difference::entropy, {}, {});
    if (!is_ahead(mark::outcome)) return static_cast<void>(damage());
    byte_view recorded;
    byte_view body;
    if (!input_(recorded, body)) return static_cast<void>(damage());
    const auto same = [](byte_view a, byte_view b) {
      return std::equal(a.begin(), a.end(), b.begin(), b.end());
    };
    last_ = what.fields;
    if (!same(recorded, last_.written())) {
      differ(difference::answer, recorded, last_.written());
    } else if (!same(body, what.body)) {
      differ(difference::bytes, body, what.body);
    }
    look_ahead();
  }

  template <class Answer>
  static void keep(step& played, const Answer& a) {
    if constexpr (std::is_constructible_v<answer, Answer>) {
      played.answer = a;
    } else {
      played.answer = a ? std::optional<errc>{} : std::optional{a.error()};
    }
  }

  input input_;
  tape tape_;
  memory_ref memory_;
  fixed_vector<std::string_view> uris_;
  fixed_vector<gather::server> servers_;
  fixed_vector<std::byte> buffer_;
  setup setup_{};
  ice::pacer pacer_{};
  std::optional<floe::agent> agent_;
  std::optional<std::uint8_t> ahead_;
  record::verdict verdict_ = verdict::damaged;
  record::difference difference_{};
  output last_;
  std::size_t index_ = 0;
};

}  // namespace floe::record
