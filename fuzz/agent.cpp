// Any calls, datagrams and times, in any order, to one agent.
//
// The bytes choose what happens: candidates, credentials, time, noise, and a peer that knows the
// password and says whatever it likes. Promises, besides those that the world checks after every
// call (next_timeout() moves on, one new check per call, everything sent parses): noise changes
// nothing that shows; tables keep their limits; data leaves only on a path that a proved answer
// came back on less than 30 seconds ago.
#include <fuzzer/FuzzedDataProvider.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "sim/scripted_peer.hpp"

using namespace floe;
using namespace floe::sim;

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

config behaviour(FuzzedDataProvider& data) {
  config c{.role = data.ConsumeBool() ? ice::role::controlling : ice::role::controlled};
  c.consent.enabled = data.ConsumeBool();
  c.presume_end_of_candidates = data.ConsumeBool();
  c.report_pairs = data.ConsumeBool();
  c.limits.remote_candidates = data.ConsumeIntegralInRange<std::uint16_t>(1, 8);
  c.limits.pairs = data.ConsumeIntegralInRange<std::uint16_t>(1, 12);
  c.limits.answers = data.ConsumeIntegralInRange<std::uint16_t>(1, 4);
  c.limits.early_checks = data.ConsumeIntegralInRange<std::uint16_t>(1, 3);
  c.limits.events = data.ConsumeIntegralInRange<std::uint16_t>(1, 32);
  return c;
}

endpoint place(FuzzedDataProvider& data) {
  return {address::v4(192, 0, 2, data.ConsumeIntegralInRange<std::uint8_t>(1, 6)),
          data.ConsumeIntegralInRange<std::uint16_t>(5999, 6002)};
}

/// One session in the hands of the bytes.
class session {
 public:
  explicit session(FuzzedDataProvider& data)
      : data_{data}, behaviour_{behaviour(data)}, peer_{1, behaviour_} {
    // A second socket, so that a datagram can arrive at the wrong one.
    peer_.net.bind(peer_.n, {left_address.address, 5001});
  }

  void step() {
    switch (data_.ConsumeIntegralInRange(0, 13)) {
      case 0:
        peer_.net.run_for(std::chrono::milliseconds{data_.ConsumeIntegral<std::uint16_t>()});
        break;
      case 1: jump(); break;
      case 2: noise(); break;
      case 3: forged_check(); break;
      case 4: proved_check(); break;
      case 5:
      case 6: answer(); break;
      case 7:
        peer_.tell_candidate(place(data_), std::to_string(data_.ConsumeIntegralInRange(1, 4)),
                             data_.ConsumeIntegral<std::uint16_t>());
        break;
      case 8: credentials(); break;
      case 9: restart(); break;
      case 10:
        peer_.net.act(peer_.n, [](agent& a) { (void)a.end_of_remote_candidates().has_value(); });
        break;
      case 11: send_data(); break;
      case 12: reflect(); break;
      case 13: small_buffer(); break;
      default: break;
    }
    check_bounds();
  }

  [[nodiscard]] bool more() const { return data_.remaining_bytes() > 0; }

 private:
  [[nodiscard]] bytes some_bytes() {
    const auto text = data_.ConsumeRandomLengthString(200);
    const auto view = as_byte_view(text);
    return {view.data(), view.data() + view.size()};
  }

  void jump() {
    const auto hours = data_.ConsumeIntegral<std::int8_t>();
    const auto to = after(peer_.net.now(), std::chrono::hours{hours});
    peer_.net.act(peer_.n, [&](agent& a) { a.handle_timeout(to); });
    if (hours > 0) peer_.net.run_for(std::chrono::hours{hours});
  }

  /// Hands in what proves nothing, and sees that nothing came of it.
  void inject_unproved(const bytes& what, const endpoint& from) {
    // Let everything that is due happen first, so that only the datagram is left to change
    // something.
    peer_.net.run_for(0ms);
    const auto state = peer_.n.agent.state();
    const auto role = peer_.n.agent.role();
    const auto next = peer_.n.agent.next_timeout();
    const auto pairs = peer_.n.agent.checklists().size();
    const auto outcome = peer_.send(what, from);
    must(peer_.n.agent.state() == state && peer_.n.agent.role() == role);
    must(peer_.n.agent.checklists().size() == pairs);
    // Without consent, even a refusal that leaves on a path postpones its keepalive.
    must(!behaviour_.consent.enabled || peer_.n.agent.next_timeout() == next);
    if (const auto* const got = std::get_if<payload>(&outcome))
      must(got->bytes.size() == what.size());
  }

  void noise() {
    auto what = some_bytes();
    if (what.size() >= 8 && data_.ConsumeBool()) {
      what.resize(std::max<std::size_t>(what.size() / 4 * 4, stun::header_size));
      what[0] &= std::byte{1};
      store_be(what.data() + 2, static_cast<std::uint16_t>(what.size() - stun::header_size));
      store_be(what.data() + 4, stun::magic_cookie);
    }
    inject_unproved(what, place(data_));
  }

  void forged_check() {
    auto check = said();
    check.password = "guess";
    inject_unproved(peer_.request(check), place(data_));
  }

  scripted_check said() {
    scripted_check check;
    check.priority = data_.ConsumeIntegral<std::uint32_t>();
    check.claims.clear();
    const auto tie_breaker =
        data_.ConsumeBool() ? ~std::uint64_t{0} : data_.ConsumeIntegral<std::uint8_t>();
    if (data_.ConsumeBool()) check.claims.push_back({ice::role::controlling, tie_breaker});
    if (data_.ConsumeBool()) check.claims.push_back({ice::role::controlled, tie_breaker});
    check.nominates = data_.ConsumeBool();
    if (data_.ConsumeIntegralInRange(0, 7) == 0)
      check.unknown = {data_.ConsumeIntegral<std::uint16_t>()};
    return check;
  }

  void proved_check() { (void)peer_.check(said(), place(data_)); }

  /// Answers one of the latest datagrams of the agent, well or badly.
  void answer() {
    const auto& log = peer_.net.log();
    if (log.empty()) return;
    const auto back =
        data_.ConsumeIntegralInRange<std::size_t>(1, std::min<std::size_t>(log.size(), 16));
    const auto asked = log[log.size() - back];
    if (asked.bytes.size() < stun::header_size || !stun::message_view::parse(asked.bytes)) return;
    const bool in_place = data_.ConsumeBool();
    const auto from = in_place ? asked.destination : place(data_);
    if (data_.ConsumeBool()) {
      const auto mapped = data_.ConsumeBool() ? left_address : place(data_);
      (void)peer_.send(peer_.success(asked, mapped), from);
      last_proof_ = peer_.net.now();
    } else {
      const auto code = static_cast<stun::error_code>(data_.ConsumeIntegralInRange(300, 699));
      const auto key = data_.ConsumeBool()
                           ? std::optional<std::string_view>{scripted_peer::password}
                           : std::nullopt;
      (void)peer_.send(peer_.error(asked, code, key), from);
    }
  }

  void credentials() {
    if (data_.ConsumeBool()) {
      peer_.tell_credentials();
    } else {
      peer_.tell_credentials("other" + std::to_string(data_.ConsumeIntegralInRange(0, 3)),
                             "otherpassword012345678" +
                                 std::to_string(data_.ConsumeIntegralInRange(0, 3)));
    }
  }

  void restart() {
    peer_.net.act(peer_.n, [](agent& a) { a.restart(); });
  }

  void send_data() {
    const bool left = peer_.net.send_data(peer_.n, "data");
    if (left && behaviour_.consent.enabled) {
      must(last_proof_ && elapsed(*last_proof_, peer_.net.now()) < 30s);
    }
  }

  /// Sends the agent its own words.
  void reflect() {
    const auto& log = peer_.net.log();
    if (log.empty()) return;
    auto what = log[data_.ConsumeIntegralInRange<std::size_t>(0, log.size() - 1)].bytes;
    if (!what.empty() && data_.ConsumeBool()) {
      what[data_.ConsumeIntegralInRange<std::size_t>(0, what.size() - 1)] ^= std::byte{1};
    }
    (void)peer_.send(what, place(data_));
  }

  void small_buffer() {
    std::array<std::byte, max_datagram_size> buffer{};
    const auto room = data_.ConsumeIntegralInRange<std::size_t>(0, buffer.size());
    (void)peer_.n.agent.handle_datagram(peer_.net.now(),
                                        {socket_id{1}, right_address, peer_.request()});
    peer_.net.act(peer_.n, [&](agent& a) { (void)a.poll_transmit(byte_span{buffer}.first(room)); });
  }

  void check_bounds() const {
    const auto& lists = peer_.n.agent.checklists();
    must(lists.size() <= behaviour_.limits.pairs);
    const bool failed = lists.state(stream_id{0}) == ice::checklist_state::failed;
    must(!failed || peer_.n.agent.selected() == nullptr);
    for (std::size_t i = 1; i < lists.order().size(); ++i) {
      must(lists[lists.order()[i - 1]].priority >= lists[lists.order()[i]].priority);
    }
  }

  FuzzedDataProvider& data_;
  config behaviour_;
  scripted_peer peer_;
  deadline last_proof_;  ///< when the peer last answered with a proof
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider provider{data, size};
  session s{provider};
  for (int steps = 0; steps < 200 && s.more(); ++steps) s.step();
  return 0;
}
