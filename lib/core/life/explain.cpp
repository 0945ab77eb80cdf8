// SPDX-License-Identifier: MIT
#include "core/life/liveness.hpp"
#include "core/life/state.hpp"

#include <algorithm>
#include <array>

namespace tandem {
using namespace detail;

namespace {

std::string milliseconds(duration d) {
  return std::to_string(d / std::chrono::milliseconds(1)) + " ms";
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
  constexpr std::array<std::string_view, 8> names{"none",       "resolving", "queued",   "behind",
                                                  "attempting", "upgrading", "yielding", "pausing"};
  return names[static_cast<std::size_t>(stage)];
}

std::string_view name_of(circuit_state circuit) noexcept {
  constexpr std::array<std::string_view, 3> names{"closed", "open", "half-open"};
  return names[static_cast<std::size_t>(circuit)];
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
  const bool may_start =
      joins == no_slot && counters.pending_outbound < options.max_pending_outbound;
  if (!line.is_full(may_start) || line.gives_way_to(0) != no_slot) return no;
  refusal full = line.full();
  full.until = no.until;
  return full;
}

explanation connection_manager::state::explain(const peer_id& peer_asked, time_point at) const {
  explanation x;
  x.peer = peer_asked;
  const peer_slot peer = peers.find(peer_asked);
  connection_slot newest_ready;
  if (peer != no_slot) {
    const peer_entry& p = peers[peer];
    x.connections = p.active;
    for (connection_slot s = p.first_connection; s != no_slot; s = connections[s].next_of_peer) {
      if (connections[s].among == counted::pending) ++x.pending;
      if (connections[s].at == phase::ready) newest_ready = s;
    }
    for (dial_slot d = p.first_dial; d != no_slot; d = dials[d].next_of_peer) {
      if (dials[d].leader == no_slot || connections[dials[d].leader].peer == no_slot) ++x.pending;
      // The oldest is the last. One in line beside its attempts is told by those.
      const bool beside = dials[d].attempts > 0 && dials[d].stage < dial_stage::upgrading;
      x.dial = beside ? dial_stage::attempting : dials[d].stage;
      x.dial_next = timers.armed(d);
    }
  }
  if (const failure_record* record = peers.record_of(peer);
      record != nullptr && !record->blank(at, options)) {
    x.failures = record->failures(at, options);
    x.circuit = record->circuit(at);
    x.next_dial = std::max(time_point{}, record->next_dial(at));
  }
  if (const peer_marks* marks = peers.marks_of(peer)) {
    x.is_protected = marks->is_protected(at);
    x.kept_alive = marks->is_kept_alive(at);
    x.tag = marks->tag(at);
  }
  const refusal no = would_refuse(x.peer, peer, at);
  x.dial_refusal = no.why;
  x.current = no.current;
  x.limit = no.limit;
  if (no.until != never) x.next_dial = std::max(x.next_dial, no.until);
  x.redial_at = peer == no_slot ? never : timers.armed(peer);
  if (const auto* last = decisions.last([&](const auto& n) { return n.peer == peer_asked; }))
    x.last = *last;
  // What is ready now came after whatever went wrong before.
  if (newest_ready != no_slot && (!x.last || x.last->at <= connections[newest_ready].ready_at))
    x.last = decision{connections[newest_ready].ready_at,
                      about(notice::connection_established, newest_ready)};

  x.sentence =
      std::to_string(x.connections) + " established, " + std::to_string(x.pending) + " pending";
  if (x.is_protected) x.sentence += ", protected";
  if (x.failures > 0) x.sentence += ", " + std::to_string(x.failures) + " failures in a row";
  if (x.circuit != circuit_state::closed)
    x.sentence.append(", circuit ").append(name_of(x.circuit));
  if (x.dial_refusal != cause::none) {
    x.sentence.append("; a dial now is refused with ").append(name_of(x.dial_refusal));
    if (x.limit > 0)
      x.sentence += " (" + std::to_string(x.current) + " of " + std::to_string(x.limit) + ")";
    if (x.next_dial > at) x.sentence += " for " + milliseconds(x.next_dial - at);
  }
  if (x.dial != dial_stage::none) {
    x.sentence.append("; its dial is ").append(name_of(x.dial));
    if (x.dial_next != never)
      x.sentence += ", goes on in " + milliseconds(std::max(duration::zero(), x.dial_next - at));
  }
  if (x.redial_at != never)
    x.sentence += "; redialled in " + milliseconds(std::max(duration::zero(), x.redial_at - at));
  if (x.last) x.sentence += sentence_about(*x.last);
  return x;
}

connection_explanation connection_manager::state::explain(connection_id id, time_point at) const {
  connection_explanation x;
  x.conn = id;
  if (const auto* last = decisions.last([&](const auto& n) { return n.conn == id; })) {
    x.last = *last;
    x.stage = connection_stage::ended;
    x.way = last->what.way;
    x.peer = last->what.peer;
    x.where = last->what.where;
    x.why = last->what.why;
  }
  if (const connection_slot s = find(id); s != no_slot) {
    const connection& c = connections[s];
    const notification now_so = about(notice::connection_established, s);
    x.stage = stage_of(c.at);
    x.way = c.way;
    x.peer = now_so.peer;
    x.where = c.remote;
    x.why = c.end;
    x.streams = c.streams;
    x.probes_missed = c.probes;
    x.srtt = c.rtt.smoothed();
    if (c.at == phase::ready) x.idle_at = idle_deadline(c, options);
    x.next_check = timers.armed(s);
  }
  x.sentence = std::string(name_of(x.stage));
  if (x.why != cause::none)
    x.sentence.append(": ").append(sentence_of(x.why));
  else if (x.stage == connection_stage::ready && x.streams > 0)
    x.sentence += ", " + std::to_string(x.streams) + " streams open";
  else if (x.stage == connection_stage::ready && x.idle_at != never)
    x.sentence += ", idle in " + milliseconds(std::max(duration::zero(), x.idle_at - at));
  if (x.probes_missed > 0) x.sentence += ", " + std::to_string(x.probes_missed) + " probes missed";
  if (x.last) x.sentence += sentence_about(*x.last);
  return x;
}

}  // namespace tandem
