#include "floe/stun/registry.hpp"

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "catch.hpp"

using namespace floe::stun;

static_assert(is_comprehension_required(static_cast<attribute_type>(0x0000)));
static_assert(is_comprehension_required(static_cast<attribute_type>(0x7fff)));
static_assert(!is_comprehension_required(static_cast<attribute_type>(0x8000)));
static_assert(!is_comprehension_required(static_cast<attribute_type>(0xffff)));

TEST_CASE("registry: the high bit decides whether an attribute may be passed over",
          "[stun][8489-14-b]") {
  for (unsigned code = 0; code < 0x10000; ++code) {
    const auto type = static_cast<attribute_type>(code);
    REQUIRE(is_comprehension_required(type) == (code < 0x8000));
  }
}

TEST_CASE("registry: attribute types have their registered numbers", "[stun]") {
  using a = attribute_type;
  constexpr std::array<std::pair<a, unsigned>, 66> registered{{
      {a::mapped_address, 0x0001},
      {a::response_address, 0x0002},
      {a::change_request, 0x0003},
      {a::source_address, 0x0004},
      {a::changed_address, 0x0005},
      {a::username, 0x0006},
      {a::password, 0x0007},
      {a::message_integrity, 0x0008},
      {a::error_code, 0x0009},
      {a::unknown_attributes, 0x000a},
      {a::reflected_from, 0x000b},
      {a::channel_number, 0x000c},
      {a::lifetime, 0x000d},
      {a::bandwidth, 0x0010},
      {a::xor_peer_address, 0x0012},
      {a::data, 0x0013},
      {a::realm, 0x0014},
      {a::nonce, 0x0015},
      {a::xor_relayed_address, 0x0016},
      {a::requested_address_family, 0x0017},
      {a::even_port, 0x0018},
      {a::requested_transport, 0x0019},
      {a::dont_fragment, 0x001a},
      {a::access_token, 0x001b},
      {a::message_integrity_sha256, 0x001c},
      {a::password_algorithm, 0x001d},
      {a::userhash, 0x001e},
      {a::xor_mapped_address, 0x0020},
      {a::timer_val, 0x0021},
      {a::reservation_token, 0x0022},
      {a::priority, 0x0024},
      {a::use_candidate, 0x0025},
      {a::padding, 0x0026},
      {a::response_port, 0x0027},
      {a::connection_id, 0x002a},
      {a::additional_address_family, 0x8000},
      {a::address_error_code, 0x8001},
      {a::password_algorithms, 0x8002},
      {a::alternate_domain, 0x8003},
      {a::icmp, 0x8004},
      {a::software, 0x8022},
      {a::alternate_server, 0x8023},
      {a::transaction_transmit_counter, 0x8025},
      {a::cache_timeout, 0x8027},
      {a::fingerprint, 0x8028},
      {a::ice_controlled, 0x8029},
      {a::ice_controlling, 0x802a},
      {a::response_origin, 0x802b},
      {a::other_address, 0x802c},
      {a::ecn_check, 0x802d},
      {a::third_party_authorization, 0x802e},
      {a::mobility_ticket, 0x8030},
      {a::cisco_stun_flowdata, 0xc000},
      {a::enf_flow_description, 0xc001},
      {a::enf_network_status, 0xc002},
      {a::goog_network_info, 0xc057},
      {a::goog_last_ice_check_received, 0xc058},
      {a::goog_misc_info, 0xc059},
      {a::goog_obsolete_1, 0xc05a},
      {a::goog_connection_id, 0xc05b},
      {a::goog_delta, 0xc05c},
      {a::goog_delta_ack, 0xc05d},
      {a::goog_delta_sync_req, 0xc05e},
      {a::goog_message_integrity_32, 0xc060},
      {a::dtls_in_stun, 0xc070},
      {a::dtls_in_stun_acknowledgement, 0xc071},
  }};
  for (const auto& [type, number] : registered) CHECK(static_cast<unsigned>(type) == number);
}

TEST_CASE("registry: error codes have their registered numbers and phrases",
          "[stun][8445-16.2-a]") {
  using e = error_code;
  struct row {
    e code;
    unsigned number;
    std::string_view phrase;
  };
  constexpr std::array<row, 18> registered{{
      {e::try_alternate, 300, "Try Alternate"},
      {e::bad_request, 400, "Bad Request"},
      {e::unauthenticated, 401, "Unauthenticated"},
      {e::forbidden, 403, "Forbidden"},
      {e::mobility_forbidden, 405, "Mobility Forbidden"},
      {e::unknown_attribute, 420, "Unknown Attribute"},
      {e::allocation_mismatch, 437, "Allocation Mismatch"},
      {e::stale_nonce, 438, "Stale Nonce"},
      {e::address_family_not_supported, 440, "Address Family not Supported"},
      {e::wrong_credentials, 441, "Wrong Credentials"},
      {e::unsupported_transport_protocol, 442, "Unsupported Transport Protocol"},
      {e::peer_address_family_mismatch, 443, "Peer Address Family Mismatch"},
      {e::connection_already_exists, 446, "Connection Already Exists"},
      {e::connection_timeout_or_failure, 447, "Connection Timeout or Failure"},
      {e::allocation_quota_reached, 486, "Allocation Quota Reached"},
      {e::role_conflict, 487, "Role Conflict"},
      {e::server_error, 500, "Server Error"},
      {e::insufficient_capacity, 508, "Insufficient Capacity"},
  }};
  for (const auto& r : registered) {
    CHECK(static_cast<unsigned>(r.code) == r.number);
    CHECK(reason_phrase(r.code) == r.phrase);
  }
  CHECK(reason_phrase(static_cast<e>(499)).empty());
}
