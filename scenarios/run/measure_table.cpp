// SPDX-License-Identifier: MIT
// Every number and distribution: its names, what it is, and what could make it other than 0. A new
// one is its enumerator, its row here, and the line of the tracker that counts it.
#include "measure_table.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace tandem::scenarios {
namespace {

using kind = measure_kind;
using names = std::vector<std::string>;

struct family_row {
  const char* name;
  const char* help;
  names causes;
};

const std::array<family_row, families_count>& family_rows() {
  static const std::array<family_row, families_count> rows{{
      {"refusals",
       "refused by the group's nodes, inbound connections and dials of their own",
       {"arrivals", "dials"}},
      {"told", "reasons that peers told, of a refusal or of a close", {"attempts", "active"}},
      {"closed", "established connections that ended, whichever end gave the cause", {"active"}},
      {"closed_by_us", "of them those that the group's own nodes ended", {"active"}},
      {"closed_by_them", "of them those that the other end ended", {"active"}},
      {"dial_failed", "dials that failed", {"dials"}},
      {"attempt_failed", "addresses that failed; the dial may have gone on", {"attempts"}},
      {"handshake_failed",
       "connections that ended before they were ready",
       {"arrivals", "attempts"}},
      {"approached",
       "times a node came within 10 % of the limit that this cause names",
       {"arrivals", "dials"}},
  }};
  return rows;
}

const std::vector<measure>& tally_rows() {
  static const std::vector<measure> rows{
      {"dials", {}, kind::total, unit::plain, "dials asked for"},
      {"attempts", {}, kind::total, unit::plain, "dials that reached the network", {"dials"}},
      {"dials_succeeded", {}, kind::total, unit::plain, "dials that connected", {"dials"}},
      {"dials_failed", {}, kind::total, unit::plain, "dials that failed", {"dials"}},
      {"dials_joined",
       {},
       kind::total,
       unit::plain,
       "dials that found a connection and opened none",
       {"dials"}},
      {"address_attempts", {}, kind::total, unit::plain, "attempts at one address each", {"dials"}},
      {"arrivals", {}, kind::total, unit::plain, "inbound connections that came", {}},
      {"refused", {}, kind::total, unit::plain, "all refusals", {"arrivals", "dials"}},
      {"handshakes_failed",
       {},
       kind::total,
       unit::plain,
       "connections that ended before they were ready",
       {"arrivals", "attempts"}},
      {"closed_by_us",
       {},
       kind::total,
       unit::plain,
       "established connections that the group's own nodes ended",
       {"active"}},
      {"closed_by_them",
       {},
       kind::total,
       unit::plain,
       "established connections that the other end ended",
       {"active"}},
      {"connections_lost",
       {},
       kind::total,
       unit::plain,
       "that a killed or restarted node had: established - closed - lost = active",
       {"kills"}},
      {"backoffs",
       {},
       kind::total,
       unit::plain,
       "times a node began to back off from a peer",
       {"attempts"}},
      {"circuits_opened",
       {},
       kind::total,
       unit::plain,
       "circuits of peers or subnets that opened",
       {"failed"}},
      {"circuits_half_opened",
       {},
       kind::total,
       unit::plain,
       "circuits that let a trial pass",
       {"circuits_opened"}},
      {"circuits_closed",
       {},
       kind::total,
       unit::plain,
       "circuits that closed again",
       {"circuits_opened"}},
      {"went_offline",
       {},
       kind::total,
       unit::plain,
       "times a node took itself to be offline",
       {"failed"}},
      {"probes", {}, kind::total, unit::plain, "liveness probes sent", {"active"}},
      {"probes_answered", {}, kind::total, unit::plain, "answers to them", {"probes"}},
      {"sends", {}, kind::total, unit::plain, "messages that nodes were told to send", {}},
      {"sends_without_connection",
       {},
       kind::total,
       unit::plain,
       "of them those that found no connection to the peer",
       {"sends"}},
      {"sends_refused",
       {},
       kind::total,
       unit::plain,
       "of them those refused because the backlog was full (1 MiB of a connection)",
       {"sends"}},
      {"messages_received",
       {"messages_delivered"},
       kind::total,
       unit::plain,
       "messages that arrived whole",
       {"active"}},
      {"requests", {}, kind::total, unit::plain, "requests that nodes were told to make", {}},
      {"requests_answered",
       {},
       kind::total,
       unit::plain,
       "of them those whose answer came",
       {"requests"}},
      {"requests_failed",
       {},
       kind::total,
       unit::plain,
       "of them those without: no connection, lost with it, too late",
       {"requests"}},
      {"application_bytes",
       {},
       kind::total,
       unit::plain,
       "bytes of messages, sent and received, as the managers hear of them",
       {"active"}},
      {"kills", {}, kind::total, unit::plain, "deaths of nodes, restarts among them", {}},
      {"alive", {}, kind::gauge, unit::plain, "nodes that are not dead", {}},
      {"wanted",
       {},
       kind::gauge,
       unit::plain,
       "connections that keep_connected wants between nodes that are up",
       {}},
      {"missing", {}, kind::gauge, unit::plain, "of them those that are not there", {"wanted"}},
  };
  return rows;
}

const std::vector<measure>& spread_rows() {
  static const std::vector<measure> rows{
      {"idle_close_after",
       {},
       kind::distribution,
       unit::seconds,
       "last application byte of a connection at a node to its end there with IdleTimeout, its own "
       "or the one the peer announced"},
      {"dial_time", {}, kind::distribution, unit::seconds, "dial to ready"},
      {"failure_time",
       {},
       kind::distribution,
       unit::seconds,
       "dial to failure, of dials that reached the network"},
      {"attempt_gap",
       {},
       kind::distribution,
       unit::seconds,
       "between two attempts of one node at one peer"},
      {"backoff_fraction",
       {},
       kind::distribution,
       unit::plain,
       "a backoff delay as a part of its ceiling (0 without backoff); not one that the peer asked "
       "for"},
      {"connection_age",
       {},
       kind::distribution,
       unit::seconds,
       "ready to the end of a connection, at the node that counts it"},
      {"round_trip", {}, kind::distribution, unit::seconds, "round trips that the pings measured"},
      {"request_time", {}, kind::distribution, unit::seconds, "request to its answer"},
  };
  return rows;
}

// What a counter is called for short, and without what it stays 0. The rest: its own name.
struct counter_extra {
  std::string_view name;
  const char* also;
  names causes;
};
const std::vector<counter_extra>& counter_extras() {
  static const std::vector<counter_extra> rows{
      {"active_connections", "active", {"dials", "arrivals"}},
      {"connected_peers", "", {"dials", "arrivals"}},
      {"bytes_sent", "", {"attempts", "arrivals"}},
      {"bytes_received", "", {"attempts", "arrivals"}},
      {"established_total", "established", {"dials", "arrivals"}},
      {"failed_total", "failed", {"attempts", "arrivals"}},
      {"closed_total", "closed", {"active"}},
      {"permits_issued", "", {"dials", "arrivals"}},
      {"permits_released", "", {"dials", "arrivals"}},
      {"permits_live", "", {"dials", "arrivals"}},
      {"permits_inbound", "", {"arrivals"}},
      {"permits_outbound", "", {"dials"}},
      {"slot_drift", "", {"permits_issued"}},
      {"pending_inbound", "", {"arrivals"}},
      {"pending_outbound", "", {"dials"}},
      {"lingering", "", {"arrivals"}},
      {"remembered_peers", "", {"attempts", "arrivals"}},
      {"remembered_addresses", "", {"attempts"}},
      {"records_dropped", "", {"remembered_peers"}},
      {"evicted_total", "evictions", {"approached.LimitReached"}},
      {"offline", "", {"failed"}},
  };
  return rows;
}

measure measure_of_counter(const counter_row& row) {
  measure made;
  made.name =
      row.metric.empty() || !row.measured || &row >= counter_table().data() + metric_table().size()
          ? row.name
          : row.metric;
  for (const auto name : {row.name, row.metric})
    if (!name.empty() && name != made.name) made.also.emplace_back(name);
  made.kind = row.gauge ? kind::gauge : kind::total;
  made.help = row.help;
  made.help.pop_back();  // a sentence's full stop
  made.lags =
      row.field == &manager_counters::bytes_sent || row.field == &manager_counters::bytes_received;
  const auto& extras = counter_extras();
  if (const auto it = std::ranges::find(extras, row.name, &counter_extra::name);
      it != extras.end()) {
    if (*it->also != 0) made.also.emplace_back(it->also);
    made.causes = it->causes;
  }
  if (made.lags) made.help += "; at `message` application bytes only";
  return made;
}

// A limit that was never approached refuses nobody; the rest as the family has it.
names causes_of(family of, cause why, const family_row& row) {
  if (of != family::refusals) return row.causes;
  switch (why) {
    case cause::limit_reached:
    case cause::per_peer_limit_reached:
    case cause::pending_limit_reached:
    case cause::inbound_limit_reached:
    case cause::outbound_limit_reached:
      return {"approached." + std::string(name_of(why))};
    case cause::backing_off:
    case cause::circuit_open:
    case cause::offline:
      return {"failed"};
    default:
      return row.causes;
  }
}

std::vector<measure> make_measures() {
  std::vector<measure> all;
  for (const auto& row : counter_table()) all.push_back(measure_of_counter(row));
  for (std::size_t f = 0; f < families_count; ++f)
    for (const auto& row : causes()) {
      const auto& of = family_rows()[f];
      all.push_back({std::string(of.name) + "." + std::string(row.name),
                     {},
                     kind::total,
                     unit::plain,
                     of.help,
                     causes_of(static_cast<family>(f), row.value, of)});
    }
  all.insert(all.end(), tally_rows().begin(), tally_rows().end());
  all.insert(all.end(), spread_rows().begin(), spread_rows().end());
  return all;
}

std::size_t in_family(std::size_t family, cause why) {
  return counter_table().size() + family * causes_count + static_cast<std::size_t>(why);
}

}  // namespace

std::span<const measure> measures() {
  static const std::vector<measure> all = make_measures();
  return all;
}

std::optional<std::size_t> measure_named(std::string_view name) {
  const auto all = measures();
  const auto it = std::ranges::find_if(all, [&](const measure& m) {
    return m.name == name || std::ranges::find(m.also, name) != m.also.end();
  });
  if (it == all.end()) return {};
  return static_cast<std::size_t>(it - all.begin());
}

std::span<const std::size_t> sampled_rows() {
  static const std::vector<std::size_t> rows = [] {
    std::vector<std::size_t> out;
    for (std::size_t row = 0; row < counter_table().size(); ++row)
      if (counter_table()[row].measured) out.push_back(row);
    return out;
  }();
  return rows;
}

std::size_t measure_of(std::size_t counter_row) noexcept { return counter_row; }
std::size_t measure_of(family of, cause why) {
  return in_family(static_cast<std::size_t>(of), why);
}
std::size_t measure_of(tally what) {
  return in_family(families_count, cause{}) + static_cast<std::size_t>(what);
}
std::size_t measure_of(spread what) { return numbers_count() + static_cast<std::size_t>(what); }
std::size_t numbers_count() { return in_family(families_count, cause{}) + tallies_count; }

}  // namespace tandem::scenarios
