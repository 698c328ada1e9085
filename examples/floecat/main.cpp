// The command line.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "../command_line.hpp"
#include "floe/sdp/address.hpp"
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
  ice-pacing MS          ice-pacing MS
  ufrag U                ufrag U
  pwd P                  pwd P
  candidate VALUE        candidate VALUE
  end-of-candidates      end-of-candidates
  state STATE            send HEX
  selected LOCAL | REMOTE  restart
  rx HEX                 quit, or the end of stdin
  relay-lost
  relay-replaced [cut-off]   with cut-off the peers reach each other only after a restart
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

using examples::command_line;

command_line::taker bind_into(options& o) {
  return [&o](std::string_view text) -> std::string {
    const auto address = floe::sdp::parse_address(text);
    if (!address || floe::is_unspecified(*address) || floe::is_multicast(*address)) {
      return "an IPv4 or IPv6 address of this machine";
    }
    o.bind.push_back(*address);
    return {};
  };
}

command_line::taker server_into(options& o, floe::gather::service wanted, const char* form) {
  return [&o, wanted, form](std::string_view uri) -> std::string {
    const auto plan = floe::gather::plan_for(uri);
    const bool usable =
        plan && plan->service == wanted && plan->transport != floe::turn::transport::dtls;
    if (usable) o.uris.push_back(uri);
    return usable ? "" : form;
  };
}

command_line::taker view_into(std::string_view& into) {
  return [&into](std::string_view text) -> std::string {
    into = text;
    return {};
  };
}

/// What does not go together; empty when all does.
std::string find_conflict(const options& o) {
  const bool relays = std::any_of(o.uris.begin(), o.uris.end(), [](std::string_view uri) {
    return uri[0] == 't' || uri[0] == 'T';
  });
  if (o.relay_only && !relays) return "--relay-only needs --turn";
  return (o.mode == mode::lines) == o.role.has_value() ? "" : "--role goes with lines";
}

/// Where stdin, stdout or stderr is closed, the next file opened would take its place.
void fill_standard_files() {
  int fd = 0;
  while (fd >= 0 && fd <= STDERR_FILENO) fd = ::open("/dev/null", O_RDWR);
  if (fd >= 0) ::close(fd);
}

int run(int count, char** words) {
  using floe::gather::service;
  using floe::ice::role;
  options o;
  command_line line{"floecat", help};
  line.flag("--loopback", o.loopback)
      .flag("--relay-only", o.relay_only)
      .flag("--verbose", o.verbose)
      .option("--role",
              examples::choice_into<std::optional<role>>(
                  o.role, {{"controlling", role::controlling}, {"controlled", role::controlled}}))
      .option("--bind", bind_into(o))
      .option("--stun", server_into(o, service::reflexive, "stun:HOST[:PORT]"))
      .option("--turn", server_into(o, service::relay,
                                    "turn:HOST[:PORT][?transport=tcp] or turns:HOST[:PORT]"))
      .option("--user", view_into(o.servers.username))
      .option("--password", view_into(o.servers.credential))
      .option("--timeout", examples::number_into(o.timeout, 1, 999'999))
      .option("--pcap", examples::text_into(o.pcap))
      .option("--record", examples::text_into(o.record))
      .words(
          "the mode", 1, 1,
          examples::choice_into<mode>(
              o.mode, {{"offer", mode::offer}, {"answer", mode::answer}, {"lines", mode::lines}}));
  if (const auto code = line.read(count, words)) return *code;
  if (const auto trouble = find_conflict(o); !trouble.empty()) return line.refuse(trouble);
  o.servers.uris = o.uris;
  return o.mode == mode::lines ? run_lines(o) : run_talk(o);
}

}  // namespace

}  // namespace floecat

int main(int count, char** words) {
  floecat::fill_standard_files();
  return floecat::run(count, words);
}
