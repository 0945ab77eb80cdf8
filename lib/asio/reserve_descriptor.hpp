// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <unistd.h>

namespace tandem {

/// One descriptor held back, so that something important can be opened when there is no other.
class reserve_descriptor {
 public:
  reserve_descriptor() = default;
  ~reserve_descriptor() { release(); }
  reserve_descriptor(const reserve_descriptor&) = delete;
  reserve_descriptor& operator=(const reserve_descriptor&) = delete;

  /// Holds one if it can and does not yet.
  void hold() {
    if (held_ < 0) held_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  }
  /// Gives it back to the system; false when none was held.
  bool release() {
    if (held_ < 0) return false;
    ::close(held_);
    held_ = -1;
    return true;
  }

 private:
  int held_ = -1;
};

}  // namespace tandem
