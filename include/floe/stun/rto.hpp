// How long to wait for a server before asking again: measured, and remembered per server
// (RFC 8489 sec. 6.2.1, RFC 6298 sec. 2).
//
// owns:     the estimate, and a bounded table of estimates by server
// does not: choose when to send (stun/retransmit.hpp) or read a clock
// invariant: a round trip of a request that was sent twice is never measured (Karn: which of the
//            two was answered?), and no RTO lies below the configured one.
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <gsl/assert>
#include <optional>

#include "floe/core/endpoint.hpp"
#include "floe/core/fixed_vector.hpp"
#include "floe/core/memory.hpp"
#include "floe/core/time.hpp"

namespace floe::stun {

/// The smoothed round trip and its variation.
class rto_estimate {
 public:
  /// Takes the round trip of a request that was sent `sends` times.
  constexpr void measure(duration round_trip, std::uint8_t sends) noexcept {
    if (sends != 1) return;
    // A day is longer than any transaction, and small enough to calculate with.
    const auto sample = std::clamp(round_trip, duration::zero(), duration{std::chrono::hours{24}});
    if (!smoothed_) {
      smoothed_ = sample;
      variation_ = sample / 2;
      return;
    }
    const auto error = sample > *smoothed_ ? sample - *smoothed_ : *smoothed_ - sample;
    variation_ = (3 * variation_ + error) / 4;
    smoothed_ = (7 * *smoothed_ + sample) / 8;
  }

  /// The RTO for the next request: not rounded up to a second as TCP's, but at least `least`.
  [[nodiscard]] constexpr duration rto(duration least) const noexcept {
    return smoothed_ ? (std::max)(least, *smoothed_ + 4 * variation_) : least;
  }

  [[nodiscard]] constexpr bool is_measured() const noexcept { return smoothed_.has_value(); }

 private:
  std::optional<duration> smoothed_;
  duration variation_{};
};

/// Estimates of at most `capacity` servers. When another comes, the one that was quiet longest
/// gives way. cost: one pass over the servers per call
class rto_cache {
 public:
  /// An estimate is forgotten after so long without a transaction (RFC 8489 sec. 6.2.1).
  static constexpr duration lifetime = std::chrono::minutes{10};

  rto_cache(std::size_t capacity, memory_ref memory) : rows_{capacity, memory} {}

  /// The RTO for a request to `server` that starts now; that one starts keeps its estimate alive.
  [[nodiscard]] duration start(time_point now, const endpoint& server, duration least) noexcept {
    auto* const row = find(server);
    if (row == nullptr) return least;
    if (elapsed(row->last, now) > lifetime) row->estimate = {};
    row->last = (std::max)(row->last, now);
    return row->estimate.rto(least);
  }

  /// Takes a round trip to `server`, whose response came now.
  void measure(time_point now, const endpoint& server, duration round_trip,
               std::uint8_t sends) noexcept {
    if (sends != 1 || rows_.capacity() == 0) return;
    auto* row = find(server);
    if (row == nullptr) row = &place_for(now, server);
    if (elapsed(row->last, now) > lifetime) row->estimate = {};
    row->last = (std::max)(row->last, now);
    row->estimate.measure(round_trip, sends);
  }

  [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }

 private:
  struct entry {
    endpoint server;
    rto_estimate estimate;
    time_point last;
  };

  [[nodiscard]] entry* find(const endpoint& server) noexcept {
    const auto found = std::find_if(rows_.begin(), rows_.end(),
                                    [&server](const entry& e) { return e.server == server; });
    return found == rows_.end() ? nullptr : &*found;
  }

  /// in: a capacity above zero
  [[nodiscard]] entry& place_for(time_point now, const endpoint& server) noexcept {
    if (!rows_.full()) return rows_.emplace_back(entry{server, {}, now});
    auto& quietest = *std::min_element(
        rows_.begin(), rows_.end(), [](const entry& a, const entry& b) { return a.last < b.last; });
    quietest = entry{server, {}, now};
    return quietest;
  }

  fixed_vector<entry> rows_;
};

}  // namespace floe::stun
