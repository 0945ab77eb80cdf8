// SPDX-License-Identifier: MIT
#pragma once

#include "core/policy/failure_class.hpp"
#include "core/policy/refusal.hpp"
#include "core/table/address_pool.hpp"
#include "tandem/core/cause.hpp"
#include "tandem/core/time.hpp"

#include <cstdint>
#include <optional>

namespace tandem::detail {

/// How a dial ends without a connection, which decides where that is counted.
enum class dial_end : std::uint8_t {
  decided,  ///< somebody wanted it so: nowhere
  refused,  ///< by a limit or guard of this node: among the refusals
  failed,   ///< in failed_total
};

/// Why a dial ends without a connection.
struct dial_failure {
  refusal no;
  dial_end how;
  std::optional<failure_class> blamed{};  ///< the peer's backoff grows

  static dial_failure failed(cause why, bool blames) {
    dial_failure made{{why}, dial_end::failed};
    if (blames) made.blamed = class_of(why);
    return made;
  }
};

/// An attempt that is silent for so long, connected or not, may give way to a dial that had fewer
/// turns: what two retransmissions of a SYN did not bring (RFC 6298, 5.5: after 1 s and 3 s) is
/// worth less than another's first try. Twice as long for the same address each time (`gave_way` of
/// them so far), so that the longest round trip is waited for in the end.
constexpr duration patience(unsigned gave_way) noexcept {
  return std::chrono::seconds(3) * (std::int64_t{1} << gave_way);
}

/// The address to try next, or why those that are left have to wait, or neither.
struct address_choice {
  address_slot address;
  refusal held;
};

/// How a connection ended, for the dial it served.
struct connection_outcome {
  cause why = cause::none;
  bool local = false;
  bool told = false;  ///< the peer said why
  duration retry_after{};
  address_slot address;  ///< of the dial, for an attempt
  bool yielded = false;
  bool gave_way = false;
  time_point silent_since{};
};

}  // namespace tandem::detail
