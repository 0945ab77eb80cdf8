// SPDX-License-Identifier: MIT
// Each limit of a node beside its use.
#include "node_meter_state.hpp"
#include "process_metrics.hpp"

namespace tandem {
namespace {

double number(std::uint64_t value) { return static_cast<double>(value); }

/// Of those, 0 is no limit.
std::optional<double> some(std::uint64_t limit) {
  return limit == 0 ? std::nullopt : std::optional(number(limit));
}

using rows = std::vector<resource_use>;

void add_connections(rows& to, const node_counters& now, const manager_options& o,
                     const connection_manager& manager) {
  const auto uses = manager.uses();
  to.insert(
      to.end(),
      {{"connections", "max_connections", number(now.active_connections),
        number(o.max_connections)},
       {"inbound_connections", "max_inbound_connections", number(now.permits_inbound),
        some(o.max_inbound_connections)},
       {"outbound_connections", "max_outbound_connections", number(now.permits_outbound),
        some(o.max_outbound_connections)},
       {"connections_of_a_peer", "max_connections_per_peer", number(uses.connections_of_peer),
        number(o.max_connections_per_peer)},
       {"connections_of_a_narrow_subnet", "max_connections_per_narrow_subnet",
        number(uses.connections_of_narrow_subnet), some(o.max_connections_per_narrow_subnet)},
       {"connections_of_a_wide_subnet", "max_connections_per_wide_subnet",
        number(uses.connections_of_wide_subnet), some(o.max_connections_per_wide_subnet)},
       {"pending_inbound", "max_pending_inbound", number(now.pending_inbound),
        number(o.max_pending_inbound)},
       {"pending_of_a_wide_subnet", "max_pending_per_wide_subnet",
        number(uses.pending_of_wide_subnet), some(o.max_pending_per_wide_subnet)},
       {"pending_outbound", "max_pending_outbound", number(now.pending_outbound),
        number(o.max_pending_outbound)},
       {"attempts_of_a_peer", "max_attempts_per_peer", number(uses.attempts_of_peer),
        number(o.max_attempts_per_peer)},
       {"queued_requests", "max_queued_requests", number(manager.queued_requests()),
        number(o.max_queued_requests)},
       {"lingering_refusals", "max_lingering_refusals", number(now.lingering),
        number(o.max_lingering_refusals)},
       {"remembered_peers", "max_remembered_peers", number(now.remembered_peers),
        number(o.max_remembered_peers)},
       {"remembered_addresses", "max_remembered_addresses", number(now.remembered_addresses),
        number(o.max_remembered_addresses)},
       {"remembered_subnets", "max_remembered_subnets", number(uses.remembered_subnets),
        number(o.max_remembered_subnets)},
       {"access_rules", "max_access_rules", number(uses.access_rules), number(o.max_access_rules)},
       {"marked_peers", "max_marked_peers", number(uses.marked_peers),
        number(o.max_marked_peers)}});
}

void add_memory(rows& to, const node_counters& now, const manager_options& o, const node& of) {
  const auto tracked =
      now.pending_inbound + now.pending_outbound + now.active_connections + now.lingering;
  const auto& buffers = of.options().buffers;
  const auto& streams = of.options().streams;
  const auto uses = of.uses();
  to.insert(
      to.end(),
      {{"memory_bytes", "max_memory", number(tracked * o.connection_memory), some(o.max_memory)},
       {"buffer_bytes", "buffers_max", number(now.buffers.beyond_shares),
        number(buffers.buffers_max)},
       {"buffer_bytes_of_a_connection", "connection_buffers_max", number(uses.buffers),
        number(buffers.connection_buffers_max)},
       {"streams_of_a_connection", "streams_max", number(uses.streams),
        number(streams.streams_max)},
       {"unread_bytes_of_a_stream", "receive_window", {}, number(streams.receive_window)}});
}

}  // namespace

rows node_meter::resources() const {
  const node& of = *state_->which;
  const auto& o = of.manager().options();
  const auto now = of.snapshot();
  rows out;
  add_connections(out, now, o, of.manager());
  add_memory(out, now, o, of);
  out.push_back({"commands", "command_queue_max", number(of.commands_waiting()),
                 number(of.options().command_queue_max)});
  const auto process = process_now();
  out.push_back({"descriptors", "", process.open_descriptors, process.most_descriptors});
  for (const auto& each : state_->others) out.push_back(each());
  return out;
}

}  // namespace tandem
