// The remote side as a program tells it, line by line, in whatever order and pieces.
//
// owns:     cutting a stream of bytes into lines; putting credentials, candidates and their end
// into
//           the order in which an agent takes them
// does not: read, write, or know an agent
// invariant: every line is either taken or refused with a reason, and a refused one changes nothing
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "floe/core/time.hpp"
#include "floe/ice/candidate.hpp"
#include "floe/ice/credentials.hpp"
#include "floe/sdp/candidate.hpp"

namespace floecat {

/// Cuts what comes in pieces into lines.
class line_cutter {
 public:
  /// The longest line: a send of the largest datagram, in hex.
  static constexpr std::size_t longest = 140'000;

  struct line {
    std::string text;       ///< without its end; empty when too long
    bool too_long = false;  ///< and skipped
  };

  void feed(std::string_view piece) { pending_.append(piece); }

  /// The next whole line, if there is one.
  [[nodiscard]] std::optional<line> next() {
    const auto end = pending_.find('\n', searched_);
    if (end == std::string::npos) {
      searched_ = pending_.size();
      if (searched_ > longest) skip();
      return std::nullopt;
    }
    line cut{pending_.substr(0, end), std::exchange(skipping_, false) || end > longest};
    pending_.erase(0, end + 1);
    searched_ = 0;
    if (cut.text.ends_with('\r')) cut.text.pop_back();
    if (cut.too_long) cut.text.clear();
    return cut;
  }

 private:
  void skip() {
    skipping_ = true;
    pending_.clear();
    searched_ = 0;
  }

  std::string pending_;
  std::size_t searched_ = 0;
  bool skipping_ = false;
};

/// What the remote side said, in the order in which an agent takes it.
///
/// Credentials are complete when both words are there; changed ones mean a restart. A candidate
/// that names a ufrag waits for the credentials it belongs to. As candidates may still come behind
/// the line that says they are complete, that line counts once nothing has come for `settling`.
class remote_side {
 public:
  struct credentials {
    std::string ufrag;
    std::string password;
  };
  struct candidate {
    floe::ice::candidate value;
    std::string ufrag;  ///< may be empty
  };
  struct complete {};
  using news = std::variant<credentials, candidate, complete>;

  static constexpr floe::duration settling = std::chrono::seconds{1};
  static constexpr std::size_t most_waiting = 64;  ///< candidates
  static constexpr std::size_t most_former = 16;   ///< ufrags remembered

  /// Each answers why the line is refused; an empty text means that it was taken.
  [[nodiscard]] std::string_view take_ufrag(floe::time_point now, std::string_view text) {
    if (!is_credential(text, floe::ice::min_ufrag_size, floe::ice::max_ufrag_size)) {
      return "ufrag must be 4 to 256 letters, digits, + or /";
    }
    if (is_former(text)) return "ufrag was replaced by a newer one";
    if (text != current_.ufrag) next_.ufrag = text;
    return adopt(now);
  }

  [[nodiscard]] std::string_view take_password(floe::time_point now, std::string_view text) {
    if (!is_credential(text, floe::ice::min_password_size, floe::ice::max_password_size)) {
      return "pwd must be 22 to 256 letters, digits, + or /";
    }
    if (text != current_.password) next_.password = text;
    return adopt(now);
  }

  [[nodiscard]] std::string_view take_candidate(floe::time_point now, std::string_view text) {
    const auto parsed = floe::sdp::parse_candidate(text);
    if (!parsed) {
      // Kinds that floe does not use are to be ignored (RFC 8839 §5.1).
      return parsed.error() == floe::errc::unsupported ? "" : "malformed candidate";
    }
    if (is_former(parsed->ufrag)) return "candidate belongs to replaced credentials";
    if (waiting_.size() == most_waiting) return "too many candidates wait for their credentials";
    waiting_.push_back({parsed->candidate, std::string{parsed->ufrag}});
    touch(now);
    return "";
  }

  [[nodiscard]] std::string_view take_end(floe::time_point now) {
    ending_ = true;
    touch(now);
    return "";
  }

  /// The next thing to tell the agent, if there is one.
  [[nodiscard]] std::optional<news> poll(floe::time_point now) {
    if (std::exchange(renewed_, false)) return current_;
    if (current_.ufrag.empty()) return std::nullopt;
    // One that names no ufrag belongs to the credentials that are being told.
    const bool telling = !next_.ufrag.empty() || !next_.password.empty();
    const auto ready = std::find_if(waiting_.begin(), waiting_.end(), [&](const candidate& c) {
      return c.ufrag.empty() ? !telling : c.ufrag == current_.ufrag;
    });
    if (ready != waiting_.end()) {
      news next{std::move(*ready)};
      waiting_.erase(ready);
      return next;
    }
    if (!ending_ || ended_ || floe::after(touched_, settling) > now) return std::nullopt;
    ending_ = false;
    ended_ = true;
    return complete{};
  }

  /// The ufrag of the credentials that were told last; empty before the first.
  [[nodiscard]] std::string_view ufrag() const { return current_.ufrag; }

  /// When poll() has something that it does not have yet.
  [[nodiscard]] floe::deadline next_timeout() const {
    const bool settles = ending_ && !ended_ && !current_.ufrag.empty();
    return settles ? floe::deadline{floe::after(touched_, settling)} : std::nullopt;
  }

 private:
  [[nodiscard]] static bool is_credential(std::string_view text, std::size_t low,
                                          std::size_t high) {
    return text.size() >= low && text.size() <= high &&
           std::all_of(text.begin(), text.end(), floe::ice::is_ice_char);
  }

  [[nodiscard]] bool is_former(std::string_view ufrag) const {
    return std::find(former_.begin(), former_.end(), ufrag) != former_.end();
  }

  /// Takes new credentials once both halves are there.
  std::string_view adopt(floe::time_point now) {
    touch(now);
    if (next_.ufrag.empty() || next_.password.empty()) return "";
    if (!current_.ufrag.empty()) former_.push_back(current_.ufrag);
    if (former_.size() > most_former) former_.pop_front();
    current_ = std::exchange(next_, {});
    renewed_ = true;
    ended_ = false;
    return "";
  }

  void touch(floe::time_point now) { touched_ = now; }

  credentials current_;
  credentials next_;  ///< what has come of the next ones
  std::deque<candidate> waiting_;
  std::deque<std::string> former_;
  floe::time_point touched_{};
  bool renewed_ = false;
  bool ending_ = false;
  bool ended_ = false;
};

}  // namespace floecat
