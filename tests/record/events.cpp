#include "floe/record/events.hpp"

#include <set>
#include <string>

#include "catch.hpp"

using namespace floe;
using namespace std::chrono_literals;

namespace {

std::string bytes_of(const event::any& e) {
  record::output out;
  out(e);
  return std::string{as_text(out.written())};
}

}  // namespace

TEST_CASE("events: any two that differ have other bytes", "[record]") {
  std::set<std::string> all;
  std::size_t count = 0;
  const auto add = [&](const event::any& e) {
    ++count;
    all.insert(bytes_of(e));
  };
  const endpoint somewhere{address::v4(192, 0, 2, 1), 5000};
  add(event::local_candidate{});
  add(event::local_candidate{stream_id{1}, {}});
  add(event::local_candidate{{}, {1, 1}});
  add(event::gathering_done{});
  add(event::state_changed{});
  add(event::state_changed{connection_state::idle, connection_state::failed});
  add(event::checklist_changed{});
  add(event::checklist_changed{{}, {}, ice::checklist_state::failed});
  add(event::path_found{});
  add(event::path_found{{}, component_id{2}, {}, {}});
  add(event::selected{});
  add(event::selected{{}, component_id{1}, {}, {3, 1}});
  add(event::consent_lost{});
  add(event::role_changed{});
  add(event::role_changed{ice::role::controlled});
  add(event::learned_candidate{});
  add(event::released{});
  add(event::released{{}, socket_id{4}});
  add(event::restarted{});
  add(event::pair_changed{});
  add(event::pair_changed{.id = {}, .local = {}, .remote = {}, .from = ice::pair_state::frozen});
  add(event::pair_changed{
      .id = {}, .local = {}, .remote = {}, .from = {}, .to = ice::pair_state::failed});
  add(event::pair_changed{.id = {}, .local = {}, .remote = {}, .from = {}, .priority = 1});
  add(event::pair_removed{});
  add(event::name_needed{});
  add(event::name_needed{.is_local_name = true});
  add(event::connection_needed{});
  add(event::connection_needed{
      .attempt = {}, .socket = {}, .server = {}, .transport = turn::transport::tls});
  add(event::socket_needed{});
  add(event::socket_needed{.attempt = {}, .socket = {}, .server = somewhere});
  add(event::token_needed{});
  add(event::server_result{});
  add(event::server_result{.server = {},
                           .said = turn::complaint{stun::error_code::unauthenticated, true}});
  add(event::server_result{.server = {}, .took = 1ns});
  add(event::enough_gathered{});
  add(event::relay_lost{});
  add(event::relay_lost{.why = turn::end_reason::expired});
  add(event::relay_replaced{});
  add(event::relay_replaced{.id = {1, 1}});
  add(event::relay_replaced{.is_cut_off = true});
  add(event::relay_lost{.said = turn::complaint{stun::error_code::unauthenticated, true}});
  add(event::relay_lost{.said = turn::complaint{stun::error_code::unauthenticated, false}});
  add(event::credentials_needed{});
  add(event::credentials_needed{.server = 1});
  add(event::credentials_needed{.end = time_point{1s}});
  add(event::dropped{});
  add(event::dropped{event::dropped::events, 3});
  CHECK(all.size() == count);
}

TEST_CASE("events: a payload is told from another by its bytes", "[record]") {
  const auto bytes_of_payload = [](std::string_view text) {
    record::output out;
    out(inbound{payload{.bytes = as_byte_view(text)}});
    return std::string{as_text(out.written())};
  };
  CHECK(bytes_of_payload("abc") != bytes_of_payload("abd"));
  CHECK(bytes_of_payload("abc") == bytes_of_payload("abc"));
}
