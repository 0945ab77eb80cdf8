// SPDX-License-Identifier: MIT
#include "service_manager.hpp"

#include "tandem/command/units.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace tandem::cli {
namespace {

std::string taken_from_environment(const char* name) {
  const char* given = std::getenv(name);
  std::string value = given ? given : "";
  ::unsetenv(name);
  return value;
}

/// How long the watchdog waits; 0 when there is none, or another process' one.
std::chrono::microseconds watchdog_of_this_process() {
  const auto period = parse_count(taken_from_environment("WATCHDOG_USEC"));
  const auto of = taken_from_environment("WATCHDOG_PID");
  const bool ours = of.empty() || of == std::to_string(::getpid());
  return std::chrono::microseconds(ours ? period.value_or(0) : 0);
}

}  // namespace

service_manager::service_manager()
    : address_(taken_from_environment("NOTIFY_SOCKET")), watchdog_(watchdog_of_this_process()) {
  const bool path = address_.starts_with('/'), abstract = address_.starts_with('@');
  if ((!path && !abstract) || address_.size() >= sizeof(sockaddr_un::sun_path)) return;
  if (abstract) address_[0] = '\0';
  socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

service_manager::~service_manager() {
  if (socket_ >= 0) ::close(socket_);
}

void service_manager::ready(std::string_view status) {
  tell("READY=1\nSTATUS=" + std::string(status));
}

void service_manager::stopping() { tell("STOPPING=1\nSTATUS=shutting down"); }

void service_manager::look(clock::time_point now) {
  if (watchdog_ == watchdog_.zero() || now - told_ < watchdog_ / 2) return;
  told_ = now;
  tell("WATCHDOG=1");
}

void service_manager::tell(std::string_view what) const {
  if (socket_ < 0) return;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  const auto size = offsetof(sockaddr_un, sun_path) + address_.size();
  ::sendto(socket_, what.data(), what.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&to),
           static_cast<socklen_t>(size));  // nobody could be told that it failed
}

}  // namespace tandem::cli
