// The command line.
#include <fcntl.h>
#include <getopt.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

#include "floe/sdp/address.hpp"
#include "floe/sdp/text.hpp"
#include "options.hpp"

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
  --stun URI        ask a STUN server for addresses, as stun:HOST[:PORT]
  --turn URI        ask a TURN server for relays, as turn:HOST[:PORT][?transport=tcp], or
                    turns:HOST[:PORT] for TLS; --stun and --turn may be repeated
  --user NAME       for all TURN servers
  --password TEXT   likewise
  --relay-only      let everything go through relays
  --timeout SECONDS give up when no connection stands by then
                    (default: 600; lines: never)
  --pcap FILE       write every UDP datagram to FILE, for Wireshark
  --record FILE     write what the agent is told and says to FILE, for examples/replay;
                    it holds the passwords of the session
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
  5  no path to the peer (offer; answer can't know whether its line was handed over,
     and ends with 4)
  6  the peer was lost, or left before the end
  128 + N  ended by signal N (lines: 0)
)";

/// Each takes the value of an option. out: why not; nullptr when it was taken.
const char* take_role(options& o, std::string_view text) {
  o.role.reset();
  if (text == "controlling") o.role = floe::ice::role::controlling;
  if (text == "controlled") o.role = floe::ice::role::controlled;
  return o.role ? nullptr : "--role is controlling or controlled";
}

const char* take_bind(options& o, std::string_view text) {
  const auto address = floe::sdp::parse_address(text);
  if (!address || floe::is_unspecified(*address) || floe::is_multicast(*address)) {
    return "--bind takes an IPv4 or IPv6 address of this machine";
  }
  o.bind.push_back(*address);
  return nullptr;
}

const char* take_timeout(options& o, std::string_view text) {
  const auto seconds = floe::sdp::parse_decimal(text, 6, 1, 999'999);
  if (!seconds) return "--timeout takes seconds from 1 to 999999";
  o.timeout = std::chrono::seconds{*seconds};
  return nullptr;
}

const char* take_pcap(options& o, std::string_view text) {
  o.pcap = text;
  return text.empty() ? "--pcap takes a file name" : nullptr;
}

const char* take_record(options& o, std::string_view text) {
  o.record = text;
  return text.empty() ? "--record takes a file name" : nullptr;
}

const char* take_server(options& o, std::string_view uri, floe::gather::service wanted,
                        const char* usage) {
  const auto plan = floe::gather::plan_for(uri);
  const bool usable =
      plan && plan->service == wanted && plan->transport != floe::turn::transport::dtls;
  if (usable) o.uris.push_back(uri);
  return usable ? nullptr : usage;
}

const char* take_stun(options& o, std::string_view uri) {
  return take_server(o, uri, floe::gather::service::reflexive, "--stun takes stun:HOST[:PORT]");
}

const char* take_turn(options& o, std::string_view uri) {
  return take_server(o, uri, floe::gather::service::relay,
                     "--turn takes turn:HOST[:PORT][?transport=tcp] or turns:HOST[:PORT]");
}

template <std::string_view floe::gather::server::*Text>
const char* take_account(options& o, std::string_view text) {
  o.servers.*Text = text;
  return nullptr;
}

template <bool options::*Flag>
const char* set(options& o, std::string_view) {
  o.*Flag = true;
  return nullptr;
}

const char* take_mode(options& o, std::string_view text) {
  if (text == "offer") {
    o.mode = mode::offer;
  } else if (text == "answer") {
    o.mode = mode::answer;
  } else if (text == "lines") {
    o.mode = mode::lines;
  } else {
    return "the mode is offer, answer or lines";
  }
  const bool relays = std::any_of(o.uris.begin(), o.uris.end(), [](std::string_view uri) {
    return uri[0] == 't' || uri[0] == 'T';
  });
  if (o.relay_only && !relays) return "--relay-only needs --turn";
  return (o.mode == mode::lines) == o.role.has_value() ? nullptr : "--role goes with lines";
}

struct known_option {
  const char* name;
  int argument;
  const char* (*take)(options&, std::string_view);
};

constexpr std::array known_options{
    known_option{"role", required_argument, take_role},
    known_option{"bind", required_argument, take_bind},
    known_option{"stun", required_argument, take_stun},
    known_option{"turn", required_argument, take_turn},
    known_option{"user", required_argument, take_account<&floe::gather::server::username>},
    known_option{"password", required_argument, take_account<&floe::gather::server::credential>},
    known_option{"relay-only", no_argument, set<&options::relay_only>},
    known_option{"timeout", required_argument, take_timeout},
    known_option{"pcap", required_argument, take_pcap},
    known_option{"record", required_argument, take_record},
    known_option{"loopback", no_argument, set<&options::loopback>},
    known_option{"verbose", no_argument, set<&options::verbose>},
    known_option{"help", no_argument, nullptr},
};

int fail(const char* why) {
  std::fprintf(stderr, "floecat: %s; try floecat --help\n", why);
  return static_cast<int>(exit_code::usage);
}

/// Where stdin, stdout or stderr is closed, the next file opened would take its place.
void fill_standard_files() {
  int fd = 0;
  while (fd >= 0 && fd <= STDERR_FILENO) fd = ::open("/dev/null", O_RDWR);
  if (fd >= 0) ::close(fd);
}

int run(int count, char** words) {
  std::array<option, known_options.size() + 1> table{};
  for (std::size_t i = 0; i < known_options.size(); ++i) {
    table[i] = {known_options[i].name, known_options[i].argument, nullptr, static_cast<int>(i)};
  }
  options parsed;
  opterr = 0;
  int found = 0;
  while ((found = getopt_long(count, words, "", table.data(), nullptr)) != -1) {
    if (found == '?') return fail("an option is unknown, or lacks its value");
    const auto& known = known_options[static_cast<std::size_t>(found)];
    if (known.take == nullptr) {
      std::fputs(help, stdout);
      return static_cast<int>(exit_code::well);
    }
    const auto* const trouble = known.take(parsed, optarg == nullptr ? "" : optarg);
    if (trouble != nullptr) return fail(trouble);
  }
  if (optind + 1 != count) return fail("one mode is needed: offer, answer or lines");
  const auto* const trouble = take_mode(parsed, words[optind]);
  if (trouble != nullptr) return fail(trouble);
  parsed.servers.uris = parsed.uris;
  return parsed.mode == mode::lines ? run_lines(parsed) : run_talk(parsed);
}

}  // namespace

}  // namespace floecat

int main(int count, char** words) {
  floecat::fill_standard_files();
  return floecat::run(count, words);
}
