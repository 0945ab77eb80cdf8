// SPDX-License-Identifier: MIT
#include "judge.hpp"

#include <algorithm>
#include <utility>

namespace tandem::scenarios {

judge::judge(const scenario& what, std::span<const expectation> also, const tracker& ledger,
             const fault_book& faults, time_point start)
    : scenario_(what),
      also_(also),
      tracker_(ledger),
      faults_(faults),
      start_(start),
      targets_(measures().size()) {
  node_index next = 0;
  for (const auto& group : what.groups) {
    first_of_.push_back(next);
    next += group.count;
  }
  for (const auto& e : what.expectations) add(e);
  for (const auto& e : also) add(e);
}

void judge::add(const expectation& line) {
  lines_.push_back(std::make_unique<line_judge>(line, scenario_, faults_, start_));
  lines_.back()->each_watch(
      [&](const number_use& use, line_judge::place at) { route(lines_.size() - 1, use, at); });
}

void judge::watch(const expectation& condition, std::function<void()> tell) {
  add(condition);
  const auto line = lines_.size() - 1;
  tell_.emplace(line, std::move(tell));
  begin(line);
  lines_[line]->moments_came();
  lines_[line]->begun();
  look_whether_it_holds(line);
}

void judge::look_whether_it_holds(std::size_t line) {
  if (tell_.empty()) return;
  const auto it = tell_.find(line);
  if (it == tell_.end() || !lines_[line]->has_held()) return;
  const auto tell = std::move(it->second);
  tell_.erase(it);
  tell();
}

void judge::route(std::size_t line, const number_use& use, line_judge::place at) {
  targets_[use.measure].push_back({line, at, first_of_[use.group] + use.first, use.count});
}

void judge::begin() {
  for (std::size_t line = 0; line < lines_.size(); ++line) begin(line);
  on_fault(start_);
  for (auto& line : lines_) line->begun();
}

void judge::begin(std::size_t line) {
  const auto value_of = [&](node_index node, std::size_t measure) -> std::uint64_t {
    if (measure < counter_table().size())
      return tracker_.counters(node).*counter_table()[measure].field;
    return measure == measure_of(tally::alive) ? 1 : 0;
  };
  for (std::size_t m = 0; m < targets_.size(); ++m)
    for (const auto& to : targets_[m]) {
      if (to.line != line) continue;
      std::vector<double> values(to.count);
      if (!measures()[m].is_distribution())
        for (node_index i = 0; i < to.count; ++i)
          values[i] = static_cast<double>(value_of(to.first + i, m));
      lines_[line]->begin(to.at, values);
    }
}

void judge::on_change(std::size_t measure, std::uint64_t up, std::uint64_t down,
                      const happening& why) {
  for (const auto& to : targets_[measure])
    if (why.node - to.first < to.count) {
      lines_[to.line]->change(to.at, why.node - to.first,
                              static_cast<double>(up) - static_cast<double>(down), why);
      look_whether_it_holds(to.line);
    }
}

void judge::on_value(std::size_t measure, double value, const happening& why) {
  for (const auto& to : targets_[measure])
    if (why.node - to.first < to.count) {
      lines_[to.line]->value(to.at, why.node - to.first, value, why);
      look_whether_it_holds(to.line);
    }
}

void judge::on_fault(time_point) {
  for (auto& line : lines_) line->moments_came();
}

time_point judge::next_look() const {
  time_point next = never;
  for (std::size_t m = 0; m < targets_.size(); ++m)
    if (measures()[m].lags)
      for (const auto& to : targets_[m])
        for (const auto at : lines_[to.line]->bounds(to.at))
          if (at > looked_ && at < next) next = at;
  return next;
}

void judge::look(time_point now) {
  looked_ = now;
  for (std::size_t m = 0; m < targets_.size(); ++m) {
    if (!measures()[m].lags) continue;
    for (const auto& to : targets_[m])
      for (node_index i = 0; i < to.count; ++i)
        lines_[to.line]->late(to.at, i, now, [&, node = to.first + i] {
          return static_cast<double>(tracker_.late(node, m));
        });
  }
}

std::vector<check_result> judge::verdicts(time_point end) {
  std::vector<check_result> checks;
  for (std::size_t i = 0; i < scenario_.expectations.size(); ++i)
    checks.push_back(lines_[i]->verdict(end));
  for (const auto& [invariant, how] : tracker_.violations())
    checks.push_back({"invariant: " + invariant, verdict::failed, how});
  return checks;
}

std::vector<check_result> judge::also(time_point end) {
  std::vector<check_result> checks;
  for (std::size_t i = 0; i < also_.size(); ++i)
    checks.push_back(lines_[scenario_.expectations.size() + i]->verdict(end));
  return checks;
}

}  // namespace tandem::scenarios
