// SPDX-License-Identifier: MIT
#include "stream/modelled_acceptor.hpp"
#include "stream/modelled_stream.hpp"
#include "stream/transport.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <utility>

namespace tandem::sim {

void transport::connect(host_index from, std::uint16_t port, const endpoint& remote,
                        connect_handler done) {
  connection& c = table_.make();
  c.dial.arm(io_, std::move(done));
  connection_end& local = c.end(side::dialer);
  local.host = from;
  local.port = port;
  local.present = true;
  c.remote = remote;
  c.began = kernel_.now();
  c.dial.on_cancel([this, h = c.handle] { dial_cancelled(h); });
  if (remote.v6) {
    end_dial(c, asio::error::network_unreachable);
    return;
  }
  send_syn(c.handle);
}

time_point transport::next_syn_at(const connection& c) const {
  const auto& at = profile_.syn_at;
  return c.began + (c.syns < at.size() ? at[c.syns] : profile_.gives_up_at);
}

void transport::send_syn(connection_handle h) {
  connection* c = find(h);
  if (!c || !c->dial.armed()) return;
  c->next_syn = timer_id::none;
  if (c->syns == profile_.syn_at.size()) {
    end_dial(*c, asio::error::timed_out);
    return;
  }
  ++c->syns;
  if (on_syn_) on_syn_(c->end(side::dialer).host);
  const auto to = directory_.host_at(c->remote);
  std::optional<time_point> arrival;
  if (to) {
    const host_index from = c->end(side::dialer).host;
    c->flows = paths_.flows(from, *to);
    arrival = paths_.carry(kernel_, from, *to, packet_overhead, c->flows, kernel_.now(),
                           [this, h] { syn_arrived(h); });
  }
  if (!arrival || *arrival >= next_syn_at(*c)) arm_next_syn(*c);
}

void transport::arm_next_syn(connection& c) {
  if (c.next_syn == timer_id::none && c.dial.armed())
    c.next_syn = kernel_.at(next_syn_at(c), [this, h = c.handle] { send_syn(h); });
}

void transport::syn_arrived(connection_handle h) {
  connection* c = find(h);
  if (!c || (!c->dial.armed() && c->inbound != inbound_state::half_open)) return;
  const host_index host = *directory_.host_at(c->remote);
  modelled_acceptor* listener = directory_.listener_on(host, c->remote.port);
  c->end(side::listener).host = host;
  c->end(side::listener).port = c->remote.port;
  if (!listener || (c->inbound != inbound_state::none && c->listener != listener->serial())) {
    if (directory_.manners_of(host).silent)
      arm_next_syn(*c);
    else
      answer_syn(*c, true);
    return;
  }
  if (c->inbound == inbound_state::none) {
    if (!listener->take_place()) {
      arm_next_syn(*c);
      return;
    }
    c->inbound = inbound_state::half_open;
    c->listener = listener->serial();
    c->half_open_since = kernel_.now();
    c->syn_acks = 1;
    c->end(side::listener).present = true;
    c->end(side::listener).open = true;
  }
  answer_syn(*c, false);
}

void transport::answer_syn(connection& c, bool with_reset) {
  const auto arrival = paths_.carry(kernel_, c.end(side::listener).host, c.end(side::dialer).host,
                                    packet_overhead, c.flows, kernel_.now(),
                                    [this, h = c.handle, with_reset, asked_at = kernel_.now()] {
                                      syn_answered(h, with_reset, asked_at);
                                    });
  if (!arrival || *arrival >= next_syn_at(c)) arm_next_syn(c);
  if (!with_reset && (!arrival || *arrival == never)) arm_syn_ack(c);
}

// Only when a SYN-ACK, or what answers it, was lost or may be.
void transport::arm_syn_ack(connection& c) {
  if (c.syn_ack_armed || c.inbound != inbound_state::half_open) return;
  time_point at = c.half_open_since;
  duration wait = profile_.syn_ack_timeout;
  for (unsigned sent = 0; sent < profile_.syn_ack_count && at <= kernel_.now(); ++sent, wait *= 2) {
    at += wait;
    c.syn_acks = sent + 1;
  }
  c.syn_ack_armed = true;
  kernel_.at(std::max(at, kernel_.now()), [this, h = c.handle] { repeat_syn_ack(h); });
}

void transport::repeat_syn_ack(connection_handle h) {
  connection* c = find(h);
  if (!c) return;
  c->syn_ack_armed = false;
  if (c->inbound != inbound_state::half_open || !c->end(side::listener).open) return;
  if (c->syn_acks == profile_.syn_ack_count) {
    reset_arrived(h, side::listener);
    return;
  }
  answer_syn(*c, false);
  arm_syn_ack(*c);
}

void transport::syn_answered(connection_handle h, bool with_reset, time_point asked_at) {
  connection* c = find(h);
  if (!c) return;
  if (!c->dial.armed()) {
    if (with_reset || c->inbound != inbound_state::half_open) return;
    if (c->end(side::dialer).open)
      acknowledge_syn(*c);
    else
      send_reset(*c, side::dialer);
    return;
  }
  if (with_reset) {
    end_dial(*c, asio::error::connection_refused);
    return;
  }
  kernel_.cancel(std::exchange(c->next_syn, timer_id::none));
  c->end(side::dialer).open = true;
  const duration round_trip =
      kernel_.now() - asked_at +
      paths_.acknowledgement_delay(c->end(side::dialer).host, c->end(side::listener).host);
  for (const side s : {side::dialer, side::listener}) {
    flow& f = c->sent_by(s).tcp;
    f.from = c->end(s).host;
    f.to = c->end(other(s)).host;
    f.known = c->flows;
    f.control.sample(round_trip);
  }
  acknowledge_syn(*c);
  c->dial.complete(error_code{}, hand_over(*c, side::dialer));
}

void transport::acknowledge_syn(connection& c) {
  const auto arrival = paths_.carry(kernel_, c.end(side::dialer).host, c.end(side::listener).host,
                                    packet_overhead, c.flows, kernel_.now(), [this, h = c.handle] {
                                      if (connection* found = find(h)) handshake_completed(*found);
                                    });
  if (!arrival || *arrival == never) arm_syn_ack(c);
}

void transport::dial_cancelled(connection_handle h) {
  if (connection* c = find(h)) end_dial(*c, asio::error::operation_aborted);
}

void transport::end_dial(connection& c, error_code why) {
  kernel_.cancel(std::exchange(c.next_syn, timer_id::none));
  c.dial.complete(why, connected{});
  c.end(side::dialer).present = false;
  if (c.inbound == inbound_state::half_open) {
    // The SYN-ACK finds nobody and is answered by a reset.
    send_reset(c, side::dialer);
  }
  free_if_over(c);
}

void transport::handshake_completed(connection& c) {
  if (c.inbound != inbound_state::half_open) return;
  modelled_acceptor* listener =
      directory_.listener_on(c.end(side::listener).host, c.end(side::listener).port);
  if (!listener || listener->serial() != c.listener) {
    refuse(c.handle);
    return;
  }
  c.inbound = inbound_state::queued;
  listener->enqueue(c.handle);
}

std::optional<connected> transport::accept(connection_handle h) {
  connection* c = find(h);
  if (!c || c->inbound != inbound_state::queued) return std::nullopt;
  c->inbound = inbound_state::accepted;
  return hand_over(*c, side::listener);
}

void transport::refuse(connection_handle h) {
  if (connection* c = find(h)) abort(*c, side::listener);
}

connected transport::hand_over(connection& c, side s) {
  connection_end& here = c.end(s);
  const connection_end& there = c.end(other(s));
  auto user = std::make_unique<modelled_stream>(*this, c.handle, s);
  here.user = user.get();
  return {byte_stream(std::move(user), io_.get_executor()),
          directory_.address_of(here.host, here.port),
          directory_.address_of(there.host, there.port)};
}

}  // namespace tandem::sim
