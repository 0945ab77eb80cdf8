// SPDX-License-Identifier: MIT
#include "message/state.hpp"

#include "tandem/sim/policy_seed.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace tandem::sim {

using message::dialer;
using message::kind;
using message::none;
using message::phase;

message_network::state::state(message_network_options options)
    : net(options.seed, std::move(options.links)),
      tcp(std::move(options.tcp)),
      flows(time, net, tcp, *this),
      on_message(std::move(options.on_message)),
      on_syn(std::move(options.on_syn)),
      names(options.names),
      seed(options.seed) {
  time.look_ahead(this);
}

std::uint32_t message_network::state::remember(const manager_options& options) {
  const auto known = std::find(all_options.begin(), all_options.end(), options);
  if (known == all_options.end()) {
    all_options.push_back(options);
    return static_cast<std::uint32_t>(all_options.size() - 1);
  }
  return static_cast<std::uint32_t>(known - all_options.begin());
}

host_index message_network::state::add_host(const manager_options& options, const peer_id& self,
                                            bool listens, manager_observer* observer,
                                            trace_sink* sink) {
  const auto index = static_cast<host_index>(hosts.size());
  if (index == hosts_of_huge_heap) heap.begin();
  heap.look();
  hosts.push_back(
      host{.manager = connection_manager(options, self, policy_seed(seed, index, 0), sink),
           .self = self,
           .observer = observer,
           .sink = sink,
           .options = remember(options),
           .listens = listens});
  net.add_host();
  by_peer.insert_or_assign(self, index);
  wake_at_deadline(index);
  return index;
}

connection_manager message_network::state::fresh_manager(host_index h, bool traced) const {
  const host& of = hosts[h];
  return connection_manager(all_options[of.options], of.self, policy_seed(seed, h, of.incarnation),
                            traced ? of.sink : nullptr);
}

void message_network::state::command(host_index h, const event& what) {
  if (hosts[h].alive) step(h, what);
}

void message_network::state::step(host_index h, const event& what) {
  if (hosts[h].ails.stands) return wait(h, [this, h, what] { step(h, what); });
  driving = true;
  tell(h, what);
  follow(h);
}

void message_network::state::tell(host_index h, const event& what) {
  host& at = hosts[h];
  if (at.observer) at.observer->on_event(time.now(), what);
  at.manager.handle(local(h), what);
  drain(h);
}

void message_network::state::step_follow_up(host_index h, follow_up what) {
  driving = true;
  follow_ups.push_back(std::move(what));
  follow(h);
}

void message_network::state::advance(host_index h) {
  driving = true;
  hosts[h].manager.advance(local(h));
  drain(h);
  follow(h);
}

void message_network::state::drain(host_index h) {
  host& at = hosts[h];
  while (const auto next = at.manager.poll_action()) {
    if (at.observer) at.observer->on_action(time.now(), *next);
    carry_out(h, *next);
  }
  if (at.observer) at.observer->on_step(time.now(), at.manager);
}

// Carrying out an action can have an immediate result; it goes in once the actions are drained.
void message_network::state::follow(host_index h) {
  for (std::size_t i = 0; i < follow_ups.size(); ++i) {
    follow_up next = std::move(follow_ups[i]);
    duration round_trip{};
    if (next.ready != none) {
      end_record& here = connections.end(next.ready);
      if (here.at != phase::upgrading) continue;
      here.at = phase::ready;
      round_trip = time.now() - here.asked_at;
    }
    if (next.resolved) std::get<events::addresses_found>(next.what).list = {&*next.resolved, 1};
    tell(h, next.what);
    if (next.ready == none) continue;
    const connection_id id = std::get<events::ready>(next.what).conn;
    if (find(h, id) == none) continue;
    tell(h, events::rtt_sampled{id, round_trip});
  }
  follow_ups.clear();
  driving = false;
  wake_at_deadline(h);
}

void message_network::state::wake_at_deadline(host_index h) {
  host& at = hosts[h];
  const time_point due = at.manager.next_deadline();
  if (due == never || at.ails.stands) return;
  const time_point deadline = std::max(due - at.ails.clock_ahead, time.now());
  if (deadline >= at.wakes_at) return;
  at.wakes_at = deadline;
  time.at(
      deadline, [this, h] { woken(h); }, about(h));
}

void message_network::state::woken(host_index h) {
  host& at = hosts[h];
  if (time.now() >= at.wakes_at) at.wakes_at = never;
  if (at.ails.stands) return;
  if (at.manager.next_deadline() <= local(h))
    advance(h);
  else
    wake_at_deadline(h);
}

void message_network::state::kill(host_index h) {
  if (driving) {
    time.at(time.now(), [this, h] { kill(h); });
    return;
  }
  host& at = hosts[h];
  if (!at.alive) return;
  at.alive = false;
  ++at.incarnation;
  for (end_index e = at.oldest; e != none;) {
    const end_index next = connections.end(e).newer_of_host;
    leave(e);
    send_reset(e);
    free_if_over(e / 2);
    e = next;
  }
  at.manager = fresh_manager(h, false);
  at.waiting.clear();
  at.backlog.clear();
  at.paused = false;
  at.in_backlog = at.resets = 0;
  at.accepts_next = {};
}

void message_network::state::restart(host_index h, const peer_id& self) {
  if (driving) {
    time.at(time.now(), [this, h, self] { restart(h, self); });
    return;
  }
  if (hosts[h].alive) kill(h);
  if (hosts[h].self != self) {
    by_peer.erase(hosts[h].self);
    by_peer.insert_or_assign(self, h);
    hosts[h].self = self;
  }
  hosts[h].manager = fresh_manager(h, true);
  hosts[h].alive = true;
  wake_at_deadline(h);
}

void message_network::state::carry_out(host_index h, const action& what) {
  std::visit([this, h](const auto& a) { carry_out(h, a); }, what);
}

void message_network::state::carry_out(host_index h, const actions::notify& a) {
  if (hosts[h].observer) hosts[h].observer->on_notification(time.now(), a.what);
}

void message_network::state::carry_out(host_index h, const actions::start_attempt& a) {
  if (hosts[h].ails.no_descriptors) return fail_locally(a.attempt);
  heap.look();
  const handle fresh = connections.take();
  record& c = connections.at(fresh.slot);
  enter(fresh.slot * 2 + dialer, h, a.attempt, phase::dialing);
  c.began = time.now();
  const auto at = names == nullptr ? a.address : names->find(a.address);
  const auto target = at ? message_network::host_at(*at) : std::nullopt;
  c.target = target && *target < hosts.size() ? *target : none;
  c.to_v6 = names != nullptr && a.address.v6;
  if (at) c.port = static_cast<std::uint16_t>(at->port - (c.to_v6 ? 1 : 0));
  send_syn(fresh);
}

void message_network::state::carry_out(host_index h, const actions::cancel_attempt& a) {
  const end_index e = find(h, a.attempt);
  if (e == none || connections.end(e).at != phase::dialing) return;
  leave(e);
  free_if_over(e / 2);
  events::attempt_failed failed;
  failed.attempt = a.attempt;
  failed.why = cause::abandoned;
  follow_ups.push_back({failed, none, {}});
}

void message_network::state::carry_out(host_index, const actions::resolve& a) {
  events::addresses_found found;
  found.request = a.request;
  std::optional<endpoint> address;
  if (const auto known = by_peer.find(a.peer); known != by_peer.end())
    address =
        names == nullptr ? message_network::address_of(known->second) : names->of(known->second);
  follow_ups.push_back({found, none, address});
}

void message_network::state::carry_out(host_index h, const actions::admit& a) {
  const end_index e = find(h, a.conn);
  if (e == none) return;
  end_record& here = connections.end(e);
  const bool dials = e % 2 == dialer;
  if (dials || a.stage == stage::handshake) here.asked_at = time.now();
  if (a.stage == stage::handshake) {
    dispatch(e, {dials ? kind::hello : kind::exchange, cause::none, 0});
    return;
  }
  dispatch(e, {dials ? kind::propose : kind::open, cause::none, 0});
  if (!dials) follow_ups.push_back({events::ready{a.conn}, e, {}});
}

void message_network::state::carry_out(host_index h, const actions::refuse& a) {
  const end_index e = find(h, a.conn);
  if (e == none) return;
  if (a.how == refuse_how::reset) {
    carry_out(h, actions::abort{a.conn, a.refusal});
    return;
  }
  end_record& here = connections.end(e);
  here.at = phase::refusing;
  here.refusal = a.refusal;
  here.asked = go_away_code(a.refusal, a.retry_after);
  if (e % 2 == dialer)
    dispatch(e, {kind::propose, cause::none, 0});
  else
    dispatch(e, {kind::goodbye, a.refusal, here.asked});
}

void message_network::state::carry_out(host_index h, const actions::close& a) {
  const end_index e = find(h, a.conn);
  if (e == none) return;
  end_record& here = connections.end(e);
  if (here.at != phase::ready) return;
  here.at = phase::closing;
  dispatch(e, {kind::goodbye, a.reason, go_away_code(a.reason, a.retry_after)});
}

void message_network::state::carry_out(host_index h, const actions::abort& a) {
  const end_index e = find(h, a.conn);
  if (e == none) return;
  leave(e);
  send_reset(e);
  free_if_over(e / 2);
  follow_ups.push_back({events::closed{a.conn, cause::aborted}, none, {}});
}

void message_network::state::carry_out(host_index h, const actions::probe& a) {
  const end_index e = find(h, a.conn);
  if (e == none) return;
  end_record& here = connections.end(e);
  here.asked = a.nonce;
  here.asked_at = time.now();
  dispatch(e, {kind::ping, cause::none, a.nonce});
}

void message_network::state::carry_out(host_index h, const actions::ask_progress& a) {
  const end_index e = find(h, a.conn);
  if (e == none) return;
  const end_record& here = connections.end(e);
  const bool more = here.unsent != 0;
  time_point at{};
  if (more) {
    at = time.now();  // a small message that cannot be lost
    if (here.tcp != none) {
      flow& f = senders[here.tcp].tcp;
      flows.hear(f);
      at = f.acknowledged_at;
    }
  }
  if (at != time_point{}) at = later(at, hosts[h].ails.clock_ahead);
  follow_ups.push_back({events::progressed{a.conn, at, more}, none, {}});
}

}  // namespace tandem::sim
