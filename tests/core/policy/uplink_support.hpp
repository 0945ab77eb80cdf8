// SPDX-License-Identifier: MIT
#pragma once

#include "core/driver.hpp"

#include <cstddef>
#include <cstdint>

namespace tandem::test {

inline manager_options exponential() {
  manager_options options;
  options.backoff_strategy = backoff_strategy::exponential;
  return options;
}

/// Peers first..last fail to answer, one after another.
inline void silence(driver& d, std::uint32_t first, std::uint32_t last,
                    cause why = cause::connect_timeout) {
  for (std::uint32_t who = first; who <= last; ++who) {
    d.dial(req(who), peer(who), {address(static_cast<std::uint16_t>(who))});
    d.fail(why);
  }
}

/// How many of the peers up to `last` something is held against.
inline std::size_t blamed(driver& d, std::uint32_t last) {
  std::size_t n = 0;
  for (std::uint32_t who = 1; who <= last; ++who)
    n += d.manager.explain(peer(who), d.now).failures > 0;
  return n;
}

}  // namespace tandem::test
