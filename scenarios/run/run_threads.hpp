// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/time.hpp"
#include "tandem/scenarios/level.hpp"
#include "tandem/scenarios/scenario.hpp"

#include <string>

namespace tandem::scenarios {

/// How many threads run the nodes of a scenario, with the result that one would have.
struct run_threads {
  unsigned number = 1;
  duration least_latency{};  ///< of all links, when there are several threads
  std::string why_one{};  ///< when more were asked for: what keeps them from running side by side
};

/// Some nodes have addresses of their own, now or later.
bool has_named_nodes(const scenario& what);

/// Of run_options::threads. Throws std::invalid_argument for a number that a network cannot have.
run_threads threads_of(const scenario& what, const level& on, unsigned asked);

}  // namespace tandem::scenarios
