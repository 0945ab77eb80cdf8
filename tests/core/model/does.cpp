// SPDX-License-Identifier: MIT
// Actions: those that an event owes are struck off, the others must have a reason.
#include "reference.hpp"

#include <utility>

namespace tandem::reference {
namespace {

/// As the reference owes it: without what only the manager draws or computes elsewhere.
std::string key_of(const action& what) {
  if (const auto* n = std::get_if<actions::notify>(&what)) {
    const notification& x = n->what;
    std::string out = std::string(name_of(x.kind)) + " " + std::string(name_of(x.why));
    if (x.conn != connection_id::none) out += " " + text_of(x.conn);
    if (x.request != request_id::none) out += " " + text_of(x.request);
    if (x.limit > 0) out += " " + std::to_string(x.current) + " of " + std::to_string(x.limit);
    return out;
  }
  return text_of(what);
}

}  // namespace

void manager::does(const action& what) {
  if (std::holds_alternative<actions::listen_resume>(what) && event_ == nullptr &&
      resume_at_ <= now_ && !short_of_descriptors_ && paused_) {
    resume_at_ = never;
    paused_ = false;
    return;
  }
  if (decides_newcomer(what) || makes_room(what)) return;
  const auto* notice_of = std::get_if<actions::notify>(&what);
  if (notice_of != nullptr && notice_of->what.kind == notice::backoff_started)
    return backs_off(notice_of->what);
  auto owed = std::find(owed_.begin(), owed_.end(), key_of(what));
  if (owed == owed_.end() && notice_of != nullptr && notice_of->what.kind == notice::dial_failed) {
    // A dial that fails may name the attempt it had.
    actions::notify without = *notice_of;
    without.what.conn = connection_id::none;
    owed = std::find(owed_.begin(), owed_.end(), key_of(without));
  }
  const bool was_owed = owed != owed_.end();
  if (was_owed) owed_.erase(owed);
  if (notice_of != nullptr && notice_of->what.kind == notice::connection_closed &&
      notice_of->what.until != never)
    postpones(notice_of->what);
  if (notice_of != nullptr) {
    const notification& n = notice_of->what;
    if (n.kind == notice::address_untried) return tells_untried(n);
    if (n.kind == notice::uplink_lost) return uplink_lost(n);
    const bool about_circuit = n.kind == notice::circuit_opened ||
                               n.kind == notice::circuit_closed ||
                               n.kind == notice::circuit_half_opened;
    if (about_circuit && n.peer.empty()) return subnet_told(n);
    if (n.kind == notice::dial_succeeded && !was_owed) {
      // What waited for another's trial joins what came of it.
      const auto q = requests_.find(n.request);
      const connection* c = find(n.conn);
      require(q != requests_.end() && !dials_.at(q->second.dial).started && c != nullptr &&
                  dials_.at(q->second.dial).mode == dial_mode::join && c->at == life::ready &&
                  c->peer == dials_.at(q->second.dial).peer,
              "a dial succeeds without a connection");
      return request_over(n, reason::owed);
    }
    if (n.kind == notice::dial_failed)
      return request_over(n, was_owed ? reason::owed : dial_failed(n));
    if (!was_owed) return notified(n);
    if (n.kind == notice::dial_succeeded) request_over(n, reason::owed);
    return;
  }
  if (was_owed) return;
  if (const auto* a = std::get_if<actions::start_attempt>(&what)) return started(*a);
  if (const auto* a = std::get_if<actions::cancel_attempt>(&what)) return cancelled(*a);
  if (const auto* a = std::get_if<actions::close>(&what)) return closes(*a);
  if (const auto* a = std::get_if<actions::abort>(&what)) return aborts(*a);
  if (const auto* a = std::get_if<actions::probe>(&what)) return probes(*a);
  if (const auto* a = std::get_if<actions::ask_progress>(&what)) return asks(*a);
  if (const auto* a = std::get_if<actions::resolve>(&what)) return resolves(*a);
  if (const auto* a = std::get_if<actions::shutdown_complete>(&what)) {
    require(stopping_ && !completed_, "shutdown_complete once, after shutdown_wanted");
    require(a->left == connections_.size(), "shutdown_complete says how many ids are left");
    require(connections_.empty() || (event_ == nullptr && stop_by_ <= now_),
            "shutdown_complete before its deadline with connections left");
    completed_ = true;
    return;
  }
  fail("an action that nothing called for: " + text_of(what));
}

/// Before an attempt that there is no memory for, the inbound connection that has been silent for
/// longest goes.
bool manager::makes_room(const action& what) {
  const auto* r = std::get_if<actions::refuse>(&what);
  connection* c = r == nullptr ? nullptr : find(r->conn);
  if (c == nullptr || c->at != life::handshaking || c != silent_longest(true)) return false;
  if (std::ranges::find(owed_, text_of(what)) != owed_.end()) return false;
  require(!room_made_ && memory_shortage(reckoned()).why != cause::none &&
              memory_shortage(reckoned() - 1).why == cause::none,
          "somebody goes for want of memory, and there is enough");
  require(silent(true) > silent(false),
          "an arrival goes for an attempt, and there are more of ours");
  const std::uint64_t more = silent(true) - silent(false);
  refuses(*c, memory_shortage(reckoned()));
  owed_.erase(std::ranges::find(owed_, text_of(what)));
  room_made_ = more;
  return true;
}

void manager::started(const actions::start_attempt& a) {
  require(!stopping_, "an attempt after shutdown began");
  require(is_outbound(a.attempt) && find(a.attempt) == nullptr, "an attempt has a new odd id");
  require(a.timeout == options_.attempt_timeout, "an attempt has attempt_timeout");
  require(pending(false) < options_.max_pending_outbound, "more attempts than may be pending");
  require(!avoids(a.address, a.peer), "an attempt at an address that is denied or full");
  require(memory_shortage(reckoned()).why == cause::none, "an attempt without memory");
  require(!descriptors_out_ || pending(false) == 0, "an attempt that will find no descriptor");
  const auto room_made = std::exchange(room_made_, std::nullopt);
  std::uint64_t key = 0;
  for (const auto& [k, d] : dials_)
    if (d.peer == a.peer &&
        std::find(d.addresses.begin(), d.addresses.end(), a.address) != d.addresses.end() &&
        !d.tried.contains(a.address))
      key = k;
  if (key == 0) fail("an attempt that no dial wants: " + text_of(action(a)));
  dial& d = dials_.at(key);
  require(d.adopted == connection_id::none, "an attempt beside an adopted connection");
  require(d.pausing_until <= now_, "an attempt while its dial pauses");
  require(attempts_at(d) < options_.max_attempts_per_peer, "more attempts at a peer than may be");
  for (const connection_id id : attempts_of(key)) {
    const connection& other = connections_.at(id);
    require(!other.connected || other.at == life::ending, "an attempt beside one that connected");
    require(other.connected || now_ >= d.next_at, "an attempt sooner than attempt_delay");
  }
  require(access(d.peer) != 1, "an attempt at a denied peer");
  if (!d.started) {
    require(dialling(d).why == cause::none, "an attempt although its dial may not start");
    d.only_new = !d.trial && backing_off(d.peer).why != cause::none;
  }
  require(has_turn(d, a.address, false), "an attempt at an address that may not be tried");
  require(guarded(d.peer, a.address, true).why == cause::none, "an attempt that a guard forbids");
  if (const known silent = was_silent(d.peer, a.address); silent != known::no) {
    if (silent == known::yes) next_trial_least_ = later(now_, options_.uplink_retry / 2);
    next_trial_most_ = later(now_, options_.uplink_retry);
  }
  memory* circuit = circuit_of(a.address, false);
  const bool subnet_trial = circuit != nullptr && circuit->state == circuit_state::half_open;
  if (circuit != nullptr)
    require(circuit->state != circuit_state::open || now_ < circuit->open_until,
            "a circuit half-opens with a notice");
  check_order(d, a.address);
  permits(d);
  d.next_at = later(now_, options_.attempt_delay);
  d.last_was_v6 = !is_mapped(bytes_of(a.address));
  d.tried.insert(a.address);
  d.ever.insert(a.address);
  if (!d.started)
    for (const request_id r : d.requests)
      owe("dial_started None " + text_of(a.attempt) + " " + text_of(r));
  d.started = true;
  connection& c = connections_[a.attempt];
  c.id = a.attempt;
  c.remote = a.address;
  c.at = life::attempting;
  c.dial = key;
  c.pending = true;
  c.began = now_;
  c.last_received = now_;
  require(!room_made || *room_made > 1 || d.turns == 0,
          "an arrival goes for an attempt that was no first one, and is not one of two too many");
  c.turn = ++d.turns;
  c.subnet_trial = subnet_trial;
  if (subnet_trial) ++circuit->trials;
  const auto gave = d.gave_way.find(a.address);
  c.patience = std::chrono::seconds(3) * (1LL << (gave == d.gave_way.end() ? 0 : gave->second));
  c.deadline = later(now_, options_.attempt_timeout);
}

/// To a dial of others: true when it may.
bool manager::leaves_its_place(connection& c) {
  dial& d = dials_.at(c.dial);
  if (!gives_way(c, d, false)) return false;
  for (const auto& [id, other] : connections_)
    require(!other.gave_way, "two attempts give way at a time");
  cut_short(c);
  return true;
}

void manager::cut_short(connection& c) {
  dial& d = dials_.at(c.dial);
  c.end = cause::pending_limit_reached;
  c.yielded = c.gave_way = true;
  c.at = life::ending;
  c.deadline = never;
  ++d.gave_way[c.remote];
  d.proven.erase(c.remote);
}

/// For one who comes.
void manager::displaces(connection& c, const verdict& v) {
  if (c.inbound) return refuses(c, v);
  owe(c.at == life::attempting ? "cancel_attempt " + text_of(c.id)
                               : "abort " + text_of(c.id) + " PendingLimitReached");
  cut_short(c);
}

void manager::cancelled(const actions::cancel_attempt& a) {
  connection* c = find(a.attempt);
  require(c != nullptr && c->at == life::attempting, "only an attempt is cancelled");
  const bool timeout = event_ == nullptr && c->deadline <= now_;
  if (!timeout && !dials_over_.contains(c->dial)) {
    require(leaves_its_place(*c), "an attempt is cancelled without a reason");
    return;
  }
  if (c->end == cause::none)
    c->end = dials_over_.contains(c->dial) ? dial_why_.at(c->dial) : cause::attempt_timeout;
  if (dials_over_.contains(c->dial)) c->dial = 0;
  c->at = life::ending;
  c->deadline = never;
}

void manager::aborts(const actions::abort& a) {
  connection* c = find(a.conn);
  require(c != nullptr && c->at != life::attempting && c->at != life::ending,
          "only what is connected is aborted, once");
  if (a.reason == cause::pending_limit_reached && c->at == life::handshaking && !c->inbound &&
      dials_.contains(c->dial) && leaves_its_place(*c))
    return;
  const bool due = event_ == nullptr && c->deadline <= now_;
  const bool drained = event_ == nullptr && stopping_ && drain_until_ <= now_;
  bool right = false;
  switch (c->at) {
    case life::handshaking:
    case life::authenticated:
    case life::waiting:
      right = (due && a.reason == cause::handshake_timeout) ||
              (dials_over_.contains(c->dial) &&
               a.reason == (c->end == cause::none ? dial_why_.at(c->dial) : c->end)) ||
              drained || turned_out(*c, a.reason);
      break;
    case life::superseded:
      right = due && a.reason == cause::duplicate;
      break;
    case life::ready:
      right = looks_at_deadlines() && silent_until(*c) <= now_ && !to_be_asked(*c) &&
              (c->probes >= options_.liveness_misses || c->last_chance != 0) &&
              a.reason == cause::liveness_lost;
      right |= must_have_answered(*c) && a.reason == cause::liveness_lost;
      break;
    case life::refusing:
    case life::closing:
      right = (due || drained) && a.reason == c->end;
      break;
    default:
      break;
  }
  if (c->end != cause::none && a.reason == c->end && (due || drained)) right = true;
  if (!right) fail("aborted without that reason: " + text_of(action(a)));
  if (dials_over_.contains(c->dial)) c->dial = 0;
  if (c->end == cause::none) c->end = a.reason;
  c->at = life::ending;
  c->deadline = never;
}

void manager::closes(const actions::close& a) {
  connection* c = find(a.conn);
  require(c != nullptr && c->at == life::ready, "only a ready connection is closed");
  if (a.reason == cause::evicted) return evicts(a);
  if (lowering_ || a.reason == cause::denied) return drains(a);
  require(looks_at_deadlines() && idle_at(*c) <= now_, "closed without a reason");
  require(a.reason == cause::idle_timeout, "closed as idle");
  c->end = a.reason;
  c->at = life::closing;
  c->deadline = drained_at(*c);
  require(a.drain_until == c->deadline, "how long a closed connection drains");
}

/// Those of the connection that the event is about, at least.
bool manager::looks_at_deadlines() const {
  return event_ == nullptr || std::holds_alternative<events::progressed>(*event_);
}

void manager::asks(const actions::ask_progress& a) {
  connection* c = find(a.conn);
  require(c != nullptr && c->at == life::ready, "only of a ready connection is asked");
  const bool gives_up = c->answer_by <= now_ && !c->answer_asked && c->unacknowledged;
  const bool is_silent = probe_at(*c) <= now_;
  require(event_ == nullptr && (is_silent || gives_up), "asked too early");
  require(gives_up || to_be_asked(*c), "asked although all was acknowledged, or twice");
  if (gives_up) {
    c->answer_asked = true;
    c->answer_by = later(now_, duration(1));
  }
  if (!is_silent || !to_be_asked(*c)) return;
  c->asked_for = silent_until(*c);
  c->asked_at = now_;
}

void manager::probes(const actions::probe& a) {
  connection* c = find(a.conn);
  require(c != nullptr && c->at == life::ready, "only a ready connection is probed");
  require(looks_at_deadlines() && silent_until(*c) <= now_, "probed too early");
  require(!to_be_asked(*c), "probed without a look at what was acknowledged");
  require(c->probes < options_.liveness_misses && c->last_chance == 0,
          "probed although it is lost");
  require(a.nonce == ++c->nonce, "each probe has the next nonce");
  ++c->probes;
  c->last_probe = now_;
}

void manager::resolves(const actions::resolve& a) {
  if (static_cast<std::uint64_t>(a.request) >> 63 != 0 && !requests_.contains(a.request))
    redials(a);
  const auto r = requests_.find(a.request);
  require(r != requests_.end(), "addresses are asked for a request that waits");
  dial& d = dials_.at(r->second.dial);
  require(!d.complete && d.peer == a.peer, "addresses are asked for their dial");
  require(access(d.peer) != 1 && (d.started || dialling(d).why == cause::none),
          "addresses are asked for although their dial may not start");
  permits(d);
  r->second.resolving = true;
}

/// The manager dials a protected peer by itself.
void manager::redials(const actions::resolve& a) {
  require(event_ == nullptr && redialled(a.peer), "a dial that nobody asked for");
  require(access(a.peer) != 1 && dialling(a.peer).why == cause::none,
          "a redial that a dial would be refused");
  known_peers_.insert(a.peer);
  dial& d = dials_[next_dial_];
  d.key = next_dial_++;
  d.peer = a.peer;
  d.requests.push_back(a.request);
  requests_[a.request] = {d.key, later(now_, options_.dial_timeout), 0, next_order_++, false};
}

bool manager::redialled(const peer_id& peer) const {
  if (stopping_ || peer == self_ || !is_protected(peer)) return false;
  for (const auto& [key, d] : dials_)
    if (d.peer == peer) return false;
  return connections_of(peer).empty();
}

void manager::notified(const notification& n) {
  switch (n.kind) {
    case notice::circuit_opened:
      opened_ = n.peer;
      opened_until_ = n.until;
      return;
    case notice::circuit_half_opened: {
      const memory* m = recall(n.peer);
      require(m != nullptr && m->state == circuit_state::open && now_ >= m->next_dial(),
              "a circuit half-opens when its time is over");
      half_opened_.insert(n.peer);
      return;
    }
    case notice::dial_started: {
      const auto q = requests_.find(n.request);
      require(n.request == joined_ && q != requests_.end(), "a dial starts once for each request");
      const connection* c = find(n.conn);
      require(c != nullptr && c->dial == q->second.dial,
              "a joined dial names an attempt of its own");
      joined_ = request_id::none;
      return;
    }
    case notice::inbound_refused:
      if (turned_out_.erase(n.conn) == 1) return;
      [[fallthrough]];
    default:
      fail("a notice that nothing called for: " + text_of(action(actions::notify{n})));
  }
}

void manager::backs_off(const notification& n) {
  if (!blames_owed_.contains(n.peer)) {
    blame_ = n;  // a dial fails next
    return;
  }
  const blame b = blames_owed_.at(n.peer);
  blames_owed_.erase(n.peer);
  require(n.why == b.why, "a peer is blamed for what ended its connection");
  blamed(n, b.kind, b.retry_after);
}

manager::reason manager::dial_failed(const notification& n) {
  if (turned_out_requests_.erase(n.request) == 1) return reason::owed;
  const auto q = requests_.find(n.request);
  if (q == requests_.end()) fail("a request fails that does not wait: " + text_of(n.request));
  dial& d = dials_.at(q->second.dial);
  note_denied(d);
  if (event_ == nullptr && q->second.deadline <= now_) {
    if (n.why == cause::dial_deadline) return reason::deadline;
    const bool waited =
        d.waited || held(d) || std::ranges::any_of(d.addresses, [&](const endpoint& e) {
          return has_turn(d, e, false) && waits(guarded(d.peer, e));
        });
    if (waited && (n.why == cause::circuit_open || n.why == cause::offline)) return reason::permit;
  }
  if (access(d.peer) == 1 && n.why == cause::denied && n.limit == 0) return reason::permit;
  if (!d.started) {
    const verdict v = dialling(d, true);
    const bool decided_by_trial = v.why == cause::circuit_open && v.until == never;
    if (v.why != cause::none && !decided_by_trial && n.why == v.why && n.current == v.current &&
        n.limit == v.limit && n.until == v.until)
      return reason::permit;
  }
  if (const verdict v = memory_shortage_of_own(); v.why != cause::none && n.why == v.why &&
                                                  n.current == v.current && n.limit == v.limit &&
                                                  attempts_of(d.key).empty())
    return reason::permit;
  if (!d.started) d.only_new = !d.trial && backing_off(d.peer).why != cause::none;
  const bool untried =
      std::ranges::any_of(d.addresses, [&](const endpoint& e) { return may_try(d, e); });
  const bool left_out = n.why == cause::denied || n.why == cause::subnet_limit_reached ||
                        n.why == cause::circuit_open;
  const bool right = d.last != cause::none ? n.why == d.last
                     : d.denied.empty()    ? n.why == cause::no_address
                                           : left_out;
  if (attempts_of(d.key).empty() && d.adopted == connection_id::none && !untried && d.complete &&
      right)
    return reason::exhausted;
  fail("a dial fails without that reason: " + text_of(action(actions::notify{n})));
}

void manager::request_over(const notification& n, reason how) {
  const auto q = requests_.find(n.request);
  if (q == requests_.end()) return;  // refused or answered at once
  const std::uint64_t key = q->second.dial;
  dial& d = dials_.at(key);
  const bool failed = (how == reason::owed && told_dial_ == key) || how == reason::deadline ||
                      (how == reason::exhausted && d.last != cause::none);
  const std::uint64_t untried = failed && d.started ? d.addresses.size() - d.ever.size() : 0;
  require(n.untried == untried && (untried == 0 || untried_ == untried),
          "a failed dial says which addresses had no turn");
  if (d.requests.size() == 1) return dial_over(key, n, how);
  // A request that waited for a trial until its deadline, and others of its dial still do.
  if (how == reason::permit && event_ == nullptr && q->second.deadline <= now_ && d.waited)
    ++counted_.refused[static_cast<std::size_t>(n.why)];
  d.requests.remove(n.request);
  requests_.erase(q);
  if (n.request == joined_) joined_ = request_id::none;
}

/// The last request of a dial ended, and so the dial.
void manager::dial_over(std::uint64_t key, const notification& n, reason how) {
  dial& d = dials_.at(key);
  const bool told = how == reason::owed && told_dial_ == key;
  const bool refuses = how == reason::permit || (how == reason::exhausted && d.last == cause::none);
  if (refuses) ++counted_.refused[static_cast<std::size_t>(n.why)];
  if (told || (how != reason::owed && !refuses)) ++counted_.failed_total;
  const bool hurried = requests_.at(d.requests.front()).hurried;
  const bool blames = told || (how == reason::deadline && !hurried && (d.blames || lives(d))) ||
                      (how == reason::exhausted && d.blames);
  const failure_class kind = told ? failure_class::remote_limit : detail::class_of(n.why);
  const bool silent = kind == failure_class::timeout && n.why != cause::dial_deadline;
  const bool excused = blames && !d.peer.empty() && excuses(d.peer, silent, d.silent_since);
  if (blames && !d.peer.empty() && !excused) {
    blame_dial(d, n.why, told ? failure_class::remote_limit : failure_class::none);
    const blame b = blames_owed_.at(d.peer);
    blames_owed_.erase(d.peer);
    require(blame_ && blame_->peer == d.peer && blame_->why == b.why,
            "a failed dial blames its peer");
    blamed(*blame_, b.kind, b.retry_after);
    blame_.reset();
  }
  if (memory* m = recall(d.peer); m != nullptr && d.trial && m->trials > 0) --m->trials;
  eased_ |= d.trial;
  dials_over_.insert(key);
  dial_why_[key] = n.kind == notice::dial_succeeded ? cause::duplicate : n.why;
  for (auto& [id, c] : connections_)
    if (c.dial == key && (c.inbound || (c.at != life::attempting && c.at != life::handshaking &&
                                        c.at != life::waiting && c.at != life::authenticated)))
      c.dial = 0;
  if (d.requests.front() == joined_) joined_ = request_id::none;
  requests_.erase(d.requests.front());
  dials_.erase(key);
}

}  // namespace tandem::reference
