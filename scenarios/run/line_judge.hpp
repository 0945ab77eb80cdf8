// SPDX-License-Identifier: MIT
#pragma once

#include "fault_book.hpp"
#include "watch.hpp"

#include <array>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tandem::scenarios {

/// One expectation while its scenario runs. A line about `each` of some nodes has a lane for every
/// one of them, other lines have one.
class line_judge {
 public:
  /// One of its numbers, or one of the causes without which they stay 0.
  struct place {
    std::size_t index = 0;
    bool is_cause = false;
  };

  line_judge(const expectation& what, const scenario& in, const fault_book& faults,
             time_point start);

  void each_watch(const std::function<void(const number_use&, place)>& tell) const;
  /// The values of every node of that place at the start.
  void begin(place at, std::span<const double> values);
  void begun();
  /// `node` counts within the place's nodes.
  void change(place at, std::size_t node, double by, const happening& why);
  void value(place at, std::size_t node, double value, const happening& why);
  /// Faults began or ended: windows may begin and end at other times now.
  void moments_came();
  std::array<time_point, 2> bounds(place at) const;
  void late(place at, std::size_t node, time_point now, const std::function<double()>& by);

  check_result verdict(time_point end);
  /// It has held in some moment so far.
  bool has_held() const;

 private:
  struct watched {
    number_use use;
    std::vector<watch> watches;  ///< one, or one of each lane
  };
  struct lane {
    bool holding = false;
    bool began_holding = false;         ///< when the line's window began
    std::optional<happening> turned{};  ///< it no longer held; the first time, where that decides
    std::optional<happening> first{};   ///< it held
    double turned_value = 0;
    std::optional<double> best{};  ///< the nearest that it came
    std::uint64_t looked = 0;
  };
  struct interval {
    double low = 0;
    double high = 0;
  };
  struct outcome {
    bool known = false;  ///< every number has a value
    bool held = false;
    double left = 0;
    double low = 0;
    double high = 0;
  };

  watched& of(place at) { return at.is_cause ? causes_[at.index] : numbers_[at.index]; }
  const watched& of(place at) const { return at.is_cause ? causes_[at.index] : numbers_[at.index]; }
  bool is_live() const;
  std::optional<time_point> when(const moment& at) const;
  void open_gate(time_point now);
  void look_at(std::size_t lane, const happening& why);
  void look_at_all(const happening& why);
  void after_change(place at, std::size_t node, const happening& why);
  outcome outcome_of(std::size_t lane);
  bool decides_at_once() const;

  // line_verdict.cpp
  outcome lane_verdict(std::size_t lane);
  check_result judged(std::span<const outcome> lanes, std::size_t shown, bool held);
  std::string measured_of(std::size_t lane, const outcome& found) const;
  std::optional<double> value_of_line(std::size_t lane, const outcome& found) const;
  std::string format(double value) const;
  std::string why_failed(std::size_t lane, const outcome& found) const;
  std::string why_untested() const;
  interval range_of(const expression& of, std::size_t lane) const;
  bool within_reach(std::size_t lane) const;
  bool could_have_changed() const;
  std::string missing_moment() const;

  const expectation& what_;
  const scenario& scenario_;
  const fault_book& faults_;
  time_point start_;
  std::vector<watched> numbers_;
  std::vector<watched> causes_;
  bool needs_no_cause_ = false;       ///< whatever happens can change one of its numbers
  std::optional<std::size_t> every_;  ///< the number whose values are looked at one by one
  std::vector<lane> lanes_;
  bool live_;
  bool gate_open_ = false;
  time_point gate_from_ = time_point::min();  ///< of always, sometimes and reaches
  time_point gate_until_ = never;
  std::vector<double> values_;  ///< of the numbers, for one look
};

}  // namespace tandem::scenarios
