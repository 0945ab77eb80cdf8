// SPDX-License-Identifier: MIT
#include "core/life/reputation.hpp"

#include "core/policy/jitter.hpp"

#include <algorithm>

namespace tandem::detail {

refusal reputation::record_refusal(peer_slot peer, time_point at) const {
  const failure_record* record = with_.peers.record_of(peer);
  return record == nullptr ? refusal{} : record->dial_refusal(at, with_.options);
}

bool reputation::was_unreachable(peer_slot peer) const {
  const failure_record* record = with_.peers.record_of(peer);
  return record != nullptr && record->was_unreachable(with_.now);
}

refusal reputation::accept_refusal(peer_slot peer) const {
  const failure_record* record = with_.peers.record_of(peer);
  return record == nullptr ? refusal{} : record->accept_refusal(with_.now);
}

refusal reputation::attempt_refusal(peer_slot peer, const endpoint& where) const {
  if (with_.now < uplink_.next_trial() && is_silent(peer, where))
    return {.why = cause::offline, .until = uplink_.next_trial(), .waits = true};
  const subnet_slot subnet =
      with_.options.subnet_breaker_failures == 0 ? no_slot : wide_subnet(where);
  if (subnet == no_slot) return {};
  const circuit_breaker& circuit = with_.subnets[subnet].circuit;
  if (circuit.expiry(with_.options.backoff_refund) <= with_.now) return {};
  if (circuit.passes(with_.now, with_.options.breaker_trials)) return {};
  const time_point until = circuit.until(with_.now);
  return {.why = cause::circuit_open, .until = until, .waits = until == never};
}

/// Whether the peer did not answer there since the last sign of life of an unreachable network.
bool reputation::is_silent(peer_slot peer, const endpoint& where) const {
  if (!uplink_.offline()) return false;
  const failure_record* record = with_.peers.record_of(peer);
  if (peer != no_slot && (record == nullptr || record->blank(with_.now, with_.options) ||
                          !uplink_.is_silent(record->silent_at())))
    return false;
  return uplink_.is_silent(addresses_.silent_at(where, with_.now));
}

/// The record of the peer, or null when it has none or all in it is over: that it is still there
/// then must not be seen.
failure_record* reputation::remembered(peer_slot peer) {
  failure_record* record = with_.peers.record_of(peer);
  return record == nullptr || record->blank(with_.now, with_.options) ? nullptr : record;
}

/// The record of the peer, made anew when there is none or all in it is over.
failure_record& reputation::remember(peer_slot peer) {
  failure_record& record = with_.peers.remember(peer);
  if (record.blank(with_.now, with_.options)) record = {};
  return record;
}

bool reputation::dial_begins(peer_slot peer) {
  failure_record* record = remembered(peer);
  if (record == nullptr) return false;
  const circuit_breaker::start start = record->dial_starts(with_.now);
  if (start.half_opened) {
    notification told;
    told.kind = notice::circuit_half_opened;
    told.peer = with_.peers[peer].id;
    told.failures = record->failures(with_.now, with_.options);
    listener_.notify(told);
  }
  return start.trial;
}

void reputation::dial_trial_over(peer_slot peer) {
  eased_ = true;
  if (failure_record* record = with_.peers.record_of(peer)) record->trial_ends();
}

bool reputation::attempt_starts(peer_slot peer, const endpoint& where) {
  if (is_silent(peer, where))
    uplink_.trial_starts(with_.now, shortened(with_.options.uplink_retry, with_.random));
  const subnet_slot subnet = wide_subnet(where);
  if (subnet == no_slot) return false;
  const circuit_breaker::start start = circuit_of(subnet).starts(with_.now);
  if (start.half_opened) notify_circuit(notice::circuit_half_opened, where, subnet);
  settle_circuit(subnet);
  return start.trial;
}

void reputation::attempt_connected(const endpoint& where) {
  const subnet_slot subnet = wide_subnet(where);
  if (subnet == no_slot) return;
  if (circuit_of(subnet).succeeded()) notify_circuit(notice::circuit_closed, where, subnet);
  settle_circuit(subnet);
}

void reputation::attempt_trial_over(const endpoint& where) {
  eased_ = true;
  const subnet_slot subnet = wide_subnet(where);
  if (subnet == no_slot) return;
  with_.subnets[subnet].circuit.trial_ends();
  settle_circuit(subnet);
}

void reputation::attempt_failed(const endpoint& where, const attempt_fault& of) {
  if (of.what == failure_class::refused) life_sign(with_.now);
  if (uplink_.offline()) {
    addresses_.tried(where, with_.now, true, with_.options);
    return count_addresses();
  }
  if (!of.connected) subnet_failed(where);
  addresses_.failed(where, with_.now, with_.options, with_.random);
  count_addresses();
  if (of.anyone && of.what == failure_class::timeout) suspect_uplink({{}, where, {}}, of.since);
}

void reputation::subnet_failed(const endpoint& where) {
  const manager_options& options = with_.options;
  if (options.subnet_breaker_failures == 0) return;
  const auto range = subnet_of(where, subnet_width::wide, options);
  if (!range) return;
  const subnet_slot subnet = with_.subnets.intern(*range, subnet_width::wide);
  if (circuit_of(subnet).failed(with_.now, options, options.subnet_breaker_failures,
                                options.backoff_refund, with_.random))
    notify_circuit(notice::circuit_opened, where, subnet);
  settle_circuit(subnet);
}

/// The circuit of a subnet, made anew when all in it is over: that it is still there then must not
/// be seen.
circuit_breaker& reputation::circuit_of(subnet_slot subnet) {
  circuit_breaker& circuit = with_.subnets[subnet].circuit;
  if (circuit.expiry(with_.options.backoff_refund) <= with_.now) circuit = {};
  return circuit;
}

subnet_slot reputation::wide_subnet(const endpoint& where) const {
  const auto range = subnet_of(where, subnet_width::wide, with_.options);
  return range ? with_.subnets.find(*range, subnet_width::wide) : no_slot;
}

void reputation::settle_circuit(subnet_slot subnet) {
  subnet_entry& entry = with_.subnets[subnet];
  entry.circuit_blank = entry.circuit.expiry(with_.options.backoff_refund);
  with_.subnets.settle(subnet, with_.now, with_.options.max_remembered_subnets);
}

void reputation::notify_circuit(notice kind, const endpoint& where, subnet_slot subnet) {
  const circuit_breaker& circuit = with_.subnets[subnet].circuit;
  notification told;
  told.kind = kind;
  told.where = where;
  told.failures = circuit.failures(with_.now, with_.options.backoff_refund);
  if (kind == notice::circuit_opened) told.until = circuit.until(with_.now);
  listener_.notify(told);
}

void reputation::blame(peer_slot peer, const fault& of, notification& told) {
  const failure_record* before = remembered(peer);
  const bool silent = of.what == failure_class::timeout && of.why != cause::dial_deadline;
  if (silent)
    suspect_uplink({with_.peers[peer].id, {}, before == nullptr ? failure_record{} : *before},
                   of.since);
  failure_record& record = remember(peer);
  if (silent) record.silent(with_.now);
  if (uplink_.offline()) {
    told.failures = record.failures(with_.now, with_.options);
    told.until = std::max(with_.now, uplink_.next_trial());
    return;
  }
  const bool opened =
      record.failed(with_.now, with_.options, with_.random, of.why, of.what, of.retry_after);
  told.failures = record.failures(with_.now, with_.options);
  told.ceiling = record.ceiling();
  told.until = std::max(with_.now, record.next_dial(with_.now));
  notification more = told;
  if (opened) {
    more.kind = notice::circuit_opened;
    listener_.notify(more);
  }
  more.kind = notice::backoff_started;
  more.until = record.until();
  listener_.notify(more);
}

void reputation::penalise(peer_slot peer, duration period) {
  if (period > duration::zero()) remember(peer).penalise(later(with_.now, period));
}

void reputation::postpone(peer_slot peer, duration period) {
  if (period > duration::zero()) remember(peer).postpone(later(with_.now, period));
}

void reputation::works(peer_slot peer, notification told) {
  failure_record* record = remembered(peer);
  if (record == nullptr || !record->succeeded()) return;
  eased_ = true;
  told.kind = notice::circuit_closed;
  told.failures = record->failures(with_.now, with_.options);
  listener_.notify(told);
}

void reputation::address_works(const endpoint& where) {
  addresses_.works(where, with_.now, with_.options);
  count_addresses();
}

void reputation::address_tried(const endpoint& where) {
  addresses_.tried(where, with_.now, false, with_.options);
  count_addresses();
}

void reputation::lasted(peer_slot peer, time_point since) {
  failure_record* record = with_.peers.record_of(peer);
  if (record == nullptr) return;
  // One that lasts excuses nothing that the peer did meanwhile, on others.
  const time_point good_since = std::max(since, record->last_failure());
  if (with_.now >= later(good_since, with_.options.backoff_reset_after)) record->clear();
}

void reputation::suspect_uplink(const uplink_guard::suspect& who, time_point since) {
  const manager_options& options = with_.options;
  if (!uplink_.failed(who, since, options.uplink_failures)) return;
  uplink_.trial_starts(with_.now, shortened(options.uplink_retry, with_.random));
  with_.counters.offline = 1;
  eased_ = true;  // circuits that others wait for are closed again
  notification told;
  told.kind = notice::uplink_lost;
  told.why = cause::offline;
  told.failures = static_cast<std::uint32_t>(uplink_.suspects().size());
  told.until = uplink_.next_trial();
  for (const uplink_guard::suspect& suspect : uplink_.suspects()) {
    if (suspect.peer.empty()) continue;
    const peer_slot peer = with_.peers.intern(suspect.peer);
    with_.peers.remember(peer).restore(suspect.before);
    listener_.settle(peer);
  }
  addresses_.forgive(uplink_.last_sign(), options);
  with_.subnets.forgive(with_.now, options.max_remembered_subnets, uplink_.last_sign());
  count_addresses();
  uplink_.forgiven();
  listener_.notify(told);
}

void reputation::life_sign(time_point at) {
  if (!uplink_.life_sign(at)) return;
  with_.counters.offline = 0;
  eased_ = true;
  notification told;
  told.kind = notice::uplink_restored;
  listener_.notify(told);
}

void reputation::network_changed() {
  eased_ = true;
  life_sign(with_.now);
  with_.peers.change_records([](failure_record& record) { record.network_changed(); });
  addresses_.override_all(with_.options);
  with_.subnets.forgive(with_.now, with_.options.max_remembered_subnets, time_point::min());
  options_changed();
}

bool reputation::override_backoff(peer_slot peer) {
  failure_record* record = remembered(peer);
  if (record != nullptr) record->override_backoff();
  eased_ = true;
  return record != nullptr;
}

void reputation::options_changed() {
  eased_ = true;
  if (with_.options.uplink_failures == 0) life_sign(with_.now);
  forget_what_is_over();
  addresses_.reorder(with_.now, with_.options);
  count_addresses();
}

void reputation::forget_what_is_over() {
  const manager_options& options = with_.options;
  with_.counters.records_dropped += with_.peers.settle_all(with_.now, options);
  with_.counters.remembered_peers = with_.peers.records();
  with_.subnets.settle_all(with_.now, options.backoff_refund, options.max_remembered_subnets);
}

}  // namespace tandem::detail
