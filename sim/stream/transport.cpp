// SPDX-License-Identifier: MIT
#include "stream/transport.hpp"

#include "stream/modelled_acceptor.hpp"
#include "stream/modelled_stream.hpp"

#include <algorithm>
#include <utility>

namespace tandem::sim {

namespace {

// A slow line is not taken by one chunk for longer than this: what it carries arrives bit by bit.
constexpr std::uint64_t chunks_per_second = 10;

// The most one write takes: whole segments, so that the line carries no more headers for it.
std::uint64_t chunk_size_on(const link& path) {
  const std::uint64_t segments = path.tightest() / 8 / chunks_per_second / segment_size;
  if (path.tightest() == 0 || segments * segment_size >= chunk_max) return chunk_max;
  return std::max<std::uint64_t>(segments, 1) * segment_size;
}

}  // namespace

std::size_t transport::write(connection& c, side s, asio::const_buffer from) {
  pipe& out = c.sent_by(s);
  out.acknowledge(kernel_.now());
  const link& path = paths_.between(c.end(s).host, c.end(other(s)).host);
  const auto n = static_cast<std::size_t>(
      std::min({std::uint64_t{from.size()}, chunk_size_on(path), out.room()}));
  if (n == 0) return 0;
  out.append(chunk::make(chunk::kind::data, asio::const_buffer(from.data(), n)));
  if (out.recovering && out.unsent()->what == chunk::kind::handshake_ack)
    recover(c, s);  // the first data carries the acknowledgement that was lost
  else
    pump(c, s);
  return n;
}

std::size_t transport::read(connection& c, side s, asio::mutable_buffer into) {
  const std::size_t n = c.received_by(s).read(into);
  if (n != 0) open_window(c, s);
  return n;
}

void transport::shutdown_send(connection& c, side s) {
  pipe& out = c.sent_by(s);
  if (out.fin) return;
  out.fin = true;
  out.append(chunk::make(chunk::kind::fin, {}));
  pump(c, s);
}

void transport::close(connection& c, side s) {
  if (c.end(s).open) shutdown_send(c, s);
  connection_end& here = c.end(s);
  here.open = false;
  here.present = false;
  here.user = nullptr;
  c.received_by(s).drop_unread();
  open_window(c, s);
  free_if_over(c);
}

void transport::abort(connection& c, side s) {
  connection_end& here = c.end(s);
  if (here.open) send_reset(c, s);
  here.open = false;
  here.present = false;
  here.user = nullptr;
  c.received_by(s).drop_unread();
  stop_sending(c, s);
  free_if_over(c);
}

void transport::pump(connection& c, side from) {
  pipe& out = c.sent_by(from);
  while (chunk* next = out.unsent()) {
    if (out.recovering) break;
    if (out.outstanding != 0 && out.outstanding + next->size > receive_buffer) break;
    if (!transmit(c, from)) break;
  }
}

bool transport::transmit(connection& c, side from) {
  pipe& out = c.sent_by(from);
  const host_index sender = c.end(from).host;
  const host_index receiver = c.end(other(from)).host;
  const chunk& next = *out.unsent();
  const auto sent = paths_.send(kernel_.now(), sender, receiver, wire_bytes(next.size));
  if (!sent) {
    lost(c, from);
    return false;
  }
  out.retries = 0;
  out.last_arrival = std::max(*sent, out.last_arrival);
  out.expect_acknowledgement(out.last_arrival + paths_.between(receiver, sender).latency,
                             paths_.link_free_at(kernel_.now(), sender), next.size);
  out.sent();
  kernel_.at(out.last_arrival, [this, h = c.handle, to = other(from)] { chunk_arrived(h, to); });
  return true;
}

void transport::lost(connection& c, side from) {
  pipe& out = c.sent_by(from);
  if (out.retries == 0) out.failing_since = kernel_.now();
  duration wait =
      paths_.retransmission_timeout(c.end(from).host, c.end(other(from)).host, profile_.rto_min);
  for (unsigned i = 0; i < out.retries && wait < retransmission_timeout_max; ++i) wait *= 2;
  if (out.retries < 255) ++out.retries;
  out.recovering = true;
  out.retry = kernel_.at(kernel_.now() + std::min(wait, retransmission_timeout_max),
                         [this, h = c.handle, from] { retry(h, from); });
}

void transport::retry(connection_handle h, side from) {
  connection* c = find(h);
  if (!c) return;
  if (kernel_.now() - c->sent_by(from).failing_since >= retransmissions_give_up_after) {
    give_up(*c, from);
    return;
  }
  recover(*c, from);
  wake_writer(*c, from);
}

void transport::recover(connection& c, side from) {
  pipe& out = c.sent_by(from);
  kernel_.cancel(std::exchange(out.retry, timer_id::none));
  out.recovering = false;
  pump(c, from);
}

void transport::chunk_arrived(connection_handle h, side to) {
  connection* c = find(h);
  if (!c) return;
  pipe& in = c->received_by(to);
  const chunk* here = in.arrived();
  const chunk::kind what = here->what;
  const bool data = what == chunk::kind::data;
  if (what == chunk::kind::handshake_ack) {
    in.drop_first();
    handshake_completed(*c);
    return;
  }
  if (c->end(to).open) {
    wake(*c, to);
    return;
  }
  in.drop_unread();
  if (data)
    send_reset(*c, to);
  else
    open_window(*c, to);
}

void transport::open_window(connection& c, side reader) {
  const pipe& in = c.received_by(reader);
  const chunk* stalled = in.unsent();
  if (!stalled || in.recovering || in.update_on_its_way) return;
  if (in.outstanding != 0 && in.outstanding + stalled->size > receive_buffer) return;
  c.received_by(reader).update_on_its_way = true;
  const host_index here = c.end(reader).host;
  const host_index there = c.end(other(reader)).host;
  const auto arrival = paths_.send(kernel_.now(), here, there, packet_overhead);
  // A lost update is made up for by the sender's window probes.
  const time_point at = arrival.value_or(
      kernel_.now() + paths_.retransmission_timeout(here, there, profile_.rto_min));
  kernel_.at(at, [this, h = c.handle, to = other(reader)] { window_opened(h, to); });
}

void transport::window_opened(connection_handle h, side sender) {
  connection* c = find(h);
  if (!c) return;
  c->sent_by(sender).update_on_its_way = false;
  pump(*c, sender);
  wake_writer(*c, sender);
}

void transport::wake_writer_when_free(connection& c, side s, std::size_t wanted) {
  pipe& out = c.sent_by(s);
  if (out.wake_armed) return;
  const time_point at = out.room_at(std::min<std::uint64_t>(wanted, send_buffer / 3));
  if (at == never) return;  // the next chunk that leaves brings an acknowledgement to wait for
  out.wake_armed = true;
  kernel_.at(at, [this, h = c.handle, s] {
    connection* found = find(h);
    if (!found) return;
    found->sent_by(s).wake_armed = false;
    wake_writer(*found, s);
  });
}

void transport::send_reset(connection& c, side from) {
  const connection_end& there = c.end(other(from));
  if (!there.present || !there.open) return;
  const auto sent = paths_.send(kernel_.now(), c.end(from).host, there.host, packet_overhead);
  if (!sent) {
    forget_half_open(c);
    return;
  }
  pipe& out = c.sent_by(from);
  out.last_arrival = std::max(*sent, out.last_arrival);
  kernel_.at(out.last_arrival, [this, h = c.handle, to = other(from)] { reset_arrived(h, to); });
}

void transport::reset_arrived(connection_handle h, side to) {
  connection* c = find(h);
  if (!c) return;
  stop_sending(*c, to);
  connection_end& here = c->end(to);
  if (!here.open) {
    free_if_over(*c);
    return;
  }
  here.open = false;
  here.fate = end_fate::reset;
  c->received_by(to).drop_unread();
  if (to == side::listener && c->inbound == inbound_state::half_open) {
    here.present = false;
    modelled_acceptor* listener = directory_.listener_on(here.host, here.port);
    if (listener && listener->serial() == c->listener) listener->give_place();
    free_if_over(*c);
    return;
  }
  wake(*c, to);
}

void transport::give_up(connection& c, side s) {
  stop_sending(c, s);
  connection_end& here = c.end(s);
  if (!here.open) return;
  here.open = false;
  here.fate = end_fate::timed_out;
  if (s == side::dialer) forget_half_open(c);
  wake(c, s);
}

void transport::forget_half_open(connection& c) {
  if (c.inbound != inbound_state::half_open) return;
  kernel_.at(kernel_.now() + half_open_kept,
             [this, h = c.handle] { reset_arrived(h, side::listener); });
}

void transport::stop_sending(connection& c, side s) {
  pipe& out = c.sent_by(s);
  kernel_.cancel(std::exchange(out.retry, timer_id::none));
  out.recovering = false;
  out.fin = true;
  out.drop_unsent();
}

void transport::wake(connection& c, side s) {
  if (modelled_stream* user = c.end(s).user) user->changed();
}

void transport::wake_writer(connection& c, side s) {
  if (modelled_stream* user = c.end(s).user) user->room_changed();
}

void transport::free_if_over(connection& c) {
  for (const connection_end& end : c.ends)
    if (end.present) return;
  for (pipe& p : c.pipes) kernel_.cancel(std::exchange(p.retry, timer_id::none));
  table_.free(c.handle);
}

}  // namespace tandem::sim
