// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace tandem {

/// What became of an application message handed to a connection.
enum class send_result : std::uint8_t {
  accepted,  ///< queued; delivered at most once while the connection lives
  refused,   ///< the backlog is full, or the message is too long
  gone,      ///< no such connection, or it is closing
};

}  // namespace tandem
