// What the command line says, the exit codes, and what runs in each mode.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "floe/core/endpoint.hpp"
#include "floe/gather/server.hpp"
#include "floe/ice/role.hpp"

namespace floecat {

enum class exit_code : int {
  well = 0,
  local_trouble = 1,
  usage = 2,
  bad_token = 3,
  timeout = 4,
  no_path = 5,
  peer_lost = 6,
  signal = 128,  ///< plus its number
};

enum class mode : unsigned char { offer, answer, lines };

struct options {
  floecat::mode mode = mode::offer;
  std::optional<floe::ice::role> role;  ///< lines have one
  std::vector<floe::address> bind;
  bool loopback = false;
  std::vector<std::string_view> uris;  ///< of servers
  floe::gather::server servers;        ///< all of them
  bool relay_only = false;
  std::optional<std::chrono::seconds> timeout;
  std::string pcap;    ///< empty: none
  std::string record;  ///< likewise
  bool verbose = false;
};

/// Runs a mode to its end. out: the exit code.
int run_talk(const options& options);
int run_lines(const options& options);

}  // namespace floecat
