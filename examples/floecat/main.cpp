#include <fcntl.h>
#include <unistd.h>

#include "drive.hpp"
#include "options.hpp"
#include "session.hpp"
#include "talk.hpp"

namespace floecat {

namespace {

floe::config make_config(const options& options) {
  floe::config config;
  config.role = options.role;
  config.report_pairs = options.verbose;
  config.limits.local_candidates = 32;
  config.limits.remote_candidates = 64;
  config.limits.events = 1024;
  return options.mode == mode::lines ? config : talk::agent_config(config);
}

/// Where stdin, stdout or stderr is closed, the next file opened would take its place.
void fill_standard_files() {
  int fd = 0;
  while (fd >= 0 && fd <= STDERR_FILENO) fd = ::open("/dev/null", O_RDWR);
  if (fd >= 0) ::close(fd);
}

int run(const options& options) {
  session host{options, make_config(options)};
  if (!host.is_open()) return static_cast<int>(exit_code::local_trouble);
  if (options.mode == mode::lines) {
    drive program{host, options};
    return host.run(program);
  }
  talk program{host, options};
  return host.run(program);
}

}  // namespace

}  // namespace floecat

int main(int count, char** words) {
  floecat::fill_standard_files();
  const auto parsed = floecat::parse_options({words + 1, words + count});
  if (const auto* const code = std::get_if<floecat::exit_code>(&parsed))
    return static_cast<int>(*code);
  return floecat::run(std::get<floecat::options>(parsed));
}
