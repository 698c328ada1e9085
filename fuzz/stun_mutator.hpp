// Mutates an input that is one STUN message as a message: whole attributes come, go and change, and
// then the lengths fit again, MESSAGE-INTEGRITY proves sealing_password, and FINGERPRINT is right.
// Bytes at random would hardly ever get past either.
//
// owns:     LLVMFuzzerCustomMutator; include it in one target's file
// does not: seal always: a part of the inputs keeps what was broken
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "floe/stun/integrity.hpp"
#include "floe/stun/message_view.hpp"
#include "sim/scripted_peer.hpp"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace hostile {

inline const std::string sealing_password = "what the mutator seals messages with";

/// A message taken apart, without its seals.
class loose_message {
 public:
  explicit loose_message(floe::byte_view bytes) : header_(floe::stun::header_size) {
    std::copy_n(bytes.begin(), std::min(bytes.size(), header_.size()), header_.begin());
    for (std::size_t at = header_.size(); at + 4 <= bytes.size();) {
      const auto type = floe::load_be<std::uint16_t>(bytes.data() + at);
      const std::size_t said = floe::load_be<std::uint16_t>(bytes.data() + at + 2);
      const auto size = std::min(said, bytes.size() - at - 4);
      const auto value = bytes.subspan(at + 4, size);
      const bool is_seal = type == 0x0008 || type == 0x8028;
      if (!is_seal) attributes_.push_back({type, {value.begin(), value.end()}});
      at += 4 + (size + 3) / 4 * 4;
    }
  }

  void mutate(std::minstd_rand& random) {
    const auto pick = [&](std::size_t below) { return random() % below; };
    if (attributes_.empty() || pick(4) == 0) {
      attributes_.insert(attributes_.begin() +
                             static_cast<std::ptrdiff_t>(pick(attributes_.size() + 1)),
                         {types[pick(types.size())], floe::sim::octets(pick(5) * 4)});
    }
    auto& chosen = attributes_[pick(attributes_.size())];
    switch (pick(6)) {
      case 0: chosen.type = types[pick(types.size())]; break;
      case 1: attributes_.erase(attributes_.begin() + (&chosen - attributes_.data())); break;
      case 2: std::swap(chosen, attributes_[pick(attributes_.size())]); break;
      case 3: attributes_.push_back(attribute{chosen}); break;
      case 4: header_[pick(2)] ^= static_cast<std::byte>(1U << pick(6)); break;
      default: change(chosen.value); break;
    }
  }

  /// The message in bytes, with both seals or fewer.
  [[nodiscard]] floe::sim::octets put_together(bool integrity, bool fingerprint) const {
    auto out = header_;
    floe::store_be(out.data() + 4, floe::stun::magic_cookie);
    out[0] &= std::byte{0x3f};
    for (const auto& a : attributes_) {
      const auto at = out.size();
      out.resize(at + 4 + (a.value.size() + 3) / 4 * 4);
      floe::store_be(out.data() + at, a.type);
      floe::store_be(out.data() + at + 2, static_cast<std::uint16_t>(a.value.size()));
      std::copy(a.value.begin(), a.value.end(), out.begin() + static_cast<std::ptrdiff_t>(at) + 4);
    }
    floe::store_be(out.data() + 2,
                   static_cast<std::uint16_t>(out.size() - floe::stun::header_size));
    return floe::sim::scripted_peer::seal(std::move(out), sealing_password, integrity, fingerprint);
  }

 private:
  struct attribute {
    std::uint16_t type = 0;
    floe::sim::octets value{};
  };

  static void change(floe::sim::octets& value) {
    const auto size = value.size();
    value.resize(size + 16);
    value.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(value.data()), size, size + 16));
  }

  /// What floe reads or writes, and something that nobody knows.
  static constexpr std::array<std::uint16_t, 40> types{
      0x0001, 0x0003, 0x0006, 0x0009, 0x000a, 0x000c, 0x000d, 0x0012, 0x0013, 0x0014,
      0x0015, 0x0016, 0x0017, 0x0018, 0x0019, 0x001a, 0x001b, 0x001c, 0x001d, 0x001e,
      0x0020, 0x0022, 0x0024, 0x0025, 0x0026, 0x0027, 0x002a, 0x7fff, 0x8000, 0x8001,
      0x8002, 0x8004, 0x8022, 0x8023, 0x8029, 0x802a, 0x802b, 0x802c, 0x8030, 0xc001};

  floe::sim::octets header_;
  std::vector<attribute> attributes_{};
};

}  // namespace hostile

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed);

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  std::minstd_rand random{seed};
  if (random() % 4 == 0) return LLVMFuzzerMutate(data, size, max_size);
  hostile::loose_message message{gsl::as_bytes(gsl::span<const std::uint8_t>{data, size})};
  message.mutate(random);
  const auto sealed = message.put_together(random() % 4 != 0, random() % 8 != 0);
  if (sealed.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::transform(sealed.begin(), sealed.end(), data,
                 [](std::byte b) { return std::to_integer<std::uint8_t>(b); });
  return sealed.size();
}
