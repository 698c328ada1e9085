// STUN messages whose every byte is known: the samples of RFC 5769 and RFC 8489 appendix B, and
// messages of ICE and TURN made with an independent implementation.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "floe/core/bytes.hpp"
#include "vectors/hex.hpp"

namespace vectors {

// Binding request, short-term credential, SHA-1 integrity, fingerprint; USERNAME padded with 0x20
inline constexpr auto rfc5769_2_1 = from_hex(
    "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e7400240004"
    "6e0001ff80290008932ff9b151263b36000600096576746a3a68367659202020000800149aeaa70cbfd8cb56"
    "781ef2b5b2d3f249c1b571a280280004e57a3bcf");

// Binding success response, IPv4 XOR-MAPPED-ADDRESS; SOFTWARE padded with one 0x20 byte
inline constexpr auto rfc5769_2_2 = from_hex(
    "0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147"
    "e112a643000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96");

// Binding success response, IPv6 XOR-MAPPED-ADDRESS; SOFTWARE padded with one 0x20 byte
inline constexpr auto rfc5769_2_3 = from_hex(
    "010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000140002a147"
    "0113a9faa5d3f179bc25f4b5bed2b9d900080014a382954e4be67bf11784c97c8292c275bfe3ed4180280004"
    "c8fb0b4c");

// Binding request, long-term credential, MD5 key, no fingerprint; padding bytes are zero
inline constexpr auto rfc5769_2_4 = from_hex(
    "000100602112a44278ad3433c6ad72c029da412e00060012e3839ee38388e383aae38383e382afe382b90000"
    "0015001c662f2f3439396b39353464364f4c33346f4c394653547679363473410014000b6578616d706c652e"
    "6f72670000080014f67024656dd64a3e02b8e0712e85c9a28ca89666");

// Binding request, long-term credential, USERHASH, SHA-256 password algorithm, MESSAGE-INTEGRITY-S
inline constexpr auto rfc8489_b_1 = from_hex(
    "000100902112a44278ad3433c6ad72c029da412e001e00204a3cf38fef6992bda952c6780417da0f24819415"
    "569e60b205c46e41407f1704001500296f624d61744a6f733241414143662f2f3439396b39353464364f4c33"
    "346f4c394653547679363473410000000014000b6578616d706c652e6f726700001d000400020000001c0020"
    "b5c7bf005b6c52a21c51c5e892f81924136296cb927c43149309278cc6518e65");

// ICE check from controlling agent with USE-CANDIDATE; remote ufrag RFRG, local ufrag LFRG, remote
inline constexpr auto check_nominate = from_hex(
    "000100482112a4420102030405060708090a0b0c00060009524652473a4c465247000000002400046e001eff"
    "802a00080123456789abcdef0025000000080014a0fd7a514e5188faadb1fcfaecb88b03538300e680280004"
    "b684a40a");

// Success response to floe-check-nominate, same transaction, same key
inline constexpr auto check_success = from_hex(
    "0101002c2112a4420102030405060708090a0b0c002000080001f523ea12d547000800141e1a5fc6f2ba3926"
    "07fa6f9c03cbb36d92a3907580280004db100e9d");

// 487 error response to floe-check-nominate, same key
inline constexpr auto check_487 = from_hex(
    "011100382112a4420102030405060708090a0b0c0009001100000457526f6c6520436f6e666c696374000000"
    "00080014d443fe61efffe5efa690ac0bfc759b3c3820d03280280004d27f40e3");

// Binding indication keepalive, FINGERPRINT only
inline constexpr auto keepalive =
    from_hex("001100082112a4420102030405060708090a0b0c802800044862c2c6");

// Short-term request with MESSAGE-INTEGRITY then MESSAGE-INTEGRITY-SHA256 then FINGERPRINT; the fi
inline constexpr auto both_mi = from_hex(
    "000100542112a4420102030405060708090a0b0c00060009524652473a4c46524700000000080014509b5271"
    "82888d06a464b08f5b7db5a034a98a06001c00206a03e47fb24a21b2cbf0a95930de9158c75c94dec9832c5a"
    "8a1707748695b29f802800043d036264");

// Short-term request with MESSAGE-INTEGRITY-SHA256 truncated to 16 bytes
inline constexpr auto mi256_16 = from_hex(
    "0001002c2112a4420102030405060708090a0b0c00060009524652473a4c465247000000001c0010cb9b1631"
    "0d63c0da67884abec23eb0b280280004faac0643");

// First Allocate request without credentials: UDP, IPv6, DONT-FRAGMENT
inline constexpr auto allocate_first = from_hex(
    "0003001c2112a4420102030405060708090a0b0c00190004110000000017000402000000001a000080280004"
    "6bbcd848");

// Send indication, 5-byte DATA so 3 pad bytes
inline constexpr auto send_ind = from_hex(
    "001600182112a4420102030405060708090a0b0c0012000800015c74e112a6d40013000568656c6c6f000000");

// ChannelBind request without credentials, channel 0x4000, IPv6 peer
inline constexpr auto channelbind = from_hex(
    "000900202112a4420102030405060708090a0b0c000c000440000000001200140002329a0113a9fa01020304"
    "05060708090a0b0d");

// 401 challenge with nonce cookie, security feature set gAAA (bit 0 = password algorithms), PASSWO
inline constexpr auto allocate_401 = from_hex(
    "011300542112a4420102030405060708090a0b0c0009001300000401556e61757468656e7469636174656400"
    "0014000b6578616d706c652e6f726700001500136f624d61744a6f7332674141416162636465660080020008"
    "0002000000010000802800043070d0fe");

// 420 with three unknown attribute codes (6-byte value, 2 pad bytes)
inline constexpr auto unknown_420 = from_hex(
    "011100302112a4420102030405060708090a0b0c0009001500000414556e6b6e6f776e204174747269627574"
    "65000000000a00067fff7ffe7ffd000080280004e5cfabf9");

/// The password of the samples of RFC 5769 with short-term credentials.
inline constexpr auto rfc5769_password = text_bytes("VOkJxbRl1RmTxUk/WvJxBt");

/// The password of the ICE messages.
inline constexpr auto ice_password = text_bytes("asd88fgpdd777uzjYhagZg");

struct message {
  std::string_view id;
  floe::byte_view bytes;
};

/// All of them.
inline constexpr std::array<message, 16> messages{{
    {"rfc5769-2.1", rfc5769_2_1},
    {"rfc5769-2.2", rfc5769_2_2},
    {"rfc5769-2.3", rfc5769_2_3},
    {"rfc5769-2.4", rfc5769_2_4},
    {"rfc8489-B.1", rfc8489_b_1},
    {"floe-check-nominate", check_nominate},
    {"floe-check-success", check_success},
    {"floe-check-487", check_487},
    {"floe-keepalive", keepalive},
    {"floe-both-mi", both_mi},
    {"floe-mi256-16", mi256_16},
    {"floe-allocate-first", allocate_first},
    {"floe-send-ind", send_ind},
    {"floe-channelbind", channelbind},
    {"floe-allocate-401", allocate_401},
    {"floe-420", unknown_420},
}};

}  // namespace vectors
