#include "options.hpp"

#include <cstdio>
#include <string_view>

#include "floe/sdp/address.hpp"
#include "floe/sdp/text.hpp"

namespace floecat {

namespace {

constexpr const char* help = R"(floecat: netcat over ICE

  floecat offer     print a line for the other person, read theirs, then talk
  floecat answer    read the other person's line, print one for them, then talk
  floecat lines --role controlling|controlled
                    for programs: signalling and data as lines of text

offer and answer send what comes from stdin to the peer and write what the peer sends
to stdout, whole and in order, until both sides have ended.

  --bind ADDRESS    use this local address only; may be repeated
                    (default: those of all interfaces that are up)
  --loopback        use loopback addresses as well
                    (default: only where there are no others)
  --timeout SECONDS give up when no connection stands by then
                    (default: 600; lines: never)
  --pcap FILE       write every datagram to FILE, for Wireshark
  --verbose         tell on stderr what happens, and when

lines writes           and reads
  ufrag U                ufrag U
  pwd P                  pwd P
  candidate VALUE        candidate VALUE
  end-of-candidates      end-of-candidates
  state STATE            send HEX
  selected LOCAL | REMOTE  restart
  rx HEX                 quit, or the end of stdin
  error REASON

exit codes
  0  ended well
  1  trouble on this machine: no socket, no file, stdin or stdout broke
  2  wrong usage
  3  what came in is no token, or damaged
  4  no token or no connection in time
  5  no path to the peer
  6  the peer was lost, or left before the end
  128 + N  ended by signal N (lines: 0)
)";

exit_code complain(const std::string& about) {
  std::fprintf(stderr, "floecat: %s; try floecat --help\n", about.c_str());
  return exit_code::usage;
}

/// The words of the command line, one after the other.
class words {
 public:
  explicit words(const std::vector<std::string>& all) : all_{all} {}

  [[nodiscard]] bool empty() const { return next_ == all_.size(); }
  std::string take() { return all_[next_++]; }

  /// The value of an option: what stands behind its "=", or the next word.
  std::optional<std::string> value(std::string& option) {
    const auto sign = option.find('=');
    if (sign == std::string::npos) return empty() ? std::nullopt : std::optional{take()};
    auto made = option.substr(sign + 1);
    option.resize(sign);
    return made;
  }

 private:
  const std::vector<std::string>& all_;
  std::size_t next_ = 0;
};

std::optional<mode> parse_mode(std::string_view text) {
  if (text == "offer") return mode::offer;
  if (text == "answer") return mode::answer;
  if (text == "lines") return mode::lines;
  return std::nullopt;
}

std::optional<floe::ice::role> parse_role(std::string_view text) {
  if (text == "controlling") return floe::ice::role::controlling;
  if (text == "controlled") return floe::ice::role::controlled;
  return std::nullopt;
}

bool take_bind(options& parsed, std::string_view text) {
  const auto address = floe::sdp::parse_address(text);
  if (!address || floe::is_unspecified(*address) || floe::is_multicast(*address)) return false;
  parsed.bind.push_back(*address);
  return true;
}

/// Takes an option that has a value. out: why not, empty when it was taken.
std::string take_valued(options& parsed, bool& has_role, const std::string& name,
                        const std::string& value) {
  if (name == "--role") {
    const auto role = parse_role(value);
    if (!role) return "--role is controlling or controlled";
    parsed.role = *role;
    has_role = true;
  } else if (name == "--bind") {
    if (!take_bind(parsed, value)) return "--bind takes an IPv4 or IPv6 address of this machine";
  } else if (name == "--timeout") {
    const auto seconds = floe::sdp::parse_decimal(value, 6, 1, 999'999);
    if (!seconds) return "--timeout takes seconds from 1 to 999999";
    parsed.timeout = std::chrono::seconds{*seconds};
  } else if (name == "--pcap") {
    if (value.empty()) return "--pcap takes a file name";
    parsed.pcap = value;
  } else {
    return "unknown option " + name;
  }
  return {};
}

}  // namespace

std::variant<options, exit_code> parse_options(const std::vector<std::string>& arguments) {
  options parsed;
  words rest{arguments};
  std::optional<mode> chosen;
  bool has_role = false;
  while (!rest.empty()) {
    auto word = rest.take();
    if (word == "--help" || word == "-h") {
      std::fputs(help, stdout);
      return exit_code::well;
    }
    if (word == "--loopback") {
      parsed.loopback = true;
    } else if (word == "--verbose") {
      parsed.verbose = true;
    } else if (word.starts_with("-")) {
      const auto value = rest.value(word);
      if (!value) return complain(word + " needs a value, or is unknown");
      const auto refusal = take_valued(parsed, has_role, word, *value);
      if (!refusal.empty()) return complain(refusal);
    } else {
      if (chosen) return complain("unexpected " + word);
      chosen = parse_mode(word);
      if (!chosen) return complain("there is no mode " + word);
    }
  }
  if (!chosen) return complain("offer, answer or lines?");
  parsed.mode = *chosen;
  if ((parsed.mode == mode::lines) != has_role)
    return complain("--role goes with lines, and only there");
  if (parsed.mode == mode::answer) parsed.role = floe::ice::role::controlled;
  return parsed;
}

}  // namespace floecat
