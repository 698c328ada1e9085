// A byte stream each way over datagrams that may be lost, repeated or reordered.
//
// owns:     sequence numbers, acknowledgements, retransmission, flow control, the end of both
// streams does not: touch a socket or a clock; the host moves frames and time, as it does for floe
// invariant: what consume() saw is a prefix of what the peer wrote, and `finished` means all of it,
//            both ways. Memory is bounded by the two windows.
//
// Four frames, told by their first byte, which keeps them apart from STUN (RFC 7983):
//   data   80 number(8) bytes...     a segment; without bytes it is the end of the stream
//   ack    81 next(8) limit(8) map(8)  all before `next` arrived, and next+1+i when bit i is set;
//                                    segments from `limit` on are not taken yet
//   done   82                        both streams have ended here and nothing is missing
//   abort  83                        the sender leaves before the end
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "floe/core/bytes.hpp"
#include "floe/core/time.hpp"

namespace floecat {

using namespace std::chrono_literals;

inline constexpr std::size_t max_frame = 1200;  ///< fits every IPv6 path without fragments
inline constexpr std::size_t max_segment = max_frame - 9;
inline constexpr std::uint64_t window_size = 64;  ///< segments on their way, at most

enum class frame : std::uint8_t { data = 0x80, ack = 0x81, done = 0x82, abort = 0x83 };

/// What a receiver tells its peer.
struct acknowledgement {
  std::uint64_t next = 0;
  std::uint64_t limit = 0;
  std::uint64_t map = 0;
};

/// The outgoing stream: cut into segments, kept until they have arrived.
class sender {
 public:
  /// Bytes that write() takes now.
  [[nodiscard]] std::size_t room() const {
    return ended_ ? 0 : (2 * window_size - segments_.size()) * max_segment;
  }

  /// in: at most room() bytes
  void write(floe::byte_view bytes) {
    while (!bytes.empty()) {
      if (unsent_ == segments_.size() || segments_.back().bytes.size() == max_segment) {
        segments_.emplace_back();
      }
      auto& last = segments_.back().bytes;
      const auto part = bytes.first(std::min(bytes.size(), max_segment - last.size()));
      last.insert(last.end(), part.begin(), part.end());
      bytes = bytes.subspan(part.size());
    }
  }

  /// Ends the stream behind what was written.
  void end() {
    if (!ended_) segments_.emplace_back();
    ended_ = true;
  }

  [[nodiscard]] bool ended() const { return ended_; }

  /// True when the stream has ended and all of it has arrived.
  [[nodiscard]] bool done() const { return ended_ && segments_.empty(); }

  /// Everything has arrived: the peer said so at the very end.
  void settle() {
    first_ += segments_.size();
    segments_.clear();
    unsent_ = 0;
  }

  void handle_ack(floe::time_point now, const acknowledgement& ack) {
    if (ack.next > first_ + unsent_) return;  // of something never sent
    limit_ = std::max(limit_, ack.limit);
    std::optional<std::size_t> newest;
    for (std::size_t i = 0; i < unsent_; ++i) {
      auto& s = segments_[i];
      if (s.arrived || !acknowledges(ack, first_ + i)) continue;
      if (s.sends == 1) measure(floe::elapsed(s.sent, now));
      s.arrived = true;
      backoff_ = 0;
      grow_window();
      if (!newest || s.sent >= segments_[*newest].sent) newest = i;
    }
    if (newest) mark_overtaken(now, *newest);
    for (; unsent_ > 0 && segments_.front().arrived; --unsent_, ++first_) segments_.pop_front();
  }

  void handle_timeout(floe::time_point now) {
    bool expired = false;
    for (std::size_t i = 0; i < unsent_; ++i) {
      auto& s = segments_[i];
      if (!in_flight(s) || floe::after(s.sent, timeout()) > now) continue;
      s.lost = true;
      expired = true;
    }
    if (!expired) return;
    shrink_window(now);
    backoff_ = std::min(backoff_ + 1, 6U);
  }

  [[nodiscard]] floe::deadline next_timeout() const {
    floe::deadline earliest;
    for (std::size_t i = 0; i < unsent_; ++i) {
      if (!in_flight(segments_[i])) continue;
      earliest = floe::earliest(earliest, floe::after(segments_[i].sent, timeout()));
    }
    return earliest;
  }

  /// Writes the next data frame that may be sent now. out: its size, 0 when there is none.
  [[nodiscard]] std::size_t poll_frame(floe::time_point now, floe::byte_span buffer) {
    const auto next = to_send();
    if (!next) return 0;
    if (*next == unsent_) ++unsent_;
    auto& s = segments_[*next];
    s.sent = now;
    s.lost = false;
    ++s.sends;
    buffer[0] = static_cast<std::byte>(frame::data);
    floe::store_be(buffer.data() + 1, first_ + *next);
    std::copy(s.bytes.begin(), s.bytes.end(), buffer.begin() + 9);
    return 9 + s.bytes.size();
  }

 private:
  struct segment {
    std::vector<std::byte> bytes;
    floe::time_point sent{};
    unsigned sends = 0;
    bool arrived = false;
    bool lost = false;
  };

  [[nodiscard]] static bool in_flight(const segment& s) { return !s.arrived && !s.lost; }

  [[nodiscard]] static bool acknowledges(const acknowledgement& ack, std::uint64_t number) {
    if (number <= ack.next) return number < ack.next;
    const auto bit = number - ack.next - 1;
    return bit < 64 && ((ack.map >> bit) & 1U) != 0;
  }

  [[nodiscard]] std::optional<std::size_t> to_send() const {
    std::size_t flying = 0;
    for (std::size_t i = 0; i < unsent_; ++i) {
      if (segments_[i].lost) return i;
      if (in_flight(segments_[i])) ++flying;
    }
    const bool allowed = flying < window_ && first_ + unsent_ < limit_;
    return allowed && unsent_ < segments_.size() ? std::optional{unsent_} : std::nullopt;
  }

  /// A segment is lost when one that was sent no earlier and is three numbers ahead has arrived.
  void mark_overtaken(floe::time_point now, std::size_t newest) {
    for (std::size_t i = 0; i + 3 <= newest; ++i) {
      auto& s = segments_[i];
      if (!in_flight(s) || s.sent > segments_[newest].sent) continue;
      s.lost = true;
      if (s.sent >= shrunk_) shrink_window(now);
    }
  }

  /// The window grows with every arrival up to the first loss, then by about one per round trip.
  void grow_window() {
    credit_ += window_ < threshold_ ? window_ : 1;
    if (credit_ < window_) return;
    credit_ = 0;
    window_ = std::min<std::size_t>(window_ + 1, window_size);
  }
  void shrink_window(floe::time_point now) {
    window_ = std::max<std::size_t>(window_ / 2, 4);
    threshold_ = window_;
    shrunk_ = now;
  }

  /// Smoothed round-trip time and its deviation (RFC 6298 §2).
  void measure(floe::duration sample) {
    const auto off = round_trip_ ? std::chrono::abs(sample - *round_trip_) : sample / 2;
    deviation_ = round_trip_ ? (3 * deviation_ + off) / 4 : off;
    round_trip_ = round_trip_ ? (7 * *round_trip_ + sample) / 8 : sample;
  }
  [[nodiscard]] floe::duration timeout() const {
    const floe::duration base = round_trip_ ? *round_trip_ + 4 * deviation_ : 500ms;
    return std::min<floe::duration>(std::max<floe::duration>(base, 100ms) * (1U << backoff_), 3s);
  }

  std::deque<segment> segments_;
  std::uint64_t first_ = 0;  ///< number of the first segment
  std::size_t unsent_ = 0;   ///< place of the first segment that was never sent
  std::uint64_t limit_ = window_size;
  bool ended_ = false;
  std::size_t window_ = 16;
  std::size_t threshold_ = window_size;
  std::size_t credit_ = 0;
  floe::time_point shrunk_{};
  std::optional<floe::duration> round_trip_;
  floe::duration deviation_{};
  unsigned backoff_ = 0;
};

/// The incoming stream: put in order, kept until it is consumed.
class receiver {
 public:
  [[nodiscard]] floe::byte_view readable() const { return ready_; }
  [[nodiscard]] bool ended() const { return ended_; }

  [[nodiscard]] acknowledgement acknowledge() const {
    acknowledgement ack{next_, limit_, 0};
    for (std::uint64_t i = 0; i + 1 < window_size; ++i) {
      if (place(next_ + 1 + i)) ack.map |= std::uint64_t{1} << i;
    }
    return ack;
  }

  void handle_data(std::uint64_t number, floe::byte_view bytes) {
    if (ended_ || number < next_ || number >= limit_) return;
    if (!place(number)) place(number).emplace(bytes.begin(), bytes.end());
    while (!ended_ && place(next_)) deliver();
    open_window();
  }

  /// Forgets the first `count` bytes of readable(). Returns true when the peer should know that
  /// there is room again.
  bool consume(std::size_t count) {
    ready_.erase(ready_.begin(), ready_.begin() + static_cast<std::ptrdiff_t>(count));
    const bool was_short = limit_ < next_ + window_size / 2;
    open_window();
    return was_short && limit_ >= next_ + window_size / 2;
  }

 private:
  using segment = std::optional<std::vector<std::byte>>;
  static constexpr std::size_t enough = window_size * max_segment;

  [[nodiscard]] segment& place(std::uint64_t number) { return waiting_[number % window_size]; }
  [[nodiscard]] const segment& place(std::uint64_t number) const {
    return waiting_[number % window_size];
  }

  void deliver() {
    auto& s = place(next_);
    ended_ = s->empty();
    ready_.insert(ready_.end(), s->begin(), s->end());
    s.reset();
    ++next_;
  }
  void open_window() {
    if (ready_.size() < enough) limit_ = next_ + window_size;
  }

  std::array<segment, window_size> waiting_;
  std::vector<std::byte> ready_;
  std::uint64_t next_ = 0;
  std::uint64_t limit_ = window_size;
  bool ended_ = false;
};

/// Both streams, and how they end.
class pipe {
 public:
  enum class state : std::uint8_t {
    open,      ///< something is still to come
    finished,  ///< all arrived both ways; lingers for a peer that does not know yet
    closed,    ///< and the peer knows, or has had its time
    lost,      ///< the peer fell silent
    aborted,   ///< one side left before the end
  };

  static constexpr floe::duration greeting = 500ms;  ///< between frames before the peer is heard of
  static constexpr floe::duration heartbeat = 2s;    ///< and after, when there is nothing to say
  static constexpr floe::duration silence = 15s;     ///< after which the peer counts as lost
  static constexpr floe::duration linger = 2s;
  static constexpr floe::duration repeat_done = 100ms;

  [[nodiscard]] state status() const { return state_; }

  /// True once the peer's pipe has been heard of.
  [[nodiscard]] bool established() const { return heard_.has_value(); }

  /// Bytes that write() takes now.
  [[nodiscard]] std::size_t room() const { return out_.room(); }
  void write(floe::byte_view bytes) { out_.write(bytes); }
  void end() { out_.end(); }

  /// The peer's bytes, in order, and forgetting the first of them.
  [[nodiscard]] floe::byte_view readable() const { return in_.readable(); }
  void consume(std::size_t count) { ack_due_ = in_.consume(count) || ack_due_; }

  /// Leaves before the end. The frames that say so are still to be sent: a few, as none is repeated
  /// later.
  void abort() {
    if (state_ == state::open) aborts_due_ = 3;
    state_ = state::aborted;
  }

  /// Takes a frame; anything else is ignored.
  void handle_frame(floe::time_point now, floe::byte_view bytes) {
    floe::cursor in{bytes};
    const auto type = in.read<std::uint8_t>();
    if (!type || state_ > state::finished) return;
    switch (*type) {
      case static_cast<std::uint8_t>(frame::data): handle_data(in); break;
      case static_cast<std::uint8_t>(frame::ack): handle_ack(now, in); break;
      case static_cast<std::uint8_t>(frame::done): handle_done(); break;
      case static_cast<std::uint8_t>(frame::abort): state_ = state::aborted; break;
      default: return;
    }
    heard_ = now;
    settle(now);
  }

  void handle_timeout(floe::time_point now) {
    if (state_ == state::open && heard_ && floe::after(*heard_, silence) <= now) {
      state_ = state::lost;
    }
    if (state_ == state::finished && floe::after(finished_, linger) <= now) state_ = state::closed;
    if (state_ != state::open) return;
    out_.handle_timeout(now);
    if (floe::after(spoke_at(), pause()) <= now) ack_due_ = true;
  }

  /// Writes the next frame to send. in: max_frame bytes · out: its size, 0 when there is none now.
  [[nodiscard]] std::size_t poll_frame(floe::time_point now, floe::byte_span buffer) {
    const auto size = next_frame(now, buffer);
    if (size != 0) spoke_ = now;
    return size;
  }

  [[nodiscard]] floe::deadline next_timeout() const {
    if (state_ == state::finished) {
      return floe::earliest(floe::after(finished_, linger), floe::after(spoke_at(), repeat_done));
    }
    if (state_ != state::open) return std::nullopt;
    auto next = floe::earliest(out_.next_timeout(), floe::after(spoke_at(), pause()));
    if (heard_) next = floe::earliest(next, floe::after(*heard_, silence));
    return next;
  }

 private:
  void handle_data(floe::cursor& in) {
    const auto number = in.read<std::uint64_t>();
    if (!number) return;
    in_.handle_data(*number, in.rest());
    ack_due_ = true;
  }

  void handle_ack(floe::time_point now, floe::cursor& in) {
    const auto next = in.read<std::uint64_t>();
    const auto limit = in.read<std::uint64_t>();
    const auto map = in.read<std::uint64_t>();
    if (map) out_.handle_ack(now, {*next, *limit, *map});
  }

  /// The peer misses nothing, so whatever still waits for an acknowledgement has arrived.
  void handle_done() {
    if (!in_.ended() || !out_.ended()) return;
    out_.settle();
    peer_done_ = true;
  }

  /// One end of each stream: the moment both are in, the pipe has done its work.
  void settle(floe::time_point now) {
    if (state_ == state::open && in_.ended() && out_.done()) {
      state_ = state::finished;
      finished_ = now;
      done_due_ = true;
    }
    if (state_ == state::finished && peer_done_) {
      state_ = state::closed;
      done_due_ = true;
    }
  }

  [[nodiscard]] std::size_t next_frame(floe::time_point now, floe::byte_span buffer) {
    if (state_ == state::finished && floe::after(spoke_at(), repeat_done) <= now) done_due_ = true;
    if (aborts_due_ > 0) {
      --aborts_due_;
      return write_bare(frame::abort, buffer);
    }
    if (std::exchange(ack_due_, false)) return write_ack(buffer);
    if (std::exchange(done_due_, false)) return write_bare(frame::done, buffer);
    // Data waits for a peer that can take it.
    return state_ == state::open && heard_ ? out_.poll_frame(now, buffer) : 0;
  }

  [[nodiscard]] floe::duration pause() const { return heard_ ? heartbeat : greeting; }
  [[nodiscard]] floe::time_point spoke_at() const {
    return spoke_.value_or(floe::time_point::min());
  }

  [[nodiscard]] static std::size_t write_bare(frame type, floe::byte_span buffer) {
    buffer[0] = static_cast<std::byte>(type);
    return 1;
  }
  [[nodiscard]] std::size_t write_ack(floe::byte_span buffer) const {
    const auto ack = in_.acknowledge();
    buffer[0] = static_cast<std::byte>(frame::ack);
    floe::store_be(buffer.data() + 1, ack.next);
    floe::store_be(buffer.data() + 9, ack.limit);
    floe::store_be(buffer.data() + 17, ack.map);
    return 25;
  }

  sender out_;
  receiver in_;
  state state_ = state::open;
  floe::deadline heard_;  ///< when a frame last came in
  floe::deadline spoke_;  ///< when one last went out
  floe::time_point finished_{};
  bool ack_due_ = true;  ///< the first frame: here I am
  bool done_due_ = false;
  unsigned aborts_due_ = 0;
  bool peer_done_ = false;
};

}  // namespace floecat
