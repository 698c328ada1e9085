// The recording of an agent as a file, which only its owner may read: it holds passwords.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "floe/record/archive.hpp"

namespace floecat {

class recording_file {
 public:
  /// path: empty: none
  explicit recording_file(const std::string& path)
      : fd_{path.empty() ? -1
                         : ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)} {}
  recording_file(const recording_file&) = delete;
  recording_file& operator=(const recording_file&) = delete;
  recording_file(recording_file&&) = delete;
  recording_file& operator=(recording_file&&) = delete;
  ~recording_file() {
    if (fd_ >= 0) ::close(fd_);
  }

  [[nodiscard]] floe::record::sink_ref sink() {
    return fd_ >= 0 ? floe::record::sink_ref{*this} : floe::record::sink_ref{};
  }

  /// Out at once: a process that is killed leaves a file that plays up to there.
  bool operator()(floe::byte_view bytes) {
    while (!bytes.empty()) {
      const auto size = ::write(fd_, bytes.data(), bytes.size());
      if (size < 0 && errno == EINTR) continue;
      if (size <= 0) return false;
      bytes = bytes.subspan(static_cast<std::size_t>(size));
    }
    return true;
  }

 private:
  int fd_;
};

}  // namespace floecat
