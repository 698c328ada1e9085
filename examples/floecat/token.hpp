// One side's half of the signalling as one word that people can copy: credentials and candidates.
//
// owns:     the token's two directions
// does not: judge candidates; the agent does
// form:     "floe1:" and base64url of: ufrag LF pwd LF (candidate LF)* and the CRC-32 of all that
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "floe/core/bytes.hpp"
#include "floe/crypto/crc32.hpp"
#include "floe/ice/candidate.hpp"
#include "floe/sdp/candidate.hpp"

namespace floecat {

inline constexpr std::string_view token_prefix = "floe1:";
inline constexpr std::size_t max_token = 16'384;  ///< characters
inline constexpr std::string_view base64url_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// What one side tells the other.
struct description {
  std::string ufrag;
  std::string password;
  std::vector<floe::ice::candidate> candidates;
};

/// Base64url without padding (RFC 4648 §5).
[[nodiscard]] inline std::string to_base64url(std::string_view bytes) {
  std::string text;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : bytes) {
    bits = (bits << 8U) | static_cast<std::uint8_t>(c);
    for (count += 8; count >= 6; count -= 6) {
      text += base64url_alphabet[(bits >> (count - 6)) & 63U];
    }
  }
  if (count > 0) text += base64url_alphabet[(bits << (6 - count)) & 63U];
  return text;
}

/// The bytes that `text` stands for; nullopt when it is no base64url or carries stray bits.
[[nodiscard]] inline std::optional<std::string> from_base64url(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const auto digit = base64url_alphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = (bits << 6U) | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>((bits >> count) & 0xffU);
  }
  const bool stray = count >= 6 || (bits & ((1U << count) - 1U)) != 0;
  return stray ? std::nullopt : std::optional{bytes};
}

/// Four characters that tell a damaged token from a whole one.
[[nodiscard]] inline std::string token_checksum(std::string_view text) {
  std::array<std::byte, 4> sum{};
  floe::store_be(sum.data(), floe::crypto::crc32(floe::as_byte_view(text)));
  return std::string{floe::as_text(sum)};
}

/// The token of a description.
[[nodiscard]] inline std::string write_token(const description& d) {
  std::string text = d.ufrag + "\n" + d.password + "\n";
  for (const auto& candidate : d.candidates) {
    const auto line = floe::sdp::to_text(candidate);
    text.append(line.view().substr(floe::sdp::candidate_prefix.size())).append("\n");
  }
  return std::string{token_prefix} + to_base64url(text + token_checksum(text));
}

/// Takes the next line off the front; nullopt when no whole line is left.
[[nodiscard]] inline std::optional<std::string_view> take_line(std::string_view& text) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const auto line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

/// The description that a token carries, whatever white space stands around it; nullopt for
/// anything that is no whole token. Candidates of kinds that floe does not know are passed over.
[[nodiscard]] inline std::optional<description> read_token(std::string_view token) {
  constexpr std::string_view white = " \t\r\n";
  const auto begin = token.find_first_not_of(white);
  if (begin == std::string_view::npos) return std::nullopt;
  token = token.substr(begin, token.find_last_not_of(white) + 1 - begin);
  if (token.size() > max_token || !token.starts_with(token_prefix)) return std::nullopt;

  const auto whole = from_base64url(token.substr(token_prefix.size()));
  if (!whole || whole->size() < 4) return std::nullopt;
  auto rest = std::string_view{*whole}.substr(0, whole->size() - 4);
  if (token_checksum(rest) != whole->substr(rest.size())) return std::nullopt;

  const auto ufrag = take_line(rest);
  const auto password = take_line(rest);
  if (!ufrag || !password) return std::nullopt;
  description made{std::string{*ufrag}, std::string{*password}, {}};
  while (const auto line = take_line(rest)) {
    const auto parsed = floe::sdp::parse_candidate(*line);
    if (parsed) made.candidates.push_back(parsed->candidate);
    if (!parsed && parsed.error() != floe::errc::unsupported) return std::nullopt;
  }
  return rest.empty() ? std::optional{made} : std::nullopt;
}

}  // namespace floecat
