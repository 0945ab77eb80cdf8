// SPDX-License-Identifier: MIT
#pragma once

#include "happening.hpp"
#include "tandem/scenarios/expectation.hpp"

#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace tandem::scenarios {

/// What one place of one line needs to know of a number or a distribution, kept while it runs: no
/// more than its statistic needs. A total counts from the beginning of its window.
class watch {
 public:
  explicit watch(const number_use& use);

  /// The value at the start of the run, before anything happens.
  void begin(time_point start, double value);
  /// The window, once it is known, and again whenever its moments come again: what was kept of a
  /// window that begins anew is forgotten. `never`: not yet known.
  void set_window(time_point from, time_point until);
  time_point from() const noexcept { return from_; }
  time_point until() const noexcept { return until_; }

  /// Time has come to `now`, before what happens then.
  void settle(time_point now);
  void change(time_point now, double by, const happening& why);
  void value(time_point now, double value, const happening& why);
  /// What the managers have not heard of at `now`, when a window begins or ends then.
  void late(time_point now, double by);
  void finish(time_point now);

  bool begun() const noexcept { return open_; }
  bool over() const noexcept { return frozen_.has_value(); }
  /// The window is open: `settle` came first.
  bool counts() const noexcept { return open_ && !over(); }
  /// The statistic over the window; NaN: no value. Of `every`: the last value.
  double result() const;
  /// What it was between, within the window: of its values, or of what they could have made.
  std::pair<double, double> range() const;
  std::uint64_t looked() const noexcept { return kept().looked; }
  const happening& last_change() const noexcept { return kept().last_why; }
  const happening& highest() const noexcept { return kept().high_why; }
  const happening& lowest() const noexcept { return kept().low_why; }

 private:
  struct account {
    double value = 0;  ///< the last
    double low = 0;
    double high = 0;
    double sum = 0;  ///< of values, or of value times seconds
    std::uint64_t looked = 0;
    time_point began{};
    time_point since{};  ///< the value is what it is
    double peak = 0;
    happening last_why{}, high_why{}, low_why{};
    std::vector<double> values{};             ///< of a distribution whose quantile is asked for
    std::map<double, double> seconds_with{};  ///< of a number whose quantile is asked for
  };

  const account& kept() const noexcept { return frozen_ ? *frozen_ : running_; }
  void open(time_point at);
  void pass(account& of, time_point now) const;
  void take(double value, const happening& why);
  void add_to_peak(time_point now, double by);
  double quantile_of(const account& of) const;

  number_use use_;
  measure_kind kind_;
  time_point from_ = time_point::min();
  time_point until_ = never;
  double raw_ = 0;   ///< since the start of the run
  double base_ = 0;  ///< of it before the window
  bool open_ = false;
  account running_;
  std::optional<account> frozen_;                     ///< as it was when the window ended
  std::deque<std::pair<time_point, double>> recent_;  ///< growth within `per`
  double recent_sum_ = 0;
};

}  // namespace tandem::scenarios
