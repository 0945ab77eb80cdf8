// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tandem::cli {

/// `2026-11-26T14:45:01.250Z` (RFC 3339), for people and for what collects logs.
std::string wall_time();

/// Lines to a descriptor whose reader may be slow, stuck or gone: a full pipe, a closed one, a full
/// disk. line() never waits: a bounded queue (lines_most; the oldest goes first) and a thread of
/// its own stand between. What could not be written is counted, and said in the next line that can
/// be. Nothing of that ends the program: give SIGPIPE up before.
///
/// line(), lost() and finish() belong to one thread.
class line_output {
 public:
  static constexpr std::size_t lines_most = 4096;

  /// `json`: what was lost is said as a JSON object.
  explicit line_output(int descriptor, bool json = false);
  /// Gives up what is not written within 0.1 s; see finish().
  ~line_output();
  line_output(const line_output&) = delete;
  line_output& operator=(const line_output&) = delete;

  void line(std::string_view text);
  /// Lines that wait to be written.
  std::size_t waiting() const;
  /// Lines that were not written so far.
  std::uint64_t lost() const;
  /// Why the last of them were lost.
  std::string reason() const;
  /// The last call: writes what waits, for so long at most.
  void finish(std::chrono::milliseconds patience);

 private:
  class state;
  std::unique_ptr<state> state_;
};

}  // namespace tandem::cli
