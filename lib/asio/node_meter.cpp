// SPDX-License-Identifier: MIT
#include "node_meter_state.hpp"

#include <algorithm>
#include <utility>

namespace tandem {
namespace {

template <class... Each>
struct overloaded : Each... {
  using Each::operator()...;
};
template <class... Each>
overloaded(Each...) -> overloaded<Each...>;

std::size_t index(auto value) { return static_cast<std::size_t>(value); }

/// Causes by which the other end, or the way to it, ends a connection.
bool is_theirs(cause why) {
  return why == cause::remote_closed || why == cause::reset || why == cause::transport_timeout;
}

}  // namespace

void left_alone::set(const peer_id& peer, const endpoint& where, time_point until) {
  const auto who = key_of(peer, where);
  if (until_.size() >= most && !until_.contains(who))
    until_.erase(std::ranges::min_element(until_, {}, [](auto& each) { return each.second; }));
  until_[who] = until;
}

left_alone::count left_alone::at(time_point now, duration keep) {
  std::erase_if(until_, [&](auto& each) { return later(each.second, keep) <= now; });
  count out;
  for (const auto& [who, until] : until_) ++(until > now ? out.running : out.over);
  return out;
}

void left_alone::review(const std::function<time_point(const peer_id&)>& until) {
  for (auto& [who, then] : until_)
    if (!who.first.empty()) then = std::min(then, until(who.first));
}

void left_alone::forget_subnets() {
  std::erase_if(until_, [](auto& each) { return each.first.first.empty(); });
}

void node_meter::state::review(time_point now) {
  if (!std::exchange(forgiven, false)) return;
  const auto& manager = which->manager();
  backoffs.review([&](const peer_id& peer) { return manager.explain(peer, now).next_dial; });
  circuits.review([&](const peer_id& peer) {
    const auto is = manager.explain(peer, now).circuit;
    return is == circuit_state::open ? never : is == circuit_state::closed ? time_point{} : now;
  });
}

node_meter::node_meter(node_observer* next) : state_(std::make_unique<state>()) {
  state_->next = next;
}
node_meter::~node_meter() = default;

void node_meter::watch(const node& which, const clock& time) {
  state_->which = &which;
  state_->time = &time;
}

void node_meter::add(std::function<resource_use()> other) {
  state_->others.push_back(std::move(other));
}

const node& node_meter::of() const { return *state_->which; }
time_point node_meter::now() const { return state_->time->now(); }
std::size_t node_meter::connections_count() const { return state_->connections.size(); }

std::vector<metered_connection> node_meter::connections(std::size_t most) const {
  std::vector<metered_connection> out;
  out.reserve(state_->connections.size());
  for (const auto& [id, each] : state_->connections) out.push_back(each);
  const auto end = out.begin() + static_cast<std::ptrdiff_t>(std::min(most, out.size()));
  std::ranges::partial_sort(out, end, {}, &metered_connection::since);
  out.erase(end, out.end());
  return out;
}

void node_meter::on_notification(time_point now, const notification& what) {
  auto& s = *state_;
  const auto of = s.connections.find(what.conn);
  switch (what.kind) {
    case notice::dial_started:
      s.dials.emplace(what.request, now);
      break;
    case notice::dial_succeeded:
      if (const auto began = s.dials.find(what.request); began != s.dials.end())
        s.dialled.add(now - began->second);
      s.dials.erase(what.request);
      break;
    case notice::dial_failed:
      ++s.dials_failed[index(what.why)];
      s.dials.erase(what.request);
      break;
    case notice::attempt_failed:
      ++s.attempts_failed[index(what.why)];
      break;
    case notice::handshake_failed:
      ++s.handshakes_failed[index(what.way)][index(what.why)];
      break;
    case notice::connection_established:
      if (of == s.connections.end()) break;
      s.handshakes[index(what.way)].add(now - of->second.began);
      of->second.ready = true;
      s.backoffs.erase(what.peer, {});
      break;
    case notice::connection_closed: {
      const bool here = of == s.connections.end() || of->second.ended_here;
      ++s.closes[here && !is_theirs(what.why) ? 0 : 1][index(what.why)];
      break;
    }
    case notice::backoff_started:
      s.backoffs.set(what.peer, {}, what.until);
      break;
    case notice::circuit_opened:
      s.circuits.set(what.peer, what.where, what.until);
      break;
    case notice::circuit_half_opened:
      s.circuits.set(what.peer, what.where, now);
      break;
    case notice::circuit_closed:
      s.circuits.erase(what.peer, what.where);
      break;
    default:
      break;
  }
  if (s.next) s.next->on_notification(now, what);
}

void node_meter::on_event(time_point now, const event& what) {
  auto& all = state_->connections;
  const auto found = [&](connection_id conn, auto&& change) {
    if (const auto at = all.find(conn); at != all.end()) change(at->second);
  };
  std::visit(overloaded{
                 [&](const events::arrived& e) {
                   all[e.conn] = {{e.conn, {}, e.remote, direction::inbound, now}, now};
                 },
                 [&](const events::attempt_connected& e) {
                   found(e.attempt, [&](auto& of) { of.began = now; });
                 },
                 [&](const events::authenticated& e) {
                   found(e.conn, [&](auto& of) { of.peer = e.peer; });
                 },
                 [&](const events::remote_refused& e) {
                   found(e.conn, [](auto& of) { of.ended_there = !of.ended_here; });
                 },
                 [&](const events::closed& e) { state_->over.push_back(e.conn); },
                 [&](const events::attempt_failed& e) { state_->over.push_back(e.attempt); },
                 [&](const events::rtt_sampled& e) { state_->round_trips.add(e.rtt); },
                 [&](const events::backoff_overridden&) { state_->forgiven = true; },
                 [&](const events::network_changed&) {
                   state_->forgiven = true;
                   state_->circuits.forget_subnets();
                 },
                 [](const auto&) {},
             },
             what);
  if (state_->next) state_->next->on_event(now, what);
}

void node_meter::on_action(time_point now, const action& what) {
  auto& all = state_->connections;
  const auto ended = [&](connection_id conn) {
    if (const auto at = all.find(conn); at != all.end())
      at->second.ended_here = !at->second.ended_there;
  };
  std::visit(overloaded{
                 [&](const actions::start_attempt& a) {
                   all[a.attempt] = {{a.attempt, a.peer, a.address, direction::outbound, now}, now};
                 },
                 [&](const actions::close& a) { ended(a.conn); },
                 [&](const actions::abort& a) { ended(a.conn); },
                 [](const auto&) {},
             },
             what);
  if (state_->next) state_->next->on_action(now, what);
}

void node_meter::on_step(time_point now, const connection_manager& manager) {
  for (const auto each : state_->over) state_->connections.erase(each);
  state_->over.clear();
  if (state_->next) state_->next->on_step(now, manager);
}

void node_meter::on_identified(time_point now, connection_id conn, const peer_id& peer,
                               const peer_facts& facts) {
  if (state_->next) state_->next->on_identified(now, conn, peer, facts);
}

void node_meter::on_message(time_point now, const received_message& message) {
  if (state_->next) state_->next->on_message(now, message);
}

}  // namespace tandem
