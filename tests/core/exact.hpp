// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/options.hpp"

namespace tandem::test {

/// Times are asserted to the nanosecond: without idle_jitter, unless a test says how much.
inline manager_options exact(manager_options options) {
  if (options.idle_jitter == manager_options{}.idle_jitter) options.idle_jitter = 0;
  return options;
}

}  // namespace tandem::test
