// SPDX-License-Identifier: MIT
#include "core/life/checkpoint.hpp"
#include "core/replay/open_run.hpp"

#include <stdexcept>
#include <utility>

namespace tandem {
namespace detail {
namespace {

void note(replay_link::side& side, const action& what) {
  if (const auto* a = std::get_if<actions::admit>(&what))
    side.established = side.established || a->stage == stage::established;
  else if (!std::holds_alternative<actions::start_attempt>(what))
    side.ending = true;
}

}  // namespace

open_run::open_run(recorded_run& record, const option_change& change, const replay_options& options)
    : record_(record),
      change_(change),
      options_(options),
      report_(options.divergences_max),
      manager_(record.continues() ? record.header().options : changed(record.header().options),
               record.header().self, record.header().seed) {
  node_->who.about = divergence_of::node;
  if (record.continues()) go_on(changed(record.header().options));
}

void open_run::run() {
  for (time_point due = record_.manager().next_deadline(); record_.next();
       due = record_.manager().next_deadline()) {
    if (!own_deadlines(due)) break;
    now_ = std::max(now_, record_.current().at);
    begin();
    for (const action& each : record_.current().actions) recorded(each);
    input();
    for (const request_id id : over_) resolves_.over(id);
    over_.clear();
    report_.compare();
    for (const auto& link : probed_) link->probed = false;
    probed_.clear();
  }
}

open_replay_result open_run::finish() {
  open_replay_result result = std::move(result_);
  result.record = record_.finish();
  if (!stopped_.empty()) {
    result.record.error = stopped_;
    result.record.identical = false;
  }
  result.divergences_count = report_.count();
  result.totals = report_.totals();
  result.divergences = report_.take_rows();
  result.counters = manager_.counters();
  if (!options_.watch.empty())
    result.explained = manager_.explain(options_.watch, result.record.end);
  return result;
}

manager_options open_run::changed(manager_options options) const {
  change_(options);
  if (const auto problems = problems_of(options); !problems.empty())
    throw std::invalid_argument(problems.front().message);
  return options;
}

/// Begins with the state of the recorded run, and then changes the options.
void open_run::go_on(const manager_options& options) {
  checkpoint::copy(record_.manager(), manager_);
  now_ = checkpoint::time_of(manager_);
  checkpoint::visitor each;
  each.on_connection = [this](const checkpoint::open_connection& c) { links_.both(c); };
  each.on_request = [this](request_id id, const peer_id& peer) {
    if (!is_core_issued(id)) begin(id, peer);  // the runs number those apart
  };
  checkpoint::visit(manager_, each);
  // Telling the same ones again would look at deadlines before the recorded driver did.
  if (options != record_.manager().options()) tell(events::configured{options});
  report_.compare();
}

void open_run::begin(request_id id, const peer_id& peer) {
  const auto [at, added] = requests_.try_emplace(id);
  if (!added) return;
  at->second = std::make_shared<request>();
  at->second->who.about = divergence_of::request;
  at->second->who.request = id;
  at->second->who.peer = peer;
}

/// Deadlines that only this run has, up to the input at hand. One that the recorded run had too,
/// until `recorded_due`, waits for the recorded driver, who was as late as it was. False when there
/// is no end of them: the time of the input is damaged, or an option makes no sense.
bool open_run::own_deadlines(time_point recorded_due) {
  const time_point from = now_;
  std::uint64_t woken = 0;
  for (time_point due = manager_.next_deadline(); due < record_.current().at && due < recorded_due;
       due = manager_.next_deadline()) {
    if (++woken > options_.own_deadlines_max) {
      const auto seconds = [](time_point at) {
        return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(
                                  std::max(at, time_point{}).time_since_epoch())
                                  .count());
      };
      stopped_ =
          "from " + seconds(from) + " s to " + seconds(record_.current().at) +
          " s nothing is recorded, but with these options the manager would wake more than " +
          std::to_string(options_.own_deadlines_max) + " times";
      return false;
    }
    now_ = std::max(now_, due);
    manager_.advance(now_);
    settle();
    // At the time of the input itself, when the driver was late: compared with what that brings.
    if (now_ < record_.current().at) report_.compare();
  }
  return true;
}

// Whom the input at hand is about.
void open_run::begin() {
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
void open_run::recorded(const action& what) {
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

void open_run::recorded_probe(const actions::probe& what) {
  const auto link = links_.by_recorded(what.conn);
  if (!link) return;
  link->probed = true;
  probed_.push_back(link);
}

void open_run::outcome(const notification& n, bool open) {
  const bool over = n.kind == notice::dial_failed || n.kind == notice::dial_succeeded;
  if (!over) return;
  if (open)
    resolves_.open_over(n.request, n.peer);
  else
    over_.push_back(n.request);
  const auto found = requests_.find(n.request);
  if (found == requests_.end()) return;  // the core's own: the runs number them apart
  const auto about = found->second;
  report_.add(about, open, {now_, name_of(n.kind), n.why});
  (open ? about->open_over : about->recorded_over) = true;
  if (about->open_over && about->recorded_over) requests_.erase(found);
}

void open_run::drain() {
  while (const auto what = manager_.poll_action()) {
    watch(options_, now_, true, *what);
    opened(*what);
  }
}

void open_run::opened(const action& what) {
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
