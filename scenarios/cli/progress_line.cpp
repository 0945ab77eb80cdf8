// SPDX-License-Identifier: MIT
#include "progress_line.hpp"

#include <unistd.h>

#include <cstdio>
#include <utility>

namespace tandem::cli {

progress_line::progress_line(std::string what)
    : what_(std::move(what)), terminal_(isatty(STDERR_FILENO) != 0) {}

progress_line::~progress_line() {
  if (shown_ && terminal_) std::fputs("\r\033[K", stderr);
}

void progress_line::show(const scenarios::progress& at) {
  const double wall = at.wall.count();
  if (wall < next_) return;
  next_ = wall + (terminal_ ? 0.2 : 10);
  shown_ = true;
  const auto seconds = [](duration d) { return std::chrono::duration<double>(d).count(); };
  std::fprintf(stderr, "%s%s: %.1f of %.1f s, %llu events, %.0f s of wall time%s",
               terminal_ ? "\r\033[K" : "", what_.c_str(), seconds(at.now), seconds(at.length),
               static_cast<unsigned long long>(at.events), wall, terminal_ ? "" : "\n");
  std::fflush(stderr);
}

}  // namespace tandem::cli
