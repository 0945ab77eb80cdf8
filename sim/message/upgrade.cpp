// SPDX-License-Identifier: MIT
#include "message/shard.hpp"

#include "kernel/paths.hpp"
#include "tandem/net/send_result.hpp"

#include <algorithm>

namespace tandem::sim {

using message::dialer;
using message::kind;
using message::listener;
using message::none;
using message::phase;

namespace {

// Application bytes of one message of /tandem/message/1.0.0: a uvarint of the length goes ahead.
std::uint64_t framed(std::uint64_t bytes) {
  std::uint64_t prefix = 1;
  for (std::uint64_t rest = bytes; rest >= 128; rest /= 128) ++prefix;
  return bytes + prefix;
}

}  // namespace

void message_network::shard::arrived(handle h, unsigned side, const packet& p, std::uint64_t told) {
  record* c = connections.find(h);
  if (!c) return;
  // The last of its sender, whatever becomes of the process here.
  if (p.what == kind::fin && side == dialer) c->in_doubt = false;
  const host_index here = side == listener ? c->target : c->ends[dialer].host;
  if (hosts[here].ails.stands)
    return wait(here, [this, h, side, p, told] { taken_in(h, side, p, told); });
  taken_in(h, side, p, told);
}

void message_network::shard::taken_in(handle h, unsigned side, const packet& p,
                                      std::uint64_t told) {
  record* c = connections.find(h);
  if (!c) return;
  if (p.what == kind::hello) return hello_arrived(h, *c);
  const end_index e = h.slot * 2 + side;
  end_record& here = c->ends[side];
  const auto id = static_cast<connection_id>(here.id);
  if (!is_live(here.at)) {
    if (p.what != kind::fin && p.what != kind::goodbye) send_reset(e);
    if (p.what == kind::fin && side == dialer) give_if_over(h.slot);
    return;
  }
  at_hand = e;
  switch (p.what) {
    case kind::exchange:
    case kind::propose:
      if (here.at == phase::upgrading)
        step(here.host, events::authenticated{id, hosts[peer_host(e)].self});
      return;
    case kind::open:
      if (here.at == phase::upgrading)
        step_follow_up(here.host, {events::ready{id}, e, {}});
      else if (here.at == phase::refusing)
        dispatch(e, {kind::goodbye, here.refusal, here.asked});
      return;
    case kind::goodbye:
      return goodbye_arrived(e, p.why, static_cast<std::uint32_t>(p.value));
    case kind::fin:
      stop(e);
      return end_with(e, cause::remote_closed, true);
    case kind::ping:
      return dispatch(e, {kind::pong, cause::none, p.value});
    case kind::pong:
      return pong_arrived(e, static_cast<std::uint32_t>(p.value));
    case kind::data:
      if (on_message && (here.at == phase::ready || here.at == phase::closing))
        on_message(here.host, p.number);
      if (p.value != told) bytes_arrived(e, p.value - told);
      return;
    case kind::stream:
      return step(here.host, events::stream_opened{id, true});
    case kind::stream_over:
      dispatch(e, {kind::stream_done});
      return step(here.host, events::stream_closed{id, true});
    case kind::stream_done:
      return step(here.host, events::stream_closed{id, true});
    case kind::hello:
      return;
  }
}

void message_network::shard::hello_arrived(handle h, record& c) {
  host& asked = hosts[c.target];
  if (!asked.alive || asked.incarnation != c.incarnation) return turn_away(h, c);
  if (!asked.manners.accepts) return free_if_over(h.slot * 2 + listener);
  if (asked.manners.accepts_after == duration{}) return accept(h, c);
  asked.accepts_next = later(std::max(time.now(), asked.accepts_next), asked.manners.accepts_after);
  at(c.target, asked.accepts_next, [this, h] {
    if (record* then = connections.find(h)) accept(h, *then);
  });
}

void message_network::shard::turn_away(handle h, record& c) {
  c.ends[listener].at = phase::gone;
  send_reset(h.slot * 2 + listener);
  free_if_over(h.slot * 2 + listener);
}

void message_network::shard::accept(handle h, record& c) {
  host& asked = hosts[c.target];
  if (!asked.alive || asked.incarnation != c.incarnation) return turn_away(h, c);
  if (asked.ails.no_descriptors || !asked.backlog.empty()) {
    asked.backlog.push_back(h);
    // It tries again at once where it does not pause, and pauses then.
    for (int n = 0; n < 2 && !asked.paused; ++n)
      step(c.target, events::accept_failed{cause::local_resource});
    return;
  }
  if (asked.resets < asked.manners.resets) {
    ++asked.resets;
    return turn_away(h, c);
  }
  asked.last_inbound += 2;
  const connection_id id{asked.last_inbound};
  enter(h.slot * 2 + listener, c.target, id, phase::upgrading);
  const host_index from = c.ends[dialer].host;
  step(c.target, events::arrived{id, names == nullptr ? message_network::address_of(from)
                                                      : names->seen(from, c.to_v6)});
}

void message_network::shard::goodbye_arrived(end_index e, cause why, std::uint32_t code) {
  const handle h = handle_of(e);
  const host_index here = connections.end(e).host;
  const auto id = static_cast<connection_id>(connections.end(e).id);
  if (wire_code_of(why) != 0) {
    step(here, events::remote_refused{id, why, parse_go_away(code).retry_after});
    if (!connections.find(h) || !is_live(connections.end(e).at)) return;
  }
  dispatch(e, {kind::fin, cause::none, 0});
  record& c = connections.at(e / 2);
  if (e % 2 == dialer && connections.end(e).told) c.in_doubt = false;
  end_with(e, cause::remote_closed);
}

void message_network::shard::pong_arrived(end_index e, std::uint32_t nonce) {
  const end_record& here = connections.end(e);
  const host_index at = here.host;
  const auto id = static_cast<connection_id>(here.id);
  const auto round_trip = time.now() - here.asked_at;
  if (here.at != phase::ready) return;
  if (nonce == here.asked) step(at, events::rtt_sampled{id, round_trip});
  step(at, events::probe_answered{id, nonce});
}

void message_network::shard::bytes_arrived(end_index e, std::uint64_t bytes) {
  end_record& here = connections.end(e);
  if (here.at != phase::ready && here.at != phase::closing) return;
  events::traffic moved;
  moved.conn = static_cast<connection_id>(here.id);
  moved.received = moved.app_bytes = bytes;
  moved.last_received_at = moved.last_app_at = local(here.host);
  step(here.host, moved);
}

send_result message_network::shard::send(host_index from, const peer_id& to, std::uint64_t bytes,
                                         std::uint64_t number) {
  const end_index e = oldest_ready(from, to);
  if (e == none) return send_result::gone;
  settle(connections.end(e));
  const std::uint64_t backlog = connections.end(e).unsent;
  if (bytes > message_size_default || (backlog != 0 && backlog + framed(bytes) > backlog_default))
    return send_result::refused;
  if (driving) {
    at(from, time.now(), [this, h = handle_of(e), side = e % 2, bytes, number] {
      record* c = connections.find(h);
      if (c && c->ends[side].at == phase::ready) send(h.slot * 2 + side, bytes, number);
    });
  } else {
    send(e, bytes, number);
  }
  return send_result::accepted;
}

void message_network::shard::send(end_index e, std::uint64_t bytes, std::uint64_t number) {
  const host_index from = connections.end(e).host;
  events::traffic moved;
  moved.conn = static_cast<connection_id>(connections.end(e).id);
  moved.sent = moved.app_bytes = framed(bytes);
  moved.last_app_at = local(from);
  connections.end(e).unsent += static_cast<std::uint32_t>(moved.sent);
  dispatch(e, {kind::data, cause::none, moved.sent, number});
  step(from, moved);
  const end_record& here = connections.end(e);
  if (here.at != phase::ready || here.tcp == none) return;
  // What leaves bit by bit is a stream that is open meanwhile.
  auto& mine = senders[here.tcp];
  if (mine.undelivered.empty() || mine.tcp.unsent(time.now()) == 0) return;
  mine.undelivered.back().streamed = true;
  step(from, events::stream_opened{moved.conn, true});
}

void message_network::shard::keep_open(host_index h, connection_id conn, bool open) {
  const end_index e = find(h, conn);
  if (e == none) return;
  end_record& here = connections.end(e);
  if (here.at != phase::ready) return;
  if (!open) {
    if (here.kept_open != 0 && --here.kept_open == 0) dispatch(e, {kind::stream_over});
  } else if (here.kept_open++ == 0) {
    dispatch(e, {kind::stream});
    step(h, events::stream_opened{conn, true});
  }
}

void message_network::shard::stream_over(end_index e, time_point used_at) {
  const end_record& here = connections.end(e);
  if (here.at != phase::ready) return;
  const connection_id id{here.id};
  events::traffic used;
  used.conn = id;
  used.last_app_at = later(used_at, hosts[here.host].ails.clock_ahead);
  step(here.host, used);
  if (connections.end(e).at == phase::ready) step(here.host, events::stream_closed{id, true});
}

}  // namespace tandem::sim
