// SPDX-License-Identifier: MIT
#include "stream/transport.hpp"

#include "stream/modelled_acceptor.hpp"
#include "stream/modelled_stream.hpp"

#include <algorithm>
#include <utility>

namespace tandem::sim {

std::size_t transport::write(connection& c, side s, asio::const_buffer from) {
  pipe& out = c.sent_by(s);
  flows_.hear(out.tcp);
  const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(from.size(), out.tcp.room()));
  if (n == 0) return 0;
  out.append(asio::const_buffer(from.data(), n));
  flows_.push(out.tcp, name_of(c, s));
  return n;
}

std::size_t transport::read(connection& c, side s, asio::mutable_buffer into) {
  const std::size_t n = c.received_by(s).read(into);
  if (n != 0) open_window(c, s);
  return n;
}

void transport::shutdown_send(connection& c, side s) {
  pipe& out = c.sent_by(s);
  if (out.ended()) return;
  out.append_end();
  flows_.push(out.tcp, name_of(c, s));
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
  c.sent_by(s).stop();
  free_if_over(c);
}

void transport::wait_for_room(connection& c, side s, std::size_t wanted) {
  flows_.wait_for_room(c.sent_by(s).tcp, name_of(c, s), wanted);
}

send_progress transport::progress(connection& c, side s) {
  flow& f = c.sent_by(s).tcp;
  flows_.hear(f);
  const time_point now = kernel_.now();
  send_progress out{f.unsent(now), f.written - f.acked, {}, {}};
  if (const time_point left = f.left_at(now); left != time_point{}) out.since_sent = now - left;
  if (f.acknowledged_at != time_point{}) out.since_acknowledged = now - f.acknowledged_at;
  return out;
}

flow* transport::find(const flow_name& name) {
  connection* c = find(connection_handle{name.slot, name.generation});
  return c ? &c->sent_by(static_cast<side>(+name.direction)).tcp : nullptr;
}

void transport::delivered(const flow_name& name) {
  const connection_handle h{name.slot, name.generation};
  const side to = other(static_cast<side>(+name.direction));
  if (to == side::listener) handshake_completed(*find(h));
  if (!find(h)) return;
  connection& c = *find(h);
  pipe& in = c.received_by(to);
  if (c.end(to).open) {
    wake(c, to);
    return;
  }
  const bool data = in.readable() != 0;
  in.drop_unread();
  if (data)
    send_reset(c, to);
  else
    open_window(c, to);
}

void transport::acknowledged(const flow_name& name) {
  connection& c = *find(connection_handle{name.slot, name.generation});
  if (modelled_stream* user = c.end(static_cast<side>(+name.direction)).user) user->room_changed();
}

void transport::open_window(connection& c, side reader) {
  pipe& in = c.received_by(reader);
  const flow& f = in.tcp;
  const std::uint64_t wanted = std::min(f.written - f.sent, segment_size);
  if (!f.blocked || wanted == 0 || in.update_on_its_way) return;
  // Acknowledgements that are on their way tell as well.
  if (f.acked_flights != f.flights.size() && f.read >= f.acked) return;
  if (f.sent - f.read + wanted > receive_buffer) return;
  in.update_on_its_way = true;
  const host_index here = c.end(reader).host;
  const host_index there = c.end(other(reader)).host;
  const auto opened = [this, h = c.handle, to = other(reader)] { window_opened(h, to); };
  if (paths_.carry(kernel_, here, there, packet_overhead, c.flows, kernel_.now(), opened)) return;
  // A lost update is made up for by the sender's window probes.
  kernel_.at(kernel_.now() + f.control.timeout(profile_.rto_min, profile_.rto_margin), opened);
}

void transport::window_opened(connection_handle h, side sender) {
  connection* c = find(h);
  if (!c) return;
  c->sent_by(sender).update_on_its_way = false;
  flows_.push(c->sent_by(sender).tcp, name_of(*c, sender));
}

void transport::send_reset(connection& c, side from) {
  const connection_end& there = c.end(other(from));
  if (!there.present || !there.open) return;
  const auto sent = paths_.carry(kernel_, c.end(from).host, there.host, packet_overhead, c.flows,
                                 c.sent_by(from).tcp.last_arrival,
                                 [this, h = c.handle, to = other(from)] { reset_arrived(h, to); });
  if (!sent || *sent == never) arm_syn_ack(c);
}

void transport::reset_arrived(connection_handle h, side to) {
  connection* c = find(h);
  if (!c) return;
  c->sent_by(to).stop();
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

void transport::gave_up(const flow_name& name) {
  connection& c = *find(connection_handle{name.slot, name.generation});
  const side s = static_cast<side>(+name.direction);
  c.sent_by(s).stop();
  connection_end& here = c.end(s);
  if (!here.open) return;
  here.open = false;
  here.fate = end_fate::timed_out;
  if (s == side::dialer) arm_syn_ack(c);
  wake(c, s);
}

void transport::wake(connection& c, side s) {
  if (modelled_stream* user = c.end(s).user) user->changed();
}

void transport::free_if_over(connection& c) {
  for (const connection_end& end : c.ends)
    if (end.present) return;
  table_.free(c.handle);
}

}  // namespace tandem::sim
