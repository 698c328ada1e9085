// What a connectivity check and its response cost with floe, and with the STUN codecs of libnice
// and libre doing the same work in the same run: the same 104-byte check and its 64-byte response,
// the same credentials.
//
// Nanoseconds are the shortest of many short rounds in turn, where the CPU may overlap calls.
// "ratio" is floe to the floor (support.hpp), "times" the faster of the two others to floe, and
// "times_alone" the same one call at a time; "allocs_..." are allocations per call.
//
//     peers --run NAME CALLS    the work of one library as often as said: for counting instructions
//     peers --list              the names
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iostream>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

extern "C" {
#include <re_types.h>
// after the types that they use
#include <re_fmt.h>
#include <re_list.h>
#include <re_mbuf.h>
#include <re_mem.h>
#include <re_sa.h>
#define stun_debug stun_debug_of_libre  // libnice declares another one
#include <re_stun.h>
#undef stun_debug
#include <stun/stunagent.h>
}

#include "allocations.hpp"
#include "floe/stun/attributes/address.hpp"
#include "floe/stun/attributes/ice.hpp"
#include "floe/stun/attributes/text.hpp"
#include "floe/stun/fingerprint.hpp"
#include "floe/stun/integrity.hpp"
#include "floe/stun/message_view.hpp"
#include "floe/stun/writer.hpp"
#include "support.hpp"
#include "vectors/messages.hpp"

namespace {

using floe::byte_view;

using support::typical_check;
using support::typical_response;

const byte_view check{support::bytes_of<typical_check>()};
const byte_view response{support::bytes_of<typical_response>()};
constexpr byte_view password{vectors::ice_password};
constexpr auto username = typical_check::username;
constexpr auto priority = typical_check::priority;
constexpr auto tie_breaker = typical_check::tie_breaker;
constexpr auto mapped = typical_response::mapped;

const std::uint8_t* octets(byte_view bytes) {
  return reinterpret_cast<const std::uint8_t*>(bytes.data());
}

/// Transaction id of both messages.
const std::uint8_t* id_octets() { return octets(check) + 8; }

/// The messages made here must be those of the vectors, give or take what padding holds.
void expect(bool good, std::string_view what) {
  if (good) return;
  std::cerr << "peers: not the same work: " << what << '\n';
  std::exit(1);
}

// Each library is a class with the same works. The results of parse() and verify() say whether the
// message was good, those of encode_...() how many bytes were written.

class floe_codec {
 public:
  static bool parse(byte_view datagram) {
    benchmark::DoNotOptimize(datagram);
    const auto message = floe::stun::message_view::parse(datagram);
    return message.has_value();
  }
  static bool verify(byte_view datagram) {
    benchmark::DoNotOptimize(datagram);
    const auto message = floe::stun::message_view::parse(datagram);
    return message &&
           floe::stun::check_fingerprint(*message) == floe::stun::fingerprint_state::right &&
           floe::stun::authenticate(*message, support::ice_key).has_value();
  }
  byte_view encode_check() { return write<typical_check>(); }
  byte_view encode_response() { return write<typical_response>(); }

 private:
  template <class Message>
  byte_view write() {
    return byte_view{buffer_}.first(Message::write(buffer_));
  }

  std::array<std::byte, floe::max_datagram_size> buffer_{};
};

/// What yields a message in libnice is stun_agent_validate(); for parse() it is told to look
/// neither at credentials nor at the fingerprint. The id of a request is given, not drawn.
class nice_codec {
 public:
  nice_codec() {
    constexpr auto fingerprint = STUN_AGENT_USAGE_USE_FINGERPRINT;
    stun_agent_init(&parser_, known.data(), STUN_COMPATIBILITY_RFC5389,
                    STUN_AGENT_USAGE_IGNORE_CREDENTIALS);
    stun_agent_init(
        &prover_, known.data(), STUN_COMPATIBILITY_RFC5389,
        static_cast<StunAgentUsageFlags>(STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | fingerprint));
    std::memcpy(id_, octets(check) + 4, sizeof id_);  // the magic cookie belongs to it
    auto* const raw = reinterpret_cast<sockaddr_in*>(&mapped_);
    raw->sin_family = AF_INET;
    raw->sin_port = htons(mapped.port);
    std::memcpy(&raw->sin_addr, mapped.address.octets.data(), 4);
  }

  bool parse(byte_view datagram) { return validate(parser_, datagram); }
  bool verify(byte_view datagram) { return validate(prover_, datagram); }

  byte_view encode_check() {
    auto message = begin(STUN_REQUEST);
    stun_message_append_bytes(&message, STUN_ATTRIBUTE_USERNAME, username.data(), username.size());
    stun_message_append32(&message, STUN_ATTRIBUTE_PRIORITY, priority);
    stun_message_append64(&message, STUN_ATTRIBUTE_ICE_CONTROLLING, tie_breaker);
    const auto made = finish(message);
    stun_agent_forget_transaction(&prover_, id_);
    return made;
  }
  byte_view encode_response() {
    auto message = begin(STUN_RESPONSE);
    stun_message_append_xor_addr(&message, STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS, &mapped_,
                                 sizeof(sockaddr_in));
    return finish(message);
  }

 private:
  static constexpr std::array<std::uint16_t, 10> known{
      STUN_ATTRIBUTE_MAPPED_ADDRESS,     STUN_ATTRIBUTE_USERNAME,
      STUN_ATTRIBUTE_MESSAGE_INTEGRITY,  STUN_ATTRIBUTE_ERROR_CODE,
      STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS, STUN_ATTRIBUTE_PRIORITY,
      STUN_ATTRIBUTE_USE_CANDIDATE,      STUN_ATTRIBUTE_ICE_CONTROLLING,
      STUN_ATTRIBUTE_ICE_CONTROLLED,     0};

  static bool give_password(StunAgent*, StunMessage*, std::uint8_t*, std::uint16_t,
                            std::uint8_t** key, std::size_t* size, void*) {
    *key = const_cast<std::uint8_t*>(octets(password));
    *size = password.size();
    return true;
  }

  bool validate(StunAgent& agent, byte_view datagram) {
    // A response must be waited for, and is so once.
    auto& sent = agent.sent_ids[0];
    sent.valid = true;
    sent.method = STUN_BINDING;
    sent.key = const_cast<std::uint8_t*>(octets(password));
    sent.key_len = password.size();
    std::memset(sent.id, 0, sizeof sent.id);
    std::memcpy(sent.id, octets(datagram) + 4, sizeof sent.id);
    StunMessage message;
    return stun_agent_validate(&agent, &message, octets(datagram), datagram.size(), give_password,
                               nullptr) == STUN_VALIDATION_SUCCESS;
  }

  StunMessage begin(StunClass cls) {
    StunMessage message{};
    message.agent = &prover_;
    message.buffer = buffer_.data();
    message.buffer_len = buffer_.size();
    stun_message_init(&message, cls, STUN_BINDING, id_);
    return message;
  }
  byte_view finish(StunMessage& message) {
    const auto size =
        stun_agent_finish_message(&prover_, &message, octets(password), password.size());
    return gsl::as_bytes(gsl::span<const std::uint8_t>{buffer_}.first(size));
  }

  StunAgent parser_{};
  StunAgent prover_{};
  StunTransactionId id_{};
  sockaddr_storage mapped_{};
  std::array<std::uint8_t, floe::max_datagram_size> buffer_{};
};

/// libre reads from and writes to memory buffers of its own; they are made once, and a message that
/// is read is copied in once.
class re_codec {
 public:
  re_codec() : check_{holding(check)}, response_{holding(response)}, out_{mbuf_alloc(512)} {
    sa_set_str(&mapped_, "203.0.113.5", mapped.port);
  }
  re_codec(const re_codec&) = delete;
  re_codec& operator=(const re_codec&) = delete;
  ~re_codec() {
    for (auto* const held : {check_, response_, out_}) mem_deref(held);
  }

  bool parse(byte_view datagram) {
    return with(datagram, [](const stun_msg*) { return true; });
  }
  bool verify(byte_view datagram) {
    return with(datagram, [](const stun_msg* message) {
      return stun_msg_chk_fingerprint(message) == 0 &&
             stun_msg_chk_mi(message, octets(password), password.size()) == 0;
    });
  }

  byte_view encode_check() {
    return encode(STUN_CLASS_REQUEST, 3, STUN_ATTR_USERNAME, username.data(), STUN_ATTR_PRIORITY,
                  &priority, STUN_ATTR_CONTROLLING, &tie_breaker);
  }
  byte_view encode_response() {
    return encode(STUN_CLASS_SUCCESS_RESP, 1, STUN_ATTR_XOR_MAPPED_ADDR, &mapped_);
  }

 private:
  static mbuf* holding(byte_view bytes) {
    auto* const made = mbuf_alloc(bytes.size());
    mbuf_write_mem(made, octets(bytes), bytes.size());
    return made;
  }

  template <class Use>
  bool with(byte_view datagram, Use&& use) {
    auto* const in = datagram.size() == check.size() ? check_ : response_;
    in->pos = 0;
    stun_msg* message = nullptr;
    stun_unknown_attr unknown;
    const bool good = stun_msg_decode(&message, in, &unknown) == 0 && use(message);
    mem_deref(message);
    return good;
  }

  template <class... Attributes>
  byte_view encode(std::uint8_t cls, std::uint32_t count, Attributes... attributes) {
    out_->pos = out_->end = 0;
    stun_msg_encode(out_, STUN_METHOD_BINDING, cls, id_octets(), nullptr, octets(password),
                    password.size(), true, 0, count, attributes...);
    return gsl::as_bytes(gsl::span<const std::uint8_t>{out_->buf, out_->end});
  }

  mbuf* check_;
  mbuf* response_;
  mbuf* out_;
  sa mapped_{};
};

floe_codec floe_stun;
nice_codec nice_stun;
re_codec re_stun;

/// One piece of work, as each library does it.
struct operation {
  std::string name;
  byte_view message;
  bool is_hashed;
  std::array<std::function<void()>, 3> by;  ///< floe, libnice, libre
};

constexpr std::array<std::string_view, 3> names{"floe", "libnice", "libre"};

/// The same call on each library.
template <class Call>
operation make(std::string name, byte_view message, bool is_hashed, Call call) {
  const auto discarding = [call](auto& codec) {
    return [call, &codec] {
      auto result = call(codec);
      benchmark::DoNotOptimize(result);
    };
  };
  return {std::move(name),
          message,
          is_hashed,
          {discarding(floe_stun), discarding(nice_stun), discarding(re_stun)}};
}

const std::array operations{
    make("parse/check", check, false, [](auto& codec) { return codec.parse(check); }),
    make("parse/response", response, false, [](auto& codec) { return codec.parse(response); }),
    make("parse_and_verify/check", check, true, [](auto& codec) { return codec.verify(check); }),
    make("parse_and_verify/response", response, true,
         [](auto& codec) { return codec.verify(response); }),
    make("encode/check", check, true, [](auto& codec) { return codec.encode_check(); }),
    make("encode/response", response, true, [](auto& codec) { return codec.encode_response(); }),
};

/// Everybody accepts the vectors and refuses one with a bit turned, and writes what floe accepts.
template <class Codec>
void check_work(Codec& codec, std::string_view name) {
  expect(codec.parse(check) && codec.parse(response), name);
  expect(codec.verify(check) && codec.verify(response), name);
  expect(codec.encode_check().size() == check.size() && floe_stun.verify(codec.encode_check()),
         name);
  expect(std::ranges::equal(codec.encode_response(), response), name);
}

double allocations_of(const std::function<void()>& work) {
  constexpr int calls = 100;
  const auto before = allocations;
  for (int i = 0; i < calls; ++i) work();
  return static_cast<double>(allocations - before) / calls;
}

void compare(benchmark::State& state, const operation& o) {
  using support::pace;
  const auto floor = [&o] { support::hash_only(o.message); };
  const auto best = support::best_of<pace::packed>(o.by[0], o.by[1], o.by[2], floor);
  const auto alone = support::best_of<pace::alone>(o.by[0], o.by[1], o.by[2]);
  for (auto _ : state) o.by[0]();
  for (std::size_t i = 0; i < names.size(); ++i) {
    state.counters[std::string{names[i]}] = best[i];
    state.counters["allocs_" + std::string{names[i]}] = allocations_of(o.by[i]);
  }
  state.counters["times"] = std::min(best[1], best[2]) / best[0];
  state.counters["times_alone"] = std::min(alone[1], alone[2]) / alone[0];
  if (!o.is_hashed) return;
  state.counters["floor"] = best[3];
  state.counters["ratio"] = best[0] / best[3];
}

/// Runs the work that `name` says, or lists the names.
int count(std::string_view name, int calls) {
  for (const auto& o : operations) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto own = std::string{names[i]} + '/' + o.name;
      if (name.empty()) std::cout << own << '\n';
      if (own != name) continue;
      for (int call = 0; call < calls; ++call) o.by[i]();
    }
    if (!o.is_hashed) continue;
    const auto floor = "floor/" + o.name;
    if (name.empty()) std::cout << floor << '\n';
    for (int call = 0; floor == name && call < calls; ++call) support::hash_only(o.message);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  check_work(floe_stun, "floe");
  check_work(nice_stun, "libnice");
  check_work(re_stun, "libre");
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words == std::vector<std::string>{"--list"}) return count("", 0);
  if (words.size() == 3 && words[0] == "--run") return count(words[1], std::stoi(words[2]));
  for (const auto& o : operations) {
    benchmark::RegisterBenchmark(o.name.c_str(), [&o](benchmark::State& s) { compare(s, o); });
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
