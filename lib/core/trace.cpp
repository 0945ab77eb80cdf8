// SPDX-License-Identifier: MIT
#include "tandem/core/trace.hpp"

#include "trace_codec.hpp"

#include <algorithm>
#include <stdexcept>

namespace tandem {
namespace {

using detail::trace_codec::reader;
using detail::trace_codec::record_kind;

/// Compares what a manager records with what was recorded.
class comparing_sink final : public trace_sink {
 public:
  explicit comparing_sink(std::span<const std::byte> expected) : expected_(expected) {}
  void record(std::span<const std::byte> bytes) override {
    if (differs_) return;
    const auto rest = expected_.subspan(offset_);
    const auto n = std::min(rest.size(), bytes.size());
    const auto at =
        std::mismatch(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n), rest.begin());
    offset_ += static_cast<std::size_t>(at.first - bytes.begin());
    differs_ = at.first != bytes.end();
  }
  bool differs() const noexcept { return differs_; }
  std::size_t offset() const noexcept { return offset_; }

 private:
  std::span<const std::byte> expected_;
  std::size_t offset_ = 0;
  bool differs_ = false;
};

std::string unreadable(const reader& from) {
  return "the trace cannot be read at byte " + std::to_string(from.offset());
}

}  // namespace

std::string trace_hash::text() const {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out(16, '0');
  for (int i = 0; i < 16; ++i)
    out[static_cast<std::size_t>(i)] = digits[value_ >> (60 - 4 * i) & 15];
  return out;
}

replay_result replay(std::span<const std::byte> trace) {
  replay_result result;
  reader from(trace);
  const auto first = from.next_kind();
  const auto header = first == record_kind::header ? from.read_header() : std::nullopt;
  if (!header) {
    result.error = "the trace does not begin with a header of version " +
                   std::to_string(detail::trace_codec::version);
    return result;
  }
  if (const auto problems = problems_of(header->options); !problems.empty()) {
    result.error = "the trace's options cannot be used: " + problems.front().message;
    return result;
  }
  comparing_sink sink(trace);
  connection_manager manager(header->options, header->self, header->seed, &sink);
  while (!from.at_end() && !sink.differs()) {
    const auto kind = from.next_kind();
    if (kind == record_kind::action) {
      if (!from.read_action()) break;
      ++result.actions;
      continue;
    }
    const auto at = kind == record_kind::header ? std::nullopt : from.read_time();
    if (!at) break;
    if (kind == record_kind::handle) {
      const auto what = from.read_event();
      if (!what) break;
      manager.handle(*at, *what);
    } else {
      manager.advance(*at);
    }
    ++result.inputs;
    while (manager.poll_action()) {
    }
  }
  if (!sink.differs() && !from.at_end()) result.error = unreadable(from);
  result.identical = result.error.empty() && !sink.differs() && sink.offset() == trace.size();
  if (!result.identical) result.mismatch_at = sink.offset();
  return result;
}

}  // namespace tandem
