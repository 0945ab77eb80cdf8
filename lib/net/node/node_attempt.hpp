// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/cause.hpp"

#include <boost/system/error_code.hpp>

namespace tandem {

/// What a failed connect means to the policy.
struct attempt_failure {
  cause why{};
  bool local = false;  ///< the fault is this host's
};

/// The table from errors of network::async_connect to causes. An error nobody foresaw blames the
/// remote, so that its dials back off instead of repeating without end.
attempt_failure failure_of(const boost::system::error_code& error) noexcept;

}  // namespace tandem
