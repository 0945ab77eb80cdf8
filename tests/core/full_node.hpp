// SPDX-License-Identifier: MIT
#pragma once

#include "driver.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace tandem::test {

inline manager_options scored(std::uint64_t limit = 4) {
  manager_options options;
  options.max_connections = limit;
  options.max_connections_per_peer = std::min<std::uint64_t>(limit, 2);
  options.eviction = eviction_mode::scored;
  options.connection_timeout = 24h;
  options.liveness_interval = 24h;
  return options;
}

/// A node filled with one inbound connection each of peers 1, 2, ..., one a second: ids 2, 4, ...
struct full_node : driver {
  explicit full_node(const manager_options& options = scored(), std::uint64_t seed = 1,
                     const peer_id& self = peer(1000))
      : driver(options, self, seed) {
    for (std::uint32_t i = 1; i <= options.max_connections; ++i) {
      run_to(1s * i);
      accept(conn(2 * i), peer(i));
    }
    run_to(100s);
  }
  /// An inbound connection of `who` up to its authentication.
  void come(connection_id c, const peer_id& who, const endpoint& from = address()) {
    tell(events::arrived{c, from});
    tell(events::authenticated{c, who});
  }
  void close_of(connection_id c) { tell(events::closed{c, cause::remote_closed}); }
  bool admitted(connection_id c) const {
    for (const step& s : log)
      if (const auto* x = std::get_if<actions::admit>(&s.what))
        if (x->conn == c && x->stage == stage::established) return true;
    return false;
  }
  std::vector<connection_id> closes(cause why = cause::evicted) const {
    std::vector<connection_id> found;
    for (const step& s : log)
      if (const auto* x = std::get_if<actions::close>(&s.what); x && x->reason == why)
        found.push_back(x->conn);
    return found;
  }
  /// The last event of `c` can come once and only once.
  void expect_over(connection_id c) {
    const auto before = counters().ignored_events;
    tell(events::closed{c, cause::reset});
    EXPECT_EQ(counters().ignored_events, before + 1);
  }
  void expect_conserved() const {
    const manager_counters& c = counters();
    EXPECT_EQ(c.permits_issued - c.permits_released, c.permits_live);
    EXPECT_LE(c.permits_live, manager.options().max_connections);
  }
};

using ids = std::vector<connection_id>;

}  // namespace tandem::test
