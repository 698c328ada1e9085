#include "floe/ice/valid_list.hpp"

#include <chrono>
#include <cstdint>
#include <vector>

#include "catch.hpp"

using namespace floe;
using namespace std::chrono_literals;
using ice::valid_id;
using ice::valid_list;
using ice::valid_pair;

namespace {

constexpr time_point start{1h};
constexpr stream_id stream{0};
constexpr component_id one{1};

/// A valid pair whose local candidate number `number` is what the peer sees.
valid_pair row(std::uint16_t number, std::uint64_t priority, time_point since = start) {
  return {.stream = stream,
          .component = one,
          .local = {number, 1},
          .checked = {100, 1},
          .remote = {number, 1},
          .priority = priority,
          .since = since,
          .proved = since};
}

constexpr ice::silence_rule asks{};

valid_list some(std::size_t capacity = 4) { return {capacity, memory_ref{}}; }

}  // namespace

TEST_CASE("valid_list: a pair is entered once, and a later proof is noted", "[ice]") {
  auto list = some();
  const auto first = list.note(row(1, 10, start));
  REQUIRE(first);
  auto again = row(1, 99, start + 5s);
  CHECK(list.note(again) == first);
  CHECK(list.size() == 1);
  CHECK(list[*first].proved == start + 5s);
  CHECK(list[*first].since == start);
  CHECK(list[*first].priority == 10);
  CHECK(list.note(row(1, 10, start + 1s)) == first);
  CHECK(list[*first].proved == start + 5s);
}

TEST_CASE("valid_list: pairs differ in what the peer sees and in the remote candidate", "[ice]") {
  auto list = some();
  auto other_local = row(1, 10);
  other_local.local = {2, 1};
  auto other_remote = row(1, 10);
  other_remote.remote = {2, 1};
  auto other_base = row(1, 10);
  other_base.checked = {101, 1};
  CHECK(list.note(row(1, 10)) != list.note(other_local));
  CHECK(list.note(row(1, 10)) != list.note(other_remote));
  CHECK(list.size() == 3);
  CHECK(list.note(row(1, 10)) == list.note(other_base));
  CHECK(list.size() == 3);
}

TEST_CASE("valid_list: the best is that of highest priority, of its own component", "[ice]") {
  auto list = some();
  CHECK_FALSE(list.best(stream, one));
  const auto low = list.note(row(1, 10));
  CHECK(list.best(stream, one) == low);
  const auto high = list.note(row(2, 30));
  list.note(row(3, 20));
  auto other = row(4, 99);
  other.component = component_id{2};
  const auto second = list.note(other);
  CHECK(list.best(stream, one) == high);
  CHECK(list.best(stream, component_id{2}) == second);
  CHECK_FALSE(list.best(stream_id{1}, one));
}

TEST_CASE("valid_list: the selected one is the nominated one of highest priority", "[ice]") {
  auto list = some();
  const auto low = *list.note(row(1, 10));
  const auto mid = *list.note(row(2, 20));
  list.note(row(3, 30));
  CHECK_FALSE(list.selected(stream, one));
  list.nominate(low);
  CHECK(list.selected(stream, one) == low);
  list.nominate(mid);
  CHECK(list.selected(stream, one) == mid);
  list.erase(mid);
  CHECK(list.selected(stream, one) == low);
  CHECK_FALSE(list.selected(stream, component_id{2}));
  CHECK_FALSE(list.selected(stream_id{1}, one));
}

TEST_CASE("valid_list: when it is full the lowest gives way that is not nominated", "[ice]") {
  auto list = some(3);
  const auto low = *list.note(row(1, 10));
  const auto mid = *list.note(row(2, 20));
  const auto high = *list.note(row(3, 30));
  list.nominate(low);
  const auto fresh = list.note(row(4, 25));
  REQUIRE(fresh);
  CHECK(list.find(mid) == nullptr);
  CHECK(list.find(low) != nullptr);
  CHECK(list.find(high) != nullptr);
  CHECK(list.size() == 3);

  list.nominate(high);
  list.nominate(*fresh);
  CHECK_FALSE(list.note(row(5, 99)));
  CHECK(list.note(row(3, 30)) == high);
  CHECK(list.size() == 3);
}

TEST_CASE("valid_list: a pair is found by the base that was checked or by what the peer sees",
          "[ice]") {
  auto list = some();
  const auto id = list.note(row(1, 10));
  CHECK(list.find(ice::local_id{100, 1}, {1, 1}) == id);
  CHECK(list.find(ice::local_id{1, 1}, {1, 1}) == id);
  CHECK_FALSE(list.find(ice::local_id{2, 1}, {1, 1}));
  CHECK_FALSE(list.find(ice::local_id{1, 1}, {2, 1}));
  CHECK(list.uses({1, 1}));
  CHECK_FALSE(list.uses({2, 1}));
}

TEST_CASE("valid_list: the first of a component is the oldest, wherever it stands", "[ice]") {
  auto list = some();
  CHECK_FALSE(list.first_since(stream, one));
  list.note(row(1, 10, start + 2s));
  const auto oldest = *list.note(row(2, 20, start + 1s));
  list.note(row(3, 30, start + 3s));
  auto other = row(4, 40, start);
  other.component = component_id{2};
  list.note(other);
  CHECK(list.first_since(stream, one) == start + 1s);
  list.erase(oldest);
  CHECK(list.first_since(stream, one) == start + 2s);
}

TEST_CASE("valid_list: rows are erased by what they are", "[ice]") {
  auto list = some();
  const auto low = *list.note(row(1, 10));
  list.note(row(2, 20));
  list.note(row(3, 30));
  list.erase_if([](const valid_pair& v) { return v.priority >= 20; });
  CHECK(list.size() == 1);
  CHECK(list.find(low) != nullptr);
  CHECK(list.contains_if([](const valid_pair& v) { return v.priority == 10; }));
  CHECK_FALSE(list.contains_if([](const valid_pair& v) { return v.priority == 20; }));
}

TEST_CASE("valid_list: new priorities choose anew", "[ice]") {
  auto list = some();
  const auto a = *list.note(row(1, 10));
  const auto b = *list.note(row(2, 20));
  list.nominate(a);
  list.nominate(b);
  CHECK(list.selected(stream, one) == b);
  list.reprioritize([](const valid_pair& v) { return 100 - v.priority; });
  CHECK(list[a].priority == 90);
  CHECK(list.selected(stream, one) == a);
}

TEST_CASE("valid_list: a component loses its nominations, and no other does", "[ice]") {
  auto list = some();
  const auto mine = *list.note(row(1, 10));
  auto next = row(2, 20);
  next.component = component_id{2};
  const auto other_component = *list.note(next);
  auto elsewhere = row(3, 30);
  elsewhere.stream = stream_id{1};
  const auto other_stream = *list.note(elsewhere);
  for (const auto id : {mine, other_component, other_stream}) list.nominate(id);
  list.denominate(stream, one);
  CHECK_FALSE(list[mine].nominated);
  CHECK(list[other_component].nominated);
  CHECK(list[other_stream].nominated);
}

TEST_CASE("valid_list: a proof is noted for those it proves, and an older one changes nothing",
          "[ice]") {
  auto list = some();
  const auto a = *list.note(row(1, 10));
  const auto b = *list.note(row(2, 20));
  const auto is_first = [](const valid_pair& v) { return v.priority == 10; };
  list.prove_if(is_first, start + 5s);
  CHECK(list[a].proved == start + 5s);
  CHECK(list[b].proved == start);
  list.prove_if(is_first, start + 1s);
  CHECK(list[a].proved == start + 5s);
}

TEST_CASE("valid_list: a proof is good for a span, to the tick", "[ice]") {
  auto list = some();
  CHECK_FALSE(list.stale_deadline(30s));
  CHECK_FALSE(list.find_stale(time_point::max(), 30s));
  list.note(row(1, 10, start + 1s));
  const auto oldest = *list.note(row(2, 20, start));
  CHECK(list.stale_deadline(30s) == start + 30s);
  CHECK_FALSE(list.find_stale(start + 30s - duration{1}, 30s));
  CHECK(list.find_stale(start + 30s, 30s) == oldest);
}

TEST_CASE("valid_list: the best of those that match is of the same component", "[ice]") {
  auto list = some(6);
  const auto low = *list.note(row(1, 10));
  list.note(row(2, 20));
  auto other_component = row(3, 5);
  other_component.component = component_id{2};
  list.note(other_component);
  auto other_stream = row(4, 6);
  other_stream.stream = stream_id{1};
  list.note(other_stream);
  const auto under = [&](std::uint64_t limit) {
    return list.best_if(stream, one, [=](const valid_pair& v) { return v.priority < limit; });
  };
  CHECK(under(15) == low);
  CHECK(under(10) == std::nullopt);
  CHECK(list.best_if(stream, one, [](const valid_pair&) { return true; }) != low);
}

TEST_CASE("valid_list: of equals the first stays the best", "[ice]") {
  auto list = some();
  const auto first = *list.note(row(1, 10));
  list.note(row(2, 10));
  CHECK(list.best(stream, one) == first);
}

TEST_CASE("valid_list: a pair of which nothing is said belongs to the first component", "[ice]") {
  const valid_pair fresh;
  CHECK(fresh.component == one);
  CHECK(fresh.priority == 0);
  CHECK_FALSE(fresh.nominated);
}

TEST_CASE("valid_list: a pair is silent from its first unanswered check on, and no longer",
          "[ice]") {
  auto list = some();
  const auto id = *list.note(row(1, 10));
  const auto any = [](const valid_pair&) { return true; };
  CHECK_FALSE(ice::overdue_at(list[id]));
  list.prove_if(any, start, std::chrono::milliseconds{100});
  list.ask_if(any, start + 1s);
  list.ask_if(any, start + 2s);
  CHECK(list[id].asked == start + 2s);
  CHECK(list[id].unanswered == start + 1s);
  CHECK_FALSE(ice::is_overdue(list[id], start + 1300ms - duration{1}));
  CHECK(ice::is_overdue(list[id], start + 1300ms));
  CHECK_FALSE(ice::is_silent(list[id], start + 1450ms - duration{1}, asks));
  CHECK(ice::is_silent(list[id], start + 1450ms, asks));
  CHECK(ice::refresh_due(list[id], 15s) == start + 17s);
  list.prove_if(any, start + 3s);
  CHECK_FALSE(list[id].unanswered);
  CHECK(list[id].rtt == std::chrono::milliseconds{100});
  CHECK(ice::refresh_due(list[id], 15s) == start + 18s);
  list.ask_if(any, start + 4s);
  CHECK(list.note(row(1, 10, start + 5s)) == id);
  CHECK_FALSE(list[id].unanswered);
}

TEST_CASE("valid_list: a silent selected pair is carried by the best that has answered since",
          "[ice]") {
  auto list = some();
  CHECK_FALSE(list.carrier(stream, one, start, asks));
  const auto selected = *list.note(row(1, 30));
  const auto better = *list.note(row(2, 20));
  const auto other = *list.note(row(3, 10));
  const auto only = [&](valid_id which) {
    return [remote = list[which].remote](const valid_pair& v) { return v.remote == remote; };
  };
  CHECK_FALSE(list.carrier(stream, one, start, asks));
  CHECK(list.freshest(stream, one, start, asks) == selected);
  list.nominate(selected);
  list.ask_if(only(selected), start + 5s);
  const auto silent = *ice::silent_at(list[selected], asks);
  list.prove_if(only(other), silent - 1ms);
  CHECK(list.carrier(stream, one, silent - duration{1}, asks) == selected);
  // The better one has not answered since, which says nothing about it.
  CHECK(list.carrier(stream, one, silent, asks) == other);
  CHECK(list.freshest(stream, one, silent, asks) == better);
  list.prove_if(only(better), silent);
  CHECK(list.carrier(stream, one, silent, asks) == better);
  list.ask_if(only(better), silent);
  const auto both = *ice::silent_at(list[better], asks);
  CHECK(list.carrier(stream, one, both, asks) == other);
  CHECK(list.freshest(stream, one, both, asks) == other);
  list.ask_if(only(other), silent);
  CHECK(list.carrier(stream, one, both, asks) == selected);
  CHECK_FALSE(list.freshest(stream, one, both, asks));
  list.prove_if(only(selected), both);
  CHECK(list.carrier(stream, one, both, asks) == selected);
}

TEST_CASE("valid_list: for an agent that asks nobody a pair is silent without the peer's checks",
          "[ice]") {
  constexpr ice::silence_rule hears{8s};
  auto list = some();
  const auto selected = *list.note(row(1, 30, start));
  const auto other = *list.note(row(2, 20, start + 5s));
  list.nominate(selected);
  CHECK(list.carrier(stream, one, start + 8s - duration{1}, hears) == selected);
  CHECK(list.carrier(stream, one, start + 8s, hears) == other);
  CHECK(list.freshest(stream, one, start + 8s, hears) == other);
  CHECK(list.carrier(stream, one, start + 13s, hears) == selected);
  CHECK_FALSE(list.freshest(stream, one, start + 13s, hears));
}
