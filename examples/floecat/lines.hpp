// The remote side as lines of text, in whatever order and pieces they come.
//
// owns:     what an agent can't be told yet: half a pair of credentials, and candidates
//           of credentials that are still to come
// does not: read or write; judge what an agent judges
// invariant: a refused line changes nothing, and its reason is told
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "floe/core/error_code.hpp"
#include "floe/record/recorder.hpp"
#include "floe/sdp/candidate.hpp"
#include "floe/sdp/pacing.hpp"

namespace floecat {

/// Cuts what comes in pieces into lines.
class line_cutter {
 public:
  /// The longest line: a send of the largest datagram, in hex. Of longer ones, one more is kept.
  static constexpr std::size_t longest = 140'000;

  /// Calls take(line) for each line that ends in `piece`.
  template <class Take>
  void feed(std::string_view piece, Take&& take) {
    for (const char c : piece) {
      if (c == '\n') {
        take(std::exchange(line_, {}));
      } else if (line_.size() <= longest) {
        line_ += c;
      }
    }
  }

 private:
  std::string line_;
};

/// What the peer must know of the pace of this side.
[[nodiscard]] inline std::string pacing_line(floe::duration pace) {
  const auto text = floe::sdp::write_pacing(pace);
  return "ice-pacing " + std::string{text.view().substr(floe::sdp::pacing_prefix.size())};
}

class remote_words {
 public:
  static constexpr std::size_t most_waiting = 64;  ///< candidates

  struct listener {
    std::function<void(floe::ice::remote_id)> added;
    std::function<void(std::string_view)> refused;
  };

  remote_words(floe::record::recorder& agent, listener told)
      : agent_{agent}, told_{std::move(told)} {}

  /// False when `word` is none that this class takes.
  bool take(std::string_view word, std::string_view value) {
    if (word == "ufrag") {
      take_ufrag(value);
    } else if (word == "pwd") {
      take_password(value);
    } else if (word == "candidate") {
      take_candidate(value);
    } else if (word == "ice-pacing") {
      take_pacing(value);
    } else {
      return false;
    }
    return true;
  }

  /// The ufrag of the credentials that the agent accepted last; empty before.
  [[nodiscard]] const std::string& ufrag() const { return accepted_; }

 private:
  struct candidate {
    floe::ice::candidate value;
    std::string ufrag;  ///< may be empty
  };

  void take_ufrag(std::string_view text) {
    const std::string some_password(floe::ice::min_password_size, 'x');
    const auto made = floe::ice::make_remote_credentials(text, some_password);
    if (!made) return refuse(made.error());
    ufrag_ = text;
    join();
  }

  void take_password(std::string_view text) {
    const auto made = floe::ice::make_remote_credentials("some", text);
    if (!made) return refuse(made.error());
    password_ = text;
    join();
  }

  void take_candidate(std::string_view text) {
    const auto parsed = floe::sdp::parse_candidate(text);
    if (parsed) {
      place({parsed->candidate, std::string{parsed->ufrag}});
    } else if (parsed.error() != floe::errc::unsupported) {  // to be ignored (RFC 8839 §5.1)
      refuse(parsed.error());
    }
  }

  void take_pacing(std::string_view text) {
    const auto pace = floe::sdp::parse_pacing(text);
    if (!pace) return refuse(pace.error());
    agent_.describe_peer({.pacing = *pace});
  }

  /// Tells the agent credentials once both words are there. A pair that it refuses is forgotten.
  void join() {
    if (ufrag_.empty() || password_.empty()) return;
    const auto ufrag = std::exchange(ufrag_, {});
    const auto set = agent_.set_remote_credentials(ufrag, std::exchange(password_, {}));
    if (!set) refuse(set.error());
    if (set && ufrag != accepted_) replaced_ = std::exchange(accepted_, ufrag);
    for (const auto& c : std::exchange(waiting_, {})) set ? tell(c) : place(c);
  }

  /// One that names no ufrag belongs to the credentials that are being told.
  void place(const candidate& c) {
    const bool half = !ufrag_.empty() || !password_.empty();
    const bool known = c.ufrag == accepted_ || c.ufrag == replaced_;
    if (c.ufrag.empty() ? !half : known) {
      tell(c);
    } else if (waiting_.size() < most_waiting) {
      waiting_.push_back(c);
    } else {
      told_.refused("too many candidates wait for their credentials");
    }
  }

  void tell(const candidate& c) {
    const auto added = agent_.add_remote(c.value, c.ufrag);
    if (!added) return refuse(added.error());
    told_.added(*added);
  }

  void refuse(floe::errc why) { told_.refused(make_error_code(why).message()); }

  floe::record::recorder& agent_;
  listener told_;
  std::string ufrag_;     ///< the half of a pair that has come:
  std::string password_;  ///< one of these is empty
  std::string accepted_;
  std::string replaced_;
  std::vector<candidate> waiting_;
};

}  // namespace floecat
