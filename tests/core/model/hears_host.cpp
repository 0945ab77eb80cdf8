// SPDX-License-Identifier: MIT
// What the reference expects of commands about peers, options, shutdown and the host.
#include "reference.hpp"

#include <utility>

namespace tandem::reference {

void manager::on(const events::peer_marked& e) {
  if (e.peer.empty()) {
    ++counted_.ignored_events;
    return;
  }
  if (e.what == mark::allow || e.what == mark::deny) {
    ruling_ = true;
    return set_rule({e.peer, {}, 0, e.what == mark::deny, e.until}, e.on);
  }
  if (e.on) std::erase_if(marks_, [this](const auto& m) { return m.second.last() <= now_; });
  if (!marks_.contains(e.peer)) {
    if (!e.on) return;
    if (marks_.size() >= options_.max_marked_peers) {
      ++counted_.ignored_events;
      return;
    }
  }
  marks& m = marks_[e.peer];
  time_point& until = e.what == mark::protect      ? m.protect
                      : e.what == mark::keep_alive ? m.keep_alive
                                                   : m.tag;
  until = e.on ? e.until : time_point::min();
  if (e.what == mark::tag) {
    m.tagged_at = now_;
    m.weight = e.weight;
  }
  if (m.last() <= now_) marks_.erase(e.peer);
}

void manager::on(const events::subnet_marked& e) {
  const unsigned bits = e.prefix + (e.network.v6 ? 0U : 96U);
  if ((e.what != mark::allow && e.what != mark::deny) || bits > 128) {
    ++counted_.ignored_events;
    return;
  }
  address_bytes a = bytes_of(e.network);
  for (unsigned i = bits; i < 128; ++i) a[i / 8] &= static_cast<std::uint8_t>(~(0x80 >> i % 8));
  ruling_ = true;
  set_rule({{}, a, bits, e.what == mark::deny, e.until}, e.on);
}

void manager::on(const events::backoff_overridden& e) {
  eased_ = true;
  memory* m = recall(e.peer);
  if (m == nullptr && !redialled(e.peer)) ++counted_.ignored_events;
  if (m == nullptr) return;
  m->until = m->open_until = m->penalty_until = time_point::min();
}

void manager::on(const events::configured& e) {
  if (!problems_of(e.options).empty()) {
    ++counted_.ignored_events;
    return;
  }
  configured_ = eased_ = true;
  std::erase_if(memories_, [&](const auto& known) {
    return known.second.expiry(options_.backoff_refund) <= now_;
  });
  std::erase_if(circuits_, [&](const auto& known) {
    return known.second.expiry(options_.backoff_refund) <= now_;
  });
  forget_paths();
  const manager_options before = options_;
  options_ = e.options;
  // Whoever counts other subnets than before begins anew.
  const auto counted = [](const manager_options& o) {
    return std::pair(o.max_connections_per_narrow_subnet > 0 || o.subnet_accept_rate > 0,
                     o.max_connections_per_wide_subnet > 0 || o.max_pending_per_wide_subnet > 0 ||
                         o.eviction != eviction_mode::off);
  };
  if (static_cast<const subnet_options&>(before) != options_ ||
      counted(before) != counted(options_)) {
    buckets_.clear();
    circuits_.clear();
  }
  if (options_.uplink_failures == 0) life_sign(now_);
  lowered(before);
  counted_.connection_limit = options_.max_connections;
}

void manager::on(const events::network_changed&) {
  eased_ = true;
  life_sign(now_);
  for (auto& [range, circuit] : circuits_) {
    const auto trials = circuit.trials;
    circuit = {};
    circuit.trials = trials;
  }
  for (auto& [peer, m] : memories_)
    if (m.kind == failure_class::refused || m.kind == failure_class::timeout)
      m.until = m.open_until = time_point::min();
  network_changed_at_ = now_;
  for (auto& [id, c] : connections_) {
    if (c.at != life::ready) continue;
    if (c.last_chance != 0 && now_ < later(c.last_probe, std::chrono::seconds(1))) continue;
    c.last_chance = ++c.nonce;
    c.probes = std::max<std::uint64_t>(c.probes, 1);
    c.last_probe = now_;
    owe("probe " + text_of(id) + " " + std::to_string(c.nonce));
  }
}

void manager::on(const events::pressure& e) {
  short_of_memory_ = e.memory;
  short_of_descriptors_ = e.descriptors;
  listen_or_pause();
}

/// Who makes room, once until somebody arrives.
connection* manager::gives_descriptor(bool inbound, bool hesitates) {
  connection* c = gave_descriptor_[inbound] ? nullptr : makes_room_for(inbound, hesitates);
  gave_descriptor_[inbound] |= c != nullptr;
  return c;
}

/// An attempt of the dial found none; it had no turn.
bool manager::finds_descriptor(dial& d) {
  connection* c = gives_descriptor(false, d.turns > 1);
  if (c == nullptr && pending(false) == 0) return false;
  --d.turns;
  if (c == nullptr)
    descriptors_out_ = true;
  else
    refuses(*c, {cause::pending_limit_reached, pending(true), pending(true)});
  return true;
}

void manager::on(const events::accept_failed&) {
  if (stopping_ || resume_at_ != never) return;
  if (connection* c = gives_descriptor(true, true)) {
    c->for_arrival = descriptors_out_ = true;
    return displaces(*c, {cause::pending_limit_reached, pending(true), pending(true)});
  }
  resume_at_ = later(now_, std::chrono::milliseconds(100));
  listen_or_pause();
}

void manager::listen_or_pause() {
  const bool pauses = short_of_descriptors_ || resume_at_ != never;
  if (stopping_ || pauses == paused_) return;
  paused_ = pauses;
  owe(pauses ? "listen_pause" : "listen_resume");
}

void manager::on(const events::shutdown_wanted& e) {
  const time_point by =
      std::max(now_, std::min(e.deadline, later(now_, options_.shutdown_timeout)));
  if (completed_ || (stopping_ && by >= stop_by_)) return;
  const bool first = !stopping_;
  stopping_ = true;
  stop_by_ = by;
  drain_until_ = std::min(drain_until_, later(now_, (by - now_) * 3 / 4));
  if (!first) return;
  resume_at_ = never;
  owe("shutdown_began ShuttingDown");
  for (auto& [id, c] : connections_) {
    if (c.at == life::refusing || c.at == life::closing || c.at == life::ending) continue;
    const bool orderly = c.at == life::ready;
    const bool connecting = c.at == life::attempting;
    if (c.end == cause::none) c.end = cause::shutting_down;
    c.at = orderly ? life::closing : life::ending;
    c.deadline = orderly ? drain_until_ : never;
    const std::string why = " " + std::string(name_of(c.end));
    if (orderly)
      owe("close " + text_of(id) + why + " until " + text_of(drain_until_));
    else
      owe(connecting ? "cancel_attempt " + text_of(id) : "abort " + text_of(id) + why);
  }
  for (auto& [r, q] : requests_) owe("dial_failed ShuttingDown " + text_of(r));
}

}  // namespace tandem::reference
