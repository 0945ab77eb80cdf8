// SPDX-License-Identifier: MIT
// What the reference expects when something happens to a connection.
#include "reference.hpp"

namespace tandem::reference {
namespace {

std::string name(cause c) { return std::string(name_of(c)); }

/// Whether a handshake that ended so counts as failed: not when somebody decided against it.
bool counts_as_failure(cause why) {
  return why != cause::requested && why != cause::abandoned && why != cause::duplicate &&
         why != cause::shutting_down;
}

}  // namespace

void manager::refuses(connection& c, const verdict& v) {
  c.refused = true;
  c.end = v.why;
  ++counted_.refused[static_cast<std::size_t>(v.why)];
  const bool arriving = c.peer.empty();
  const bool tell = !arriving && lingering() < options_.max_lingering_refusals;
  c.pending = false;
  if (tell) {
    c.lingering = true;
    c.at = life::refusing;
    const duration patience = std::min(9 * (now_ - c.connected_at), options_.handshake_timeout);
    c.deadline = later(now_, std::max(options_.refusal_linger, patience));
  } else {
    c.at = life::ending;
    c.deadline = never;
  }
  owe("refuse " + text_of(c.id) + " " + name(v.why) + (tell ? " tell" : " reset"));
  const std::string numbers =
      v.limit > 0 ? " " + std::to_string(v.current) + " of " + std::to_string(v.limit) : "";
  if (c.inbound) return owe("inbound_refused " + name(v.why) + " " + text_of(c.id) + numbers);
  if (c.dial == 0) return;
  for (const request_id r : dials_.at(c.dial).requests)
    owe("dial_failed " + name(v.why) + " " + text_of(r) + numbers);
}

void manager::on(const events::arrived& e) {
  if (e.conn == connection_id::none || is_outbound(e.conn) || find(e.conn) != nullptr) {
    ++counted_.ignored_events;
    return;
  }
  life_sign(now_);
  if (!stopping_) {
    gave_descriptor_ = {};
    descriptors_out_ = false;
  }
  verdict v = arrival(e.remote, reckoned());
  while (v.why == cause::none) {
    const auto [no, oldest] = crowd(e.remote);
    if (no.why == cause::none) break;
    if (oldest == nullptr)
      v = no;
    else
      displaces(*oldest, no);
  }
  connection& c = connections_[e.conn];
  c.id = e.conn;
  c.inbound = true;
  c.remote = e.remote;
  c.arrival = next_order_++;
  c.began = c.connected_at = now_;
  c.connected = true;
  c.last_received = now_;
  if (v.why != cause::none) return refuses(c, v);
  c.pending = true;
  c.deadline = later(now_, options_.handshake_timeout);
  owe("admit " + text_of(c.id) + " to the handshake");
}

void manager::on(const events::attempt_connected& e) {
  connection* c = find(e.attempt);
  if (c != nullptr && c->at == life::ending && !c->connected)
    return owe("abort " + text_of(c->id) + " " + name(c->end));
  if (c == nullptr || c->at != life::attempting) {
    ++counted_.ignored_events;
    return;
  }
  life_sign(now_);
  subnet_works(c->remote);
  subnet_trial_over(*c);
  c->connected = true;
  c->connected_at = now_;
  c->at = life::handshaking;
  c->last_received = now_;
  c->deadline = later(now_, options_.handshake_timeout);
  owe("admit " + text_of(c->id) + " to the handshake");
  dials_.at(c->dial).proven.insert(c->remote);
  dials_.at(c->dial).pausing_until = time_point::min();
  for (const connection_id id : attempts_of(c->dial))
    if (connections_.at(id).at == life::attempting) gives_way(connections_.at(id));
}

/// Another connection of its dial comes first; its address may be tried again.
void manager::gives_way(connection& c) {
  c.yielded = true;
  dials_.at(c.dial).tried.erase(c.remote);
  if (c.at == life::authenticated) {
    c.at = life::superseded;
    return;
  }
  if (c.end == cause::none) c.end = cause::duplicate;
  owe(c.at == life::attempting ? "cancel_attempt " + text_of(c.id)
                               : "abort " + text_of(c.id) + " " + name(c.end));
  c.at = life::ending;
  c.deadline = never;
}

void manager::on(const events::authenticated& e) {
  connection* c = find(e.conn);
  if (c == nullptr || c->at != life::handshaking || e.peer.empty()) {
    ++counted_.ignored_events;
    return;
  }
  if (c->dial != 0 && !dials_.at(c->dial).peer.empty() && dials_.at(c->dial).peer != e.peer) {
    if (c->end == cause::none) c->end = cause::wrong_peer;
    c->at = life::ending;
    c->deadline = never;
    return owe("abort " + text_of(c->id) + " " + name(c->end));
  }
  c->peer = e.peer;
  c->order = next_order_++;
  known_peers_.insert(e.peer);
  if (e.peer == self_) return refuses(*c, {cause::self_dial});
  if (denies(e.peer, c->remote)) return refuses(*c, {cause::denied});
  if (c->inbound) {
    if (const verdict v = held_back(e.peer); v.why != cause::none) return refuses(*c, v);
    if (crosses(*c)) return;
  }
  if (const verdict v = shortage(e.peer, c->inbound, &c->remote); v.why != cause::none) {
    if (waits_for_own(*c)) return;
    if (!may_evict_for(*c, v)) return refuses(*c, v);
    newcomer_ = c->id;
    c->at = life::waiting;
    return;
  }
  c->permit = true;
  c->at = life::authenticated;
  owe("admit " + text_of(c->id) + " established");
}

/// Two joining dials in opposite directions: both ends keep the one dialled by the greater peer id.
bool manager::crosses(connection& c) {
  const std::uint64_t key = joinable_dial(c.peer);
  if (key == 0 || dials_.at(key).adopted != connection_id::none) return false;
  std::vector<connection_id> own;
  for (const connection_id id : attempts_of(key))
    if (connections_.at(id).at != life::ending) own.push_back(id);
  bool answered = false;
  bool stale = false;
  for (const connection_id id : own) {
    const connection& o = connections_.at(id);
    answered |= o.connected;
    stale |= !o.connected && now_ >= later(o.began, std::chrono::seconds(3));
  }
  if (!own.empty() && self_ > c.peer && (answered || !stale)) {
    refuses(c, {cause::duplicate});
    return true;
  }
  const auto holder = std::find_if(own.begin(), own.end(),
                                   [this](connection_id id) { return connections_.at(id).permit; });
  const bool takes_turn = std::any_of(own.begin(), own.end(), [this](connection_id id) {
    return connections_.at(id).at == life::waiting;
  });
  // The right of the own one moves over, where it fits.
  if (holder != own.end()) connections_.at(*holder).permit = false;
  if (!takes_turn && shortage(c.peer, true, &c.remote).why != cause::none) {
    if (holder != own.end()) connections_.at(*holder).permit = true;
    return false;
  }
  if (takes_turn) {
    c.at = life::waiting;
  } else {
    c.permit = true;
    c.at = life::authenticated;
    owe("admit " + text_of(c.id) + " established");
  }
  adopts(key, c.id);
  return true;
}

/// The dial waits for the inbound connection; its own attempts give way.
void manager::adopts(std::uint64_t key, connection_id inbound) {
  dials_.at(key).adopted = inbound;
  dials_.at(key).pausing_until = time_point::min();
  connections_.at(inbound).dial = key;
  for (const connection_id id : attempts_of(key))
    if (const life at = connections_.at(id).at; at == life::attempting || at == life::handshaking ||
                                                at == life::waiting || at == life::authenticated)
      gives_way(connections_.at(id));
}

void manager::on(const events::ready& e) {
  connection* c = find(e.conn);
  if (c != nullptr && c->at == life::superseded) {
    c->at = life::ending;
    c->deadline = never;
    if (c->end == cause::none) c->end = cause::duplicate;
    return owe("abort " + text_of(c->id) + " " + name(c->end));
  }
  if (c == nullptr || c->at != life::authenticated) {
    ++counted_.ignored_events;
    return;
  }
  if (c->told) {
    c->at = life::ending;
    c->deadline = never;
    return owe("abort " + text_of(c->id) + " " + name(c->end));
  }
  c->at = life::ready;
  c->was_ready = true;
  c->pending = false;
  c->deadline = never;
  c->ready_at = c->last_app = c->last_stream_end = c->last_received = now_;
  ++counted_.established_total;
  owe("connection_established None " + text_of(c->id));
  if (!c->inbound) paths_[{bytes_of(c->remote), c->remote.port}] = {.worked_at = now_};
  if (memory* m = recall(c->peer)) {
    if (m->state != circuit_state::closed) {
      owe("circuit_closed None " + text_of(c->id));
      eased_ = true;
    }
    m->state = circuit_state::closed;
    m->breaker_failures = 0;
    m->open_until = time_point::min();
    m->silent_at = time_point::min();
  }
  if (c->dial == 0) return;
  for (const request_id r : dials_.at(c->dial).requests)
    owe("dial_succeeded None " + text_of(c->id) + " " + text_of(r));
}

void manager::hears_from(connection& c, time_point when, bool answers) {
  c.last_received = std::max(c.last_received, when);
  if (c.last_chance == 0 || answers) c.last_chance = 0, c.probes = 0;
  life_sign(when);
  if (c.answer_by == never || when < c.returned_at) return;  // that was before it was asked
  touched_ = c.peer;
  c.answer_by = never;
}

void manager::on(const events::traffic& e) {
  connection* c = find(e.conn);
  if (c == nullptr) {
    ++counted_.ignored_events;
    return;
  }
  counted_.bytes_sent += e.sent;
  counted_.bytes_received += e.received;
  c->bytes += e.sent + e.received;
  if (e.received > 0) {
    hears_from(*c, std::min(e.last_received_at, now_),
               e.last_received_at >= later(c->last_probe, std::chrono::seconds(1)));
  }
  c->spoken |= e.app_bytes > 0;
  c->last_app = std::max(c->last_app, std::min(e.last_app_at, now_));
  c->unacknowledged |= e.sent > 0 && e.app_bytes > 0;
}

void manager::on(const events::progressed& e) {
  connection* c = find(e.conn);
  if (c == nullptr || c->at != life::ready) {
    ++counted_.ignored_events;
    return;
  }
  c->unacknowledged = e.more;
  if (e.at <= c->last_received) return;
  hears_from(*c, std::min(e.at, now_), e.at >= c->last_probe);
}

void manager::on(const events::rtt_sampled& e) {
  connection* c = find(e.conn);
  if (c == nullptr) {
    ++counted_.ignored_events;
    return;
  }
  if (e.rtt < duration::zero()) return;
  const duration rtt = std::min<duration>(e.rtt, std::chrono::seconds(60));
  if (now_ - rtt < network_changed_at_) return;
  if (!c->has_rtt) {
    c->srtt = rtt;
    c->rttvar = rtt / 2;
    c->has_rtt = true;
    return;
  }
  c->rttvar = (3 * c->rttvar + (c->srtt > rtt ? c->srtt - rtt : rtt - c->srtt)) / 4;
  c->srtt = (7 * c->srtt + rtt) / 8;
}

void manager::on(const events::probe_answered& e) {
  connection* c = find(e.conn);
  if (c == nullptr || c->at != life::ready) {
    ++counted_.ignored_events;
    return;
  }
  hears_from(*c, now_, e.nonce >= c->last_chance);
}

void manager::on(const events::stream_opened& e) {
  connection* c = find(e.conn);
  if (c == nullptr)
    ++counted_.ignored_events;
  else if (e.app)
    ++c->streams, c->spoken = true;
}

void manager::on(const events::stream_closed& e) {
  connection* c = find(e.conn);
  if (c == nullptr || (e.app && c->streams == 0)) {
    ++counted_.ignored_events;
  } else if (e.app && --c->streams == 0) {
    c->last_stream_end = now_;
  }
}

void manager::on(const events::remote_refused& e) {
  connection* c = find(e.conn);
  if (c == nullptr) {
    ++counted_.ignored_events;
    return;
  }
  if (c->end != cause::none) return;  // our own reason stands
  c->end = e.reason == cause::none ? cause::remote_refused : e.reason;
  c->told = true;
  c->retry_after = e.retry_after;
  if (c->at == life::ready) {
    c->at = life::closing;
    c->deadline = drained_at(*c);
    return owe("close " + text_of(c->id) + " RemoteClosed until " + text_of(c->deadline));
  }
  owe("remote_refused " + name(c->end) + " " + text_of(c->id));
}

void manager::on(const events::attempt_failed& e) {
  ends(e.attempt, e.why, e.local, e.retry_after);
}
void manager::on(const events::closed& e) { ends(e.conn, e.why, false, {}); }

void manager::ends(connection_id id, cause reported, bool local, duration retry_after) {
  const connection* found = find(id);
  if (found == nullptr) {
    ++counted_.ignored_events;
    return;
  }
  connection c = *found;
  touched_ = c.peer;
  connections_.erase(id);
  cause why = c.end != cause::none ? c.end : reported;
  if (why == cause::none) why = c.connected ? cause::remote_closed : cause::unreachable;
  address_over(c, why, local && c.end == cause::none);
  if (c.was_ready) {
    ++counted_.closed_total;
    owe("connection_closed " + name(why) + " " + text_of(id));
    clear_if_proven(c);
  } else if (!c.refused) {
    if (c.inbound && counts_as_failure(why)) ++counted_.failed_total;
    if (!c.told)
      owe((c.connected ? "handshake_failed " : "attempt_failed ") + name(why) + " " + text_of(id));
  }
  if (!c.for_arrival) descriptors_out_ = false;
  subnet_trial_over(c);
  blame_end(c, why, c.retry_after);
  // Nothing is our own fault that we ended ourselves, or the peer.
  if (c.dial != 0)
    dial_lost(c, why, local && c.end == cause::none, std::max(c.retry_after, retry_after));
}

}  // namespace tandem::reference
