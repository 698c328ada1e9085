// What one recording tells: the datagrams of its agent, and what happened to it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "floe/record/player.hpp"

namespace replay {

using bytes = std::vector<std::byte>;

/// What a datagram is for.
enum class purpose : unsigned char {
  check,       ///< and its answers
  nomination,  ///< a check that nominates, and its answers
  upkeep,      ///< consent, keepalives, refreshes
  data,
  server,  ///< questions to servers, and their answers
};

/// A datagram that the agent sent or took.
struct packet {
  floe::time_point at;
  std::size_t call = 0;  ///< the number of the call that it went through
  bool sent = false;
  replay::purpose purpose = replay::purpose::data;
  std::string label;
  floe::endpoint own;
  floe::endpoint other;     ///< where it went, or came from: a relay, too
  bool by_server = false;   ///< `other` is a server
  bytes inner;              ///< without what a relay put around it
  std::string transaction;  ///< of STUN, or empty
  bool is_request = false;
  bool is_relayed = false;  ///< it is the peer's, and went through a server
};

/// Something that happened in the agent.
struct moment {
  floe::time_point at;
  std::size_t call = 0;
  std::vector<std::string> lines;
  bool is_strong = false;
};

struct side {
  std::string name;
  std::string role;
  floe::time_point start;
  floe::time_point end;
  std::vector<packet> packets;
  std::vector<moment> moments;
  std::vector<std::pair<floe::endpoint, std::string>> servers;  ///< and what they are
  std::size_t calls = 0;
  floe::record::verdict verdict = floe::record::verdict::damaged;
  std::string trouble;  ///< in a sentence, where it did not play to its end
};

/// Plays a recording. name: what it is called unless it says so itself
[[nodiscard]] side play(floe::byte_view recording, std::string_view name);

/// ADDRESS:PORT, an IPv6 address in brackets.
[[nodiscard]] std::string text_of(const floe::endpoint& e);

/// "12.3 ms" or "4.567 s".
[[nodiscard]] std::string text_of(floe::duration d);

}  // namespace replay
