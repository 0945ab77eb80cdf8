// SPDX-License-Identifier: MIT
// What attempts say about addresses and about this node's own uplink.
#include "state.hpp"

#include <algorithm>

namespace tandem {
using namespace detail;
using slot = slot_index;

failure_record::verdict connection_manager::state::may_dial_any(slot d) const {
  const time_point until = addresses_until(d);
  if (now < until) return {cause::backing_off, until};
  return {};
}

bool connection_manager::state::backs_off(const endpoint& where) const {
  return now < known_addresses.until(where);
}

time_point connection_manager::state::addresses_until(slot d) const {
  const address_list& list = dials[d].addresses;
  time_point soonest = list.first == no_slot ? time_point::min() : never;
  for (slot a = list.first; a != no_slot; a = addresses.after(a))
    soonest = std::min(soonest, known_addresses.until(addresses.at(a)));
  return soonest;
}

void connection_manager::state::attempt_over(slot s, const connection_end& end) {
  const connection& c = connections[s];
  if (c.was_ready || c.refused || c.told || end.local) return;
  const failure_class what = class_of(end.why);
  // That a dial took too long says nothing about the address it was at.
  if (!is_about_path(what) || end.why == cause::dial_deadline) return;
  if (what == failure_class::refused) life_sign();
  if (uplink.offline()) return;
  known_addresses.failed(c.remote, now, options, random);
  counters.remembered_addresses = known_addresses.size();
  const bool anyone = c.dial != no_slot && dials[c.dial].peer == no_slot;
  if (anyone && what == failure_class::timeout) suspect_uplink({{}, c.remote, {}});
}

bool connection_manager::state::suspect_uplink(const uplink_guard::suspect& who) {
  if (!uplink.failed(who, options.uplink_failures, now, options.uplink_retry)) return false;
  counters.offline = 1;
  notification n;
  n.kind = notice::uplink_lost;
  n.why = cause::offline;
  n.failures = static_cast<std::uint32_t>(uplink.suspects().size());
  n.until = uplink.next_trial();
  for (const uplink_guard::suspect& s : uplink.suspects()) {
    if (s.peer.empty()) continue;
    const slot peer = peers.intern(s.peer);
    peers.remember(peer).restore(s.before);
    settle(peer);
  }
  known_addresses.forgive(uplink.last_sign());
  counters.remembered_addresses = known_addresses.size();
  uplink.forgiven();
  notify(n);
  return true;
}

void connection_manager::state::life_sign() {
  if (!uplink.life_sign(now)) return;
  counters.offline = 0;
  notification n;
  n.kind = notice::uplink_restored;
  notify(n);
}

void connection_manager::state::on(const events::network_changed&) {
  life_sign();
  peers.change_records([](failure_record& record) { record.network_changed(); });
  known_addresses.override_all(options);
  reconsider_records();
}

void connection_manager::state::reconsider_records() {
  if (options.uplink_failures == 0) life_sign();
  counters.records_dropped += peers.settle_all(now, options);
  counters.remembered_peers = peers.records();
  known_addresses.reorder(options);
  counters.remembered_addresses = known_addresses.size();
}

}  // namespace tandem
