// SPDX-License-Identifier: MIT
#include "core/life/liveness.hpp"
#include "core/life/state.hpp"
#include "tandem/core/counted.hpp"

#include <algorithm>
#include <array>

namespace tandem {
using namespace detail;

namespace {

std::string milliseconds(duration period) {
  return std::to_string(period / std::chrono::milliseconds(1)) + " ms";
}

connection_stage stage_of(phase at) noexcept {
  switch (at) {
    case phase::attempting:
      return connection_stage::connecting;
    case phase::handshaking:
      return connection_stage::handshaking;
    case phase::waiting:
      return connection_stage::waiting;
    case phase::authenticated:
    case phase::superseded:
      return connection_stage::authenticated;
    case phase::ready:
      return connection_stage::ready;
    case phase::refusing:
      return connection_stage::refusing;
    case phase::closing:
      return connection_stage::closing;
    case phase::cancelled:
    case phase::ending:
      return connection_stage::ending;
  }
  return connection_stage::unknown;
}

std::string sentence_about(const decision& last) {
  std::string text("; last: ");
  text.append(name_of(last.what.kind));
  if (last.what.why != cause::none) text.append(" ").append(describe(last.what));
  return text.append(" at ").append(milliseconds(last.at.time_since_epoch()));
}

}  // namespace

std::string_view name_of(connection_stage stage) noexcept {
  constexpr std::array<std::string_view, 10> names{
      "unknown", "connecting", "handshaking", "waiting", "authenticated",
      "ready",   "refusing",   "closing",     "ending",  "ended"};
  return names[static_cast<std::size_t>(stage)];
}

std::string_view name_of(dial_stage stage) noexcept {
  constexpr std::array<std::string_view, 9> names{"none",      "resolving", "queued",
                                                  "behind",    "held",      "attempting",
                                                  "upgrading", "yielding",  "pausing"};
  return names[static_cast<std::size_t>(stage)];
}

std::string_view name_of(circuit_state circuit) noexcept {
  constexpr std::array<std::string_view, 3> names{"closed", "open", "half-open"};
  return names[static_cast<std::size_t>(circuit)];
}

std::string_view name_of(try_policy policy) noexcept {
  constexpr std::array<std::string_view, 8> names{
      "nothing",           "a limit or rule of this node", "its backoff",     "its circuit",
      "the time it named", "the penalty of its eviction",  "the lost uplink", "start_spread"};
  return names[static_cast<std::size_t>(policy)];
}

/// Why a dial to the peer would be refused at `at`, in the order in which dialing asks.
refusal connection_manager::state::would_refuse(const peer_id& id, peer_slot peer,
                                                time_point at) const {
  if (stopping) return {cause::shutting_down};
  if (id == self) return {cause::self_dial};
  if (gate.denies(id, at)) return {cause::denied};
  if (peer != no_slot && oldest(peer, phase::ready) != no_slot) return {};
  const dial_slot joins = peer == no_slot ? no_slot : joinable_dial(peer);
  refusal no;
  if (joins != no_slot) {
    if (dials[joins].stage < dial_stage::upgrading) no = refusal_of(joins, at);
  } else if (peer == no_slot || adoptable(peer) == no_slot) {
    no = dial_refusal(peer, at);
  }
  const bool may_start = joins == no_slot && !places_taken(no_slot);
  if (no.waits) no = {};
  if (!line.is_full(may_start) || line.gives_way_to(0) != no_slot) return no;
  refusal full = line.full();
  full.until = no.until;
  return full;
}

/// When a peer without a connection is tried next, `no` being what a dial would be refused with,
/// and what decides that: nothing more while a dial is under way.
void connection_manager::state::explain_next_try(explanation& told, peer_slot peer,
                                                 const refusal& no, time_point at) const {
  const bool in_line = told.dial == dial_stage::queued || told.dial == dial_stage::behind;
  if (told.dial == dial_stage::held) {
    told.next_try = told.dial_next;
    told.decided_by = told.held_by == cause::offline ? try_policy::uplink : try_policy::circuit;
  } else if (in_line) {
    told.decided_by = try_policy::limit;
  } else if (told.connections == 0 && told.dial == dial_stage::none) {
    const failure_record* record = peers.record_of(peer);
    told.next_try = no ? no.until : at;
    if (record != nullptr && (no.why == cause::backing_off || no.why == cause::circuit_open))
      told.decided_by = record->decides(at, options);
    else if (no)
      told.decided_by = try_policy::limit;
    // A protected peer is not tried before the manager does it by itself.
    if (told.redial_at != never && (!no || (no.until != never && told.redial_at > no.until))) {
      told.next_try = std::max(at, told.redial_at);
      told.decided_by = try_policy::spread;
    }
  }
  if (told.decided_by == try_policy::none) return;
  const bool comes = told.redial_at != never || told.dial != dial_stage::none;
  told.sentence += comes ? "; the next try comes " : "; the next try may come ";
  if (told.next_try != never)
    told.sentence += "in " + milliseconds(std::max(duration::zero(), told.next_try - at));
  else if (told.decided_by == try_policy::circuit)
    told.sentence += "after the trial under way";
  else
    told.sentence += in_line ? "when a place is free" : "later";
  told.sentence.append(", decided by ").append(name_of(told.decided_by));
}

explanation connection_manager::state::explain(const peer_id& peer_asked, time_point at) const {
  explanation told;
  told.peer = peer_asked;
  const peer_slot peer = peers.find(peer_asked);
  connection_slot newest_ready;
  if (peer != no_slot) {
    const peer_entry& entry = peers[peer];
    told.connections = entry.active;
    for (connection_slot conn_at = entry.first_connection; conn_at != no_slot;
         conn_at = connections[conn_at].next_of_peer) {
      if (connections[conn_at].among == counted::pending) ++told.pending;
      if (connections[conn_at].at == phase::ready) newest_ready = conn_at;
    }
    for (dial_slot dial_at = entry.first_dial; dial_at != no_slot;
         dial_at = dials[dial_at].next_of_peer) {
      if (dials[dial_at].leader == no_slot || connections[dials[dial_at].leader].peer == no_slot)
        ++told.pending;
      // The oldest is the last. One in line beside its attempts is told by those.
      const bool beside =
          dials[dial_at].attempts > 0 && dials[dial_at].stage < dial_stage::upgrading;
      told.dial = beside ? dial_stage::attempting : dials[dial_at].stage;
      told.dial_next = timers.armed(dial_at);
      if (told.dial == dial_stage::held) {
        told.held_by = dials[dial_at].held.why;
        told.dial_next = dials[dial_at].held.until;
      }
    }
  }
  if (const failure_record* record = peers.record_of(peer);
      record != nullptr && !record->blank(at, options)) {
    told.failures = record->failures(at, options);
    told.circuit = record->circuit(at);
    told.next_dial = std::max(time_point{}, record->next_dial(at));
  }
  if (const peer_marks* marks = peers.marks_of(peer)) {
    told.is_protected = marks->is_protected(at);
    told.kept_alive = marks->is_kept_alive(at);
    told.tag = marks->tag(at);
  }
  const refusal no = would_refuse(told.peer, peer, at);
  told.dial_refusal = no.why;
  told.current = no.current;
  told.limit = no.limit;
  if (no.until != never) told.next_dial = std::max(told.next_dial, no.until);
  told.redial_at = peer == no_slot ? never : timers.armed(peer);
  if (const auto* last = decisions.last([&](const auto& what) { return what.peer == peer_asked; }))
    told.last = *last;
  // What is ready now came after whatever went wrong before.
  if (newest_ready != no_slot &&
      (!told.last || told.last->at <= connections[newest_ready].ready_at))
    told.last = decision{connections[newest_ready].ready_at,
                         about(notice::connection_established, newest_ready)};

  told.sentence = std::to_string(told.connections) + " established, " +
                  std::to_string(told.pending) + " pending";
  if (told.is_protected) told.sentence += ", protected";
  if (told.failures > 0)
    told.sentence += ", " + tandem::counted(told.failures, "failure") + " in a row";
  if (told.circuit != circuit_state::closed)
    told.sentence.append(", circuit ").append(name_of(told.circuit));
  if (told.dial_refusal != cause::none) {
    told.sentence.append("; a dial now is refused with ").append(name_of(told.dial_refusal));
    if (told.limit > 0)
      told.sentence +=
          " (" + std::to_string(told.current) + " of " + std::to_string(told.limit) + ")";
  }
  explain_next_try(told, peer, no, at);
  if (told.dial != dial_stage::none) {
    told.sentence.append("; its dial is ").append(name_of(told.dial));
    if (told.held_by != cause::none)
      told.sentence.append(" for a trial (").append(name_of(told.held_by)).append(")");
    if (told.dial_next != never)
      told.sentence +=
          ", goes on in " + milliseconds(std::max(duration::zero(), told.dial_next - at));
  }
  if (told.last) told.sentence += sentence_about(*told.last);
  return told;
}

connection_explanation connection_manager::state::explain(connection_id id, time_point at) const {
  connection_explanation told;
  told.conn = id;
  if (const auto* last = decisions.last([&](const auto& what) { return what.conn == id; })) {
    told.last = *last;
    told.stage = connection_stage::ended;
    told.way = last->what.way;
    told.peer = last->what.peer;
    told.where = last->what.where;
    told.why = last->what.why;
  }
  if (const connection_slot conn_at = find(id); conn_at != no_slot) {
    const connection& conn = connections[conn_at];
    const notification now_so = about(notice::connection_established, conn_at);
    told.stage = stage_of(conn.at);
    told.way = conn.way;
    told.peer = now_so.peer;
    told.where = conn.remote;
    told.why = conn.end;
    told.streams = conn.streams;
    told.probes_missed = conn.probes;
    told.srtt = conn.rtt.smoothed();
    if (conn.at == phase::ready) {
      told.idle_timeout = idle_timeout(conn, options);
      told.idle_at = idle_deadline(conn, options);
    }
    told.next_check = timers.armed(conn_at);
    told.sentence = std::string(name_of(told.stage));
    if (conn.at == phase::waiting && peers[conn.peer].returning == conn_at)
      told.sentence += " until its peer's other connections answer or are dead";
    else if (conn.at == phase::waiting)
      told.sentence += " until one that is evicted for it is gone";
  } else {
    told.sentence = std::string(name_of(told.stage));
  }
  if (told.why != cause::none)
    told.sentence.append(": ").append(sentence_of(told.why));
  else if (told.stage == connection_stage::ready && told.streams > 0)
    told.sentence += ", " + tandem::counted(told.streams, "stream") + " open";
  else if (told.stage == connection_stage::ready && told.idle_at != never)
    told.sentence += ", idle in " + milliseconds(std::max(duration::zero(), told.idle_at - at));
  if (told.probes_missed > 0)
    told.sentence += ", " + tandem::counted(told.probes_missed, "probe") + " missed";
  if (told.last) told.sentence += sentence_about(*told.last);
  return told;
}

}  // namespace tandem
