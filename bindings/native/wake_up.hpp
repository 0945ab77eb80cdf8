// SPDX-License-Identifier: MIT
#pragma once

#include <boost/system/system_error.hpp>

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace tandem::bindings {

/// A file that is readable while somebody should look.
class wake_up {
 public:
  wake_up() : file_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (file_ < 0)
      throw boost::system::system_error(errno, boost::system::system_category(), "eventfd");
  }
  ~wake_up() { ::close(file_); }
  wake_up(const wake_up&) = delete;
  wake_up& operator=(const wake_up&) = delete;

  int file() const noexcept { return file_; }
  void ring() noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(file_, &one, sizeof one);
  }
  void quiet() noexcept {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto read = ::read(file_, &count, sizeof count);
  }

 private:
  int file_;
};

}  // namespace tandem::bindings
