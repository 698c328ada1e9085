#include "picture.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace replay {

namespace {

// Of a monospaced font every character is as wide, so that places can be found without measuring.
constexpr double character = 6.7;
constexpr double line_height = 15;
constexpr double row_height = 18;  ///< between two labels
constexpr double margin = 24;
constexpr double axis = 84;   ///< the width of the time column
constexpr double head = 132;  ///< where the lanes begin
constexpr std::size_t longest_label = 58;
constexpr std::size_t shortest_run = 5;  ///< of upkeep and data, to be drawn as one
constexpr std::size_t most_arrows = 500;

constexpr std::string_view style = R"(
  .pic { --bg: #ffffff; --fg: #1b2026; --mute: #667079; --rule: #d5dae0; --card: #f3f5f8;
         --check: #1f5fd0; --nomination: #b4540a; --upkeep: #78828c; --data: #0c7a52;
         --server: #7a3fc0; --lost: #c8202f; }
  @media (prefers-color-scheme: dark) {
    .pic { --bg: #14181d; --fg: #e6eaee; --mute: #98a3ae; --rule: #363e47; --card: #1f252c;
           --check: #78aaff; --nomination: #f3a453; --upkeep: #8b96a1; --data: #4fd09a;
           --server: #c39bf5; --lost: #ff7a85; } }
  .pic text { font: 11px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
              fill: var(--fg); white-space: pre; }
  .pic .title { font-size: 16px; font-weight: 600; }
  .pic .name { font-size: 13px; font-weight: 600; text-anchor: middle; }
  .pic .mid { text-anchor: middle; } .pic .end { text-anchor: end; }
  .pic .mute { fill: var(--mute); } .pic .strong { font-weight: 600; }
  .pic .life { stroke: var(--rule); stroke-width: 1.5; }
  .pic .grid { stroke: var(--rule); stroke-width: .5; stroke-dasharray: 1 5; }
  .pic .card { fill: var(--card); stroke: var(--rule); }
  .pic .paper, .pic .plate { fill: var(--bg); }
  .pic line.way { stroke-width: 1.4; }
)";

std::string_view name_of(purpose p) {
  switch (p) {
    case purpose::check: return "check";
    case purpose::nomination: return "nomination";
    case purpose::upkeep: return "upkeep";
    case purpose::data: return "data";
    case purpose::server: return "server";
  }
  return "data";
}

constexpr std::array purposes{purpose::check, purpose::nomination, purpose::data, purpose::server,
                              purpose::upkeep};

std::string number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f", value);
  return text.data();
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool is_plain = c != '<' && c != '>' && c != '&' && c != '"';
    if (is_plain) {
      out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    } else {
      out += "&#" + std::to_string(static_cast<int>(c)) + ";";
    }
  }
  return out;
}

std::string escaped_lines(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    out += escaped(std::string_view{text}.substr(at, end - at)) + "\n";
    at = end + 1;
  }
  return out;
}

/// The number of characters of a UTF-8 text.
std::size_t length_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) != 0x80;
  }));
}

std::string cut(const std::string& text) {
  return length_of(text) <= longest_label ? text : text.substr(0, longest_label - 1) + "\u2026";
}

/// Arrows, or a run of them that is told in one line.
struct item {
  std::size_t first;
  std::size_t count;
};

class painter {
 public:
  explicit painter(const story& s) : story_{s} { lay_columns(); }

  std::string paint() {
    group();
    y_ = left_free_ = right_free_ = center_free_ = head + 18;
    draw_rows();
    const auto bottom = std::max({y_, left_free_, right_free_, center_free_}) + 12;
    std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"pic\" viewBox=\"0 0 " +
                      number(width_) + " " + number(bottom + 40) + "\" width=\"" + number(width_) +
                      "\" role=\"img\">\n<style>" + std::string{style} + "</style>\n<defs>";
    for (const auto p : purposes) out += marker(name_of(p));
    out += marker("lost");
    out += "</defs>\n<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n";
    out += header(bottom);
    out += ways_;
    out += plates_;
    out += texts_;
    out += legend(bottom + 24);
    return out + "</svg>\n";
  }

 private:
  static std::string marker(std::string_view name) {
    return "<marker id=\"m-" + std::string{name} +
           "\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" "
           "orient=\"auto\"><path d=\"M0 .8 7.4 4 0 7.2z\" style=\"fill:var(--" +
           std::string{name} + ")\"/></marker>";
  }

  void lay_columns() {
    const auto widest = [&](std::size_t side) {
      std::size_t most = 12;
      if (side >= story_.sides.size()) return 0.0;
      for (const auto& m : story_.sides[side].moments) {
        for (const auto& l : m.lines) most = std::max(most, std::min(length_of(l), longest_label));
      }
      return static_cast<double>(most + 2) * character;
    };
    left_ = margin + axis + widest(0) + 14;
    std::size_t label = 16;
    for (const auto& a : story_.arrows) {
      label = std::max(label, std::min(length_of(a.label), longest_label) + (a.lost ? 6 : 0));
    }
    std::size_t head_text = 12;
    for (const auto& l : story_.lanes) head_text = std::max(head_text, length_of(l.note) + 4);
    std::size_t beside = 0;  // between neighbours
    for (const auto& a : story_.arrows) {
      const bool short_way =
          a.lanes.size() == 2 &&
          std::max(a.lanes[0], a.lanes[1]) - std::min(a.lanes[0], a.lanes[1]) == 1;
      if (short_way) beside = std::max(beside, std::min(length_of(a.label), longest_label) + 3);
    }
    const auto lanes = static_cast<double>(story_.lanes.size() - 1);
    const auto needed = static_cast<double>(label + 3) * character;
    spacing_ = std::max({needed / lanes, static_cast<double>(head_text) * character,
                         static_cast<double>(beside) * character, 230.0});
    right_ = left_ + spacing_ * lanes;
    const auto right_text = std::max(widest(1), static_cast<double>(head_text) * character / 2);
    const auto title = static_cast<double>(length_of(summary_of(story_))) * character;
    width_ = std::max(right_ + right_text + 14, margin + title) + margin;
  }

  [[nodiscard]] double x_of(std::size_t lane) const {
    return left_ + spacing_ * static_cast<double>(lane);
  }

  /// Puts long runs of what keeps a session alive, and of data, into one item each.
  void group() {
    const auto& all = story_.arrows;
    const auto steady = [&](std::size_t i) {
      return all[i].purpose == purpose::upkeep || all[i].purpose == purpose::data;
    };
    const auto parted = [&](std::size_t i) {
      return std::any_of(story_.sides.begin(), story_.sides.end(), [&](const side& one) {
        return std::any_of(one.moments.begin(), one.moments.end(), [&](const moment& m) {
          return m.is_strong && m.at > all[i - 1].start && m.at <= all[i].start;
        });
      });
    };
    for (std::size_t i = 0; i < all.size();) {
      std::size_t end = i + 1;
      while (steady(i) && end < all.size() && steady(end) && !parted(end)) ++end;
      if (end - i >= shortest_run) {
        items_.push_back({i, end - i});
      } else {
        for (auto k = i; k < end; ++k) items_.push_back({k, 1});
      }
      i = end;
    }
  }

  /// Moves down for the time that has passed.
  void pass(floe::time_point at) {
    const auto ms = std::chrono::duration<double, std::milli>(at - now_).count();
    if (ms > 0.02) {
      y_ += std::min(44.0, 5 * std::log2(1 + ms));
      now_ = at;
    }
  }

  void mark_time(floe::time_point at, double y) {
    auto words = replay::text_of(at - story_.start);
    if (y < tick_free_ || words == told_time_) return;
    tick_free_ = y + line_height;
    text("mute end", margin + axis - 12, y + 4, words);
    told_time_ = std::move(words);
    ways_ += "<line class=\"grid\" x1=\"" + number(margin + axis - 6) + "\" x2=\"" +
             number(right_) + "\" y1=\"" + number(y) + "\" y2=\"" + number(y) + "\"/>\n";
  }

  /// The call in which a side closes; what it does then and later stands below all before.
  [[nodiscard]] std::size_t closing_call(std::size_t side) const {
    const auto& moments = story_.sides[side].moments;
    const auto closing = std::find_if(moments.begin(), moments.end(),
                                      [](const moment& m) { return m.lines.front() == "closes"; });
    return closing == moments.end() ? SIZE_MAX : closing->call;
  }

  /// Everything in the order of time: beginnings and ends of arrows, and moments of both sides.
  void draw_rows() {
    enum class phase : unsigned char { begin, finish, moment };
    /// Of what happens at once.
    enum rank : unsigned char { answer, arrival, moments, departure, closing, farewell };
    struct event {
      floe::time_point at;
      rank order;
      std::size_t index;
      phase what;
      std::size_t side;
    };
    std::vector<event> events;
    const std::array closing_at{closing_call(0),
                                story_.sides.size() == 1 ? SIZE_MAX : closing_call(1)};
    begins_.resize(story_.arrows.size());
    for (std::size_t i = 0; i < items_.size() && i < most_arrows; ++i) {
      const auto& a = story_.arrows[items_[i].first];
      const bool from_server = a.lanes.front() != 0 && a.lanes.front() + 1 != story_.lanes.size();
      const auto order = from_server                      ? answer
                         : a.call > closing_at.at(a.side) ? farewell
                                                          : departure;
      events.push_back({a.start, order, i, phase::begin, 0});
      if (items_[i].count > 1) continue;
      const bool takes_time = a.end > a.start;
      events.push_back({a.end, takes_time ? arrival : order, i, phase::finish, 0});
    }
    for (std::size_t s = 0; s < story_.sides.size(); ++s) {
      for (std::size_t k = 0; k < story_.sides[s].moments.size(); ++k) {
        const auto& m = story_.sides[s].moments[k];
        events.push_back(
            {m.at, m.call < closing_at.at(s) ? moments : closing, k, phase::moment, s});
      }
    }
    std::stable_sort(events.begin(), events.end(), [](const event& a, const event& b) {
      const auto key = [](const event& e) {
        return std::tuple{e.at, e.order, e.what == phase::moment ? 0 : e.index, e.what};
      };
      return key(a) < key(b);
    });
    now_ = story_.start;
    auto order = answer;
    for (const auto& e : events) {
      const auto before = y_;
      pass(e.at);
      // What happens at once to both sides stands side by side.
      if (e.order == closing && order == departure && y_ <= before) y_ += line_height;
      if (y_ > before || order != e.order) instant_ = y_;
      order = e.order;
      switch (e.what) {
        case phase::moment: draw(story_.sides[e.side].moments[e.index], e.side); break;
        case phase::begin: begin(items_[e.index]); break;
        case phase::finish: finish(items_[e.index]); break;
      }
    }
    if (items_.size() > most_arrows) {
      y_ = std::max(y_, center_free_) + row_height;
      text("mid mute", (left_ + right_) / 2, y_,
           "and " + std::to_string(items_.size() - most_arrows) + " more");
    }
  }

  void text(std::string_view classes, double x, double y, const std::string& content) {
    texts_ += "<text class=\"" + std::string{classes} + "\" x=\"" + number(x) + "\" y=\"" +
              number(y) + "\">" + escaped(content) + "</text>\n";
  }

  /// A text among arrows, on a plate.
  void label(const std::string& classes, double x, double y, const std::string& content) {
    const auto wide = static_cast<double>(length_of(content)) * character + 4;
    const auto left = classes.starts_with("end") ? x - wide + 2 : x - 2;
    plates_ += "<rect class=\"plate\" x=\"" + number(left) + "\" y=\"" + number(y - 10) +
               "\" width=\"" + number(wide) + "\" height=\"13\"/>\n";
    text("label " + classes, x, y, content);
  }

  void draw(const moment& m, std::size_t side) {
    auto& free = side == 0 ? left_free_ : right_free_;
    const auto top = std::max(instant_, free);
    y_ = std::max(y_, top);
    mark_time(m.at, top);
    const auto x = x_of(story_.lane_of(side));
    ways_ += "<circle cx=\"" + number(x) + "\" cy=\"" + number(top) + "\" r=\"" +
             (m.is_strong ? "4.5" : "2.5") + "\" style=\"fill:var(--" +
             (m.is_strong ? "nomination" : "mute") + ")\"/>\n";
    double y = top + 4;
    for (const auto& l : m.lines) {
      const bool first = &l == &m.lines.front();
      const std::string classes =
          std::string{side == 0 ? "end" : ""} + (m.is_strong && first ? " strong"
                                                 : first              ? ""
                                                                      : " mute");
      text(classes, side == 0 ? x - 12 : x + 12, y, cut(l));
      y += line_height;
    }
    free = top + line_height * static_cast<double>(m.lines.size()) + 3;
  }

  void begin(const item& i) {
    y_ = std::max(y_, center_free_);
    const auto& a = story_.arrows[i.first];
    mark_time(a.start, y_);
    if (i.count > 1) return band(i);
    const auto from = x_of(a.lanes.front());
    const bool rightwards = a.lanes[1] > a.lanes[0];
    label(std::string{rightwards ? "" : "end"} + (a.lost ? " mute" : ""),
          rightwards ? from + 8 : from - 8, y_ - 4, cut(a.label) + (a.lost ? " \u2013 lost" : ""));
    begins_[i.first] = y_;
    center_free_ = y_ + row_height;
  }

  void finish(const item& i) {
    const auto& a = story_.arrows[i.first];
    const auto top = begins_[i.first];
    const bool took_time = a.end > a.start;
    if (took_time) {
      y_ = std::max(y_, top + 6);
      center_free_ = std::max(center_free_, y_ + row_height);  // the next label is not on its point
    }
    const auto down = took_time ? y_ : top;
    const auto name = std::string{name_of(a.purpose)};
    const auto hops = a.lanes.size() - 1;
    for (std::size_t k = 0; k < hops; ++k) {
      const auto part = [&](std::size_t n) {
        return top + (down - top) * static_cast<double>(n) / static_cast<double>(hops);
      };
      const bool dies = a.lost && k + 1 == hops;
      const double x1 = x_of(a.lanes[k]);
      const double x2 = dies ? (x1 + x_of(a.lanes[k + 1])) / 2 : x_of(a.lanes[k + 1]);
      const double y2 = part(k + 1);
      ways_ += "<line class=\"way\" x1=\"" + number(x1) + "\" y1=\"" + number(part(k)) +
               "\" x2=\"" + number(x2) + "\" y2=\"" + number(y2) + "\" style=\"stroke:var(--" +
               (a.lost ? "lost" : name) + ")" + (a.lost ? ";stroke-dasharray:5 3" : "") + "\"" +
               (dies ? "" : " marker-end=\"url(#m-" + name + ")\"") + "/>\n";
      if (dies) cross(x2, y2);
    }
  }

  void cross(double x, double y) {
    ways_ += "<path d=\"M" + number(x - 4) + " " + number(y - 4) + "l8 8m0 -8l-8 8\" " +
             "style=\"stroke:var(--lost);stroke-width:2;fill:none\"/>\n";
  }

  /// A run in one line.
  void band(const item& i) {
    std::size_t upkeep = 0;
    std::size_t data = 0;
    std::size_t lost = 0;
    for (std::size_t k = i.first; k < i.first + i.count; ++k) {
      const auto& a = story_.arrows[k];
      (a.purpose == purpose::upkeep ? upkeep : data) += 1;
      lost += a.lost ? 1U : 0U;
    }
    std::string words;
    if (data != 0) words += std::to_string(data) + (data == 1 ? " payload" : " payloads");
    if (upkeep != 0) {
      words += (words.empty() ? "" : ", ") + std::to_string(upkeep) + " for consent and upkeep";
    }
    const auto& last = story_.arrows[i.first + i.count - 1];
    words += lost == 0 ? ", none lost" : ", " + std::to_string(lost) + " lost";
    words += ", until " + replay::text_of(last.start - story_.start);
    const auto middle = (left_ + right_) / 2;
    const auto wide =
        std::max(right_ - left_ - 40, static_cast<double>(length_of(words) + 2) * character);
    plates_ += "<rect class=\"card plate\" rx=\"4\" x=\"" + number(middle - wide / 2) + "\" y=\"" +
               number(y_ - 8) + "\" width=\"" + number(wide) + "\" height=\"20\"/>\n";
    text("label mid", middle, y_ + 6, words);
    y_ += 16;
    center_free_ = y_ + row_height;
    now_ = std::max(now_, last.start);
  }

  [[nodiscard]] std::string header(double bottom) const {
    std::string out = "<text class=\"title\" x=\"" + number(margin) + "\" y=\"34\">" +
                      escaped(title()) + "</text>\n";
    out += "<text class=\"mute\" x=\"" + number(margin) + "\" y=\"56\">" +
           escaped(summary_of(story_)) + "</text>\n";
    double y = 94;
    for (const auto* const word : {"time \u2193", "not to scale"}) {
      out += "<text class=\"mute end\" x=\"" + number(margin + axis - 2) + "\" y=\"" + number(y) +
             "\">" + word + "</text>\n";
      y += 17;
    }
    for (std::size_t i = 0; i < story_.lanes.size(); ++i) {
      const auto x = number(x_of(i));
      const auto& l = story_.lanes[i];
      const auto wide =
          static_cast<double>(std::max(length_of(l.note), length_of(l.name) + 4) + 2) * character;
      out += "<line class=\"life\" x1=\"" + x + "\" x2=\"" + x + "\" y1=\"" + number(head - 12) +
             "\" y2=\"" + number(bottom) + "\"/>\n";
      out += "<rect class=\"card\" rx=\"6\" x=\"" + number(x_of(i) - wide / 2) +
             "\" y=\"76\" width=\"" + number(wide) + "\" height=\"44\"/>\n";
      out += "<text class=\"name\" x=\"" + x + "\" y=\"" + (l.note.empty() ? "103" : "94") + "\">" +
             escaped(l.name) + "</text>\n";
      if (l.note.empty()) continue;
      out += "<text class=\"mid mute\" x=\"" + x + "\" y=\"111\">" + escaped(l.note) + "</text>\n";
    }
    return out;
  }

  [[nodiscard]] std::string title() const {
    if (story_.sides.size() == 1) return "A session of " + story_.sides[0].name;
    return "A session of " + story_.sides[0].name + " and " + story_.sides[1].name;
  }

  [[nodiscard]] std::string legend(double y) const {
    constexpr std::array<std::string_view, 5> words{"check", "nomination", "data", "server",
                                                    "consent, upkeep"};
    std::string out;
    double x = margin;
    const auto entry = [&](std::string_view colour, std::string_view word) {
      out += "<line class=\"way\" x1=\"" + number(x) + "\" x2=\"" + number(x + 26) + "\" y1=\"" +
             number(y - 4) + "\" y2=\"" + number(y - 4) + "\" style=\"stroke:var(--" +
             std::string{colour} + ")\" marker-end=\"url(#m-" + std::string{colour} + ")\"/>\n";
      out += "<text class=\"mute\" x=\"" + number(x + 34) + "\" y=\"" + number(y) + "\">" +
             std::string{word} + "</text>\n";
      x += 34 + static_cast<double>(word.size() + 3) * character;
    };
    for (std::size_t i = 0; i < purposes.size(); ++i) entry(name_of(purposes[i]), words[i]);
    entry("lost", "lost");
    return out;
  }

  const story& story_;
  std::vector<item> items_;
  std::vector<double> begins_;
  std::string ways_;
  std::string plates_;  ///< above all lines, so that none strikes through a text
  std::string texts_;
  std::string told_time_;
  floe::time_point now_;
  double left_ = 0;
  double right_ = 0;
  double spacing_ = 0;
  double width_ = 0;
  double y_ = 0;
  double instant_ = 0;  ///< where what happens now begins
  double left_free_ = 0;
  double right_free_ = 0;
  double center_free_ = 0;
  double tick_free_ = 0;
};

}  // namespace

std::string svg_of(const story& s) { return painter{s}.paint(); }

std::string html_of(const story& s) {
  return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>A "
         "session</title>\n"
         "<meta name=\"color-scheme\" content=\"light dark\">\n"
         "<style>body{margin:0;background:var(--bg);color:var(--fg)}"
         "svg{display:block;max-width:none}"
         "details{margin:16px 24px;font:13px ui-monospace,monospace}</style></head>\n"
         // The colours of the picture are those of the page.
         "<body class=\"pic\">\n" +
         svg_of(s) + "<details><summary>As text</summary><pre>" + escaped_lines(text_of(s)) +
         "</pre></details>\n</body></html>\n";
}

}  // namespace replay
