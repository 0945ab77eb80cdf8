// SPDX-License-Identifier: MIT
// What attempts say about addresses, subnets and this node's own uplink.
#include "core/life/state.hpp"

#include <algorithm>

namespace tandem {
using namespace detail;

refusal connection_manager::state::addresses_refusal(dial_slot d) const {
  const time_point until = addresses_until(d);
  if (now < until) return {.why = cause::backing_off, .until = until};
  return {};
}

bool connection_manager::state::backs_off(const endpoint& where) const {
  return now < known_addresses.until(where);
}

time_point connection_manager::state::addresses_until(dial_slot d) const {
  const address_list& list = dials[d].addresses;
  time_point soonest = list.first == no_slot ? time_point::min() : never;
  for (address_slot a = list.first; a != no_slot; a = addresses.after(a))
    soonest = std::min(soonest, known_addresses.until(addresses.at(a)));
  return soonest;
}

void connection_manager::state::attempt_over(connection_slot s, const connection_outcome& end) {
  const connection& c = connections[s];
  judge_address(s, end);
  if (c.trial) subnet_trial_over(s);
}

void connection_manager::state::judge_address(connection_slot s, const connection_outcome& end) {
  const connection& c = connections[s];
  if (c.was_ready() || c.told || end.local) return;
  const failure_class what = class_of(end.why);
  // That a dial took too long says nothing about the address it was at.
  if (!is_about_path(what) || end.why == cause::dial_deadline) return;
  if (what == failure_class::refused) life_sign();
  if (uplink.offline()) return;
  if (!c.connected()) subnet_failed(s);
  known_addresses.failed(c.remote, now, options, random);
  counters.remembered_addresses = known_addresses.size();
  const bool anyone = c.dial != no_slot && dials[c.dial].peer == no_slot;
  if (anyone && what == failure_class::timeout) suspect_uplink({{}, c.remote, {}}, c.last_received);
}

refusal connection_manager::state::circuit_refusal(const endpoint& where) const {
  const subnet_slot subnet = options.subnet_breaker_failures == 0 ? no_slot : wide_subnet(where);
  if (subnet == no_slot) return {};
  const circuit_breaker& circuit = subnets[subnet].circuit;
  if (circuit.passes(now, options.breaker_trials)) return {};
  return {.why = cause::circuit_open, .until = circuit.until(now)};
}

void connection_manager::state::subnet_tried(connection_slot s) {
  connection& c = connections[s];
  const subnet_slot subnet = wide_subnet(c.remote);
  if (subnet == no_slot) return;
  const circuit_breaker::start start = subnets[subnet].circuit.starts(now);
  c.trial = start.trial;
  if (start.half_opened) notify_circuit(notice::circuit_half_opened, s, subnet);
  settle_circuit(subnet);
}

void connection_manager::state::subnet_works(connection_slot s) {
  const subnet_slot subnet = wide_subnet(connections[s].remote);
  if (subnet != no_slot) {
    if (subnets[subnet].circuit.succeeded()) notify_circuit(notice::circuit_closed, s, subnet);
    settle_circuit(subnet);
  }
  if (connections[s].trial) subnet_trial_over(s);
}

void connection_manager::state::subnet_failed(connection_slot s) {
  if (options.subnet_breaker_failures == 0) return;
  const auto range = subnet_of(connections[s].remote, subnet_width::wide, options);
  if (!range) return;
  const subnet_slot subnet = subnets.intern(*range, subnet_width::wide);
  if (subnets[subnet].circuit.failed(now, options, options.subnet_breaker_failures,
                                     options.backoff_refund))
    notify_circuit(notice::circuit_opened, s, subnet);
  settle_circuit(subnet);
}

void connection_manager::state::subnet_trial_over(connection_slot s) {
  connections[s].trial = false;
  const subnet_slot subnet = wide_subnet(connections[s].remote);
  if (subnet == no_slot) return;
  subnets[subnet].circuit.trial_ends();
  settle_circuit(subnet);
}

subnet_slot connection_manager::state::wide_subnet(const endpoint& where) const {
  const auto range = subnet_of(where, subnet_width::wide, options);
  return range ? subnets.find(*range, subnet_width::wide) : no_slot;
}

void connection_manager::state::settle_circuit(subnet_slot subnet) {
  subnets[subnet].circuit_blank = subnets[subnet].circuit.expiry(options.backoff_refund);
  subnets.settle(subnet, now, options.max_remembered_subnets);
}

void connection_manager::state::notify_circuit(notice kind, connection_slot s, subnet_slot subnet) {
  notification n;
  n.kind = kind;
  n.where = connections[s].remote;
  n.failures = subnets[subnet].circuit.failures(now, options.backoff_refund);
  if (kind == notice::circuit_opened) n.until = subnets[subnet].circuit.until(now);
  notify(n);
}

bool connection_manager::state::suspect_uplink(const uplink_guard::suspect& who, time_point since) {
  if (!uplink.failed(who, since, options.uplink_failures, now, options.uplink_retry)) return false;
  counters.offline = 1;
  notification n;
  n.kind = notice::uplink_lost;
  n.why = cause::offline;
  n.failures = static_cast<std::uint32_t>(uplink.suspects().size());
  n.until = uplink.next_trial();
  for (const uplink_guard::suspect& s : uplink.suspects()) {
    if (s.peer.empty()) continue;
    const peer_slot peer = peers.intern(s.peer);
    peers.remember(peer).restore(s.before);
    settle(peer);
  }
  known_addresses.forgive(uplink.last_sign());
  subnets.forgive(now, options.max_remembered_subnets, uplink.last_sign());
  counters.remembered_addresses = known_addresses.size();
  uplink.forgiven();
  notify(n);
  return true;
}

void connection_manager::state::life_sign() { life_sign(now); }

void connection_manager::state::life_sign(time_point at) {
  if (!uplink.life_sign(at)) return;
  counters.offline = 0;
  notification n;
  n.kind = notice::uplink_restored;
  notify(n);
}

void connection_manager::state::on(const events::network_changed&) {
  life_sign();
  peers.change_records([](failure_record& record) { record.network_changed(); });
  known_addresses.override_all(options);
  subnets.forgive(now, options.max_remembered_subnets, time_point::min());
  reconsider_records();
  redial_all_soon();
}

void connection_manager::state::reconsider_records() {
  if (options.uplink_failures == 0) life_sign();
  counters.records_dropped += peers.settle_all(now, options);
  // Peers that were protected once may be forgotten now; their slots are for others.
  for (std::uint32_t i = 0; i < peers.bound(); ++i)
    if (!wants_redial(peer_slot(i))) timers.disarm(peer_slot(i));
  counters.remembered_peers = peers.records();
  subnets.settle_all(now, options.backoff_refund, options.max_remembered_subnets);
  known_addresses.reorder(options);
  counters.remembered_addresses = known_addresses.size();
}

}  // namespace tandem
