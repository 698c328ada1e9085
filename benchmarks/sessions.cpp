// Whole sessions over real sockets of one address: two agents in this process, from their creation
// to the selected pair on both sides, one session after the other; and what agents that stay
// connected take of memory.
//
//     sessions floe|libnice ADDRESS COUNT AGENTS
//
// Prints one line: sessions, microseconds of CPU, datagrams, milliseconds to the first valid pair
// and to the pair selected on both sides (medians), bytes of resident memory per agent.
// benchmarks/sessions.py runs it, and the same with aioice, and prints the table.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#ifdef FLOE_BESIDE_LIBNICE
extern "C" {
#include <agent.h>
}
#endif

#include "floe/floe.hpp"
#include "floe/sdp/address.hpp"

namespace {

using clock = std::chrono::steady_clock;
using milliseconds = std::chrono::duration<double, std::milli>;

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "sessions: %s\n", why.c_str());
  std::exit(1);
}

/// What a session took.
struct times {
  milliseconds valid{};     ///< on the side that has a pair first
  milliseconds selected{};  ///< on both sides
};

double microseconds_of_cpu() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto sum = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_usec);
  };
  return sum(used.ru_utime) + sum(used.ru_stime);
}

/// All that left UDP sockets in this network namespace.
long datagrams_sent() {
  std::ifstream file{"/proc/self/net/snmp"};
  std::vector<std::string> names;
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("Udp: ", 0) != 0) continue;
    std::vector<std::string> words;
    for (std::size_t at = 5; at < line.size();) {
      const auto end = std::min(line.find(' ', at), line.size());
      words.push_back(line.substr(at, end - at));
      at = end + 1;
    }
    if (names.empty()) {
      names = words;
      continue;
    }
    const auto found = std::find(names.begin(), names.end(), "OutDatagrams");
    return std::stol(words.at(static_cast<std::size_t>(found - names.begin())));
  }
  give_up("no /proc/self/net/snmp");
}

long resident_bytes() {
  std::ifstream file{"/proc/self/statm"};
  long whole = 0;
  long resident = 0;
  file >> whole >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

double median(std::vector<double> all) {
  std::nth_element(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2),
                   all.end());
  return all[all.size() / 2];
}

// ---- floe: a host of a few lines ----------------------------------------------------------------

struct entropy {
  void operator()(floe::byte_span out) const {
    if (getentropy(out.data(), out.size()) != 0) give_up("no random numbers");
  }
};

class floe_side {
 public:
  floe_side(const floe::address& address, floe::ice::role role, floe::entropy_ref source)
      : agent{clock::now(), {.role = role}, source}, fd_{::socket(AF_INET,
                                                                  SOCK_DGRAM | SOCK_NONBLOCK, 0)} {
    sockaddr_in here = raw({address, 0});
    socklen_t size = sizeof here;
    if (fd_ < 0 || bind(fd_, reinterpret_cast<sockaddr*>(&here), size) != 0 ||
        getsockname(fd_, reinterpret_cast<sockaddr*>(&here), &size) != 0) {
      give_up("no socket");
    }
    (void)agent.add_local(id, {address, ntohs(here.sin_port)}).value();
  }
  floe_side(const floe_side&) = delete;
  floe_side& operator=(const floe_side&) = delete;
  floe_side(floe_side&&) = delete;
  floe_side& operator=(floe_side&&) = delete;
  ~floe_side() { close(fd_); }

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] bool is_done() const { return agent.state() == floe::connection_state::completed; }

  void receive() {
    std::array<std::byte, 2048> buffer;
    sockaddr_in from{};
    socklen_t size = sizeof from;
    for (;;) {
      const auto got =
          recvfrom(fd_, buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
      if (got < 0) return;
      const auto bits = ntohl(from.sin_addr.s_addr);
      const auto octet = [&](unsigned shift) { return static_cast<std::uint8_t>(bits >> shift); };
      (void)agent.handle_datagram(
          clock::now(),
          {id,
           {floe::address::v4(octet(24), octet(16), octet(8), octet(0)), ntohs(from.sin_port)},
           floe::byte_view{buffer}.first(static_cast<std::size_t>(got))});
    }
  }

  /// Sends what is to be sent, and tells the other side what it must know.
  void drain(floe_side& other) {
    std::array<std::byte, 2048> buffer;
    while (const auto out = agent.poll_transmit(buffer)) {
      auto there = raw(out->remote);
      (void)sendto(fd_, buffer.data() + out->offset, out->size, 0,
                   reinterpret_cast<sockaddr*>(&there), sizeof there);
    }
    while (const auto e = agent.poll_event()) {
      if (const auto* const found = std::get_if<floe::event::local_candidate>(&*e)) {
        (void)other.agent.add_remote(agent.local(found->id)->candidate).value();
      } else if (std::holds_alternative<floe::event::gathering_done>(*e)) {
        (void)other.agent.end_of_remote_candidates().value();
      } else if (std::holds_alternative<floe::event::path_found>(*e)) {
        has_path = true;
      }
    }
  }

  void introduce(floe_side& other) const {
    const auto own = agent.local_credentials();
    (void)other.agent.set_remote_credentials(own.ufrag, own.password).value();
  }

  floe::agent agent;
  bool has_path = false;

 private:
  static constexpr floe::socket_id id{0};

  static sockaddr_in raw(const floe::endpoint& e) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_port = htons(e.port);
    std::memcpy(&out.sin_addr, e.address.octets.data(), 4);
    return out;
  }

  int fd_;
};

class floe_session {
 public:
  floe_session(const std::string& address, entropy& source)
      : left_{*floe::sdp::parse_address(address), floe::ice::role::controlling, source},
        right_{*floe::sdp::parse_address(address), floe::ice::role::controlled, source} {}

  times run() {
    const auto began = clock::now();
    times found;
    left_.introduce(right_);
    right_.introduce(left_);
    left_.agent.gather(began);
    right_.agent.gather(began);
    while (!left_.is_done() || !right_.is_done()) {
      left_.drain(right_);
      right_.drain(left_);
      if (found.valid <= milliseconds::zero() && (left_.has_path || right_.has_path)) {
        found.valid = clock::now() - began;
      }
      const auto next = floe::earliest(left_.agent.next_timeout(), right_.agent.next_timeout());
      const auto wait = std::chrono::ceil<std::chrono::milliseconds>(*next - clock::now());
      std::array watched{pollfd{left_.fd(), POLLIN, 0}, pollfd{right_.fd(), POLLIN, 0}};
      poll(watched.data(), watched.size(), std::max(0, static_cast<int>(wait.count())));
      if (watched[0].revents != 0) left_.receive();
      if (watched[1].revents != 0) right_.receive();
      left_.agent.handle_timeout(clock::now());
      right_.agent.handle_timeout(clock::now());
      if (clock::now() - began > std::chrono::seconds{10}) give_up("floe does not connect");
    }
    left_.drain(right_);
    right_.drain(left_);
    found.selected = clock::now() - began;
    return found;
  }

 private:
  floe_side left_;
  floe_side right_;
};

// ---- libnice, as its manual says ----------------------------------------------------------------

#ifdef FLOE_BESIDE_LIBNICE

class nice_session {
 public:
  nice_session(const std::string& address, entropy&) : context_{g_main_context_new()} {
    for (auto& s : sides_) {
      s.agent = nice_agent_new(context_, NICE_COMPATIBILITY_RFC5245);
      g_object_set(s.agent, "controlling-mode", &s == sides_.data() ? TRUE : FALSE, "upnp", FALSE,
                   "ice-tcp", FALSE, nullptr);
      NiceAddress at;
      nice_address_init(&at);
      nice_address_set_from_string(&at, address.c_str());
      nice_agent_add_local_address(s.agent, &at);
      s.stream = nice_agent_add_stream(s.agent, 1);
      g_signal_connect(s.agent, "candidate-gathering-done", reinterpret_cast<GCallback>(gathered),
                       &s);
      g_signal_connect(s.agent, "component-state-changed", reinterpret_cast<GCallback>(changed),
                       &s);
      nice_agent_attach_recv(s.agent, s.stream, 1, context_, received, nullptr);
    }
  }
  nice_session(const nice_session&) = delete;
  nice_session& operator=(const nice_session&) = delete;
  nice_session(nice_session&&) = delete;
  nice_session& operator=(nice_session&&) = delete;
  ~nice_session() {
    for (auto& s : sides_) g_object_unref(s.agent);
    while (g_main_context_iteration(context_, FALSE) != FALSE) {
    }
    g_main_context_unref(context_);
  }

  times run() {
    const auto began = clock::now();
    times found;
    for (auto& s : sides_) nice_agent_gather_candidates(s.agent, s.stream);
    wait(began, [&] { return sides_[0].is_gathered && sides_[1].is_gathered; });
    tell(sides_[0], sides_[1]);
    tell(sides_[1], sides_[0]);
    wait(began, [&] { return sides_[0].is_valid || sides_[1].is_valid; });
    found.valid = clock::now() - began;
    wait(began, [&] { return sides_[0].is_done && sides_[1].is_done; });
    found.selected = clock::now() - began;
    return found;
  }

 private:
  struct side {
    NiceAgent* agent = nullptr;
    guint stream = 0;
    bool is_gathered = false;
    bool is_valid = false;
    bool is_done = false;
  };

  static void gathered(NiceAgent*, guint, gpointer self) {
    static_cast<side*>(self)->is_gathered = true;
  }
  static void changed(NiceAgent*, guint, guint, guint state, gpointer self) {
    auto& who = *static_cast<side*>(self);
    who.is_valid = who.is_valid || state == NICE_COMPONENT_STATE_CONNECTED ||
                   state == NICE_COMPONENT_STATE_READY;
    who.is_done = state == NICE_COMPONENT_STATE_READY;
  }
  static void received(NiceAgent*, guint, guint, guint, gchar*, gpointer) {}

  static void tell(side& from, side& to) {
    gchar* ufrag = nullptr;
    gchar* password = nullptr;
    nice_agent_get_local_credentials(from.agent, from.stream, &ufrag, &password);
    nice_agent_set_remote_credentials(to.agent, to.stream, ufrag, password);
    g_free(ufrag);
    g_free(password);
    auto* const candidates = nice_agent_get_local_candidates(from.agent, from.stream, 1);
    nice_agent_set_remote_candidates(to.agent, to.stream, 1, candidates);
    nice_agent_peer_candidate_gathering_done(to.agent, to.stream);
    g_slist_free_full(candidates,
                      [](gpointer c) { nice_candidate_free(static_cast<NiceCandidate*>(c)); });
  }

  template <class Done>
  void wait(clock::time_point began, Done&& done) {
    while (!done()) {
      g_main_context_iteration(context_, TRUE);
      if (clock::now() - began > std::chrono::seconds{10}) give_up("libnice does not connect");
    }
  }

  GMainContext* context_;
  std::array<side, 2> sides_;
};

#endif

// ---- what all have in common --------------------------------------------------------------------

template <class Session>
void measure(const std::string& address, int count, int agents) {
  entropy source;
  { Session{address, source}.run(); }  // what a library prepares once
  std::vector<double> valid;
  std::vector<double> selected;
  const auto cpu = microseconds_of_cpu();
  const auto sent = datagrams_sent();
  for (int i = 0; i < count; ++i) {
    Session session{address, source};
    const auto found = session.run();
    valid.push_back(found.valid.count());
    selected.push_back(found.selected.count());
  }
  const auto cpu_each = (microseconds_of_cpu() - cpu) / count;
  const auto sent_each = static_cast<double>(datagrams_sent() - sent) / count;

  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  std::vector<std::unique_ptr<Session>> live;
  const auto before = resident_bytes();
  for (int i = 0; i < agents / 2; ++i) {
    live.push_back(std::make_unique<Session>(address, source));
    live.back()->run();
  }
  const auto memory = static_cast<double>(resident_bytes() - before) / (2 * (agents / 2));
  std::printf("%d %.1f %.2f %.2f %.2f %.0f\n", count, cpu_each, sent_each, median(valid),
              median(selected), memory);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() != 4) give_up("usage: sessions floe|libnice ADDRESS COUNT AGENTS");
  const auto count = std::atoi(words[2].c_str());
  const auto agents = std::atoi(words[3].c_str());
  if (count <= 0 || agents < 2) give_up("numbers are wanted");
  if (words[0] == "floe") {
    measure<floe_session>(words[1], count, agents);
    return 0;
  }
#ifdef FLOE_BESIDE_LIBNICE
  if (words[0] == "libnice") {
    measure<nice_session>(words[1], count, agents);
    return 0;
  }
#endif
  give_up("without " + words[0]);
}
