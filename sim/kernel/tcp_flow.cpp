// SPDX-License-Identifier: MIT
#include "kernel/tcp_flow.hpp"

#include <bit>

namespace tandem::sim {

namespace {

constexpr unsigned segments_max = 64;
// A line is not taken by one flight for longer than this part of a round trip, or of its queue, or
// two segments: acknowledgements come back bit by bit, and what others send comes between.
constexpr int flights_per_round_trip = 16;
constexpr int flights_per_queue = 4;

constexpr std::uint64_t first(unsigned segments) {
  return segments >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << segments) - 1;
}

// Which of `segments` are those whose place among them is a bit of `through`.
std::uint64_t select(std::uint64_t segments, std::uint64_t through) {
  if (through == first(count(segments))) return segments;
  std::uint64_t chosen = 0;
  for (; segments != 0; segments &= segments - 1, through >>= 1)
    if (through & 1) chosen |= segments & ~(segments - 1);
  return chosen;
}

}  // namespace

std::uint64_t flow::unsent(time_point now) const noexcept {
  std::uint64_t bytes = written - sent;
  for (const flight& of : flights)
    if (of.left_at > now) bytes += of.bytes;
  return bytes;
}

time_point flow::left_at(time_point now) const noexcept {
  time_point last = last_left;
  for (const flight& of : flights)
    if (of.left_at <= now) last = std::max(last, of.left_at);
  return last;
}

std::uint64_t tcp_flows::flight_max(const flow& f) const {
  const link& path = paths_.between(f.from, f.to);
  const std::uint64_t rate = paths_.tightest(f.from, f.to);
  if (rate == 0) return segments_max * segment_size;
  const auto bytes_in = [rate](duration time) {
    return static_cast<double>(rate) / 8 * std::chrono::duration<double>(time).count();
  };
  double most = bytes_in(f.control.round_trip()) / flights_per_round_trip;
  const auto fit_into = [&](const link_queue& queue) {
    most = std::min(most,
                    (queue.bytes != 0 ? static_cast<double>(queue.bytes) : bytes_in(queue.time)) /
                        flights_per_queue);
  };
  for (const auto& queue : {path.queue, path.down_queue})
    if (queue) fit_into(*queue);
  if (path.way != nullptr)
    for (const auto& stop : path.way->stops) fit_into(stop.queue);
  const auto fit = static_cast<std::uint64_t>(most / segment_size);
  return std::clamp<std::uint64_t>(fit, 2, segments_max) * segment_size;
}

void tcp_flows::push(flow& f, flow_name name) {
  hear(f);
  f.blocked = false;
  if (f.stopped) return;
  while (resend(f, name, false)) {
  }
  while (!f.blocked && f.written != f.sent) {
    const auto window = static_cast<std::uint64_t>(f.control.window() * segment_size);
    const std::uint64_t available = f.written - f.sent;
    const std::uint64_t used = f.window_used();
    std::uint64_t n = std::min({available, window > f.in_flight ? window - f.in_flight : 0,
                                receive_buffer > used ? receive_buffer - used : 0, flight_max(f)});
    f.blocked = n < std::min(available, segment_size);
    if (f.blocked) break;
    if (n < available) n -= n % segment_size;
    transmit(f, name, n);
  }
  if (f.blocked) arm_ack(f, name);
}

void tcp_flows::transmit(flow& f, flow_name name, std::uint64_t bytes) {
  const auto segments = static_cast<std::uint8_t>((bytes + segment_size - 1) / segment_size);
  if (f.in_flight == 0 && f.acked == f.sent) f.progress = kernel_.now();
  f.sent += bytes;
  f.in_flight += bytes;
  name.serial = f.first_serial + static_cast<std::uint32_t>(f.flights.size());
  f.flights.push_back({.end = f.sent,
                       .missing = first(segments),
                       .good = first(segments),
                       .sent_at = kernel_.now(),
                       .bytes = static_cast<std::uint32_t>(bytes),
                       .segments = segments,
                       .unacked = segments});
  launch(f, name, first(segments));
}

bool tcp_flows::resend(flow& f, flow_name name, bool at_once) {
  for (std::uint32_t i = f.acked_flights; i < f.flights.size(); ++i) {
    flight& of = f.flights[i];
    if (of.marked == 0) continue;
    const auto window = static_cast<std::uint64_t>(f.control.window() * segment_size);
    std::uint64_t room = window > f.in_flight ? (window - f.in_flight) / segment_size : 0;
    if (at_once || f.in_flight == 0) room = std::max<std::uint64_t>(room, 1);
    f.blocked = room == 0;
    if (f.blocked) return false;
    std::uint64_t again = of.marked;
    while (count(again) > room) again &= ~std::bit_floor(again);
    of.marked &= ~again;
    of.lost &= ~again;
    of.resent |= again;
    f.in_flight += bytes_of(of, again);
    f.progress = of.resent_at = kernel_.now();
    name.serial = f.first_serial + i;
    launch(f, name, again);
    return !at_once;
  }
  return false;
}

void tcp_flows::launch(flow& f, flow_name name, std::uint64_t segments) {
  flight& of = at(f, name);
  const std::uint64_t bytes = bytes_of(of, segments) + count(segments) * packet_overhead;
  const auto ride = paths_.send(kernel_.now(), f.from, f.to, count(segments), bytes, f.known);
  of.left_at = ride.left;
  const std::uint64_t through = select(segments, ride.through);
  if (through != segments) {
    of.lost |= segments & ~through;
    of.good &= ~(of.lost & ~of.resent);
    arm_timer(f, name);
  }
  if (through == 0) return;
  f.last_arrival = std::max(ride.at, f.last_arrival);
  if (paths_.has_stop(f.from, f.to, 0))
    kernel_.at(f.last_arrival, [this, name, through] { reached(name, through, 0); });
  else
    kernel_.at(f.last_arrival, [this, name, through] { arrived(name, through); });
}

void tcp_flows::reached(flow_name name, std::uint64_t segments, unsigned stop) {
  flow* f = owner_.find(name);
  if (f == nullptr) return;
  flight& of = at(*f, name);
  const std::uint64_t bytes = bytes_of(of, segments) + count(segments) * packet_overhead;
  const auto ride = paths_.stop(kernel_.now(), f->from, f->to, count(segments), bytes, stop);
  const std::uint64_t through = select(segments, ride.through);
  if (through != segments) {
    of.lost |= segments & ~through;
    of.good &= ~(of.lost & ~of.resent);
    arm_timer(*f, name);
  }
  if (through == 0) return;
  if (paths_.has_stop(f->from, f->to, stop + 1))
    kernel_.at(ride.at, [this, name, through, stop] { reached(name, through, stop + 1); });
  else
    kernel_.at(ride.at, [this, name, through] { arrived(name, through); });
}

void tcp_flows::arrived(flow_name name, std::uint64_t segments) {
  flow* f = owner_.find(name);
  if (f == nullptr) return;
  flight& of = at(*f, name);
  of.missing &= ~segments;
  const bool again = (of.resent & segments) != 0;
  const time_point back = kernel_.now() + paths_.acknowledgement_delay(f->to, f->from);
  if (paths_.cut(f->to, f->from) ||
      f->known != paths_.flows(f->to, f->from)) {  // to the sender it is lost
    of.lost |= segments;
    if (!again) of.good &= ~segments;
    arm_timer(*f, name);
  } else if (again) {
    kernel_.at(back, [this, name, segments] { resent_acknowledged(name, segments); });
  } else {
    of.acked_at = back;
    if (f->blocked || f->wants_room != 0 || f->timer_armed) arm_ack(*f, name);
  }
  const std::uint64_t before = f->delivered;
  for (; f->delivered_flights < f->flights.size(); ++f->delivered_flights) {
    const flight& next = f->flights[f->delivered_flights];
    if (next.missing != 0) {
      const auto whole = static_cast<unsigned>(std::countr_zero(next.missing));
      f->delivered = next.end - next.bytes + whole * segment_size;
      break;
    }
    f->delivered = next.end;
  }
  if (f->delivered != before) owner_.delivered(name);
}

}  // namespace tandem::sim
