// Any text as a stun: or turn: URI.
//
// Promises: refuses for one reason; what it returns views the text; a server it names can be named
// again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "floe/sdp/uri.hpp"

using namespace floe;

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

std::string written(const sdp::server_uri& uri) {
  std::string text{uri.service_name()};
  const bool bracketed = uri.literal && uri.literal->family == family::ipv6;
  text += bracketed ? ":[" + std::string{uri.host} + "]" : ":" + std::string{uri.host};
  text += ":" + std::to_string(uri.port());
  const bool is_turn = uri.scheme == sdp::uri_scheme::turn || uri.scheme == sdp::uri_scheme::turns;
  if (is_turn && uri.transport != sdp::uri_transport::other) {
    text += "?transport=" + std::string{uri.transport_name()};
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto uri = sdp::parse_uri(text);
  if (!uri) {
    must(uri.error() == errc::malformed_text);
    return 0;
  }
  must(!uri->host.empty() && uri->port() != 0);
  must(uri->host.data() >= text.data() &&
       uri->host.data() + uri->host.size() <= text.data() + text.size());
  must((uri->lookup() == sdp::uri_lookup::none) == uri->literal.has_value());
  const auto again_text = written(*uri);
  if (again_text.size() > sdp::longest_uri) return 0;  // by the port that was not there before
  const auto again = sdp::parse_uri(again_text);
  must(again && again->scheme == uri->scheme && again->host == uri->host &&
       again->port() == uri->port() && again->literal == uri->literal);
  return 0;
}
