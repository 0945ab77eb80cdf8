// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace tandem::cli {

/// Who started this process and waits to hear from it: systemd, of a unit with Type=notify
/// (sd_notify(3)). Nobody, and nothing is told, without NOTIFY_SOCKET. Never waits.
class service_manager {
 public:
  using clock = std::chrono::steady_clock;

  /// From the environment: NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. Programs started by this
  /// one do not inherit them.
  service_manager();
  ~service_manager();
  service_manager(const service_manager&) = delete;
  service_manager& operator=(const service_manager&) = delete;

  /// It serves; `status` is what `systemctl status` shows.
  void ready(std::string_view status);
  void stopping();
  /// To be called by the loop that does the work, ten times a second: at half of its time the
  /// watchdog is told that the loop is alive. Not called while that hangs, and so restarted.
  void look(clock::time_point now);

 private:
  void tell(std::string_view what) const;

  std::string address_;  ///< of a Unix socket, the first byte 0 when it is abstract
  int socket_ = -1;
  clock::duration watchdog_{};  ///< 0: none
  clock::time_point told_{};
};

}  // namespace tandem::cli
