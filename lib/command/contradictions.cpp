// SPDX-License-Identifier: MIT
#include "tandem/command/contradictions.hpp"

#include "tandem/command/units.hpp"
#include "tandem/core/counted.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>

namespace tandem {
namespace {

class search {
 public:
  search(const manager_options& options, const surroundings& around, const buffer_options& buffers)
      : o(options), around_(around), buffers_(buffers) {}

  std::vector<contradiction> all() {
    look_at_idle();
    look_at_room();
    look_at_arrivals();
    look_at_dials();
    look_at_machine();
    return std::move(found_);
  }

 private:
  static std::string with(std::string_view name, duration value) {
    return std::string(name) + " " + format_duration(value);
  }
  static std::string with(std::string_view name, std::uint64_t value) {
    return std::string(name) + " " + std::to_string(value);
  }

  void add(std::string_view field, std::initializer_list<std::string_view> message) {
    std::string text;
    for (const auto part : message) text.append(part);
    found_.push_back({std::string(field), std::move(text)});
  }

  void look_at_idle() {
    if (!around_.round_trip) return;
    const auto floor = static_cast<std::int64_t>(o.idle_floor_probes) * *around_.round_trip;
    if (floor > o.connection_timeout)
      add("connection_timeout",
          {with("connection_timeout", o.connection_timeout), " is below ",
           with("idle_floor_probes", o.idle_floor_probes), " x ",
           with("the round trip of", *around_.round_trip), ": connections are idle after ",
           format_duration(floor), " at the earliest"});
  }

  void look_at_room() {
    const auto both = o.max_inbound_connections + o.max_outbound_connections;
    if (o.max_inbound_connections > 0 && o.max_outbound_connections > 0 && both < o.max_connections)
      add("max_connections", {with("max_connections", o.max_connections), " is never reached: ",
                              with("max_inbound_connections", o.max_inbound_connections), " and ",
                              with("max_outbound_connections", o.max_outbound_connections),
                              " leave room for ", std::to_string(both)});
    const auto fit = o.max_memory / o.connection_memory;
    if (o.max_memory > 0 && fit < o.max_connections)
      add("max_memory",
          {"max_memory ", format_bytes(o.max_memory), " is room for ", counted(fit, "connection"),
           " of connection_memory ", format_bytes(o.connection_memory), ": ",
           with("max_connections", o.max_connections), " is never reached"});
  }

  // Whoever is idle leaves while the others are still let in.
  void look_at_arrivals() {
    if (o.accept_rate <= 0) return;
    const auto stay = std::chrono::duration<double>(o.connection_timeout).count();
    const double there = o.accept_rate * stay + static_cast<double>(o.accept_burst);
    if (there >= static_cast<double>(o.max_connections)) return;
    add("accept_rate",
        {"accept_rate ", format_value(o.accept_rate, unit::plain), "/s lets in ",
         format_value(std::floor(there), unit::plain), " in ",
         with("connection_timeout", o.connection_timeout), " (",
         with("accept_burst", o.accept_burst), " at once): those who are idle leave before ",
         with("max_connections", o.max_connections), " is refilled"});
  }

  void look_at_dials() {
    if (o.dial_timeout < o.attempt_timeout)
      add("dial_timeout", {with("dial_timeout", o.dial_timeout), " is below ",
                           with("attempt_timeout", o.attempt_timeout),
                           ": the whole dial is over before its first address is given up"});
    const auto patience = std::min(o.attempt_timeout, o.dial_timeout);
    const auto round_trip = around_.round_trip.value_or(duration{});
    // The answer to the first SYN comes after a round trip, to the second one as much later.
    const auto name = o.dial_timeout < o.attempt_timeout ? "dial_timeout" : "attempt_timeout";
    if (around_.round_trip && patience <= round_trip)
      add(name, {with(name, patience), " is not above ", with("the round trip of", round_trip),
                 ": no dial connects"});
    else if (around_.syn_at.size() > 1 && patience <= around_.syn_at[1] + round_trip)
      add(name, {with(name, patience), " is over before the second SYN, sent after ",
                 format_duration(around_.syn_at[1]),
                 around_.round_trip ? ", is answered" : ", can be answered",
                 ": one lost packet fails a dial"});
    // Of a handshake either end waits for two round trips.
    if (around_.round_trip && o.handshake_timeout <= 2 * round_trip)
      add("handshake_timeout",
          {with("handshake_timeout", o.handshake_timeout), " is not above two round trips of ",
           format_duration(round_trip), ": no handshake ends in time"});
  }

  void look_at_machine() {
    const auto needed = needs_of(o).descriptors;
    if (around_.descriptors && needed > *around_.descriptors)
      add("max_connections",
          {with("max_connections", o.max_connections), " and what may be pending or refused need ",
           counted(needed, "file descriptor"), ", and RLIMIT_NOFILE is ",
           std::to_string(*around_.descriptors), ": raise it (`ulimit -n ", std::to_string(needed),
           "`, systemd's LimitNOFILE), or lower the limits"});
    if (!around_.memory) return;
    const auto there = *around_.memory;
    if (o.max_memory > there)
      add("max_memory", {"max_memory ", format_bytes(o.max_memory),
                         " is more than there is: ", "set at most ", format_bytes(there)});
    if (o.max_memory > 0) return;
    const auto fit = there / o.connection_memory;
    if (o.max_connections > fit)
      add("max_connections",
          {with("max_connections", o.max_connections), " of connection_memory ",
           format_bytes(o.connection_memory), " are more than the memory of ", format_bytes(there),
           ": set at most ", std::to_string(fit), ", or set max_memory"});
    else if (const auto left = there - o.max_connections * o.connection_memory;
             buffers_.buffers_max > left)
      add("buffers_max",
          {"buffers_max ", format_bytes(buffers_.buffers_max), " beside ",
           with("max_connections", o.max_connections), " of connection_memory ",
           format_bytes(o.connection_memory), " is more than the memory of ", format_bytes(there),
           ": set at most ", format_bytes(left), ", or set max_memory"});
  }

  const manager_options& o;
  const surroundings& around_;
  const buffer_options& buffers_;
  std::vector<contradiction> found_;
};

}  // namespace

machine_needs needs_of(const manager_options& o) {
  // What a process has open beside connections: output, a recording, listeners, the event loop.
  constexpr std::uint64_t others = 32;
  machine_needs out;
  out.connections = o.max_connections;
  if (o.max_memory > 0)
    out.connections = std::min(out.connections, o.max_memory / o.connection_memory);
  out.memory = out.connections * o.connection_memory;
  out.descriptors = o.max_connections + o.max_pending_inbound + o.max_pending_outbound +
                    o.max_lingering_refusals + others;
  return out;
}

std::vector<contradiction> contradictions_of(const manager_options& options,
                                             const surroundings& around,
                                             const buffer_options& buffers) {
  return search(options, around, buffers).all();
}

}  // namespace tandem
