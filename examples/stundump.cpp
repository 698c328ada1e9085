// Prints STUN messages: from hex digits, or from a capture file.
//
//     stundump 000100002112a442...      each argument is a message
//     stundump < hex.txt                each line is one, other characters than digits left out
//     stundump capture.pcap             every UDP datagram in it that is STUN
//
// Prints a table per message, or with --line a line. Exit code: 0 when all were STUN, 1 when some
// were not, 2 when something could not be read.
#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "command_line.hpp"
#include "floe/core/bytes.hpp"
#include "floe/core/datagram.hpp"
#include "floe/sdp/stun_text.hpp"
#include "floe/stun/demux.hpp"
#include "floe/stun/message_view.hpp"

namespace {

using bytes = std::vector<std::byte>;

std::string_view text_of(floe::reject why) {
  if (why == floe::reject::not_stun) return "no STUN";
  if (why == floe::reject::truncated) return "cut off";
  if (why == floe::reject::bad_length) return "its length field is wrong";
  return "an attribute does not fit";
}

/// Prints a message, or why it is none. Returns whether it is one.
bool print(floe::byte_view message, bool on_a_line) {
  const auto parsed = floe::stun::message_view::parse(message);
  if (!parsed) {
    std::cout << message.size() << " bytes: " << text_of(parsed.error()) << '\n';
    return false;
  }
  std::cout << (on_a_line ? floe::sdp::to_line(*parsed) + '\n' : floe::sdp::to_table(*parsed));
  return true;
}

/// The bytes that the hex digits of `text` make; nullopt for an odd number of them.
std::optional<bytes> from_hex(std::string_view text) {
  std::string digits;
  std::copy_if(text.begin(), text.end(), std::back_inserter(digits),
               [](unsigned char c) { return std::isxdigit(c) != 0; });
  if (digits.size() % 2 != 0) return std::nullopt;
  bytes out;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    out.push_back(static_cast<std::byte>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  }
  return out;
}

/// A capture file, read front to back. Every size in it is checked: captures come from anywhere.
class capture {
 public:
  explicit capture(bytes content) : content_{std::move(content)}, rest_{content_} {
    constexpr std::uint32_t magics[] = {0xa1b2c3d4, 0xa1b23c4d};
    const auto header = rest_.take(24);
    if (!header) return;
    for (const auto magic : magics) {
      if (floe::load_be<std::uint32_t>(header->data()) == magic) is_big_endian_ = good_ = true;
      if (number(header->data(), false) == magic) good_ = true;
    }
    link_ = number(header->data() + 20, is_big_endian_) & 0xffffU;
  }

  [[nodiscard]] bool good() const { return good_; }

  /// The payload of the next UDP datagram.
  std::optional<floe::byte_view> next() {
    while (const auto header = rest_.take(16)) {
      const auto frame = rest_.take(number(header->data() + 8, is_big_endian_));
      if (!frame) break;
      if (const auto payload = udp_in(*frame)) return payload;
    }
    return std::nullopt;
  }

 private:
  static std::uint32_t number(const std::byte* from, bool big_endian) {
    const auto value = floe::load_be<std::uint32_t>(from);
    return big_endian ? value
                      : (value >> 24U) | ((value >> 8U) & 0xff00U) | ((value << 8U) & 0xff0000U) |
                            (value << 24U);
  }

  /// How many bytes stand before the IP header.
  [[nodiscard]] std::optional<std::size_t> link_header() const {
    switch (link_) {
      case 0: return 4;     // BSD loopback
      case 1: return 14;    // Ethernet
      case 101:             // raw IP
      case 228:             // raw IPv4
      case 229: return 0;   // raw IPv6
      case 113: return 16;  // Linux "any"
      case 276: return 20;  // Linux "any", second version
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<floe::byte_view> udp_in(floe::byte_view frame) const {
    constexpr auto udp = std::byte{17};
    const auto link = link_header();
    floe::cursor from{frame};
    if (!link || !from.take(*link) || from.empty()) return std::nullopt;
    const auto ip = from.rest();
    const auto version = std::to_integer<unsigned>(ip[0]) >> 4U;
    std::size_t header = 0;
    if (version == 4 && ip.size() >= 20 && ip[9] == udp) {
      header = (std::to_integer<std::size_t>(ip[0]) & 15U) * 4;
    } else if (version == 6 && ip.size() >= 40 && ip[6] == udp) {
      header = 40;
    } else {
      return std::nullopt;
    }
    if (!from.take(header)) return std::nullopt;
    const auto ports_and_sum = from.take(8);
    if (!ports_and_sum) return std::nullopt;
    const std::size_t size = floe::load_be<std::uint16_t>(ports_and_sum->data() + 4);
    return size < 8 ? std::nullopt : from.take(size - 8);
  }

  bytes content_;
  floe::cursor rest_;
  bool is_big_endian_ = false;
  bool good_ = false;
  std::uint32_t link_ = 0;
};

enum outcome : int { all_stun = 0, some_not = 1, unreadable = 2 };

outcome print_hex(std::string_view text, bool on_a_line) {
  const auto message = from_hex(text);
  if (!message) {
    std::cerr << "stundump: an odd number of hex digits\n";
    return unreadable;
  }
  return print(*message, on_a_line) ? all_stun : some_not;
}

outcome print_capture(std::ifstream& file, bool on_a_line) {
  bytes content;
  std::transform(std::istreambuf_iterator<char>{file}, {}, std::back_inserter(content),
                 [](char c) { return static_cast<std::byte>(c); });
  capture packets{std::move(content)};
  if (!packets.good()) {
    std::cerr << "stundump: no capture file of the kind it reads (pcap)\n";
    return unreadable;
  }
  auto result = all_stun;
  while (const auto payload = packets.next()) {
    if (floe::stun::classify(*payload) != floe::stun::protocol::stun) continue;
    if (!print(*payload, on_a_line)) result = some_not;
  }
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> messages;
  bool on_a_line = false;
  examples::command_line line{"stundump",
                              "usage: stundump [--line] [HEX or FILE.pcap]...\n"
                              "Without a message, each line of standard input is one.\n"};
  line.flag("--line", on_a_line)
      .words("a message", 0, SIZE_MAX, [&messages](std::string_view word) {
        messages.emplace_back(word);
        return std::string{};
      });
  if (const auto code = line.read(argc, argv)) return *code;
  auto result = all_stun;
  for (const auto& message : messages) {
    std::ifstream file{message, std::ios::binary};
    result =
        std::max(result, file ? print_capture(file, on_a_line) : print_hex(message, on_a_line));
  }
  for (std::string text; messages.empty() && std::getline(std::cin, text);) {
    if (!text.empty()) result = std::max(result, print_hex(text, on_a_line));
  }
  return result;
}
