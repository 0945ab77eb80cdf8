// SPDX-License-Identifier: MIT
#include "core/replay/replay_report.hpp"

#include <algorithm>
#include <functional>

namespace tandem::detail {

std::optional<shown_decision> decision_of(const action& what, time_point at) {
  using result = std::optional<shown_decision>;
  struct visitor {
    time_point at;
    result operator()(const actions::start_attempt& a) const {
      return shown_decision{a.attempt, {at, "start_attempt"}};
    }
    result operator()(const actions::cancel_attempt& a) const {
      return shown_decision{a.attempt, {at, "cancel_attempt"}};
    }
    result operator()(const actions::admit& a) const {
      const bool last = a.stage == stage::established;
      return shown_decision{a.conn, {at, last ? "admit established" : "admit handshake"}};
    }
    result operator()(const actions::refuse& a) const {
      const bool told = a.how == refuse_how::tell;
      return shown_decision{a.conn, {at, told ? "refuse" : "reset", a.refusal}};
    }
    result operator()(const actions::close& a) const {
      return shown_decision{a.conn, {at, "close", a.reason}};
    }
    result operator()(const actions::abort& a) const {
      return shown_decision{a.conn, {at, "abort", a.reason}};
    }
    result operator()(const actions::listen_pause&) const {
      return shown_decision{{}, {at, "listen_pause"}};
    }
    result operator()(const actions::listen_resume&) const {
      return shown_decision{{}, {at, "listen_resume"}};
    }
    result operator()(const actions::shutdown_complete&) const {
      return shown_decision{{}, {at, "shutdown_complete"}};
    }
    result operator()(const actions::resolve&) const { return {}; }
    result operator()(const actions::probe&) const { return {}; }
    result operator()(const actions::ask_progress&) const { return {}; }
    result operator()(const actions::notify&) const { return {}; }
  };
  return std::visit(visitor{at}, what);
}

void replay_report::add(const subject& about, bool open, const replay_decision& what) {
  if (about->differed) {
    // Only the side that had decided nothing is still of interest.
    bool& waits = open ? about->waits_for_open : about->waits_for_recorded;
    if (!std::exchange(waits, false)) return;
    divergence& row = rows_[about->row];
    (open ? row.open : row.recorded) = what;
    (open ? row.open_conn : row.recorded_conn) =
        open ? about->who.open_conn : about->who.recorded_conn;
    return;
  }
  (open ? about->open : about->recorded).push_back(what);
  if (!std::exchange(about->touched, true)) touched_.push_back(about);
}

void replay_report::compare() {
  for (const subject& about : touched_) compare(*about);
  touched_.clear();
}

void replay_report::compare(replay_subject& about) {
  about.touched = false;
  const auto& recorded = about.recorded;
  const auto& open = about.open;
  const auto [r, o] = std::mismatch(recorded.begin(), recorded.end(), open.begin(), open.end());
  if (r != recorded.end() || o != open.end()) {
    about.differed = true;
    ++count_;
    divergence row = about.who;
    if (r != recorded.end()) row.recorded = *r;
    if (o != open.end()) row.open = *o;
    if (rows_.size() < rows_max_) {
      about.waits_for_recorded = r == recorded.end();
      about.waits_for_open = o == open.end();
      about.row = rows_.size();
      rows_.push_back(row);
    } else {
      count(beyond_, row);
    }
  }
  about.recorded.clear();
  about.open.clear();
}

std::vector<divergence> replay_report::take_rows() { return std::move(rows_); }

void replay_report::count(kinds& into, const divergence& row) {
  ++into[{describe(row.recorded), describe(row.open)}];
}

std::vector<divergence_total> replay_report::totals() const {
  kinds all = beyond_;
  for (const divergence& row : rows_) count(all, row);
  std::vector<divergence_total> totals;
  for (const auto& [kind, n] : all) totals.push_back({kind.first, kind.second, n});
  std::ranges::stable_sort(totals, std::greater(), &divergence_total::count);
  return totals;
}

}  // namespace tandem::detail
