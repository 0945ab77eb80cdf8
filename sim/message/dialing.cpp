// SPDX-License-Identifier: MIT
#include "message/shard.hpp"

namespace tandem::sim {

using message::dialer;
using message::none;
using message::phase;

time_point message_network::shard::next_syn_at(const record& c) const {
  return c.began + (c.syns < tcp.syn_at.size() ? tcp.syn_at[c.syns] : tcp.gives_up_at);
}

void message_network::shard::send_syn(handle h) {
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
  bool hears_in_time = false;
  if (c->target != none) {
    end_record& here = c->ends[dialer];
    here.known = net.flows(here.host, c->target);
    arrival = carry(
        here.host, c->target, here.known, time.now(),
        [to = &all.of(c->target), h, known = here.known, next = next_syn_at(*c)] {
          to->syn_arrived(h, known, next);
        },
        h.slot * 2 + message::listener);
    if (arrival && *arrival != never) {
      ++c->syns_out;
      hears_in_time = *arrival + net.between(c->target, here.host).latency < next_syn_at(*c);
    }
  }
  if (!hears_in_time) arm_next_syn(h, *c);
}

void message_network::shard::arm_next_syn(handle h, record& c) {
  if (c.syn_armed) return;
  c.syn_armed = true;
  at(c.ends[dialer].host, next_syn_at(c), [this, h] { send_syn(h); });
}

// The dialer may have given up meanwhile: a listener does not know.
void message_network::shard::syn_arrived(handle h, std::uint32_t known, time_point next_syn) {
  record* c = connections.find(h);
  if (!c) return;
  c->ends[message::listener].known = known;
  host& asked = hosts[c->target];
  bool refused = !asked.alive || !asked.listens || c->port != message_port;
  if (c->accepted_syn && c->incarnation != asked.incarnation) refused = true;
  // A listener that pauses for want of descriptors has a backlog all the same.
  const bool queues = asked.ails.no_descriptors || !asked.backlog.empty();
  const bool full =
      !asked.manners.accepts && !c->accepted_syn && asked.in_backlog >= asked.manners.backlog;
  if (refused ? asked.manners.silent : (asked.paused && !queues) || full)
    return tell_of_silence(h, *c, true);
  const bool first = !refused && !c->accepted_syn;
  if (first) ++asked.in_backlog;
  if (!refused) {
    c->accepted_syn = true;
    c->incarnation = asked.incarnation;
  }
  const auto arrival = answer_syn(h, *c, {refused, true}, next_syn);
  if (first && (!arrival || *arrival == never)) expect_answer(h, 1);
}

std::optional<time_point> message_network::shard::answer_syn(handle h, record& c, syn_answer what,
                                                             time_point next_syn) {
  const host_index to = c.ends[dialer].host;
  const bool certain = !net.has_stop(c.target, to, 0);
  const auto arrival = carry(
      c.target, to, c.ends[message::listener].known, time.now(),
      [of = &all.of(to), h, told = syn_answer{what.with_reset, what.ends_wait && certain}] {
        of->syn_answered(h, told);
      },
      h.slot * 2 + dialer);
  const bool comes = arrival && certain;
  if (!comes || *arrival >= next_syn) tell_of_silence(h, c, what.ends_wait && !comes);
  return arrival;
}

// No packet: the dialer need not have a timer for each SYN, because it hears of those without an
// answer before the timer would have fired. When it could not, it has one.
void message_network::shard::tell_of_silence(handle h, const record& c, bool ends_wait) {
  const host_index to = c.ends[dialer].host;
  post(
      c.target, to, time.now() + net.between(c.target, to).latency,
      [of = &all.of(to), h, ends_wait] { of->syn_unanswered(h, ends_wait); }, unforeseen);
}

void message_network::shard::syn_unanswered(handle h, bool ends_wait) {
  record* c = connections.find(h);
  if (!c) return;
  if (ends_wait) --c->syns_out;
  if (c->ends[dialer].at == phase::dialing) return arm_next_syn(h, *c);
  give_if_over(h.slot);
}

// A listener repeats its SYN-ACK by itself; only worth an event when one was lost or may be.
void message_network::shard::expect_answer(handle h, unsigned syn_acks) {
  if (syn_acks == tcp.syn_ack_count) return;
  const time_point when = time.now() + tcp.syn_ack_timeout * (1U << (syn_acks - 1));
  at(connections.at(h.slot).target, when, [this, h, syn_acks] {
    record* c = connections.find(h);
    if (!c || c->ends[dialer].at != phase::dialing) return;
    const host& asked = hosts[c->target];
    if (!asked.alive || asked.incarnation != c->incarnation) return;
    answer_syn(h, *c, {}, next_syn_at(*c));
    expect_answer(h, syn_acks + 1);
  });
}

void message_network::shard::syn_answered(handle h, syn_answer what) {
  record* c = connections.find(h);
  if (!c) return;
  if (what.ends_wait) --c->syns_out;
  if (c->ends[dialer].at != phase::dialing) return give_if_over(h.slot);
  if (what.with_reset) {
    attempt_failed(h, cause::connection_refused);
    return;
  }
  c->ends[dialer].at = phase::upgrading;
  at_hand = h.slot * 2 + dialer;
  step(c->ends[dialer].host,
       events::attempt_connected{static_cast<connection_id>(c->ends[dialer].id)});
}

void message_network::shard::attempt_failed(handle h, cause why) {
  const end_index e = h.slot * 2 + dialer;
  const host_index from = connections.end(e).host;
  events::attempt_failed failed;
  failed.attempt = static_cast<connection_id>(connections.end(e).id);
  failed.why = why;
  leave(e);
  free_if_over(e);
  step(from, failed);
}

}  // namespace tandem::sim
