// SPDX-License-Identifier: MIT
#include "progress_line.hpp"
#include "tandem/core/counted.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem::cli {
namespace {

/// A part of the line; the least important ones go first when the terminal is narrow.
struct part {
  std::string text;
  int importance;
};

// A terminal that can rewrite a line.
bool stderr_is_terminal() {
  const char* kind = std::getenv("TERM");
  return isatty(STDERR_FILENO) != 0 && kind != nullptr && std::string_view(kind) != "dumb";
}

// Asked each time, as a window may be resized meanwhile. The last column stays free: a character
// there makes some terminals begin a new line.
std::size_t columns() {
  winsize size{};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col - 1u : 79;
}

std::string joined(const std::vector<part>& parts) {
  std::string line;
  for (const auto& part : parts) line += (line.empty() ? "" : ", ") + part.text;
  return line;
}

std::string fitted(std::vector<part> parts, std::size_t width) {
  auto line = joined(parts);
  while (line.size() > width && parts.size() > 1) {
    parts.erase(std::ranges::min_element(parts, {}, &part::importance));
    line = joined(parts);
  }
  return line.substr(0, width);
}

double seconds(duration d) { return std::chrono::duration<double>(d).count(); }

// `1:05:09` or `5:09`.
std::string clock_text(double left) {
  constexpr double most = 999 * 3600;
  const auto whole = static_cast<long>(std::min(left, most));
  char text[32];
  if (whole < 3600)
    std::snprintf(text, sizeof text, "%ld:%02ld", whole / 60, whole % 60);
  else
    std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
  return text;
}

std::string of_length(const scenarios::progress& at) {
  char text[80];
  std::snprintf(text, sizeof text, "%.1f of %.1f s", seconds(at.now), seconds(at.length));
  return text;
}

void print(std::vector<part> parts, bool terminal) {
  if (terminal)
    std::fprintf(stderr, "\r\033[K%s", fitted(std::move(parts), columns()).c_str());
  else
    std::fprintf(stderr, "%s\n", joined(parts).c_str());
  std::fflush(stderr);
}

}  // namespace

progress_line::progress_line(std::string what, std::size_t number, std::size_t count)
    : what_(std::move(what)), terminal_(stderr_is_terminal()) {
  if (count > 1) level_ = "level " + std::to_string(number) + " of " + std::to_string(count);
}

progress_line::~progress_line() {
  if (shown_ && terminal_) std::fputs("\r\033[K", stderr);
}

void progress_line::show(const scenarios::progress& at) {
  const double wall = at.wall.count();
  if (wall < next_) return;
  next_ = wall + (terminal_ ? 0.2 : 10);
  shown_ = true;
  const double done = std::clamp(seconds(at.now) / seconds(at.length), 0.0, 1.0);
  std::vector<part> parts{{what_, 3}};
  if (!level_.empty()) parts.push_back({level_, 4});
  parts.push_back({std::to_string(static_cast<int>(done * 100)) + " %", 5});
  parts.push_back({of_length(at), 1});
  // As fast as so far; nothing is known of it before the first progress.
  if (done > 0) parts.push_back({clock_text(wall * (1 - done) / done) + " left", 2});
  parts.push_back({counted(at.events, "event"), 0});
  print(std::move(parts), terminal_);
}

count_line::count_line(std::string what, std::size_t count)
    : what_(std::move(what)), count_(count), terminal_(stderr_is_terminal()) {}

count_line::~count_line() {
  if (shown_ && terminal_) std::fputs("\r\033[K", stderr);
}

void count_line::add(bool well) { show(done_ + 1, count_, unwell_ + (well ? 0 : 1)); }

void count_line::show(std::size_t now, std::size_t count, std::size_t unwell) {
  done_ = now;
  count_ = count;
  unwell_ = unwell;
  const double wall =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
  if (wall < next_ || done_ == 0) return;
  next_ = wall + (terminal_ ? 0.2 : 10);
  shown_ = true;
  const double done = static_cast<double>(done_) / static_cast<double>(count_);
  std::vector<part> parts{{what_, 1}, {std::to_string(done_) + " of " + std::to_string(count_), 4}};
  if (unwell_ > 0) parts.push_back({std::to_string(unwell_) + " not ok", 3});
  parts.push_back({clock_text(wall * (1 - done) / done) + " left", 2});
  print(std::move(parts), terminal_);
}

}  // namespace tandem::cli
