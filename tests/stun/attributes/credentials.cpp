#include "floe/stun/attributes/credentials.hpp"

#include <string_view>
#include <vector>

#include "catch.hpp"
#include "floe/stun/message_view.hpp"
#include "stun/attributes/codec.hpp"
#include "vectors/messages.hpp"

using namespace floe;
using stun::password_algorithm;
using stun::password_algorithm_id;
using stun::password_algorithms;

namespace {

std::vector<unsigned> listed(std::string_view hex) {
  const auto bytes = vectors::unhex(hex);
  const auto list = password_algorithms::decode(bytes, {});
  std::vector<unsigned> ids;
  if (list) list->walk([&](auto id) { ids.push_back(static_cast<unsigned>(id)); });
  return ids;
}

bool decodes(std::string_view hex) {
  return password_algorithms::decode(vectors::unhex(hex), {}).has_value();
}

}  // namespace

TEST_CASE("PASSWORD-ALGORITHMS: a list of entries in order", "[stun][8489-14.11-a]") {
  CHECK(listed("0002000000010000") == std::vector<unsigned>{2, 1});
  CHECK(listed("00010000") == std::vector<unsigned>{1});
  CHECK(listed("").empty());
  // Parameters are padded to four bytes; the last entry may come without.
  CHECK(listed("777700030102030000020000") == std::vector<unsigned>{0x7777, 2});
  CHECK(listed("7777000301020300") == std::vector<unsigned>{0x7777});
  CHECK(listed("77770003010203") == std::vector<unsigned>{0x7777});
}

TEST_CASE("PASSWORD-ALGORITHMS: an entry that is cut off is malformed", "[stun][8489-14.11-a]") {
  for (const std::string_view hex :
       {"00", "0002", "000200", "0002000000", "00020004", "00020004010203", "0002ffff01020304"}) {
    INFO(hex);
    CHECK_FALSE(decodes(hex));
  }
}

TEST_CASE("PASSWORD-ALGORITHMS: the first that floe can use", "[stun][8489-9.2.5-f]") {
  const auto first = [](std::string_view hex) {
    const auto bytes = vectors::unhex(hex);
    return password_algorithms{bytes}.first_supported();
  };
  CHECK(first("0002000000010000") == password_algorithm_id::sha256);
  CHECK(first("0001000000020000") == password_algorithm_id::md5);
  CHECK(first("7777000000020000") == password_algorithm_id::sha256);
  CHECK_FALSE(first("77770000"));
  CHECK_FALSE(first(""));
}

TEST_CASE("PASSWORD-ALGORITHMS: goes out as it came in", "[stun]") {
  const auto bytes = vectors::unhex("7777000301020399"
                                    "00020000");
  CHECK(codec::encoded(password_algorithms{bytes}) == "777700030102039900020000");
  CHECK(codec::encoded(password_algorithms{stun::all_password_algorithms}) == "0002000000010000");
  CHECK(password_algorithms{bytes}.contains(password_algorithm_id::sha256));
  CHECK_FALSE(password_algorithms{bytes}.contains(password_algorithm_id::md5));
}

TEST_CASE("PASSWORD-ALGORITHM: one entry", "[stun][8489-14.12-a]") {
  CHECK(codec::both_ways(password_algorithm{password_algorithm_id::sha256}, "00020000"));
  CHECK(codec::both_ways(password_algorithm{password_algorithm_id::md5}, "00010000"));
  CHECK(codec::decoded<password_algorithm>("77770001ff")->id ==
        static_cast<password_algorithm_id>(0x7777));
  CHECK_FALSE(codec::decoded<password_algorithm>(""));
  CHECK_FALSE(codec::decoded<password_algorithm>("0002"));
  CHECK_FALSE(codec::decoded<password_algorithm>("00020001"));
  CHECK_FALSE(codec::decoded<password_algorithm>("0002000000010000"));
}

TEST_CASE("USERHASH: thirty-two bytes", "[stun][8489-14.4-a]") {
  CHECK(codec::takes_only<stun::userhash>({32}));
  const auto message = stun::message_view::parse(vectors::rfc8489_b_1);
  REQUIRE(message);
  CHECK(vectors::to_hex(message->get<stun::userhash>()->value) ==
        "4a3cf38fef6992bda952c6780417da0f24819415569e60b205c46e41407f1704");
  CHECK(message->get<password_algorithm>()->id == password_algorithm_id::sha256);
}

TEST_CASE("PASSWORD-ALGORITHMS: as long as the length of an attribute can say", "[stun]") {
  const std::vector<std::byte> zeros(0x10000);
  CHECK(password_algorithms{byte_view{zeros}.first(0xffff)}.is_encodable());
  CHECK_FALSE(password_algorithms{zeros}.is_encodable());
}
