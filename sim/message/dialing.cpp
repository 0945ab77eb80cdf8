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
  if (on_syn) on_syn(c->ends[dialer].host);
  std::optional<time_point> arrival;
  if (c->target != none) {
    const host_index from = c->ends[dialer].host;
    c->flows = net.flows(from, c->target);
    arrival = net.carry(
        time, from, c->target, packet_overhead, c->flows, time.now(), [this, h] { syn_arrived(h); },
        about(c->target, h.slot));
  }
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
  host& asked = hosts[c->target];
  bool refused = !asked.alive || !asked.listens || c->port != message_port;
  if (c->accepted_syn && c->incarnation != asked.incarnation) refused = true;
  // A listener that pauses for want of descriptors has a backlog all the same.
  const bool queues = asked.ails.no_descriptors || !asked.backlog.empty();
  const bool full =
      !asked.manners.accepts && !c->accepted_syn && asked.in_backlog >= asked.manners.backlog;
  if (refused ? asked.manners.silent : (asked.paused && !queues) || full) {
    arm_next_syn(h, *c);
    return;
  }
  const bool first = !refused && !c->accepted_syn;
  if (first) ++asked.in_backlog;
  if (!refused) {
    c->accepted_syn = true;
    c->incarnation = asked.incarnation;
  }
  const auto arrival = answer_syn(h, *c, refused);
  if (first && (!arrival || *arrival == never)) expect_answer(h, 1);
}

std::optional<time_point> message_network::state::answer_syn(handle h, record& c, bool with_reset) {
  const auto arrival = net.carry(
      time, c.target, c.ends[dialer].host, packet_overhead, c.flows, time.now(),
      [this, h, with_reset] { syn_answered(h, with_reset); }, about(c.ends[dialer].host, h.slot));
  if (!arrival || *arrival >= next_syn_at(c)) arm_next_syn(h, c);
  return arrival;
}

// A listener repeats its SYN-ACK by itself; only worth an event when one was lost or may be.
void message_network::state::expect_answer(handle h, unsigned syn_acks) {
  if (syn_acks == tcp.syn_ack_count) return;
  time.at(time.now() + tcp.syn_ack_timeout * (1U << (syn_acks - 1)), [this, h, syn_acks] {
    record* c = connections.find(h);
    if (!c || c->ends[dialer].at != phase::dialing) return;
    const host& asked = hosts[c->target];
    if (!asked.alive || asked.incarnation != c->incarnation) return;
    answer_syn(h, *c, false);
    expect_answer(h, syn_acks + 1);
  });
}

void message_network::state::syn_answered(handle h, bool with_reset) {
  record* c = connections.find(h);
  if (!c || c->ends[dialer].at != phase::dialing) return;
  if (with_reset) {
    attempt_failed(h, cause::connection_refused);
    return;
  }
  c->ends[dialer].at = phase::upgrading;
  at_hand = h.slot * 2 + dialer;
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
