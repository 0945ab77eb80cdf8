// SPDX-License-Identifier: MIT
// Hosts whose process stands still, whose clock jumps, or that have no descriptors.
#include "message/state.hpp"

#include <utility>

namespace tandem::sim {

void message_network::state::wait(host_index h, task what) {
  hosts[h].waiting.push_back(std::move(what));
}

void message_network::state::suffer(host_index h, const host_ailments& now) {
  host& at = hosts[h];
  at.ails = now;
  if (!at.alive) return;
  // What has happened first, then what is due.
  if (!now.stands)
    for (auto& each : std::exchange(at.waiting, {})) each();
  at.wakes_at = never;
  wake_at_deadline(h);
}

void message_network::state::carry_out(host_index h, const actions::listen_resume&) {
  hosts[h].paused = false;
  if (!hosts[h].backlog.empty()) time.at(time.now(), [this, h] { accept_backlog(h); });
}

void message_network::state::fail_locally(connection_id attempt) {
  events::attempt_failed failed;
  failed.attempt = attempt;
  failed.why = cause::local_resource;
  failed.local = true;
  follow_ups.push_back({failed, message::none, {}});
}

void message_network::state::accept_backlog(host_index h) {
  for (const handle waited : std::exchange(hosts[h].backlog, {}))
    if (record* c = connections.find(waited)) accept(waited, *c);
}

}  // namespace tandem::sim
