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

/// How a connection ended, for the dial it served.
struct connection_outcome {
  cause why = cause::none;
  bool local = false;
  bool told = false;  ///< the peer said why
  duration retry_after{};
  address_slot address;  ///< of the dial, for an attempt
  bool yielded = false;
  time_point silent_since{};
};

}  // namespace tandem::detail
