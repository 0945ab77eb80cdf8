// SPDX-License-Identifier: MIT
#include "message/shard.hpp"

#include "tandem/sim/policy_seed.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace tandem::sim {

using message::dialer;
using message::kind;
using message::none;
using message::phase;

message_network::shard::shard(message_network::state& of, kernel& clock, std::uint32_t index,
                              std::uint32_t number_of)
    : all(of),
      time(clock),
      number(index),
      net(of.net),
      tcp(of.tcp),
      on_message(of.on_message),
      on_syn(of.on_syn),
      names(of.names),
      hosts(of.hosts),
      connections(of.connections),
      flows(time, net, tcp, *this) {
  time.look_ahead(this);
  for (auto& window : posted) window.resize(number_of);
}

connection_manager message_network::shard::fresh_manager(host_index h, bool traced) const {
  const host& of = hosts[h];
  return connection_manager(all.all_options[of.options], of.self,
                            policy_seed(all.seed, h, of.incarnation), traced ? of.sink : nullptr);
}

void message_network::shard::command(host_index h, const event& what) {
  if (hosts[h].alive) step(h, what);
}

void message_network::shard::step(host_index h, const event& what) {
  if (hosts[h].ails.stands) return wait(h, [this, h, what] { step(h, what); });
  driving = true;
  tell(h, what);
  follow(h);
}

void message_network::shard::tell(host_index h, const event& what) {
  host& at = hosts[h];
  if (at.observer) at.observer->on_event(time.now(), what);
  at.manager.handle(local(h), what);
  drain(h);
}

void message_network::shard::step_follow_up(host_index h, follow_up what) {
  driving = true;
  follow_ups.push_back(std::move(what));
  follow(h);
}

void message_network::shard::advance(host_index h) {
  driving = true;
  hosts[h].manager.advance(local(h));
  drain(h);
  follow(h);
}

void message_network::shard::drain(host_index h) {
  host& at = hosts[h];
  while (const auto next = at.manager.poll_action()) {
    if (at.observer) at.observer->on_action(time.now(), *next);
    carry_out(h, *next);
  }
  if (at.observer) at.observer->on_step(time.now(), at.manager);
}

// Carrying out an action can have an immediate result; it goes in once the actions are drained.
void message_network::shard::follow(host_index h) {
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

void message_network::shard::wake_at_deadline(host_index h) {
  host& it = hosts[h];
  const time_point due = it.manager.next_deadline();
  if (due == never || it.ails.stands) return;
  const time_point deadline = std::max(due - it.ails.clock_ahead, time.now());
  if (deadline >= it.wakes_at) return;
  it.wakes_at = deadline;
  at(h, deadline, [this, h] { woken(h); });
}

void message_network::shard::woken(host_index h) {
  host& at = hosts[h];
  if (time.now() >= at.wakes_at) at.wakes_at = never;
  if (at.ails.stands) return;
  if (at.manager.next_deadline() <= local(h))
    advance(h);
  else
    wake_at_deadline(h);
}

void message_network::shard::kill(host_index h) {
  if (driving) {
    at(h, time.now(), [this, h] { kill(h); });
    return;
  }
  host& it = hosts[h];
  if (!it.alive) return;
  it.alive = false;
  ++it.incarnation;
  for (end_index e = it.oldest; e != none;) {
    const end_index next = connections.end(e).newer_of_host;
    leave(e);
    send_reset(e);
    free_if_over(e);
    e = next;
  }
  it.manager = fresh_manager(h, false);
  it.waiting.clear();
  it.backlog.clear();
  it.paused = false;
  it.in_backlog = it.resets = 0;
  it.accepts_next = {};
}

void message_network::shard::restart(host_index h, const peer_id& self) {
  if (driving) {
    at(h, time.now(), [this, h, self] { restart(h, self); });
    return;
  }
  if (hosts[h].alive) kill(h);
  if (hosts[h].self != self) {
    all.check_stands_still("a host comes back as another peer");
    all.by_peer.erase(hosts[h].self);
    all.by_peer.insert_or_assign(self, h);
    hosts[h].self = self;
  }
  hosts[h].manager = fresh_manager(h, true);
  hosts[h].alive = true;
  wake_at_deadline(h);
}

void message_network::shard::carry_out(host_index h, const action& what) {
  std::visit([this, h](const auto& a) { carry_out(h, a); }, what);
}

void message_network::shard::carry_out(host_index h, const actions::notify& a) {
  if (hosts[h].observer) hosts[h].observer->on_notification(time.now(), a.what);
}

void message_network::shard::carry_out(host_index h, const actions::start_attempt& a) {
  if (hosts[h].ails.no_descriptors) return fail_locally(a.attempt);
  if (number == 0) all.heap.look();
  give_those_over();
  const handle fresh = connections.take(number);
  record& c = connections.at(fresh.slot);
  enter(fresh.slot * 2 + dialer, h, a.attempt, phase::dialing);
  c.began = time.now();
  const auto there = names == nullptr ? a.address : names->find(a.address);
  const auto target = there ? message_network::host_at(*there) : std::nullopt;
  c.target = target && *target < hosts.size() ? *target : none;
  c.to_v6 = names != nullptr && a.address.v6;
  if (there) c.port = static_cast<std::uint16_t>(there->port - (c.to_v6 ? 1 : 0));
  send_syn(fresh);
}

void message_network::shard::carry_out(host_index h, const actions::cancel_attempt& a) {
  const end_index e = find(h, a.attempt);
  if (e == none || connections.end(e).at != phase::dialing) return;
  leave(e);
  free_if_over(e);
  events::attempt_failed failed;
  failed.attempt = a.attempt;
  failed.why = cause::abandoned;
  follow_ups.push_back({failed, none, {}});
}

void message_network::shard::carry_out(host_index, const actions::resolve& a) {
  events::addresses_found found;
  found.request = a.request;
  std::optional<endpoint> address;
  if (const auto known = all.by_peer.find(a.peer); known != all.by_peer.end())
    address =
        names == nullptr ? message_network::address_of(known->second) : names->of(known->second);
  follow_ups.push_back({found, none, address});
}

void message_network::shard::carry_out(host_index h, const actions::admit& a) {
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

void message_network::shard::carry_out(host_index h, const actions::refuse& a) {
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

void message_network::shard::carry_out(host_index h, const actions::close& a) {
  const end_index e = find(h, a.conn);
  if (e == none) return;
  end_record& here = connections.end(e);
  if (here.at != phase::ready) return;
  here.at = phase::closing;
  dispatch(e, {kind::goodbye, a.reason, go_away_code(a.reason, a.retry_after)});
}

void message_network::shard::carry_out(host_index h, const actions::abort& a) {
  const end_index e = find(h, a.conn);
  if (e == none) return;
  leave(e);
  send_reset(e);
  free_if_over(e);
  follow_ups.push_back({events::closed{a.conn, cause::aborted}, none, {}});
}

void message_network::shard::carry_out(host_index h, const actions::probe& a) {
  const end_index e = find(h, a.conn);
  if (e == none) return;
  end_record& here = connections.end(e);
  here.asked = a.nonce;
  here.asked_at = time.now();
  dispatch(e, {kind::ping, cause::none, a.nonce});
}

void message_network::shard::carry_out(host_index h, const actions::ask_progress& a) {
  const end_index e = find(h, a.conn);
  if (e == none) return;
  end_record& here = connections.end(e);
  settle(here);
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
