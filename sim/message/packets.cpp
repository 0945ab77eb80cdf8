// SPDX-License-Identifier: MIT
#include "message/shard.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace tandem::sim {

using message::kind;
using message::none;
using message::phase;
using end_index = message::end_index;

namespace {

// After so many samples of a steady round trip its variation is below a nanosecond.
constexpr std::uint8_t round_trips_max = 80;

flow_name name_of(message::handle h, end_index from) { return {h.slot, h.generation, from % 2, 0}; }

// Payload on the wire: multistream header 20, /plaintext/2.0.0 18, Exchange 79, /yamux/1.0.0 14,
// /tandem/message/1.0.0 23, and a yamux header 12.
std::uint64_t payload_of(const message::packet& p) {
  switch (p.what) {
    case kind::hello:
      return 38;
    case kind::exchange:
      return 38 + 79;
    case kind::propose:
      return 79 + 20 + 14;
    case kind::open:
      return 20 + 14 + 12;
    case kind::goodbye:
    case kind::ping:
    case kind::pong:
    case kind::stream_over:
    case kind::stream_done:
      return 12;
    case kind::stream:
      return 12 + 20 + 23;
    case kind::fin:
      return 0;
    case kind::data:
      return p.value + 12;
  }
  return 0;
}

}  // namespace

host_index message_network::shard::peer_host(end_index from) {
  const record& c = connections.at(from / 2);
  return from % 2 == message::dialer ? c.target : c.ends[message::dialer].host;
}

void message_network::shard::dispatch(end_index from, const packet& p) {
  record& c = connections.at(from / 2);
  end_record& here = connections.end(from);
  const host_index to = peer_host(from);
  const std::uint64_t payload = payload_of(p);
  if (p.what == kind::hello) c.in_doubt = true;
  if (here.tcp != none || payload > segment_size || !net.quiet(here.host, to) ||
      here.known != static_cast<std::uint32_t>(net.flows(here.host, to))) {
    auto& sender = sender_of(from, to);
    sender.tcp.written += std::max<std::uint64_t>(payload, 1);
    sender.undelivered.push_back({p, sender.tcp.written});
    flows.push(sender.tcp, name_of(handle_of(from), from));
    return;
  }
  if (here.round_trips < round_trips_max) ++here.round_trips;
  const auto ride = net.send(time.now(), here.host, to, 1, payload + packet_overhead, here.known);
  here.last_arrival = std::max(ride.at, here.last_arrival);
  struct delivery {
    shard* self;
    handle h;
    std::uint64_t number;
    std::uint32_t value;  // no packet counts more
    kind what;
    cause why;
    std::uint8_t side;
    void operator()() { self->arrived(h, side, {what, why, value, number}); }
  };
  static_assert(sizeof(delivery) <= 32, "a delivery is stored in place");
  if (p.what == kind::fin) here.told = true;
  if (p.what == kind::data)
    flying.add(here.flying, here.last_arrival, static_cast<std::uint32_t>(p.value));
  post(here.host, to, here.last_arrival,
       delivery{&all.of(to), handle_of(from), p.number, static_cast<std::uint32_t>(p.value), p.what,
                p.why, static_cast<std::uint8_t>(other(from) % 2)},
       other(from));
}

message::sender& message_network::shard::sender_of(end_index from, host_index to) {
  end_record& here = connections.end(from);
  if (here.tcp != none) return senders[here.tcp];
  if (all.shards.size() > 1)
    throw std::logic_error("a message network with threads takes messages of one segment");
  if (free_sender == none) {
    free_sender = static_cast<std::uint32_t>(senders.size());
    senders.emplace_back();
  }
  here.tcp = free_sender;
  auto& mine = senders[here.tcp];
  free_sender = std::exchange(mine.next_free, none);
  mine.tcp.from = here.host;
  mine.tcp.to = to;
  mine.tcp.known = here.known;
  mine.tcp.last_arrival = here.last_arrival;
  const link& there = net.between(here.host, to);
  const link& back = net.between(to, here.host);
  const duration round_trip =
      there.latency + back.latency + (there.delays_most + back.delays_most) / 2;
  for (unsigned i = 0; i <= here.round_trips; ++i) mine.tcp.control.sample(round_trip);
  return mine;
}

flow* message_network::shard::find(const flow_name& name) {
  record* c = connections.find({name.slot, name.generation});
  if (!c || c->ends[name.direction].tcp == none) return nullptr;
  return &senders[c->ends[name.direction].tcp].tcp;
}

void message_network::shard::delivered(const flow_name& name) {
  const handle h{name.slot, name.generation};
  const unsigned side = name.direction ^ 1U;
  for (;;) {
    record* c = connections.find(h);
    if (!c || c->ends[name.direction].tcp == none) return;
    auto& mine = senders[c->ends[name.direction].tcp];
    mine.tcp.read = mine.tcp.delivered;
    if (mine.undelivered.empty()) return;
    const auto first = mine.undelivered.front();
    if (first.end > mine.tcp.delivered) return part_delivered(h, side, mine);
    mine.undelivered.pop_front();
    const time_point left = mine.tcp.left_at(time.now());
    if (first.what.what == kind::data)
      c->ends[name.direction].unsent -= static_cast<std::uint32_t>(first.what.value);
    arrived(h, side, first.what, std::exchange(mine.told, 0));
    if (first.opened && connections.find(h)) stream_over(h.slot * 2 + side, time.now());
    if (first.streamed && connections.find(h)) stream_over(h.slot * 2 + name.direction, left);
  }
}

// What has come of a message moves at once; its frame's header as the last part.
void message_network::shard::part_delivered(handle h, unsigned side, message::sender& from) {
  auto& first = from.undelivered.front();
  const std::uint64_t start = first.end - std::max<std::uint64_t>(payload_of(first.what), 1);
  if (first.what.what != kind::data || from.tcp.delivered <= start) return;
  const std::uint64_t came = std::min(from.tcp.delivered - start, first.what.value);
  const std::uint64_t fresh = came - std::exchange(from.told, came);
  const end_index e = h.slot * 2 + side;
  if (!is_live(connections.end(e).at)) return send_reset(e);
  if (fresh == 0) return;
  const end_record& here = connections.end(e);
  if (here.at == phase::ready && !std::exchange(first.opened, true))
    step(here.host, events::stream_opened{connection_id{here.id}, true});
  if (connections.find(h)) bytes_arrived(e, fresh);
}

void message_network::shard::gave_up(const flow_name& name) {
  const end_index from = name.slot * 2 + name.direction;
  stop(from);
  if (is_live(connections.end(from).at)) end_with(from, cause::transport_timeout);
}

void message_network::shard::stop(end_index from) {
  end_record& e = connections.end(from);
  if (e.tcp == none) return;
  auto& mine = senders[e.tcp];
  mine.tcp.stopped = true;
  const bool first = !mine.undelivered.empty() && mine.undelivered.front().what.what == kind::hello;
  if (first && (mine.tcp.flights.empty() || mine.tcp.flights.front().lost != 0))
    connections.at(from / 2).in_doubt = false;
}

void message_network::shard::drop_sender(end_record& e) {
  if (e.tcp == none) return;
  auto& mine = senders[e.tcp];
  mine = {};
  mine.next_free = free_sender;
  free_sender = std::exchange(e.tcp, none);
}

void message_network::shard::send_reset(end_index from) {
  record& c = connections.at(from / 2);
  end_record& here = connections.end(from);
  stop(from);
  if (!may_hear_reset(from)) return;
  const host_index at = from % 2 == message::dialer ? here.host : c.target;
  const host_index to = peer_host(from);
  const time_point last = here.tcp == none ? here.last_arrival : senders[here.tcp].tcp.last_arrival;
  const auto arrival = carry(
      at, to, here.known, last,
      [of = &all.of(to), h = handle_of(from), side = other(from) % 2] {
        of->reset_arrived(h, side);
      },
      other(from));
  if (!arrival || *arrival == never) return;
  here.told = true;
  here.last_arrival = *arrival;
}

// Whether the other end may still be there when it arrives, as this one knows.
bool message_network::shard::may_hear_reset(end_index from) {
  const record& c = connections.at(from / 2);
  const end_record& here = connections.end(from);
  const end_record& there = connections.end(other(from));
  if (here.tcp != none || there.tcp != none) return is_live(there.at) || hello_flying(c);
  if (here.told) {
    const host_index at = from % 2 == message::dialer ? here.host : c.target;
    if (time.now() < here.last_arrival) return true;
    if (time.now() <= here.last_arrival + net.between(peer_host(from), at).longest()) return false;
  }
  return from % 2 == message::listener || c.in_doubt;
}

void message_network::shard::reset_arrived(handle h, unsigned side) {
  record* c = connections.find(h);
  if (!c) return;
  const end_index e = h.slot * 2 + side;
  if (side == message::dialer) c->in_doubt = false;
  if (is_live(c->ends[side].at)) {
    stop(e);
    end_with(e, cause::reset);
  } else if (side == message::dialer) {
    give_if_over(h.slot);
  }
}

}  // namespace tandem::sim
