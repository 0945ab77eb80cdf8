// SPDX-License-Identifier: MIT
// What the open run hears: recorded events in its own terms, and events that the record does not
// have but its decisions call for.
#include "core/replay/open_run.hpp"

#include <utility>

namespace tandem::detail {
namespace {

/// In the place of an id that the open run does not know: events for it are ignored and counted.
constexpr connection_id nobody{~std::uint64_t{1}};

connection_id* conn_of(event& what) {
  return std::visit(
      [](auto& e) -> connection_id* {
        if constexpr (requires { e.attempt; })
          return &e.attempt;
        else if constexpr (requires { e.conn; })
          return &e.conn;
        else
          return nullptr;
      },
      what);
}

bool ends(const event& what, const replay_link::side& side) {
  return std::holds_alternative<events::closed>(what)
             ? side.connected
             : std::holds_alternative<events::attempt_failed>(what) && !side.connected;
}

}  // namespace

// The input at hand, as the open run is to hear it.
void open_run::input() {
  if (!record_.current().what) {
    manager_.advance(now_);
    return settle();
  }
  event what = *record_.current().what;
  if (translate(what))
    tell(what);
  else
    skip(what);
}

void open_run::skip(const event& what) {
  ++result_.skipped[what.index()];
  ++result_.skipped_count;
}

void open_run::tell(const event& what) {
  manager_.handle(now_, what);
  settle();
}

/// False when its cause does not exist in the open run.
bool open_run::translate(event& what) {
  if (auto* e = std::get_if<events::configured>(&what)) {
    const bool usable = problems_of(e->options).empty();
    change_(e->options);
    result_.unusable_options += usable && !problems_of(e->options).empty();
    return true;
  }
  if (std::holds_alternative<events::dial_abandoned>(what)) return abandons_;
  if (auto* e = std::get_if<events::addresses_found>(&what)) {
    const auto [answer, request] = resolves_.answered(e->request, e->final);
    e->request = request;
    return answer != replay_resolves::answer::skip;
  }
  connection_id* id = conn_of(what);
  if (id == nullptr || *id == connection_id::none) return true;
  const auto link = links_.by_recorded(*id);
  if (!link || !link->recorded_side.alive()) {
    *id = nobody;
    return true;
  }
  *id = link->open_side.id;
  return translate(what, link);
}

bool open_run::translate(event& what, const link_pointer& link) {
  const bool there = link->open_side.alive();
  if (std::holds_alternative<events::attempt_connected>(what)) {
    link->recorded_side.connected = true;
    links_.unpair(link);
    if (there) link->open_side.connected = true;
  } else if (std::holds_alternative<events::ready>(what) && there) {
    if (link->recorded_side.established && !link->open_side.established) {
      link->ready_came = true;  // it will be told when it is admitted
      return false;
    }
    link->ready = true;
  } else if (ends(what, link->recorded_side)) {
    return translate_end(link);
  }
  return there;
}

/// The last event of the recorded connection: that of the open one too, unless only the recorded
/// run had asked for it.
bool open_run::translate_end(const link_pointer& link) {
  link->recorded_side.ended = true;
  const bool asked_for = link->recorded_side.ending && !link->open_side.ending;
  const bool there = link->open_side.alive() && !asked_for;
  if (there) link->open_side.ended = true;
  links_.settle(link);
  return there;
}

void open_run::settle() {
  drain();
  for (std::size_t i = 0; i < owed_.size(); ++i) {
    ++result_.assumed;
    const event what = owed_[i];
    manager_.handle(now_, what);
    drain();
  }
  owed_.clear();
}

void open_run::opened_probe(const actions::probe& what) {
  const auto link = links_.by_open(what.conn);
  if (link && !link->probed && !link->dead)
    owed_.push_back(events::probe_answered{what.conn, what.nonce});
}

/// What the record says no more about happens as it should.
void open_run::admitted(const link_pointer& link, stage to) {
  const connection_id id = link->open_side.id;
  if (to == stage::established) {
    if (!link->ready && (link->ready_came || link->record_over())) {
      link->ready = true;
      owed_.push_back(events::ready{id});
    }
  } else if (link->record_over()) {
    if (!link->who.peer.empty()) return owed_.push_back(events::authenticated{id, link->who.peer});
    link->open_side.ended = true;
    owed_.push_back(events::closed{id, cause::reset});
    links_.settle(link);
  }
}

/// The open run ends it: the recorded end comes, or it ends now.
void open_run::ended(const link_pointer& link, cause why) {
  if (link->recorded_side.alive() && link->recorded_side.ending) return;
  if (!link->open_side.alive()) return;
  link->open_side.ended = true;
  if (link->open_side.connected)
    owed_.push_back(events::closed{link->open_side.id, why});
  else
    owed_.push_back(events::attempt_failed{link->open_side.id, cause::abandoned, true, duration{}});
  links_.settle(link);
}

}  // namespace tandem::detail
