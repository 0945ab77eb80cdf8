// SPDX-License-Identifier: MIT
// Hosts whose process stands still, whose clock jumps, or that have no descriptors.
#include "message/shard.hpp"

#include <utility>

namespace tandem::sim {

void message_network::shard::wait(host_index h, task what) {
  hosts[h].waiting.push_back(std::move(what));
}

void message_network::shard::suffer(host_index h, const host_ailments& now) {
  host& it = hosts[h];
  it.ails = now;
  if (!it.alive) return;
  // What has happened first, then what is due.
  if (!now.stands)
    for (auto& each : std::exchange(it.waiting, {})) each();
  it.wakes_at = never;
  wake_at_deadline(h);
}

void message_network::shard::carry_out(host_index h, const actions::listen_resume&) {
  hosts[h].paused = false;
  if (!hosts[h].backlog.empty()) at(h, time.now(), [this, h] { accept_backlog(h); });
}

void message_network::shard::fail_locally(connection_id attempt) {
  events::attempt_failed failed;
  failed.attempt = attempt;
  failed.why = cause::local_resource;
  failed.local = true;
  follow_ups.push_back({failed, message::none, {}});
}

void message_network::shard::accept_backlog(host_index h) {
  for (const handle waited : std::exchange(hosts[h].backlog, {}))
    if (record* c = connections.find(waited)) accept(waited, *c);
}

}  // namespace tandem::sim
