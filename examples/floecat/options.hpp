// What the command line says, and what the exit code answers.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "floe/core/endpoint.hpp"
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
  floe::ice::role role = floe::ice::role::controlling;
  std::vector<floe::address> bind;
  bool loopback = false;
  std::optional<std::chrono::milliseconds> timeout;
  std::string pcap;  ///< empty: none
  bool verbose = false;
};

/// The options, or how to exit: help and complaints are printed here.
std::variant<options, exit_code> parse_options(const std::vector<std::string>& arguments);

}  // namespace floecat
