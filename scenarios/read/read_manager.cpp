// SPDX-License-Identifier: MIT
#include "read_manager.hpp"

#include "read_scenario.hpp"
#include "tandem/command/units.hpp"
#include "tandem/core/option_table.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

namespace tandem::scenarios {
namespace {

// A passive manager has no limit beside those that were given: none is above max_connections.
void keep_in_order(const yaml_mapping& given, manager_options& out) {
  if (given.find("max_connections_per_peer") == nullptr)
    out.max_connections_per_peer = std::min(out.max_connections_per_peer, out.max_connections);
}

}  // namespace

manager_options passive_options() {
  using namespace std::chrono_literals;
  manager_options o;
  o.max_connections = o.max_connections_per_peer = connections_most;
  o.max_pending_inbound = o.max_pending_outbound = o.max_queued_requests = connections_most;
  o.max_connections_per_narrow_subnet = o.max_connections_per_wide_subnet = 0;
  o.max_pending_per_wide_subnet = 0;
  o.subnet_accept_rate = 0;
  o.connection_timeout = 365 * 24h;
  o.idle_jitter = 0;
  o.backoff_strategy = backoff_strategy::none;
  o.breaker_failures = 1'000'000;
  o.breaker_open = o.breaker_open_max = 1ms;
  o.subnet_breaker_failures = 0;
  o.uplink_failures = 0;
  o.max_attempts_per_peer = 16;
  o.start_spread = {};
  return o;
}

void read_manager(const yaml_value& value, manager_options& out) {
  if (!value.is_mapping()) {
    if (value.as_text() != "passive")
      value.fail(quoted(value.path()) + " must be `passive` or a mapping of options, not " +
                 quoted(value.as_text()));
    out = passive_options();
    return;
  }
  std::vector<std::string> known{"passive"};
  for (const auto& row : option_table()) known.emplace_back(row.name);
  const yaml_mapping given(value, "manager options", known);
  bool passive = false;
  given.read("passive", [&](const auto& v) { passive = v.as_bool(); });
  if (passive) out = passive_options();
  bool good = true;
  for (const auto& row : option_table())
    if (given.find(row.name) != nullptr)
      good &= given.read(row.name, [&](const auto& v) { read_option(row, v, out); });
  if (!good) return;  // what one option says may be about another
  if (passive) keep_in_order(given, out);
  for (const auto& problem : problems_of(out)) {
    const auto* field = given.find(problem.field);
    (field ? *field : value).fail(problem.message);
  }
}

}  // namespace tandem::scenarios
