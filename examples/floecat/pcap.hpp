// Datagrams as a capture file that Wireshark reads.
//
// A UDP socket sees no IP and UDP headers, so they are made up from what is known: addresses,
// ports, lengths and correct checksums.
#pragma once

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include "floe/core/bytes.hpp"
#include "floe/core/endpoint.hpp"

namespace floecat {

class pcap_writer {
 public:
  /// Starts the file. Returns false when it can't be written; errno says why.
  [[nodiscard]] bool open(const std::string& path);

  /// Appends one datagram. Does nothing without a file.
  void record(std::chrono::system_clock::time_point at, const floe::endpoint& from,
              const floe::endpoint& to, floe::byte_view bytes);

 private:
  struct closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, closer> file_;
};

}  // namespace floecat
