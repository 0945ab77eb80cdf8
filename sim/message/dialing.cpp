// SPDX-License-Identifier: MIT
#include "message/state.hpp"

namespace tandem::sim {

using message::dialer;
using message::none;
using message::phase;

time_point message_network::state::next_syn_at(const record& c) const {
  return c.began + (c.syns < tcp.syn_at.size() ? tcp.syn_at[c.syns] : tcp.gives_up_at);
}

void message_network::state::send_syn(handle h) {
  record* c = connections.find(h);
  if (!c || c->ends[dialer].at != phase::dialing) return;
  c->syn_armed = false;
  if (c->syns == tcp.syn_at.size()) {
    attempt_failed(h, cause::connect_timeout);
    return;
  }
  ++c->syns;
  std::optional<time_point> arrival;
  if (c->target != none)
    arrival = net.send(time.now(), c->ends[dialer].host, c->target, packet_overhead);
  if (arrival) time.at(*arrival, [this, h] { syn_arrived(h); });
  if (!arrival || *arrival >= next_syn_at(*c)) arm_next_syn(h, *c);
}

void message_network::state::arm_next_syn(handle h, record& c) {
  if (c.syn_armed) return;
  c.syn_armed = true;
  time.at(next_syn_at(c), [this, h] { send_syn(h); });
}

void message_network::state::syn_arrived(handle h) {
  record* c = connections.find(h);
  if (!c || c->ends[dialer].at != phase::dialing) return;
  const host& asked = hosts[c->target];
  bool refused = !asked.alive || !asked.listens || c->port != message_port;
  if (c->accepted_syn && c->incarnation != asked.incarnation) refused = true;
  if (!refused && asked.paused) {
    arm_next_syn(h, *c);
    return;
  }
  if (!refused) {
    c->accepted_syn = true;
    c->incarnation = asked.incarnation;
  }
  const auto arrival = net.send(time.now(), c->target, c->ends[dialer].host, packet_overhead);
  if (arrival) time.at(*arrival, [this, h, refused] { syn_answered(h, refused); });
  if (!arrival || *arrival >= next_syn_at(*c)) arm_next_syn(h, *c);
}

void message_network::state::syn_answered(handle h, bool with_reset) {
  record* c = connections.find(h);
  if (!c || c->ends[dialer].at != phase::dialing) return;
  if (with_reset) {
    attempt_failed(h, cause::connection_refused);
    return;
  }
  c->ends[dialer].at = phase::upgrading;
  step(c->ends[dialer].host,
       events::attempt_connected{static_cast<connection_id>(c->ends[dialer].id)});
}

void message_network::state::attempt_failed(handle h, cause why) {
  const end_index e = h.slot * 2 + dialer;
  const host_index from = connections.end(e).host;
  events::attempt_failed failed;
  failed.attempt = static_cast<connection_id>(connections.end(e).id);
  failed.why = why;
  leave(e);
  free_if_over(h.slot);
  step(from, failed);
}

}  // namespace tandem::sim
