// SPDX-License-Identifier: MIT
// What a sender hears of its flights: acknowledgements, and the timeout when there are none.
#include "kernel/tcp_flow.hpp"

#include <bit>
#include <utility>

namespace tandem::sim {

namespace {

constexpr unsigned duplicates_before_resending = 3;  // RFC 5681, 3.2
// A sender whose buffer is no larger than its window stalls if it is woken late.
constexpr std::uint64_t room_worth_telling = 4 * segment_size;

}  // namespace

void tcp_flows::acknowledge(flow& f, std::uint32_t index) {
  flight& of = f.flights[index];
  const unsigned good = count(of.good);
  f.in_flight -= bytes_of(of, of.good);
  of.unacked = static_cast<std::uint8_t>(of.unacked - good);
  f.acknowledged_at = of.acked_at;
  f.control.sample(of.acked_at - of.sent_at);
  const std::uint32_t serial = f.first_serial + index;
  const double acked = static_cast<double>(bytes_of(of, of.good)) / segment_size;
  // A window that is not used up proves nothing (RFC 7661).
  const bool limited = f.blocked || static_cast<double>(f.in_flight) / segment_size + 2 * acked >=
                                        f.control.window();
  if (limited && serial >= f.recovers_until) f.control.acknowledged(acked, of.acked_at);
  if (f.timer_armed)
    for (std::uint32_t i = f.acked_flights; i <= index; ++i) {
      flight& earlier = f.flights[i];
      if ((earlier.lost & ~earlier.resent) == 0) continue;
      const auto place = static_cast<unsigned>(std::countr_zero(earlier.lost & ~earlier.resent));
      const unsigned after = i < index ? good : count(of.good >> place);
      earlier.acked_after = static_cast<std::uint8_t>(std::min(earlier.acked_after + after, 64U));
    }
  advance(f, of.acked_at);
}

void tcp_flows::advance(flow& f, time_point at) {
  const std::uint32_t before = f.acked_flights;
  while (f.acked_flights < f.flights.size() && f.flights[f.acked_flights].unacked == 0)
    f.acked = f.flights[f.acked_flights++].end;
  if (f.acked_flights == before) return;
  f.progress = at;
  f.backoff = 0;
}

void tcp_flows::hear(flow& f) {
  const auto size = static_cast<std::uint32_t>(f.flights.size());
  for (; f.heard_flights < size; ++f.heard_flights) {
    const flight& next = f.flights[f.heard_flights];
    if (next.good == 0) continue;
    if (next.acked_at > kernel_.now()) break;
    acknowledge(f, f.heard_flights);
  }
  // Nothing refers to flights that were acknowledged whole.
  const std::uint32_t done = std::min({f.acked_flights, f.heard_flights, f.delivered_flights});
  if (done != size && (done < 32 || done * 2 < size)) return;
  for (std::uint32_t i = 0; i < done; ++i)
    f.last_left = std::max(f.last_left, f.flights[i].left_at);
  f.flights.erase(f.flights.begin(), f.flights.begin() + done);
  f.first_serial += done;
  f.acked_flights -= done;
  f.heard_flights -= done;
  f.delivered_flights -= done;
}

bool tcp_flows::detect(flow& f) {
  bool found = false;
  for (std::uint32_t i = f.acked_flights; i < f.flights.size(); ++i) {
    flight& of = f.flights[i];
    const std::uint64_t known = of.lost & ~of.resent & ~of.marked;
    if (known == 0 || of.acked_after < duplicates_before_resending) continue;
    of.marked |= known;
    f.in_flight -= bytes_of(of, known);
    if (f.first_serial + i >= f.recovers_until) {
      f.recovers_until = f.first_serial + static_cast<std::uint32_t>(f.flights.size());
      f.control.fast_retransmit();
      found = true;
    }
  }
  return found;
}

void tcp_flows::wait_for_room(flow& f, flow_name name, std::uint64_t wanted) {
  f.wants_room = static_cast<std::uint32_t>(std::min(wanted, room_worth_telling));
  arm_ack(f, name);
}

void tcp_flows::tell_of_room(flow& f, flow_name name) {
  if (f.wants_room == 0 || f.room() < f.wants_room) return;
  f.wants_room = 0;
  owner_.acknowledged(name);
}

void tcp_flows::arm_ack(flow& f, flow_name name) {
  if (f.ack_armed) return;
  for (std::uint32_t i = f.heard_flights; i < f.flights.size(); ++i) {
    const flight& next = f.flights[i];
    if (next.good == 0) continue;
    if (next.acked_at == never) return;  // its arrival arms it
    f.ack_armed = true;
    kernel_.at(std::max(next.acked_at, kernel_.now()), [this, name] { heard(name); });
    return;
  }
}

void tcp_flows::heard(flow_name name) {
  flow* f = owner_.find(name);
  if (f == nullptr) return;
  f->ack_armed = false;
  hear(*f);
  if (detect(*f)) resend(*f, name, true);
  push(*f, name);
  if (f->blocked || f->wants_room != 0 || f->timer_armed) arm_ack(*f, name);
  tell_of_room(*f, name);
}

void tcp_flows::resent_acknowledged(flow_name name, std::uint64_t segments) {
  flow* f = owner_.find(name);
  if (f == nullptr) return;
  hear(*f);
  flight& of = at(*f, name);
  f->acknowledged_at = kernel_.now();
  f->backoff = 0;  // timestamps tell that it is the answer to what was sent again (RFC 7323)
  f->control.sample(kernel_.now() - of.resent_at);
  f->in_flight -= bytes_of(of, segments);
  of.unacked = static_cast<std::uint8_t>(of.unacked - count(segments));
  if (f->control.slow_start()) f->control.acknowledged(count(segments), kernel_.now());
  advance(*f, kernel_.now());
  push(*f, name);
  tell_of_room(*f, name);
}

time_point tcp_flows::deadline(const flow& f) const {
  duration wait = f.control.timeout(profile_.rto_min, profile_.rto_margin);
  for (unsigned i = 0; i < f.backoff && wait < retransmission_timeout_max; ++i) wait *= 2;
  return f.progress + std::min(wait, retransmission_timeout_max);
}

void tcp_flows::arm_timer(flow& f, flow_name name) {
  if (f.stopped) return;
  if (!f.ack_armed) arm_ack(f, name);
  if (std::exchange(f.timer_armed, true)) return;
  kernel_.at(std::max(deadline(f), kernel_.now()), [this, name] { timer(name); });
}

void tcp_flows::timer(flow_name name) {
  flow* f = owner_.find(name);
  if (f == nullptr) return;
  hear(*f);
  f->timer_armed = false;
  const bool waits = std::any_of(f->flights.begin() + f->acked_flights, f->flights.end(),
                                 [](const flight& of) { return of.lost != 0; });
  if (!waits || f->stopped) return;
  if (deadline(*f) > kernel_.now())
    arm_timer(*f, name);
  else
    time_out(*f, name);
}

void tcp_flows::time_out(flow& f, flow_name name) {
  if (f.backoff == 0) f.failing_since = f.progress;
  if (kernel_.now() - f.failing_since >= retransmissions_give_up_after) {
    owner_.gave_up(name);
    return;
  }
  if (f.backoff == 0) f.control.timed_out();
  if (f.backoff < 255) ++f.backoff;
  for (std::uint32_t i = f.acked_flights; i < f.flights.size(); ++i) {
    flight& of = f.flights[i];
    const std::uint64_t known = of.lost & ~of.marked;
    if (known == 0) continue;
    of.marked |= known;
    f.in_flight -= bytes_of(of, known);
  }
  f.recovers_until = f.first_serial + static_cast<std::uint32_t>(f.flights.size());
  f.progress = kernel_.now();
  push(f, name);
  arm_timer(f, name);
}

}  // namespace tandem::sim
