// SPDX-License-Identifier: MIT
// What the reference expects of dials.
#include "reference.hpp"

namespace tandem::reference {
namespace {
std::string name(cause c) { return std::string(name_of(c)); }
}  // namespace

void manager::on(const events::dial_wanted& e) {
  if (e.request == request_id::none || requests_.contains(e.request)) {
    ++counted_.ignored_events;
    return;
  }
  if (!e.peer.empty()) known_peers_.insert(e.peer);
  const cause no = stopping_             ? cause::shutting_down
                   : e.peer == self_     ? cause::self_dial
                   : access(e.peer) == 1 ? cause::denied
                                         : cause::none;
  if (no != cause::none) {
    ++counted_.refused[static_cast<std::size_t>(no)];
    return owe("dial_failed " + name(no) + " " + text_of(e.request));
  }
  std::uint64_t key = 0;
  if (e.mode == dial_mode::join) {
    for (const connection_id id : connections_of(e.peer))
      if (connections_.at(id).at == life::ready)
        return owe("dial_succeeded None " + text_of(id) + " " + text_of(e.request));
    key = joinable_dial(e.peer);
  }
  if (e.deadline <= now_) {
    ++counted_.failed_total;
    return owe("dial_failed DialDeadline " + text_of(e.request));
  }
  queued_before_ = queued();
  const bool may_start = key == 0 && !e.addresses.empty() && !places_taken(false);
  const bool full = (!may_start && queued_before_ >= options_.max_queued_requests) ||
                    asked() >= options_.max_queued_requests + options_.max_pending_outbound;
  if (full) {
    const request_id least = least_waiting();
    const bool room = least != request_id::none && requests_.at(least).priority < e.priority;
    ++counted_.refused[static_cast<std::size_t>(cause::pending_limit_reached)];
    const std::string no = " " + std::to_string(queued_before_) + " of " +
                           std::to_string(options_.max_queued_requests);
    owe("dial_failed PendingLimitReached " + text_of(room ? least : e.request) +
        (options_.max_queued_requests > 0 ? no : ""));
    if (!room) return;
    const request& dropped = requests_.at(least);
    const std::uint64_t of = dials_.at(dropped.dial).requests.size() > 1 ? dropped.dial : 0;
    const bool goes_on = dropped.resolving && of != 0 && !dials_.at(of).complete;
    notification n;
    n.why = cause::pending_limit_reached;
    n.request = least;
    request_over(n, reason::owed);
    key = e.mode == dial_mode::join ? joinable_dial(e.peer) : 0;
    // A dial whose addresses were asked for in the name of that one goes on, or is refused.
    if (goes_on && key == of && dialling(dials_.at(key)).why != cause::none) key = 0;
  }
  if (key == 0) {
    key = next_dial_++;
    dial& d = dials_[key];
    d.key = key;
    d.peer = e.peer;
    d.mode = e.mode;
    d.priority = e.priority;
    d.complete = !e.addresses.empty() || e.peer.empty();
  } else if (!attempts_of(key).empty()) {
    joined_ = e.request;
  }
  dial& d = dials_.at(key);
  d.waited = false;
  d.requests.push_back(e.request);
  d.priority = std::max(d.priority, e.priority);
  requests_[e.request] = {key,        std::min(e.deadline, later(now_, options_.dial_timeout)),
                          e.priority, next_order_++,
                          false,      e.deadline < later(now_, options_.dial_timeout)};
  add_addresses(d, e.addresses);
  if (e.mode != dial_mode::join || d.adopted != connection_id::none || !attempts_of(key).empty())
    return;
  // The oldest that may soon be ready, if it serves no dial yet.
  for (const life at : {life::authenticated, life::waiting})
    for (const connection_id id : connections_of(e.peer)) {
      connection& c = connections_.at(id);
      if (c.at != at) continue;
      if (c.dial != 0) return;
      d.adopted = id;
      d.pausing_until = time_point::min();
      c.dial = key;
      return;
    }
}

/// Of the requests that wait, the one of the lowest priority that came last.
request_id manager::least_waiting() const {
  request_id least{};
  for (const auto& [r, q] : requests_) {
    const dial& d = dials_.at(q.dial);
    if (is_core_issued(r) || (d.requests.front() == r && engaged(d))) continue;
    if (least == request_id::none || q.priority < requests_.at(least).priority ||
        (q.priority == requests_.at(least).priority && q.order > requests_.at(least).order))
      least = r;
  }
  return least;
}

void manager::add_addresses(dial& d, std::span<const endpoint> list) {
  for (const endpoint& address : list.first(std::min(list.size(), addresses_max)))
    if (std::find(d.addresses.begin(), d.addresses.end(), address) == d.addresses.end() &&
        d.addresses.size() < addresses_max)
      d.addresses.push_back(address);
}

void manager::on(const events::dial_abandoned& e) {
  if (!requests_.contains(e.request)) {
    ++counted_.ignored_events;
    return;
  }
  owe("dial_failed Abandoned " + text_of(e.request));
}

void manager::on(const events::addresses_found& e) {
  const auto r = requests_.find(e.request);
  if (r == requests_.end()) {
    ++counted_.ignored_events;
    return;
  }
  dial& d = dials_.at(r->second.dial);
  d.waited = false;
  add_addresses(d, e.list);
  if (e.final) d.complete = true;
  if (d.last == cause::none) d.last = e.why;
}

void manager::on(const events::disconnect_wanted& e) {
  const auto end = [&](connection& c) {
    if (c.at == life::refusing || c.at == life::closing || c.at == life::ending) return;
    const bool orderly = c.at == life::ready;
    const bool connecting = c.at == life::attempting;
    if (c.end == cause::none) c.end = e.reason;
    c.at = orderly ? life::closing : life::ending;
    c.deadline = orderly ? drained_at(c) : never;
    const std::string id = text_of(c.id);
    if (orderly)
      owe("close " + id + " " + name(c.end) + " until " + text_of(c.deadline));
    else
      owe(connecting ? "cancel_attempt " + id : "abort " + id + " " + name(c.end));
  };
  if (e.conn != connection_id::none) {
    if (connection* c = find(e.conn))
      end(*c);
    else
      ++counted_.ignored_events;
    return;
  }
  bool engaged = false;
  for (const connection_id id : connections_of(e.peer)) {
    engaged = true;
    connection& c = connections_.at(id);
    // Own attempts end with their dials, below.
    if (c.at == life::ready || c.dial == 0 || c.inbound) end(c);
  }
  for (auto& [key, d] : dials_) {
    if (e.peer.empty() || d.peer != e.peer) continue;
    engaged = true;
    for (const request_id r : d.requests) owe("dial_failed " + name(e.reason) + " " + text_of(r));
  }
  if (!engaged) ++counted_.ignored_events;
}

/// A connection that served a dial ended before it was ready.
void manager::dial_lost(const connection& c, cause why, bool local, duration retry_after) {
  dial& d = dials_.at(c.dial);
  d.next_at = now_;
  d.waited = false;
  if (d.adopted == c.id) {
    d.adopted = connection_id::none;
    return;
  }
  if (c.gave_way) d.tried.erase(c.remote);
  if (c.yielded || d.adopted != connection_id::none) return;
  d.retry_after = std::max(d.retry_after, retry_after);
  if (why == cause::duplicate && ++d.pauses <= 3) {
    d.tried.erase(c.remote);
    d.pausing_until = later(now_, std::chrono::seconds(1));
    return;
  }
  const bool told = c.told || why == cause::duplicate;
  if (told || why == cause::requested) {
    for (const request_id r : d.requests) owe("dial_failed " + name(why) + " " + text_of(r));
    if (told) told_dial_ = d.key;
    return;
  }
  if (local && why == cause::local_resource && finds_descriptor(d)) {
    d.tried.erase(c.remote);
    return;
  }
  d.last = why;
  d.silent_since = c.last_received;
  if (!local && why != cause::local_resource) d.blames = true;
}

}  // namespace tandem::reference
