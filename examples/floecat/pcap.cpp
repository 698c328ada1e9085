#include "pcap.hpp"

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <vector>

namespace floecat {

namespace {

using byte_vector = std::vector<std::byte>;

constexpr std::uint8_t protocol_udp = 17;
constexpr std::size_t udp_header = 8;
constexpr std::size_t ipv4_header = 20;
constexpr std::uint8_t hops = 64;

template <std::unsigned_integral T>
void append(byte_vector& out, T value) {
  out.resize(out.size() + sizeof(T));
  floe::store_be(out.data() + out.size() - sizeof(T), value);
}

void append(byte_vector& out, floe::byte_view bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

floe::byte_view octets(const floe::address& a) {
  return gsl::as_bytes(gsl::span{a.octets}.first(a.size()));
}

/// The Internet checksum (RFC 1071).
std::uint16_t checksum(floe::byte_view bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    sum += std::to_integer<std::uint32_t>(bytes[i]) << (i % 2 == 0 ? 8U : 0U);
    sum = (sum & 0xffffU) + (sum >> 16U);
  }
  return static_cast<std::uint16_t>(~sum);
}

/// UDP header and data. The checksum is over a pseudo-header as well, whose fields count the same
/// in both families (RFC 768, RFC 8200 §8.1).
byte_vector udp_packet(const floe::endpoint& from, const floe::endpoint& to, floe::byte_view data) {
  const auto length = static_cast<std::uint16_t>(udp_header + data.size());
  byte_vector packet;
  append(packet, from.port);
  append(packet, to.port);
  append(packet, length);
  append(packet, std::uint16_t{0});
  append(packet, data);

  byte_vector summed;
  append(summed, octets(from.address));
  append(summed, octets(to.address));
  append(summed, std::uint16_t{protocol_udp});
  append(summed, length);
  append(summed, packet);
  const auto sum = checksum(summed);
  floe::store_be(packet.data() + 6, sum == 0 ? std::uint16_t{0xffff} : sum);
  return packet;
}

byte_vector ipv4_packet(const floe::endpoint& from, const floe::endpoint& to,
                        floe::byte_view packet) {
  byte_vector made;
  append(made, std::uint16_t{0x4500});
  append(made, static_cast<std::uint16_t>(ipv4_header + packet.size()));
  append(made, std::uint32_t{0x0000'4000});  // no identification, don't fragment
  append(made, hops);
  append(made, protocol_udp);
  append(made, std::uint16_t{0});
  append(made, octets(from.address));
  append(made, octets(to.address));
  floe::store_be(made.data() + 10, checksum(made));
  append(made, packet);
  return made;
}

byte_vector ipv6_packet(const floe::endpoint& from, const floe::endpoint& to,
                        floe::byte_view packet) {
  byte_vector made;
  append(made, std::uint32_t{0x6000'0000});
  append(made, static_cast<std::uint16_t>(packet.size()));
  append(made, protocol_udp);
  append(made, hops);
  append(made, octets(from.address));
  append(made, octets(to.address));
  append(made, packet);
  return made;
}

}  // namespace

bool pcap_writer::open(const std::string& path) {
  file_.reset(std::fopen(path.c_str(), "wb"));
  if (!file_) return false;
  byte_vector header;
  append(header, std::uint32_t{0xa1b2'3c4d});  // time stamps in nanoseconds
  append(header, std::uint32_t{0x0002'0004});  // version 2.4
  append(header, std::uint64_t{0});
  append(header, std::uint32_t{0x0001'0000});  // longest packet
  append(header, std::uint32_t{101});          // LINKTYPE_RAW: IPv4 or IPv6, no link layer
  return std::fwrite(header.data(), 1, header.size(), file_.get()) == header.size() &&
         std::fflush(file_.get()) == 0;
}

void pcap_writer::record(std::chrono::system_clock::time_point at, const floe::endpoint& from,
                         const floe::endpoint& to, floe::byte_view bytes) {
  if (!file_) return;
  using namespace std::chrono;
  const auto time = duration_cast<nanoseconds>(at.time_since_epoch()).count();
  const bool v4 = from.address.family == floe::family::ipv4;
  const auto inner = udp_packet(from, to, bytes);
  const auto packet = v4 ? ipv4_packet(from, to, inner) : ipv6_packet(from, to, inner);

  byte_vector record;
  append(record, static_cast<std::uint32_t>(time / 1'000'000'000));
  append(record, static_cast<std::uint32_t>(time % 1'000'000'000));
  append(record, static_cast<std::uint32_t>(packet.size()));
  append(record, static_cast<std::uint32_t>(packet.size()));
  append(record, floe::byte_view{packet});
  // Out at once: a process that is killed leaves a whole file behind.
  std::fwrite(record.data(), 1, record.size(), file_.get());
  std::fflush(file_.get());
}

}  // namespace floecat
