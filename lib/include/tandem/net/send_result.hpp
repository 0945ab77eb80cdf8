// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

namespace tandem {

/// Bytes of one application message at most, unless a node is told otherwise.
inline constexpr std::size_t message_size_default = 1 << 20;
/// Unsent bytes of one connection at most, likewise.
inline constexpr std::size_t backlog_default = 1 << 20;

/// What became of an application message handed to a connection.
enum class send_result : std::uint8_t {
  accepted,  ///< queued; delivered at most once while the connection lives
  refused,   ///< the backlog is full, or the message is too long
  gone,      ///< no such connection, or it is closing
};

}  // namespace tandem
