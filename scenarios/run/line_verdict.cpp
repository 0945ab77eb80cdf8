// SPDX-License-Identifier: MIT
// What is found of a line at the end of a run, and how a person is told.
#include "line_judge.hpp"
#include "read/formulas.hpp"
#include "tandem/command/units.hpp"

#include <algorithm>
#include <cmath>

namespace tandem::scenarios {
namespace {

using quantifier = expectation::quantifier;

constexpr double reach = 0.1;  ///< as near to a bound as this part of it is within reach

bool is_whole(const expression& of, std::span<const number_use> numbers) {
  switch (of.what) {
    case expression::kind::constant:
      return of.value == std::floor(of.value) && of.seconds == 0;
    case expression::kind::number: {
      const auto what = numbers[of.index].statistic;
      return !measures()[numbers[of.index].measure].is_distribution() && what != statistic::mean &&
             what != statistic::rate;
    }
    case expression::kind::divide:
    case expression::kind::call:
      return false;
    default:
      return std::ranges::all_of(of.parts, [&](const auto& p) { return is_whole(p, numbers); });
  }
}

/// A number of things that happened, from the start of its window on.
bool counts_happenings(const expression& of, std::span<const number_use> numbers) {
  if (of.what != expression::kind::number) return false;
  const auto& use = numbers[of.index];
  return measures()[use.measure].kind == measure_kind::total &&
         (use.statistic == statistic::last || use.statistic == statistic::max);
}

bool is_constant(const expression& of) {
  return of.what != expression::kind::number && std::ranges::all_of(of.parts, is_constant);
}

}  // namespace

line_judge::interval line_judge::range_of(const expression& of, std::size_t lane) const {
  if (of.what == expression::kind::constant) return {of.value, of.value};
  if (of.what == expression::kind::number) {
    const auto& watches = numbers_[of.index].watches;
    const auto [low, high] = watches[watches.size() == 1 ? 0 : lane].range();
    return {low, high};
  }
  // Of all that its parts can be at once: more than what was, never less.
  std::vector<interval> parts;
  for (const auto& part : of.parts) parts.push_back(range_of(part, lane));
  interval out{INFINITY, -INFINITY};
  expression corner = of;
  for (std::size_t mask = 0; mask < std::size_t{1} << parts.size(); ++mask) {
    for (std::size_t i = 0; i < parts.size(); ++i)
      corner.parts[i] = {.value = (mask >> i & 1) != 0 ? parts[i].high : parts[i].low};
    const double value = value_of(corner, {});
    if (std::isnan(value)) continue;
    out = {std::min(out.low, value), std::max(out.high, value)};
  }
  return out;
}

// Whatever stays 0 because nothing happened that could change it says nothing.
bool line_judge::could_have_changed() const {
  return needs_no_cause_ || std::ranges::any_of(causes_, [](const watched& cause) {
           return cause.watches.front().begun() && cause.watches.front().range().second > 0;
         });
}

bool line_judge::within_reach(std::size_t lane) const {
  const auto left = range_of(what_.left, lane);
  const auto near = [&](interval bound) {
    return left.high >= bound.low - reach * std::abs(bound.low) &&
           left.low <= bound.high + reach * std::abs(bound.high);
  };
  const bool whole = is_whole(what_.left, what_.numbers) && is_whole(what_.low, what_.numbers);
  const auto moved = [&] { return left.low < 0 || left.high > 0 || could_have_changed(); };
  // What is counted did happen: then its bound was put to the test, however far it lies.
  const bool counts = counts_happenings(what_.left, what_.numbers);
  const auto above = [&](interval bound) {
    return bound.high <= 0 ? moved() : near(bound) || (counts && left.high > 0);
  };
  const auto below = [&](interval bound) { return bound.high <= 0 ? left.low < 0 : near(bound); };
  auto low = range_of(what_.low, lane);
  const auto high = range_of(what_.high, lane);
  switch (what_.comparison) {
    case comparison::less:
      if (whole) low = {low.low - 1, low.high - 1};
      return above(low);
    case comparison::at_most:
    case comparison::equal:
      return above(low);
    case comparison::not_equal:
      return near(low);
    case comparison::greater:
      if (whole) low = {low.low + 1, low.high + 1};
      return below(low);
    case comparison::at_least:
      return below(low);
    case comparison::within:
      return below(low) || above(high);
    case comparison::about: {
      const double give = what_.relative ? high.high * std::abs(low.high) : high.high;
      return low.low - give > 0 || low.high + give < 0 || moved();
    }
  }
  return true;
}

std::string line_judge::format(double value) const {
  if (std::isnan(value)) return "no value";
  const auto text = format_value(value, what_.left.seconds == 1 ? unit::seconds : unit::plain);
  return what_.left.seconds == -1 ? text + "/s" : text;
}

line_judge::outcome line_judge::lane_verdict(std::size_t lane) {
  const auto& found = lanes_[lane];
  auto out = outcome_of(lane);
  if (what_.what != expectation::kind::compare || what_.how == quantifier::sometimes) {
    out.known = found.looked > 0;
    out.held = found.first.has_value();
  } else if (what_.how == quantifier::always || every_) {
    out.known = found.looked > 0;
    out.held = out.known && !found.turned;
  }
  return out;
}

std::string line_judge::measured_of(std::size_t lane, const outcome& found) const {
  const auto& at = lanes_[lane];
  if (!found.known) return "no value";
  const auto range = range_of(what_.left, lane);
  const auto between =
      range.low == range.high ? format(range.low) : format(range.low) + " .. " + format(range.high);
  if (what_.what != expectation::kind::compare)
    return found.held
               ? "after " +
                     format_value(std::chrono::duration<double>(at.first->at - gate_from_).count(),
                                  unit::seconds)
               : format(*at.best) + " at best";
  if (every_)
    return between + " (" +
           std::to_string(numbers_[*every_]
                              .watches[numbers_[*every_].watches.size() == 1 ? 0 : lane]
                              .looked()) +
           ")";
  if (what_.how != quantifier::none) return between;
  const auto value = format(found.left);
  return is_constant(what_.low) ? value : value + " against " + format(found.low);
}

std::optional<double> line_judge::value_of_line(std::size_t lane, const outcome& found) const {
  if (!found.known || every_ || what_.how != quantifier::none) return {};
  if (what_.what == expectation::kind::compare) return found.left;
  if (!found.held) return {};
  return std::chrono::duration<double>(lanes_[lane].first->at - gate_from_).count();
}

std::string line_judge::why_failed(std::size_t lane, const outcome& found) const {
  const auto& at = lanes_[lane];
  if (!found.known) return {};
  if (what_.what != expectation::kind::compare)
    return "not within " + format_duration(what_.within) + " of " + what_.of.text + " (" +
           format_duration(gate_from_ - start_) + ")";
  if (what_.how == quantifier::sometimes) return "at no moment";
  if (at.turned) return format(at.turned_value) + " at " + text_of(*at.turned, scenario_, start_);
  const auto& first = numbers_.front();
  const auto& watch = first.watches[first.watches.size() == 1 ? 0 : lane];
  if (!live_)
    return (found.left > found.low ? "the highest at " + text_of(watch.highest(), scenario_, start_)
                                   : "the lowest at " + text_of(watch.lowest(), scenario_, start_));
  if (watch.last_change().from == happening::source::nothing) return "it never changed";
  return "last changed at " + text_of(watch.last_change(), scenario_, start_);
}

std::string line_judge::missing_moment() const {
  const auto lacks = [&](const std::optional<moment>& at) { return at && !when(*at); };
  if (what_.what != expectation::kind::compare && !when(what_.of))
    return what_.of.text + " never came";
  for (const auto& each : numbers_)
    for (const auto& at : {each.use.when.from, each.use.when.until})
      if (lacks(at)) return at->text + " never came";
  return "nothing was there to look at";
}

std::string line_judge::why_untested() const {
  if (what_.what == expectation::kind::falls_to)
    return "nothing was missing since the first fault began";
  if (what_.what == expectation::kind::reaches) return "it was there already at " + what_.of.text;
  const bool no_less =
      what_.comparison == comparison::at_least || what_.comparison == comparison::greater;
  if (no_less && range_of(what_.low, 0).high <= 0) return "it is never below 0";
  const auto left = range_of(what_.left, 0);
  if (left.low == 0 && left.high == 0 && !could_have_changed()) {
    std::string list;
    for (const auto& cause : causes_) {
      const auto name =
          scenario_.groups[cause.use.group].name + "." + measures()[cause.use.measure].name;
      if (list.find(quoted(name)) == std::string::npos)
        list += (list.empty() ? "" : ", ") + quoted(name);
    }
    return "nothing happened that could have changed it: 0 is also " + list;
  }
  const bool range = what_.comparison == comparison::within;
  return "it stayed between " + format(left.low) + " and " + format(left.high) +
         ", never within 10 % of " + (range ? "either end" : format(range_of(what_.low, 0).high));
}

check_result line_judge::verdict(time_point end) {
  if (gate_from_ <= end) open_gate(later(end, duration(1)));
  for (auto* all : {&numbers_, &causes_})
    for (auto& each : *all)
      for (auto& watch : each.watches) watch.finish(end);
  for (const auto& each : numbers_)
    if (each.use.when.at && each.watches.front().until() != never &&
        each.watches.front().until() > end)
      return {what_.text, verdict::failed, "not reached", {}};
  std::vector<outcome> found;
  for (std::size_t i = 0; i < lanes_.size(); ++i) found.push_back(lane_verdict(i));
  const bool any = what_.how == quantifier::sometimes;
  const auto deciding = std::ranges::find_if(
      found, [&](const outcome& o) { return any ? o.held : o.known && !o.held; });
  const bool decided = deciding != found.end();
  // Shown: who decides, or the first that has a value.
  const auto shown = decided ? deciding : std::ranges::find_if(found, &outcome::known);
  const auto lane = shown == found.end() ? 0 : static_cast<std::size_t>(shown - found.begin());
  return judged(found, lane, decided == any);
}

check_result line_judge::judged(std::span<const outcome> lanes, std::size_t shown, bool held) {
  check_result out{what_.text, verdict::ok, measured_of(shown, lanes[shown]), {}};
  out.value = value_of_line(shown, lanes[shown]);
  for (const auto& lane : lanes_) out.looked += lane.looked;
  if (lanes.size() > 1) {
    const auto each = std::ranges::find_if(what_.numbers, &number_use::each);
    out.measured += " on " + scenario_.groups[each->group].name + "[" +
                    std::to_string(each->first + shown) + "], one of " +
                    std::to_string(lanes.size());
  }
  const auto known = [](const outcome& o) { return o.known; };
  const bool empty = std::ranges::none_of(lanes, known);
  if (!held && !empty) {
    out.verdict = verdict::failed;
    out.why = why_failed(shown, lanes[shown]);
    return out;
  }
  bool tested = !empty;
  if (tested && what_.what == expectation::kind::compare) {
    tested = false;
    for (std::size_t i = 0; i < lanes.size() && !tested; ++i)
      tested = lanes[i].known && within_reach(i);
  } else if (tested && what_.what == expectation::kind::reaches) {
    tested = std::ranges::any_of(lanes_, [](const lane& l) { return !l.began_holding; });
  } else if (tested) {
    tested = range_of(what_.left, 0).high > 0;
  }
  if (tested) return out;
  const auto reason = empty ? missing_moment() : why_untested();
  out.verdict = what_.allow_untested.empty() ? verdict::untested : verdict::ok;
  out.why = what_.allow_untested.empty() ? reason : reason + ", allowed: " + what_.allow_untested;
  return out;
}

}  // namespace tandem::scenarios
