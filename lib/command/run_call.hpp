// SPDX-License-Identifier: MIT
#pragma once

#include "peer_call.hpp"

#include <functional>

namespace tandem::cli {

/// Runs `with` on one call, in a loop of its own, until it is over or SIGINT or SIGTERM stops it;
/// hangs up. Its exit code; 1, and one line on stderr, when it throws call_failed.
int run_call(const call_settings& settings,
             const std::function<asio::awaitable<int>(peer_call&)>& with);

}  // namespace tandem::cli
