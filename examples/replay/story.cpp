#include "story.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

namespace replay {

using namespace floe;

namespace {

/// A datagram that is the peer's business.
bool is_for_peer(const packet& p) { return !p.by_server || p.is_relayed; }

std::string_view text_view(const bytes& of) {
  return {reinterpret_cast<const char*>(of.data()), of.size()};
}

class teller {
 public:
  explicit teller(std::vector<side> sides) {
    made_.sides = std::move(sides);
    align();
    name_lanes();
    for (std::size_t i = 0; i < made_.sides.size(); ++i) {
      match(i);
      draw(i);
    }
    std::stable_sort(made_.arrows.begin(), made_.arrows.end(),
                     [](const arrow& a, const arrow& b) { return a.start < b.start; });
  }

  story take() { return std::move(made_); }

 private:
  /// Recordings of one machine have one clock. Others begin together, as far as we know.
  void align() {
    auto& s = made_.sides;
    if (s.size() == 2 && (s[1].start > s[0].end || s[0].start > s[1].end)) {
      const auto shift = s[0].start - s[1].start;
      for (auto& p : s[1].packets) p.at += shift;
      for (auto& m : s[1].moments) m.at += shift;
      s[1].start += shift;
      s[1].end += shift;
    }
    made_.start = s[0].start;
    for (const auto& one : s) made_.start = std::min(made_.start, one.start);
  }

  void name_lanes() {
    const auto& s = made_.sides;
    made_.lanes.push_back({s[0].name, s[0].role});
    for (const auto& one : s) {
      for (const auto& [at, what] : one.servers) {
        if (find_server(at)) continue;
        servers_.emplace_back(at, made_.lanes.size());
        made_.lanes.push_back({what + " server", replay::text_of(at)});
      }
    }
    made_.lanes.push_back(s.size() == 2 ? lane{s[1].name, s[1].role} : lane{"peer", ""});
  }

  [[nodiscard]] std::optional<std::size_t> find_server(const endpoint& at) const {
    for (const auto& [known, lane] : servers_) {
      if (known == at) return lane;
    }
    return std::nullopt;
  }

  /// Finds for each datagram that the other side took which of this side's it was: the last that
  /// had left by then, of those with the same bytes.
  void match(std::size_t from) {
    auto& pairs = arrived_.emplace_back();
    if (made_.sides.size() < 2) return;
    const auto& ours = made_.sides[from].packets;
    const auto& theirs = made_.sides[1 - from].packets;
    std::map<std::string_view, std::vector<std::size_t>> sent;
    for (std::size_t i = 0; i < ours.size(); ++i) {
      if (ours[i].sent && is_for_peer(ours[i])) sent[text_view(ours[i].inner)].push_back(i);
    }
    for (std::size_t k = 0; k < theirs.size(); ++k) {
      if (theirs[k].sent || !is_for_peer(theirs[k])) continue;
      const auto found = sent.find(text_view(theirs[k].inner));
      if (found == sent.end()) continue;
      auto& rows = found->second;
      const auto last = std::find_if(rows.rbegin(), rows.rend(),
                                     [&](std::size_t i) { return ours[i].at <= theirs[k].at; });
      if (last == rows.rend()) continue;
      pairs[*last] = k;
      rows.erase(std::next(last).base());
    }
  }

  void draw(std::size_t from) {
    const auto& one = made_.sides[from];
    for (std::size_t i = 0; i < one.packets.size(); ++i) {
      const auto& p = one.packets[i];
      if (p.sent && is_for_peer(p)) {
        draw_to_peer(from, i);
      } else if (!is_for_peer(p)) {
        draw_with_server(from, i);
      } else if (made_.sides.size() == 1) {
        std::vector<std::size_t> way{made_.lanes.size() - 1};
        if (const auto relay = p.is_relayed ? find_server(p.other) : std::nullopt) {
          way.push_back(*relay);
        }
        way.push_back(0);
        made_.arrows.push_back({p.at, p.at, from, p.call, way, p.purpose, p.label, false});
      }
    }
  }

  void draw_to_peer(std::size_t from, std::size_t index) {
    const auto& p = made_.sides[from].packets[index];
    std::vector<std::size_t> way{made_.lane_of(from)};
    if (const auto relay = p.is_relayed ? find_server(p.other) : std::nullopt)
      way.push_back(*relay);
    const auto to = made_.lane_of(1 - from);
    arrow a{p.at, p.at, from, p.call, {}, p.purpose, p.label, false};
    const auto found = arrived_[from].find(index);
    if (made_.sides.size() == 1) {
      a.lost = p.is_request && !is_answered(from, index);
    } else if (found == arrived_[from].end()) {
      // What left at the end may have arrived after the other recording had ended.
      a.lost = made_.sides[1 - from].end > p.at + std::chrono::milliseconds{1};
    } else {
      const auto& taken = made_.sides[1 - from].packets[found->second];
      a.end = taken.at;
      const auto relay = taken.is_relayed ? find_server(taken.other) : std::nullopt;
      if (relay && way.back() != *relay) way.push_back(*relay);
    }
    way.push_back(to);
    a.lanes = std::move(way);
    made_.arrows.push_back(std::move(a));
  }

  void draw_with_server(std::size_t from, std::size_t index) {
    const auto& p = made_.sides[from].packets[index];
    const auto server = find_server(p.other);
    if (!server) return;
    const auto own = made_.lane_of(from);
    auto way = p.sent ? std::vector{own, *server} : std::vector{*server, own};
    const bool lost = p.sent && p.is_request && !is_answered(from, index);
    made_.arrows.push_back({p.at, p.at, from, p.call, std::move(way), p.purpose, p.label, lost});
  }

  /// True when an answer came before the request was repeated.
  [[nodiscard]] bool is_answered(std::size_t side, std::size_t index) const {
    const auto& packets = made_.sides[side].packets;
    for (auto i = index + 1; i < packets.size(); ++i) {
      if (packets[i].transaction != packets[index].transaction) continue;
      return !packets[i].sent;
    }
    return false;
  }

  story made_;
  std::vector<std::pair<endpoint, std::size_t>> servers_;
  std::vector<std::map<std::size_t, std::size_t>> arrived_;
};

}  // namespace

story tell(std::vector<side> sides) { return teller{std::move(sides)}.take(); }

std::string text_of(const story& s) {
  struct line {
    time_point at;
    std::size_t side;  ///< what one side did in one instant stays in its order
    std::size_t call;
    std::string text;
  };
  std::vector<line> lines;
  for (const auto& a : s.arrows) {
    std::string text = s.lanes[a.lanes.front()].name;
    for (auto i = a.lanes.begin() + 1; i != a.lanes.end(); ++i) {
      text += (a.lost && i + 1 == a.lanes.end() ? " -x " : " -> ") + s.lanes[*i].name;
    }
    text += "  " + a.label;
    if (a.lost) text += "  (lost)";
    if (a.end > a.start) text += "  (" + text_of(a.end - a.start) + ")";
    lines.push_back({a.start, a.side, a.call, std::move(text)});
  }
  for (std::size_t i = 0; i < s.sides.size(); ++i) {
    for (const auto& m : s.sides[i].moments) {
      std::string text = s.sides[i].name;
      for (const auto& l : m.lines) text += (&l == &m.lines.front() ? " " : "; ") + l;
      lines.push_back({m.at, i, m.call, std::move(text)});
    }
  }
  std::stable_sort(lines.begin(), lines.end(), [](const line& a, const line& b) {
    return std::tie(a.at, a.side, a.call) < std::tie(b.at, b.side, b.call);
  });
  std::string all;
  for (const auto& l : lines) {
    auto at = text_of(l.at - s.start);
    if (at.size() < 11) at.insert(0, 11 - at.size(), ' ');
    all += at + "  " + l.text + "\n";
  }
  return all;
}

std::string summary_of(const story& s) {
  std::string text;
  for (const auto& one : s.sides) {
    const auto chosen = std::find_if(one.moments.rbegin(), one.moments.rend(), [](const moment& m) {
      return m.lines.front().starts_with("selects ");
    });
    if (!text.empty()) text += "; ";
    text += one.name;
    if (chosen == one.moments.rend()) {
      text += " selected nothing";
    } else {
      text += " " + chosen->lines.front() + " after " + text_of(chosen->at - s.start);
    }
  }
  const auto lost =
      std::count_if(s.arrows.begin(), s.arrows.end(), [](const arrow& a) { return a.lost; });
  const bool relayed = std::any_of(s.arrows.begin(), s.arrows.end(),
                                   [](const arrow& a) { return a.lanes.size() > 2; });
  return text + "; " + std::to_string(s.arrows.size()) + " datagrams" +
         (relayed ? " (through a relay counts once)" : "") + ", " + std::to_string(lost) + " lost";
}

}  // namespace replay
