// SPDX-License-Identifier: MIT
#include "message/state.hpp"

#include <algorithm>
#include <utility>

namespace tandem::sim {

using message::kind;
using message::none;

namespace {

// As at the stream level: Linux's tcp_retries2 = 15 and TCP_RTO_MAX.
constexpr duration give_up_after = std::chrono::milliseconds(924'600);
constexpr duration wait_max = std::chrono::seconds(120);

// Payload on the wire: multistream header 20, /plaintext/2.0.0 18, Exchange 79, /yamux/1.0.0 14,
// and a yamux header 12.
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
      return 12;
    case kind::fin:
      return 0;
    case kind::data:
      return p.value + 12;
  }
  return 0;
}

}  // namespace

void message_network::state::dispatch(end_index from, const packet& p) {
  end_record& sender = connections.end(from);
  if (sender.held != none) {
    held[sender.held].waiting.push_back(p);
    return;
  }
  if (!transmit(from, p)) hold(from, p);
}

bool message_network::state::transmit(end_index from, const packet& p) {
  record& c = connections.at(from / 2);
  end_record& sender = connections.end(from);
  const host_index to = from % 2 == message::dialer ? c.target : c.ends[message::dialer].host;
  const auto arrival = net.send(time.now(), sender.host, to, wire_bytes(payload_of(p)));
  if (!arrival) return false;
  sender.last_arrival = std::max(*arrival, sender.last_arrival);
  if (p.what == kind::hello) c.hello_flying = true;
  struct delivery {
    state* self;
    handle h;
    std::uint64_t number;
    std::uint32_t value;  // no packet counts more
    kind what;
    cause why;
    std::uint8_t side;
    void operator()() { self->arrived(h, side, {what, why, value, number}); }
  };
  static_assert(sizeof(delivery) <= 32, "a delivery is stored in place");
  time.at(sender.last_arrival,
          delivery{this, handle_of(from), p.number, static_cast<std::uint32_t>(p.value), p.what,
                   p.why, static_cast<std::uint8_t>(other(from) % 2)});
  return true;
}

void message_network::state::hold(end_index from, const packet& p) {
  if (free_held == none) {
    free_held = static_cast<std::uint32_t>(held.size());
    held.emplace_back();
  }
  end_record& sender = connections.end(from);
  sender.held = free_held;
  auto& mine = held[sender.held];
  free_held = mine.next_free;
  mine.waiting.push_back(p);
  mine.failing_since = time.now();
  mine.retries = 0;
  arm_retry(from);
}

void message_network::state::arm_retry(end_index from) {
  const host_index here = connections.end(from).host;
  const record& c = connections.at(from / 2);
  const host_index there = from % 2 == message::dialer ? c.target : c.ends[message::dialer].host;
  auto& mine = held[connections.end(from).held];
  duration wait = net.retransmission_timeout(here, there, tcp.rto_min);
  for (unsigned i = 0; i < mine.retries && wait < wait_max; ++i) wait *= 2;
  ++mine.retries;
  time.at(time.now() + std::min(wait, wait_max),
          [this, h = handle_of(from), side = from % 2] { retry(h, side); });
}

void message_network::state::retry(handle h, unsigned side) {
  record* c = connections.find(h);
  if (!c || c->ends[side].held == none) return;
  const end_index from = h.slot * 2 + side;
  const std::uint32_t mine = c->ends[side].held;
  if (time.now() - held[mine].failing_since >= give_up_after) {
    drop_held(c->ends[side]);
    if (is_live(c->ends[side].at)) end_with(from, cause::transport_timeout);
    return;
  }
  std::size_t done = 0;
  while (done < held[mine].waiting.size() && transmit(from, held[mine].waiting[done])) ++done;
  auto& waiting = held[mine].waiting;
  waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(done));
  if (waiting.empty()) {
    drop_held(c->ends[side]);
    return;
  }
  if (done != 0) {
    held[mine].failing_since = time.now();
    held[mine].retries = 0;
  }
  arm_retry(from);
}

void message_network::state::drop_held(end_record& e) {
  if (e.held == none) return;
  auto& mine = held[e.held];
  mine.waiting.clear();
  mine.next_free = free_held;
  free_held = std::exchange(e.held, none);
}

void message_network::state::send_reset(end_index from) {
  record& c = connections.at(from / 2);
  end_record& sender = connections.end(from);
  drop_held(sender);
  if (!is_live(connections.end(other(from)).at) && !c.hello_flying) return;
  const host_index here = from % 2 == message::dialer ? sender.host : c.target;
  const host_index there = from % 2 == message::dialer ? c.target : c.ends[message::dialer].host;
  const auto arrival = net.send(time.now(), here, there, packet_overhead);
  if (!arrival) return;
  sender.last_arrival = std::max(*arrival, sender.last_arrival);
  time.at(sender.last_arrival,
          [this, h = handle_of(from), side = other(from) % 2] { reset_arrived(h, side); });
}

void message_network::state::reset_arrived(handle h, unsigned side) {
  record* c = connections.find(h);
  if (!c || !is_live(c->ends[side].at)) return;
  drop_held(c->ends[side]);
  end_with(h.slot * 2 + side, cause::reset);
}

}  // namespace tandem::sim
