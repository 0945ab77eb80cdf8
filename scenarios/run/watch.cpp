// SPDX-License-Identifier: MIT
#include "watch.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tandem::scenarios {
namespace {

constexpr double no_value = std::numeric_limits<double>::quiet_NaN();

double seconds(duration d) { return std::chrono::duration<double>(d).count(); }

}  // namespace

watch::watch(const number_use& use) : use_(use), kind_(measures()[use.measure].kind) {}

void watch::begin(time_point start, double value) {
  raw_ = value;
  if (from_ == time_point::min()) open(start);
}

void watch::set_window(time_point from, time_point until) {
  if (from != from_) {
    open_ = false;
    running_ = {};
    recent_.clear();
    recent_sum_ = 0;
    base_ = kind_ == measure_kind::total ? raw_ : 0;
  }
  from_ = from;
  until_ = until;
  frozen_.reset();
}

void watch::open(time_point at) {
  open_ = true;
  running_.began = running_.since = at;
  if (kind_ == measure_kind::distribution) return;
  running_.value = running_.low = running_.high = raw_ - base_;
  running_.low_why = running_.high_why = running_.last_why = {.at = at};
}

// A gauge is what it is once all of the first moment has happened; what a total or a distribution
// gets in that moment belongs to it.
void watch::settle(time_point now) {
  const bool begins = kind_ == measure_kind::gauge ? now > from_ : now >= from_;
  if (!open_ && begins && from_ != never) open(from_);
  if (!open_ || frozen_ || now <= until_) return;
  frozen_ = running_;
  if (kind_ != measure_kind::distribution) pass(*frozen_, until_);
}

void watch::pass(account& of, time_point now) const {
  const double length = seconds(now - of.since);
  of.sum += of.value * length;
  if (use_.statistic == statistic::quantile && length > 0) of.seconds_with[of.value] += length;
  of.since = now;
}

void watch::change(time_point now, double by, const happening& why) {
  settle(now);
  raw_ += by;
  if (!open_) {
    if (kind_ == measure_kind::total) base_ = raw_;
    return;
  }
  pass(running_, now);
  take(raw_ - base_, why);
  if (use_.statistic == statistic::peak && by > 0) add_to_peak(now, by);
}

void watch::add_to_peak(time_point now, double by) {
  recent_.emplace_back(now, by);
  recent_sum_ += by;
  for (; recent_.front().first <= now - use_.per; recent_.pop_front())
    recent_sum_ -= recent_.front().second;
  if (recent_sum_ <= running_.peak) return;
  running_.peak = recent_sum_;
  running_.high_why = running_.last_why;
}

void watch::take(double value, const happening& why) {
  auto& a = running_;
  const bool first = kind_ == measure_kind::distribution && a.looked == 0;
  ++a.looked;
  a.value = value;
  a.last_why = why;
  if (first || value < a.low) {
    a.low = value;
    a.low_why = why;
  }
  if (first || value > a.high) {
    a.high = value;
    if (use_.statistic != statistic::peak) a.high_why = why;
  }
}

void watch::value(time_point now, double value, const happening& why) {
  settle(now);
  if (!open_) return;
  take(value, why);
  running_.sum += value;
  if (use_.statistic == statistic::quantile) running_.values.push_back(value);
}

void watch::late(time_point now, double by) {
  settle(now);
  if (now == from_) {
    base_ += by;
    running_.value = raw_ - base_;  // below 0 until the managers have heard
  }
  if (now != until_) return;
  settle(now + duration(1));
  if (frozen_) {
    frozen_->value += by;
    frozen_->high = std::max(frozen_->high, frozen_->value);
  }
}

void watch::finish(time_point now) {
  settle(now);
  // A window that ends with the run is over, and a gauge's that begins there has its value.
  if (!open_ && from_ == now) open(now);
  if (!open_ || frozen_) return;
  frozen_ = running_;
  if (kind_ != measure_kind::distribution) pass(*frozen_, now);
}

// The least value that is reached by this part of all (of a number: of the time).
double watch::quantile_of(const account& of) const {
  if (kind_ == measure_kind::distribution) {
    auto values = of.values;
    const double rank = std::ceil(use_.fraction * static_cast<double>(values.size()) - 1e-9);
    const auto at = values.begin() + static_cast<std::ptrdiff_t>(std::max(rank, 1.0) - 1);
    std::nth_element(values.begin(), at, values.end());
    return *at;
  }
  double all = 0;
  for (const auto& [value, length] : of.seconds_with) all += length;
  double passed = 0;
  for (const auto& [value, length] : of.seconds_with)
    if ((passed += length) >= use_.fraction * all - 1e-9) return value;
  return of.value;
}

double watch::result() const {
  const auto& a = kept();
  if (!open_ ||
      (kind_ == measure_kind::distribution && a.looked == 0 && use_.statistic != statistic::count))
    return no_value;
  switch (use_.statistic) {
    case statistic::last:
    case statistic::every:
      return a.value;
    case statistic::min:
      return a.low;
    case statistic::max:
      return a.high;
    case statistic::count:
      return static_cast<double>(a.looked);
    case statistic::quantile:
      return quantile_of(a);
    case statistic::peak:
      return a.peak;
    case statistic::mean:
      if (kind_ == measure_kind::distribution) return a.sum / static_cast<double>(a.looked);
      return a.since > a.began ? a.sum / seconds(a.since - a.began) : a.value;
    case statistic::rate:
      return a.since > a.began ? a.value / seconds(a.since - a.began) : no_value;
  }
  return no_value;
}

std::pair<double, double> watch::range() const {
  const auto& a = kept();
  switch (use_.statistic) {
    case statistic::count:
    case statistic::peak:
    case statistic::rate:
      return {0, result()};
    default:
      return {a.low, a.high};
  }
}

}  // namespace tandem::scenarios
