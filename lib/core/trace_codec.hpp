// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/connection_manager.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

/// The canonical encoding of a manager's trace: records one after another, integers little-endian,
/// a peer id or list of addresses after its length in one byte, a double as its bits. A record is a
/// kind byte and its fields: header {version u32, options, self, seed u64}, handle {time i64, event
/// u8, fields}, advance {time i64}, action {action u8, fields}. Fields come in the order of the
/// structs in events.hpp and actions.hpp; lists are cut at addresses_max, as the core cuts them.
namespace tandem::detail::trace_codec {

inline constexpr std::uint32_t version = 2;

enum class record_kind : std::uint8_t { header, handle, advance, action };

void write_header(trace_sink&, const manager_options&, const peer_id& self, std::uint64_t seed);
void write_event(trace_sink&, time_point now, const event&);
void write_advance(trace_sink&, time_point now);
void write_action(trace_sink&, const action&);

/// Reads records in order. A failed read leaves ok() false, for good.
class reader {
 public:
  struct header {
    manager_options options;
    peer_id self;
    std::uint64_t seed = 0;
  };

  explicit reader(std::span<const std::byte> bytes) noexcept : bytes_(bytes) {}
  bool at_end() const noexcept { return ok_ && offset_ == bytes_.size(); }
  bool ok() const noexcept { return ok_; }
  std::size_t offset() const noexcept { return offset_; }

  std::optional<record_kind> next_kind();
  std::optional<header> read_header();
  std::optional<time_point> read_time();
  /// The event's spans are valid until the next read.
  std::optional<event> read_event();
  std::optional<action> read_action();

 private:
  std::span<const std::byte> bytes_;
  std::size_t offset_ = 0;
  bool ok_ = true;
  std::array<endpoint, addresses_max> addresses_{};
};

}  // namespace tandem::detail::trace_codec
