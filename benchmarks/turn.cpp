// What a relayed payload costs, each way: floe's agent on a selected pair behind a TURN relay, and
// libre's TURN client where it is installed, in the same run.
//
// Both talk to the simulator's TURN server, which takes no part in what is measured; no datagram
// goes near a kernel (libre's system calls end in functions of this program). floe's numbers are of
// the whole agent: encapsulate() finds the path and wraps, handle_datagram() tells STUN,
// ChannelData and data apart, unwraps, and answers with the payload. libre's are of its TURN client
// below its UDP socket: udp_send() to the point where it would enter the kernel, and the receive
// helper to the point where the socket's owner is called.
//
// "in place" leaves headroom in front of the payload, "copied" does not. Nanoseconds are the
// shortest of many short rounds in turn. Ends with an error when floe allocates.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "allocations.hpp"
#include "floe/agent/agent.hpp"
#include "sim/random.hpp"
#include "sim/time.hpp"
#include "sim/turn_server.hpp"
#include "support.hpp"

#ifdef FLOE_BESIDE_LIBRE
#include <netinet/in.h>
#include <sys/socket.h>
extern "C" {
#include <re_types.h>
// after the types that they use
#include <re_fmt.h>
#include <re_list.h>
#include <re_main.h>
#include <re_mbuf.h>
#include <re_mem.h>
#include <re_sa.h>
#include <re_stun.h>
#include <re_turn.h>
#include <re_udp.h>
}
#endif

namespace {

using namespace floe;

constexpr std::size_t payload_size = 160;  // 20 ms of speech
constexpr std::array<std::string_view, 1> uris{"turn:192.0.2.20"};
const std::array<gather::server, 1> servers{
    gather::server{.uris = uris, .username = "user", .credential = "password"}};
const endpoint server_at{address::v4(192, 0, 2, 20), 3478};
const endpoint client_at{address::v4(192, 0, 2, 1), 5000};
const endpoint peer_at{address::v4(192, 0, 2, 2), 6000};

[[noreturn]] void give_up(const char* why) {
  std::fprintf(stderr, "turn: %s\n", why);
  std::exit(1);
}

sim::turn_server make_server() {
  return {{.relays = {server_at.address}, .credentials = {.users = {{"user", "password"}}}},
          sim::random_source{1}};
}

std::vector<std::byte> some_payload() {
  return std::vector<std::byte>(payload_size, std::byte{0xff});
}

/// One kind of wrapping, by one library: sends and receives the same payload again and again.
struct works {
  std::string name;
  std::function<void()> send_in_place;
  std::function<void()> send_copied;
  std::function<void()> receive;
};

// ---- floe ---------------------------------------------------------------------------------------

/// An agent with nothing but a relay, and its peer.
class floe_call {
 public:
  explicit floe_call(bool channel) {
    if (!channel)
      server_.refuse(floe::stun::method::channel_bind, floe::stun::error_code::forbidden, 1000);
    (void)left_.add_local(socket, client_at).value();
    (void)right_.add_local(socket, peer_at).value();
    introduce(left_, right_);
    introduce(right_, left_);
    left_.gather(now_);
    right_.gather(now_);
    // Settled, and the channel bound or refused.
    const auto end = now_ + std::chrono::seconds{2};
    while (now_ < end) {
      now_ += std::chrono::milliseconds{5};
      left_.handle_timeout(now_);
      right_.handle_timeout(now_);
      pump();
    }
    if (left_.state() != connection_state::completed) give_up("floe is not connected");
    to_left_ = from_server();
    const bool is_channel =
        floe::stun::classify(byte_view{to_left_}) == floe::stun::protocol::turn_channel;
    if (is_channel != channel) give_up("not the wrapping that was wanted");
    for (const auto by : {&floe_call::send_in_place, &floe_call::send_copied}) {
      (this->*by)();
      server_.from_client(now_, client_at, byte_view{buffer_}.subspan(sent_.offset, sent_.size));
      const auto out = server_.poll();
      if (!out || out->to_client || out->bytes != payload_)
        give_up("floe's payload did not arrive");
    }
    receive();
  }

  void send_in_place() {
    keep(left_.encapsulate(now_, byte_view{buffer_}.subspan(max_relay_overhead, payload_size),
                           buffer_));
  }
  void send_copied() { keep(left_.encapsulate(now_, payload_, buffer_)); }

  void receive() {
    const auto in = left_.handle_datagram(now_, {socket, server_at, to_left_});
    const auto* const data = std::get_if<payload>(&in);
    if (data == nullptr || data->bytes.size() != payload_size) give_up("floe lost a payload");
  }

 private:
  static constexpr socket_id socket{1};

  void keep(const result<transmit>& out) {
    if (!out) give_up("floe can't send");
    sent_ = *out;
  }

  static void introduce(const agent& from, agent& to) {
    const auto own = from.local_credentials();
    (void)to.set_remote_credentials(own.ufrag, own.password).value();
  }

  std::vector<std::byte> from_server() {
    for (const auto& a : server_.allocations()) {
      server_.from_peer(now_, a.relayed, peer_at, payload_);
    }
    const auto out = server_.poll();
    if (!out || !out->to_client) give_up("the relay is gone");
    return out->bytes;
  }

  void pump() {
    for (bool more = true; more;) {
      more = false;
      while (const auto out = left_.poll_transmit(scratch_)) {
        more = true;
        server_.from_client(now_, client_at, byte_view{scratch_}.subspan(out->offset, out->size));
      }
      while (const auto out = right_.poll_transmit(scratch_)) {
        more = true;
        server_.from_peer(now_, out->remote, peer_at,
                          byte_view{scratch_}.subspan(out->offset, out->size));
      }
      while (const auto out = server_.poll()) {
        more = true;
        if (out->to_client) {
          (void)left_.handle_datagram(now_, {socket, server_at, out->bytes});
        } else {
          (void)right_.handle_datagram(now_, {socket, out->from, out->bytes});
        }
      }
      tell(left_, right_);
      tell(right_, left_);
    }
  }

  static void tell(agent& from, agent& to) {
    while (const auto e = from.poll_event()) {
      const auto* const found = std::get_if<event::local_candidate>(&*e);
      if (found != nullptr) (void)to.add_remote(from.local(found->id)->candidate).value();
    }
  }

  static config behaviour(ice::role role) {
    config c{.role = role};
    if (role == ice::role::controlled) return c;
    c.servers = servers;
    c.offers = ice::relayed_only;
    return c;
  }

  time_point now_{sim::epoch};
  sim::turn_server server_ = make_server();
  sim::random_source chance_{7};
  agent left_{now_, behaviour(ice::role::controlling), chance_};
  agent right_{now_, behaviour(ice::role::controlled), chance_};
  std::vector<std::byte> payload_ = some_payload();
  std::vector<std::byte> to_left_;
  transmit sent_{};
  std::array<std::byte, 2048> scratch_{};
  std::array<std::byte, 2048> buffer_ = [] {
    std::array<std::byte, 2048> b{};
    b.fill(std::byte{0xff});
    return b;
  }();
};

works works_of(floe_call& call, const std::string& name) {
  return {name, [&] { call.send_in_place(); }, [&] { call.send_copied(); },
          [&] { call.receive(); }};
}

// ---- libre --------------------------------------------------------------------------------------

#ifdef FLOE_BESIDE_LIBRE

/// What libre hands to the kernel, in the place of the kernel.
std::array<std::byte, 2048> handed_over{};
std::size_t handed_over_size = 0;

/// What the kernel would have for libre, and from whom.
byte_view waiting;
sa waiting_from;

/// The last socket that libre's event loop watches.
fd_h* on_readable = nullptr;
void* readable = nullptr;

}  // namespace

extern "C" {
ssize_t sendto(int, const void* bytes, std::size_t size, int, const sockaddr*, socklen_t) {
  handed_over_size = std::min(size, handed_over.size());
  std::memcpy(handed_over.data(), bytes, handed_over_size);
  return static_cast<ssize_t>(size);
}
ssize_t recvfrom(int, void* buffer, std::size_t size, int, sockaddr* from, socklen_t* from_size) {
  const auto taken = std::min(size, waiting.size());
  std::memcpy(buffer, waiting.data(), taken);
  *from_size = waiting_from.len;
  std::memcpy(from, &waiting_from.u, waiting_from.len);
  return static_cast<ssize_t>(taken);
}
int fd_listen(int, int flags, fd_h* handler, void* arg) {
  if (flags != 0) {
    on_readable = handler;
    readable = arg;
  }
  return 0;
}
}

namespace {

sa raw(const endpoint& e) {
  sa out;
  const auto& o = e.address.octets;
  sa_set_in(&out,
            std::uint32_t{o[0]} << 24U | std::uint32_t{o[1]} << 16U | std::uint32_t{o[2]} << 8U |
                o[3],
            e.port);
  return out;
}

class libre_call {
 public:
  explicit libre_call(bool channel) {
    std::memcpy(out_->buf + headroom, payload_.data(), payload_size);
    sa any;
    sa_set_str(&any, "127.0.0.1", 0);
    if (udp_listen(&socket_, &any, on_payload, this) != 0) give_up("libre has no socket");
    if (turnc_alloc(&client_, nullptr, IPPROTO_UDP, socket_, 0, &server_sa_, "user", "password",
                    600, on_allocated, this) != 0) {
      give_up("libre can't ask");
    }
    exchange();
    exchange();
    if (!allocated_) give_up("libre has no relay");
    (void)turnc_add_perm(client_, &peer_sa_, nullptr, nullptr);
    exchange();
    if (channel) {
      (void)turnc_add_chan(client_, &peer_sa_, nullptr, nullptr);
      exchange();
    }
    for (const auto& a : server_.allocations()) {
      server_.from_peer(now_, a.relayed, peer_at, payload_);
    }
    const auto out = server_.poll();
    if (!out || !out->to_client) give_up("libre's relay is gone");
    to_client_ = out->bytes;
    const bool is_channel =
        floe::stun::classify(byte_view{to_client_}) == floe::stun::protocol::turn_channel;
    if (is_channel != channel) give_up("not the wrapping that was wanted of libre");
    for (const auto by : {&libre_call::send_in_place, &libre_call::send_copied}) {
      (this->*by)();
      server_.from_client(now_, client_at, byte_view{handed_over}.first(handed_over_size));
      const auto sent = server_.poll();
      if (!sent || sent->to_client || sent->bytes != payload_) give_up("libre's payload got lost");
    }
    receive();
    if (received_ != payload_size) give_up("libre lost a payload");
  }

  /// The payload stands in the buffer already, behind what libre wants in front.
  void send_in_place() {
    out_->pos = headroom;
    out_->end = headroom + payload_size;
    (void)udp_send(socket_, &peer_sa_, out_);
  }
  /// libre moves nothing by itself: its user copies to where there is headroom.
  void send_copied() {
    std::memcpy(out_->buf + headroom, payload_.data(), payload_size);
    send_in_place();
  }
  void receive() { take(to_client_); }

 private:
  static constexpr std::size_t headroom = 36;

  static void on_payload(const sa*, mbuf* mb, void* self) {
    static_cast<libre_call*>(self)->received_ = mbuf_get_left(mb);
  }
  static void on_allocated(int err, std::uint16_t code, const char*, const sa*, const sa*,
                           const stun_msg*, void* self) {
    static_cast<libre_call*>(self)->allocated_ = err == 0 && code == 0;
  }

  void take(byte_view bytes) const {
    waiting = bytes;
    waiting_from = server_sa_;
    on_readable(FD_READ, readable);
  }

  /// The last request, and its answer.
  void exchange() {
    server_.from_client(now_, client_at, byte_view{handed_over}.first(handed_over_size));
    while (const auto out = server_.poll()) {
      take(out->bytes);
    }
  }

  time_point now_{sim::epoch};
  sim::turn_server server_ = make_server();
  std::vector<std::byte> payload_ = some_payload();
  std::vector<std::byte> to_client_;
  sa server_sa_ = raw(server_at);
  sa peer_sa_ = raw(peer_at);
  udp_sock* socket_ = nullptr;
  turnc* client_ = nullptr;
  mbuf* out_ = mbuf_alloc(2048);
  std::size_t received_ = 0;
  bool allocated_ = false;
};

works works_of(libre_call& call, const std::string& name) {
  return {name, [&] { call.send_in_place(); }, [&] { call.send_copied(); },
          [&] { call.receive(); }};
}

#endif

// ---- the table ----------------------------------------------------------------------------------

double allocations_of(const std::function<void()>& work) {
  constexpr int calls = 1000;
  const auto before = allocations;
  for (int i = 0; i < calls; ++i) work();
  return static_cast<double>(allocations - before) / calls;
}

struct row {
  std::string name;
  std::function<void()> ours;
  std::function<void()> theirs;  ///< empty where libre is not installed
};

bool measure(const row& r) {
  const auto nothing = [] {};
  const auto best = support::best_of<support::pace::packed>(
      r.ours, r.theirs ? r.theirs : std::function<void()>{nothing});
  const auto taken = allocations_of(r.ours);
  std::printf("%-34s %8.1f %6.2f", r.name.c_str(), best[0], taken);
  if (r.theirs) {
    std::printf(" %8.1f %6.2f %8.2f", best[1], allocations_of(r.theirs), best[1] / best[0]);
  }
  std::printf("\n");
  return !(taken > 0);
}

}  // namespace

int main() {
  std::printf("relayed payloads of %zu bytes\n%-34s %8s %6s %8s %6s %8s\n", payload_size, "",
              "floe ns", "allocs", "libre ns", "allocs", "times");
  bool fine = true;
#ifdef FLOE_BESIDE_LIBRE
  if (libre_init() != 0) give_up("libre does not start");
#endif
  for (const bool channel : {true, false}) {
    floe_call call{channel};
    const auto ours = works_of(call, "floe");
    works theirs;
#ifdef FLOE_BESIDE_LIBRE
    libre_call other{channel};
    theirs = works_of(other, "libre");
#endif
    const std::string how = channel ? "ChannelData" : "indication";
    fine = measure({"send by " + how + ", in place", ours.send_in_place, theirs.send_in_place}) &&
           fine;
    fine = measure({"send by " + how + ", copied", ours.send_copied, theirs.send_copied}) && fine;
    fine = measure({"receive by " + how, ours.receive, theirs.receive}) && fine;
  }
  if (!fine) give_up("floe allocates");
  return 0;
}
