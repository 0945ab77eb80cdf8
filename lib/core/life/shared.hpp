// SPDX-License-Identifier: MIT
#pragma once

#include "core/policy/peer_table.hpp"
#include "core/policy/subnet.hpp"
#include "tandem/core/connection_manager.hpp"
#include "tandem/core/random.hpp"

namespace tandem::detail {

/// What the parts of a manager look at and write into together. It outlives them.
struct shared {
  const manager_options& options;
  const time_point& now;  ///< of the step that runs
  random_stream& random;
  manager_counters& counters;
  peer_table& peers;
  subnet_table& subnets;
};

}  // namespace tandem::detail
