// SPDX-License-Identifier: MIT
// A line while the run goes on; line_verdict.cpp judges it at the end.
#include "line_judge.hpp"

#include <algorithm>
#include <cmath>

namespace tandem::scenarios {
namespace {

using quantifier = expectation::quantifier;

number_use cause_use(const number_use& of, std::size_t measure) {
  number_use out = of;
  out.measure = measure;
  out.each = false;
  out.statistic = statistic::last;
  return out;
}

}  // namespace

line_judge::line_judge(const expectation& what, const scenario& in, const fault_book& faults,
                       time_point start)
    : what_(what), scenario_(in), faults_(faults), start_(start), values_(what.numbers.size()) {
  std::size_t lanes = 1;
  for (const auto& use : what.numbers) {
    const std::size_t count = use.each ? use.count : 1;
    lanes = std::max(lanes, count);
    if (use.statistic == statistic::every) every_ = numbers_.size();
    numbers_.push_back({use, std::vector<watch>(count, watch(use))});
    const auto& causes = measures()[use.measure].causes;
    needs_no_cause_ = needs_no_cause_ || causes.empty();
    for (const auto& name : causes) {
      const auto cause = cause_use(use, *measure_named(name));
      causes_.push_back({cause, {watch(cause)}});
    }
  }
  lanes_.resize(lanes);
  live_ = is_live();
}

// Statistics over the whole window are read at its end only.
bool line_judge::is_live() const {
  return std::ranges::none_of(numbers_, [](const watched& w) {
    const auto what = w.use.statistic;
    return what == statistic::mean || what == statistic::quantile || what == statistic::rate;
  });
}

bool line_judge::decides_at_once() const {
  return what_.how != quantifier::none || what_.what != expectation::kind::compare;
}

void line_judge::each_watch(const std::function<void(const number_use&, place)>& tell) const {
  for (std::size_t i = 0; i < numbers_.size(); ++i) tell(numbers_[i].use, {i, false});
  for (std::size_t i = 0; i < causes_.size(); ++i) tell(causes_[i].use, {i, true});
}

void line_judge::begin(place at, std::span<const double> values) {
  auto& watches = of(at).watches;
  if (of(at).use.each) {
    for (std::size_t i = 0; i < watches.size(); ++i) watches[i].begin(start_, values[i]);
    return;
  }
  double sum = 0;
  for (const double value : values) sum += value;
  watches.front().begin(start_, sum);
}

void line_judge::begun() {
  if (!decides_at_once() || gate_from_ == time_point::min()) {
    gate_open_ = true;
    if (!every_) look_at_all({.at = start_});
    for (auto& lane : lanes_) lane.began_holding = lane.holding;
  }
}

std::optional<time_point> line_judge::when(const moment& at) const {
  std::optional<time_point> base;
  switch (at.from) {
    case moment::base::start:
      base = start_;
      break;
    case moment::base::heal:
      base = faults_.healed();
      break;
    case moment::base::first_fault:
      for (std::size_t i = 0; i < faults_.size(); ++i)
        if (const auto began = faults_.first_began(i); began && (!base || *began < *base))
          base = began;
      break;
    case moment::base::fault_begin:
      base = faults_.first_began(at.fault);
      break;
    case moment::base::fault_end:
      if (!faults_.on(at.fault)) base = faults_.last_ended(at.fault);
      break;
  }
  if (base) base = later(*base, at.plus);
  return base;
}

void line_judge::moments_came() {
  const auto from_of = [&](const window& w) {
    return w.from ? when(*w.from).value_or(never) : time_point::min();
  };
  const auto until_of = [&](const window& w) {
    return w.until ? when(*w.until).value_or(never) : never;
  };
  for (auto* all : {&numbers_, &causes_})
    for (auto& each : *all)
      for (auto& watch : each.watches) {
        const auto from = from_of(each.use.when), until = until_of(each.use.when);
        if (from != watch.from() || until != watch.until()) watch.set_window(from, until);
      }
  if (!decides_at_once()) return;
  const auto& window = numbers_.front().use.when;
  auto from = from_of(window), until = until_of(window);
  if (what_.what != expectation::kind::compare) {
    from = when(what_.of).value_or(never);
    until = from == never ? never : later(from, what_.within);
  }
  if (from != gate_from_) {
    gate_open_ = false;
    lanes_.assign(lanes_.size(), {});
  }
  gate_from_ = from;
  gate_until_ = until;
}

// What holds when the window begins, once all of that moment has happened.
void line_judge::open_gate(time_point now) {
  if (gate_open_ || gate_from_ == never || now <= gate_from_) return;
  for (auto& each : numbers_)
    for (auto& watch : each.watches) watch.settle(now);
  gate_open_ = true;
  if (!every_) look_at_all({.at = gate_from_});
  for (auto& lane : lanes_) lane.began_holding = lane.holding;
}

void line_judge::change(place at, std::size_t node, double by, const happening& why) {
  if (!at.is_cause) open_gate(why.at);
  auto& watches = of(at).watches;
  watches[watches.size() == 1 ? 0 : node].change(why.at, by, why);
  after_change(at, node, why);
}

void line_judge::value(place at, std::size_t node, double value, const happening& why) {
  if (!at.is_cause) open_gate(why.at);
  auto& watches = of(at).watches;
  auto& watch = watches[watches.size() == 1 ? 0 : node];
  watch.value(why.at, value, why);
  if (watch.counts()) after_change(at, node, why);
}

void line_judge::after_change(place at, std::size_t node, const happening& why) {
  if (at.is_cause || !live_ || (every_ && *every_ != at.index)) return;
  if (decides_at_once() && (!gate_open_ || why.at > gate_until_)) return;
  if (numbers_[at.index].watches.size() > 1)
    look_at(node, why);
  else
    look_at_all(why);
}

bool line_judge::has_held() const {
  return std::ranges::any_of(lanes_, [](const lane& at) { return at.first.has_value(); });
}

void line_judge::look_at_all(const happening& why) {
  for (std::size_t i = 0; i < lanes_.size(); ++i) look_at(i, why);
}

line_judge::outcome line_judge::outcome_of(std::size_t lane) {
  for (std::size_t i = 0; i < numbers_.size(); ++i) {
    const auto& watches = numbers_[i].watches;
    values_[i] = watches[watches.size() == 1 ? 0 : lane].result();
  }
  outcome out;
  out.left = value_of(what_.left, values_);
  out.low = value_of(what_.low, values_);
  out.high = value_of(what_.high, values_);
  out.known = !std::isnan(out.left) && !std::isnan(out.low) && !std::isnan(out.high);
  out.held = out.known && holds(what_, out.left, out.low, out.high);
  return out;
}

void line_judge::look_at(std::size_t lane, const happening& why) {
  const auto now = outcome_of(lane);
  if (!now.known) return;
  auto& at = lanes_[lane];
  ++at.looked;
  const bool falls = what_.what == expectation::kind::falls_to;
  at.best = !at.best ? now.left
            : falls  ? std::min(*at.best, now.left)
                     : std::max(*at.best, now.left);
  if (now.held && !at.first) at.first = why;
  // Of what must hold always the first break decides, else the last time that it turned.
  const bool first_decides = what_.how == quantifier::always || every_;
  const bool turns = first_decides ? !now.held && !at.turned : at.holding && !now.held;
  if (turns) {
    at.turned = why;
    at.turned_value = now.left;
  }
  at.holding = now.held;
}

std::array<time_point, 2> line_judge::bounds(place at) const {
  const auto& first = of(at).watches.front();
  return {first.from(), first.until()};
}

void line_judge::late(place at, std::size_t node, time_point now,
                      const std::function<double()>& by) {
  auto& watches = of(at).watches;
  auto& watch = watches[watches.size() == 1 ? 0 : node];
  if (now == watch.from() || now == watch.until()) watch.late(now, by());
}

}  // namespace tandem::scenarios
