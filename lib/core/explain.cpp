// SPDX-License-Identifier: MIT
#include "state.hpp"

#include <algorithm>

namespace tandem {
using namespace detail;
using slot = slot_index;

explanation connection_manager::state::explain(const peer_id& peer_asked, time_point at) const {
  explanation x;
  x.peer = peer_asked;
  const slot peer = peers.find(peer_asked);
  const failure_record* record = peers.record_of(peer);
  slot newest_ready = no_slot;
  if (peer != no_slot) {
    const peer_entry& p = peers[peer];
    x.connections = p.active;
    for (slot s = p.first_connection; s != no_slot; s = connections[s].next_of_peer) {
      if (connections[s].pending) ++x.pending;
      if (connections[s].at == phase::ready) newest_ready = s;
    }
    for (slot d = p.first_dial; d != no_slot; d = dials[d].next_of_peer)
      if (dials[d].attempt == no_slot || connections[dials[d].attempt].peer == no_slot) ++x.pending;
  }
  if (record != nullptr) {
    x.failures = record->failures(at, options);
    x.circuit = record->circuit(at);
    x.next_dial = std::max(time_point{}, record->next_dial(at));
  }
  if (const notification* last = decisions.last_about(peer_asked); last != nullptr)
    x.last = *last;
  else if (newest_ready != no_slot)
    x.last = about(notice::connection_established, newest_ready);

  std::string& text = x.sentence;
  const auto add = [&text](const char* before, std::int64_t n, const char* what) {
    text.append(before).append(std::to_string(n)).append(what);
  };
  if (access_rules.of(peer_asked, at) == access::denied) text = "denied; ";
  add("", static_cast<std::int64_t>(x.connections), " established");
  add(", ", static_cast<std::int64_t>(x.pending), " pending");
  if (x.failures > 0) {
    add(", ", x.failures, " failures in a row");
    if (x.next_dial > at)
      add(", next dial in ", (x.next_dial - at) / std::chrono::milliseconds(1), " ms");
  }
  if (x.circuit != circuit_state::closed)
    text += x.circuit == circuit_state::open ? ", circuit open" : ", circuit half-open";
  if (x.last) {
    text.append("; last: ").append(name_of(x.last->kind));
    if (x.last->why != cause::none) text.append(" ").append(describe(*x.last));
  }
  return x;
}

}  // namespace tandem
