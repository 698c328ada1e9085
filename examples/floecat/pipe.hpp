// A byte stream each way over datagrams that may be lost, repeated or reordered.
//
// owns:     sequence numbers, acknowledgements, retransmission, the end of both streams
// does not: touch a socket or a clock; the host moves frames and time, as it does for floe
// invariant: what consume() saw is a prefix of what the peer wrote, and `closed` means all of it,
//            both ways. Memory is bounded by the window.
//
// A frame is a type, kept apart from STUN (RFC 7983), and two numbers of 8 bytes: of the segment it
// carries, and of the first that its sender misses. A data frame without bytes ends the stream.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "floe/core/bytes.hpp"
#include "floe/core/time.hpp"

namespace floecat {

using namespace std::chrono_literals;

inline constexpr std::size_t max_frame = 1200;  ///< fits every IPv6 path without fragments
inline constexpr std::size_t frame_header = 17;
inline constexpr std::size_t max_segment = max_frame - frame_header;
inline constexpr std::size_t window_size = 64;  ///< segments on their way, at most

enum class frame : std::uint8_t { data = 0x80, ack = 0x81, done = 0x82, abort = 0x83 };

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
  static constexpr floe::duration retry = 300ms;     ///< before a segment is sent again; doubled
  static constexpr floe::duration linger = 2s;
  static constexpr floe::duration repeat_done = 100ms;

  [[nodiscard]] state status() const { return state_; }

  /// True once the peer's pipe has been heard of.
  [[nodiscard]] bool established() const { return heard_.has_value(); }

  /// Bytes that write() takes now.
  [[nodiscard]] std::size_t room() const {
    const auto used = std::min(segments_.size(), 2 * window_size);
    return ended_ ? 0 : (2 * window_size - used) * max_segment;
  }

  /// in: at most room() bytes
  void write(floe::byte_view bytes) {
    while (!bytes.empty()) {
      if (sent_ == segments_.size() || segments_.back().size() == max_segment) {
        segments_.emplace_back();
      }
      auto& last = segments_.back();
      const auto part = bytes.first(std::min(bytes.size(), max_segment - last.size()));
      last.insert(last.end(), part.begin(), part.end());
      bytes = bytes.subspan(part.size());
    }
  }

  /// Ends the stream behind what was written.
  void end() {
    if (!std::exchange(ended_, true)) segments_.emplace_back();
  }

  /// The peer's bytes, in order, and forgetting the first of them.
  [[nodiscard]] floe::byte_view readable() const { return ready_; }
  void consume(std::size_t count) {
    const bool was_full = is_full();
    ready_.erase(ready_.begin(), ready_.begin() + static_cast<std::ptrdiff_t>(count));
    ack_due_ = ack_due_ || (was_full && !is_full());
  }

  /// Leaves before the end. A few frames say so, as none is repeated later.
  void abort() {
    if (state_ == state::open) aborts_due_ = 3;
    state_ = state::aborted;
  }

  /// Takes a frame; anything else is ignored.
  void handle_frame(floe::time_point now, floe::byte_view bytes) {
    floe::cursor in{bytes};
    const auto type = in.read<std::uint8_t>();
    const auto number = in.read<std::uint64_t>();
    const auto missing = in.read<std::uint64_t>();
    if (!missing || *type < 0x80 || *type > 0x83 || state_ > state::finished) return;
    heard_ = now;
    handle_ack(now, *missing);
    switch (static_cast<frame>(*type)) {
      case frame::data: handle_data(*number, in.rest()); break;
      case frame::ack: break;
      case frame::done: peer_done_ = true; break;
      case frame::abort: state_ = state::aborted; return;
    }
    settle(now);
  }

  void handle_timeout(floe::time_point now) {
    if (state_ == state::open && heard_ && floe::after(*heard_, silence) <= now) {
      state_ = state::lost;
    }
    if (state_ == state::finished && floe::after(finished_, linger) <= now) state_ = state::closed;
    if (state_ == state::finished && floe::after(spoke(), repeat_done) <= now) done_due_ = true;
    if (state_ != state::open) return;
    if (sent_ > 0 && retry_at() <= now) {
      repair();
      backoff_ = std::min(backoff_ + 1, 3);
    }
    if (floe::after(spoke(), pause()) <= now) ack_due_ = true;
  }

  /// Writes the next frame to send. in: max_frame bytes · out: its size, 0 when there is none now.
  [[nodiscard]] std::size_t poll_frame(floe::time_point now, floe::byte_span buffer) {
    if (aborts_due_ > 0) {
      --aborts_due_;
      return write(now, frame::abort, 0, {}, buffer);
    }
    if (std::exchange(done_due_, false)) return write(now, frame::done, 0, {}, buffer);
    if (const auto next = to_send()) {
      if (*next == sent_) ++sent_;
      if (*next == 0) tried_ = now;
      return write(now, frame::data, first_ + *next, segments_[*next], buffer);
    }
    if (ack_due_) return write(now, frame::ack, 0, {}, buffer);
    return 0;
  }

  [[nodiscard]] floe::deadline next_timeout() const {
    if (state_ == state::finished) {
      return floe::earliest(floe::after(finished_, linger), floe::after(spoke(), repeat_done));
    }
    if (state_ != state::open) return std::nullopt;
    floe::deadline next = floe::after(spoke(), pause());
    if (sent_ > 0) next = floe::earliest(next, retry_at());
    if (heard_) next = floe::earliest(next, floe::after(*heard_, silence));
    return next;
  }

 private:
  using segment = std::vector<std::byte>;

  void handle_ack(floe::time_point now, std::uint64_t missing) {
    if (missing > first_ + sent_) return;  // of something never sent
    if (missing <= first_) {
      // Three answers that miss the same segment: it was lost, not late.
      const bool lost = missing == first_ && ++repeated_ == 3 && first_ >= repaired_;
      if (sent_ > 0 && (lost || backoff_ > 0)) repair();
      return;
    }
    const auto arrived = static_cast<std::size_t>(missing - first_);
    segments_.erase(segments_.begin(), segments_.begin() + static_cast<std::ptrdiff_t>(arrived));
    first_ = missing;
    sent_ -= arrived;
    tried_ = now;
    repeated_ = 0;
    backoff_ = 0;
    again_ = sent_ > 0 && first_ < repaired_;  // the next hole of the same loss
  }

  void handle_data(std::uint64_t number, floe::byte_view bytes) {
    // A reader that is behind is not told more; its peer tries again.
    if (is_full() || number >= next_ + window_size) return;
    ack_due_ = true;
    if (peer_ended_ || number < next_) return;
    waiting_.try_emplace(number, bytes.begin(), bytes.end());
    for (auto s = waiting_.find(next_); s != waiting_.end(); s = waiting_.find(++next_)) {
      peer_ended_ = s->second.empty();
      ready_.insert(ready_.end(), s->second.begin(), s->second.end());
      waiting_.erase(s);
    }
  }

  /// The moment both streams are in, the pipe has done its work.
  void settle(floe::time_point now) {
    if (state_ == state::open && peer_ended_ && ended_ && segments_.empty()) {
      state_ = state::finished;
      finished_ = now;
      done_due_ = true;
    }
    if (state_ == state::finished && peer_done_) {
      state_ = state::closed;
      done_due_ = true;
    }
  }

  /// The place of the segment to send now: one that was lost, else the next. Data waits for a peer
  /// that can take it.
  [[nodiscard]] std::optional<std::size_t> to_send() {
    if (state_ != state::open || !heard_) return std::nullopt;
    if (std::exchange(again_, false)) return 0;
    if (sent_ < std::min(segments_.size(), window_size)) return sent_;
    return std::nullopt;
  }

  void repair() {
    again_ = true;
    repaired_ = first_ + sent_;
  }

  [[nodiscard]] std::size_t write(floe::time_point now, frame type, std::uint64_t number,
                                  floe::byte_view bytes, floe::byte_span buffer) {
    spoke_ = now;
    ack_due_ = false;
    buffer[0] = static_cast<std::byte>(type);
    floe::store_be(buffer.data() + 1, number);
    floe::store_be(buffer.data() + 9, next_);
    std::copy(bytes.begin(), bytes.end(), buffer.begin() + frame_header);
    return frame_header + bytes.size();
  }

  [[nodiscard]] bool is_full() const { return ready_.size() >= window_size * max_segment; }
  [[nodiscard]] floe::duration pause() const { return heard_ ? heartbeat : greeting; }
  [[nodiscard]] floe::time_point spoke() const { return spoke_.value_or(floe::time_point::min()); }
  [[nodiscard]] floe::time_point retry_at() const {
    return floe::after(tried_, retry * (1U << static_cast<unsigned>(backoff_)));
  }

  state state_ = state::open;
  floe::deadline heard_;  ///< when a frame last came in
  floe::deadline spoke_;  ///< when one last went out
  floe::time_point finished_{};
  bool ack_due_ = true;  ///< the first frame: here I am
  bool done_due_ = false;
  bool peer_done_ = false;
  int aborts_due_ = 0;

  std::deque<segment> segments_;  ///< what goes out: sent, and then to be sent
  std::uint64_t first_ = 0;       ///< number of the first segment
  std::size_t sent_ = 0;
  bool ended_ = false;
  floe::time_point tried_{};    ///< when the first segment left, or became the first
  std::uint64_t repaired_ = 0;  ///< segments below were sent before the loss under repair
  int repeated_ = 0;
  int backoff_ = 0;
  bool again_ = false;

  std::map<std::uint64_t, segment> waiting_;  ///< what came in ahead of its turn
  segment ready_;
  std::uint64_t next_ = 0;
  bool peer_ended_ = false;
};

}  // namespace floecat
