// One direction of a wire: how long a packet takes, and whether it gets through.
//
// owns:     latency, jitter, loss in singles and in bursts, order, duplicates, MTU, rate
// does not: hold packets; it says when each copy comes out at the other end
// invariant: packets keep their order unless `reorder` says otherwise.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "sim/random.hpp"
#include "sim/time.hpp"

namespace floe::sim {

/// Loss in bursts (Gilbert and Elliott): two states, each with its own loss. All per mille.
struct burst_config {
  unsigned begins = 0;  ///< chance of each packet to begin a burst
  unsigned ends = 0;    ///< chance of each packet to end it
  unsigned loss = 0;    ///< inside a burst
};

/// A wire. What is zero does not happen.
struct wire_config {
  duration latency{};
  duration jitter{};  ///< at most so much more
  unsigned loss = 0;  ///< per mille, outside bursts
  burst_config bursts{};
  unsigned duplicate = 0;   ///< per mille
  unsigned reorder = 0;     ///< per mille: packets that others may overtake
  duration held_back{};     ///< how much later these come
  std::size_t mtu = 65535;  ///< the largest payload of a datagram; larger ones vanish
  std::size_t rate = 0;     ///< bytes a second
  duration queue = 200ms;   ///< what would have to wait longer for the rate is dropped
};

/// Why a packet did not arrive.
enum class drop : std::uint8_t {
  none,
  lost,       ///< by chance
  too_big,    ///< for a wire's MTU
  congested,  ///< a wire's queue was full
  no_route,   ///< nothing has this address
  no_socket,  ///< a host has the address, but not the port
  filtered,   ///< by a NAT or a firewall
  blocked,    ///< a firewall lets no UDP through
  hairpin,    ///< a NAT does not turn packets round
  cut,        ///< an interface is down
  tampered,   ///< the test wanted it
};
inline constexpr std::size_t drop_count = static_cast<std::size_t>(drop::tampered) + 1;

/// What becomes of a packet: so many copies, each after a time of its own.
struct crossing {
  std::size_t copies = 1;
  std::array<duration, 2> after{};
  drop why = drop::none;  ///< when there is no copy
};

class wire {
 public:
  wire() = default;
  explicit wire(const wire_config& config) : config_{config} {}

  [[nodiscard]] const wire_config& config() const noexcept { return config_; }
  void change(const wire_config& config) noexcept { config_ = config; }

  /// Puts a packet on the wire.
  crossing cross(time_point now, std::size_t size, random_source& chance) {
    if (size > config_.mtu) return {0, {}, drop::too_big};
    if (is_lost(chance)) return {0, {}, drop::lost};
    const auto waited = wait_for_turn(now, size);
    if (!waited) return {0, {}, drop::congested};
    crossing result;
    result.after[0] = *waited + delay(after(now, *waited), chance);
    if (chance.chance(config_.duplicate)) {
      result.copies = 2;
      result.after[1] = *waited + delay(after(now, *waited), chance);
    }
    return result;
  }

 private:
  bool is_lost(random_source& chance) {
    in_burst_ =
        in_burst_ ? !chance.chance(config_.bursts.ends) : chance.chance(config_.bursts.begins);
    return chance.chance(in_burst_ ? config_.bursts.loss : config_.loss);
  }

  /// How long it takes until the wire has sent the packets before this one and itself; nullopt when
  /// there are too many before it.
  std::optional<duration> wait_for_turn(time_point now, std::size_t size) {
    if (config_.rate == 0) return duration::zero();
    const auto begin = (std::max)(now, free_);
    if (elapsed(now, begin) > config_.queue) return std::nullopt;
    free_ = after(begin, std::chrono::nanoseconds{size * 1'000'000'000U / config_.rate});
    return elapsed(now, free_);
  }

  duration delay(time_point now, random_source& chance) {
    auto span = config_.latency + chance.up_to(config_.jitter);
    if (chance.chance(config_.reorder)) return span + config_.held_back;
    // A packet that was given to the wire earlier is one that is asked about later, when the wires
    // before this one delayed them differently: it need not wait.
    if (now < entered_) return span;
    entered_ = now;
    last_ = (std::max)(last_, after(now, span));
    return elapsed(now, last_);
  }

  wire_config config_;
  bool in_burst_ = false;
  time_point free_ = (time_point::min)();     ///< when the wire has sent all it was given
  time_point entered_ = (time_point::min)();  ///< when it was given the last packet in order
  time_point last_ = (time_point::min)();     ///< when the last packet in order arrives
};

}  // namespace floe::sim
