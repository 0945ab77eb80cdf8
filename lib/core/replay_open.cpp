// SPDX-License-Identifier: MIT
#include "tandem/core/replay.hpp"

#include "checkpoint.hpp"
#include "recorded_run.hpp"
#include "replay_links.hpp"
#include "replay_report.hpp"

#include <stdexcept>
#include <unordered_map>
#include <utility>

namespace tandem {
namespace detail {
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

/// The manager with changed options, beside the recorded run.
class open_run {
 public:
  open_run(recorded_run& record, const option_change& change, const replay_options& options)
      : record_(record),
        change_(change),
        options_(options),
        report_(options.divergences_max),
        manager_(record.continues() ? record.header().options : changed(record.header().options),
                 record.header().self, record.header().seed) {
    node_->who.about = divergence_of::node;
    if (record.continues()) go_on(changed(record.header().options));
  }

  void run() {
    for (time_point due = record_.manager().next_deadline(); record_.next();
         due = record_.manager().next_deadline()) {
      own_deadlines(due);
      now_ = std::max(now_, record_.current().at);
      begin();
      for (const action& each : record_.current().actions) recorded(each);
      input();
      report_.compare();
      for (const auto& link : probed_) link->probed = false;
      probed_.clear();
    }
  }

  open_replay_result finish() {
    open_replay_result result = std::move(result_);
    result.record = record_.finish();
    result.divergences_count = report_.count();
    result.totals = report_.totals();
    result.divergences = report_.take_rows();
    result.counters = manager_.counters();
    if (!options_.watch.empty())
      result.explained = manager_.explain(options_.watch, result.record.end);
    return result;
  }

 private:
  using link_pointer = replay_links::pointer;
  struct request : replay_subject {
    bool recorded_over = false;
    bool open_over = false;
  };

  manager_options changed(manager_options options) const {
    change_(options);
    if (const auto problems = problems_of(options); !problems.empty())
      throw std::invalid_argument(problems.front().message);
    return options;
  }

  /// Begins with the state of the recorded run, and then changes the options.
  void go_on(const manager_options& options) {
    checkpoint::copy(record_.manager(), manager_);
    now_ = checkpoint::time_of(manager_);
    checkpoint::visitor each;
    each.on_connection = [this](const checkpoint::open_connection& c) { links_.both(c); };
    each.on_request = [this](request_id id, const peer_id& peer) {
      if (!is_core_issued(id)) begin(id, peer);  // the runs number those apart
    };
    checkpoint::visit(manager_, each);
    tell(events::configured{options});
    report_.compare();
  }

  void begin(request_id id, const peer_id& peer) {
    const auto [at, added] = requests_.try_emplace(id);
    if (!added) return;
    at->second = std::make_shared<request>();
    at->second->who.about = divergence_of::request;
    at->second->who.request = id;
    at->second->who.peer = peer;
  }

  /// Deadlines that only this run has, up to the input at hand. One that the recorded run had too,
  /// until `recorded_due`, waits for the recorded driver, who was as late as it was.
  void own_deadlines(time_point recorded_due) {
    for (time_point due = manager_.next_deadline();
         due < record_.current().at && due < recorded_due; due = manager_.next_deadline()) {
      now_ = std::max(now_, due);
      manager_.advance(now_);
      settle();
      report_.compare();
    }
  }

  // Whom the input at hand is about.
  void begin() {
    abandons_ = true;
    if (!record_.current().what) return;
    const event& what = *record_.current().what;
    if (const auto* e = std::get_if<events::arrived>(&what)) {
      if (!links_.by_recorded(e->conn)) links_.arrived(e->conn, e->remote);
    } else if (const auto* e = std::get_if<events::authenticated>(&what)) {
      if (const auto link = links_.by_recorded(e->conn)) link->who.peer = e->peer;
    } else if (const auto* e = std::get_if<events::dial_wanted>(&what)) {
      begin(e->request, e->peer);
    } else if (const auto* e = std::get_if<events::dial_abandoned>(&what)) {
      // Asked here: the recorded run's end of the request, in this step, may forget it.
      const auto found = requests_.find(e->request);
      abandons_ = found == requests_.end() || !found->second->open_over;
    }
  }

  // What the recorded run decided in the step at hand; before the open run hears of the input.
  void recorded(const action& what) {
    if (const auto* a = std::get_if<actions::resolve>(&what)) return resolves_.recorded(*a);
    if (const auto* a = std::get_if<actions::notify>(&what)) return outcome(a->what, false);
    if (const auto* a = std::get_if<actions::probe>(&what)) return recorded_probe(*a);
    link_pointer link;
    if (const auto* a = std::get_if<actions::start_attempt>(&what))
      link = links_.recorded_attempt(*a);
    const auto shown = decision_of(what, record_.current().at);
    if (!shown) return;
    if (shown->conn == connection_id::none) return report_.add(node_, false, shown->what);
    if (!link) link = links_.by_recorded(shown->conn);
    if (!link) return;
    note(link->recorded_side, what);
    if (const auto* a = std::get_if<actions::abort>(&what))
      link->dead = a->reason == cause::liveness_lost;
    report_.add(link, false, shown->what);
  }

  void recorded_probe(const actions::probe& what) {
    const auto link = links_.by_recorded(what.conn);
    if (!link) return;
    link->probed = true;
    link->recorded_side.nonce = what.nonce;
    probed_.push_back(link);
  }

  static void note(replay_link::side& side, const action& what) {
    if (const auto* a = std::get_if<actions::admit>(&what))
      side.established = side.established || a->stage == stage::established;
    else if (!std::holds_alternative<actions::start_attempt>(what))
      side.ending = true;
  }

  void outcome(const notification& n, bool open) {
    const bool over = n.kind == notice::dial_failed || n.kind == notice::dial_succeeded;
    if (!over) return;
    if (open)
      resolves_.open_over(n.request, n.peer);
    else
      resolves_.over(n.request);
    const auto found = requests_.find(n.request);
    if (found == requests_.end()) return;  // the core's own: the runs number them apart
    const auto about = found->second;
    report_.add(about, open, {now_, name_of(n.kind), n.why});
    (open ? about->open_over : about->recorded_over) = true;
    if (about->open_over && about->recorded_over) requests_.erase(found);
  }

  // The input at hand, as the open run is to hear it.
  void input() {
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

  void skip(const event& what) {
    ++result_.skipped[what.index()];
    ++result_.skipped_count;
  }

  void tell(const event& what) {
    manager_.handle(now_, what);
    settle();
  }

  /// False when its cause does not exist in the open run.
  bool translate(event& what) {
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

  bool translate(event& what, const link_pointer& link) {
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
    } else if (auto* answered = std::get_if<events::probe_answered>(&what)) {
      if (answered->nonce == link->recorded_side.nonce) answered->nonce = link->open_side.nonce;
    } else if (ends(what, link->recorded_side)) {
      return translate_end(link);
    }
    return there;
  }

  static bool ends(const event& what, const replay_link::side& side) {
    return std::holds_alternative<events::closed>(what)
               ? side.connected
               : std::holds_alternative<events::attempt_failed>(what) && !side.connected;
  }

  /// The last event of the recorded connection: that of the open one too, unless only the recorded
  /// run had asked for it.
  bool translate_end(const link_pointer& link) {
    link->recorded_side.ended = true;
    const bool asked_for = link->recorded_side.ending && !link->open_side.ending;
    const bool there = link->open_side.alive() && !asked_for;
    if (there) link->open_side.ended = true;
    links_.settle(link);
    return there;
  }

  // What the open run does.
  void settle() {
    drain();
    for (std::size_t i = 0; i < owed_.size(); ++i) {
      ++result_.assumed;
      const event what = owed_[i];
      manager_.handle(now_, what);
      drain();
    }
    owed_.clear();
  }

  void drain() {
    while (const auto what = manager_.poll_action()) {
      watch(options_, now_, true, *what);
      opened(*what);
    }
  }

  void opened(const action& what) {
    if (const auto* a = std::get_if<actions::resolve>(&what)) return resolves_.open(*a);
    if (const auto* a = std::get_if<actions::notify>(&what)) return outcome(a->what, true);
    if (const auto* a = std::get_if<actions::probe>(&what)) return opened_probe(*a);
    link_pointer link;
    if (const auto* a = std::get_if<actions::start_attempt>(&what)) link = links_.open_attempt(*a);
    const auto shown = decision_of(what, now_);
    if (!shown) return;
    if (shown->conn == connection_id::none) return report_.add(node_, true, shown->what);
    if (!link) link = links_.by_open(shown->conn);
    if (!link) return;
    note(link->open_side, what);
    report_.add(link, true, shown->what);
    if (const auto* a = std::get_if<actions::admit>(&what))
      admitted(link, a->stage);
    else if (!std::holds_alternative<actions::start_attempt>(what))
      ended(link, shown->what.why);
  }

  void opened_probe(const actions::probe& what) {
    const auto link = links_.by_open(what.conn);
    if (!link) return;
    link->open_side.nonce = what.nonce;
    if (!link->probed && !link->dead)
      owed_.push_back(events::probe_answered{what.conn, what.nonce});
  }

  /// What the record says no more about happens as it should.
  void admitted(const link_pointer& link, stage to) {
    const connection_id id = link->open_side.id;
    if (to == stage::established) {
      if (!link->ready && (link->ready_came || link->record_over())) {
        link->ready = true;
        owed_.push_back(events::ready{id});
      }
    } else if (link->record_over()) {
      if (!link->who.peer.empty())
        return owed_.push_back(events::authenticated{id, link->who.peer});
      link->open_side.ended = true;
      owed_.push_back(events::closed{id, cause::reset});
      links_.settle(link);
    }
  }

  /// The open run ends it: the recorded end comes, or it ends now.
  void ended(const link_pointer& link, cause why) {
    if (link->recorded_side.alive() && link->recorded_side.ending) return;
    if (!link->open_side.alive()) return;
    link->open_side.ended = true;
    if (link->open_side.connected)
      owed_.push_back(events::closed{link->open_side.id, why});
    else
      owed_.push_back(
          events::attempt_failed{link->open_side.id, cause::abandoned, true, duration{}});
    links_.settle(link);
  }

  recorded_run& record_;
  const option_change& change_;
  const replay_options& options_;
  replay_report report_;
  connection_manager manager_;
  time_point now_ = time_point::min();
  replay_links links_;
  replay_resolves resolves_;
  std::unordered_map<request_id, std::shared_ptr<request>> requests_;
  const std::shared_ptr<replay_subject> node_ = std::make_shared<replay_subject>();
  std::vector<link_pointer> probed_;  ///< by the recorded run in this step
  std::vector<event> owed_;           ///< made up, for the open run
  bool abandons_ = true;              ///< the open run still has the request that is abandoned
  open_replay_result result_;
};

}  // namespace
}  // namespace detail

open_replay_result replay_open(trace_source& trace, const option_change& change,
                               const replay_options& options) {
  detail::recorded_run record(trace, options);
  if (record.failed()) {
    open_replay_result result;
    result.record = record.finish();
    return result;
  }
  detail::open_run run(record, change, options);
  run.run();
  return run.finish();
}

}  // namespace tandem
