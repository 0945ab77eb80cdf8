// SPDX-License-Identifier: MIT
// The line as a whole: quantifier, comparison, and what its parts may be together.
#include "expectation_reader.hpp"
#include "formulas.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace tandem::scenarios {
namespace {

constexpr std::array<std::pair<std::string_view, comparison>, 8> comparisons{
    {{"==", comparison::equal},
     {"!=", comparison::not_equal},
     {"<", comparison::less},
     {"<=", comparison::at_most},
     {">", comparison::greater},
     {">=", comparison::at_least},
     {"in", comparison::within},
     {"~=", comparison::about}}};

constexpr const char* range_wanted = "`in` takes a range, as in `in [30s, 31s]`";

const char* kind_of(int seconds) {
  return seconds == 0    ? "a number"
         : seconds == 1  ? "a duration"
         : seconds == -1 ? "a rate"
                         : "something else";
}

bool is_zero(const expression& of) {
  return of.what == expression::kind::constant && of.value == 0;
}

expression missing_connections(const expectation_names& names, expectation& out) {
  expression sum;
  for (std::size_t g = 0; g < names.groups.size(); ++g) {
    number_use use;
    use.text = names.groups[g] + ".missing";
    use.group = g;
    use.count = names.counts[g];
    use.measure = *measure_named("missing");
    use.when.from = moment{.from = moment::base::first_fault, .text = "the first fault"};
    out.numbers.push_back(use);
    expression one{.what = expression::kind::number, .index = g};
    sum = g == 0 ? one : expression{.what = expression::kind::add, .parts = {sum, one}};
  }
  return sum;
}

}  // namespace

expectation_reader::expectation_reader(std::string_view text, const expectation_names& names)
    : names_(names), words_(words_of(text)) {
  out_.text = text;
}

expectation_word expectation_reader::take() {
  return words_[at_ + 1 == words_.size() ? at_ : at_++];
}

bool expectation_reader::take(std::string_view text) {
  if (!next().is(text)) return false;
  take();
  return true;
}

void expectation_reader::fail(const std::string& message) const { fail(next(), message); }

void expectation_reader::fail(const expectation_word& at, const std::string& message) {
  throw expectation_error(at.column, message);
}

void expectation_reader::fail_at_number(const number_use& use, const std::string& message) const {
  throw expectation_error(use.column, message);
}

void expectation_reader::need(std::string_view sign, const std::string& otherwise) {
  if (!take(sign)) fail(otherwise);
}

expectation expectation_reader::read() {
  if (next().what == expectation_word::kind::end)
    fail("an expectation is empty; write GROUP.METRIC OP VALUE");
  if (take("eventually")) {
    read_eventually();
  } else {
    if (take("always")) out_.how = expectation::quantifier::always;
    if (take("sometimes")) out_.how = expectation::quantifier::sometimes;
    out_.left = sum();
    std::optional<window> all = read_window();
    if (compares_ || next().what != expectation_word::kind::end) read_comparison();
    if (const auto late = read_window()) all = late;
    if (all) spread(*all);
  }
  if (next().what != expectation_word::kind::end)
    fail("nothing can follow here: " + quoted(out_.text.substr(next().column)));
  check_numbers();
  return std::move(out_);
}

expectation expectation_reader::read_measure() {
  compares_ = false;
  out_.comparison = comparison::at_least;  // than 0: of a number alone only its value is looked at
  return read();
}

void expectation_reader::read_eventually() {
  need("within", "a time must follow, as in `eventually within 60s`");
  out_.within = read_duration("a time must follow `within`, as in `eventually within 60s`");
  out_.what = expectation::kind::falls_to;
  out_.of.from = moment::base::heal;
  out_.of.text = "heal";
  out_.comparison = comparison::at_most;
  out_.left = missing_connections(names_, out_);
}

void expectation_reader::read_comparison() {
  const auto op = take();
  if (op.what == expectation_word::kind::end)
    fail(op, "a comparison is missing: write, for example, `== 256` or `in [30s, 31s]`");
  left_side_ = false;
  if (op.is("reaches")) return read_reaches();
  const auto known = std::ranges::find(comparisons, std::string_view(op.text),
                                       &decltype(comparisons)::value_type::first);
  if (known == comparisons.end())
    fail(op, quoted(op.text) + " is no comparison; known: == != < <= > >= in ~= reaches");
  out_.comparison = known->second;
  if (out_.comparison != comparison::within) {
    const auto at = next();
    out_.low = read_right(op.text);
    check_kinds(out_.left, out_.low, at);
    out_.high = out_.low;
    if (out_.comparison == comparison::about)
      read_tolerance();
    else if (next().is("+-"))
      fail("`+-` goes with `~=`");
    return;
  }
  need("[", range_wanted);
  const auto at_low = next();
  out_.low = sum();
  need(",", range_wanted);
  const auto at_high = next();
  out_.high = sum();
  need("]", range_wanted);
  check_kinds(out_.left, out_.low, at_low);
  check_kinds(out_.left, out_.high, at_high);
  if (out_.low.what == expression::kind::constant && out_.high.what == expression::kind::constant &&
      out_.low.value > out_.high.value)
    fail(at_low, "the range [" + at_low.text + ", " + at_high.text + "] is empty");
}

void expectation_reader::read_tolerance() {
  if (!take("+-")) fail("`~=` needs a tolerance: write, for example, `~= 0.12 +- 0.01` or `+- 5%`");
  const auto at = next();
  out_.relative = at.text.ends_with('%');
  out_.high = sum();
  if (!out_.relative) check_kinds(out_.left, out_.high, at);
}

void expectation_reader::read_reaches() {
  static const std::string otherwise = "write, for example, `reaches 450 within 60s of heal`";
  out_.what = expectation::kind::reaches;
  out_.comparison = comparison::at_least;
  const auto at = next();
  out_.low = read_right("reaches");
  check_kinds(out_.left, out_.low, at);
  out_.high = out_.low;
  need("within", "`reaches` needs a time: " + otherwise);
  out_.within = read_duration("a time must follow `within`: " + otherwise);
  need("of", "`within` needs a moment: " + otherwise);
  out_.of = read_moment("of");
  if (out_.how != expectation::quantifier::none)
    fail(words_[0], "`reaches` is about one moment: leave out " + quoted(words_[0].text));
}

expression expectation_reader::read_right(const std::string& after) {
  if (next().what == expectation_word::kind::end) fail("one value must follow " + quoted(after));
  return sum();
}

// The window of the line is that of every number without one of its own.
void expectation_reader::spread(const window& all) {
  for (auto& use : out_.numbers)
    if (!use.when.given()) use.when = all;
}

void expectation_reader::check_kinds(const expression& left, const expression& right,
                                     const expectation_word& at) const {
  if (left.seconds == right.seconds || is_zero(left) || is_zero(right)) return;
  if (right.what == expression::kind::constant && at.what == expectation_word::kind::value) {
    if (left.seconds == 1)
      fail(at, quoted(at.text) + " is no duration; write a number and a unit, as in 30s or 600ms");
    if (left.seconds == 0) fail(at, quoted(at.text) + " is no number");
    if (left.seconds == -1)
      fail(at, quoted(at.text) + " is no rate; write one as in 20/s, of bytes as in 10Mbit/s");
  }
  fail(at,
       std::string(kind_of(left.seconds)) + " cannot be compared with " + kind_of(right.seconds));
}

// What numbers may not be together, whatever each may be alone.
void expectation_reader::check_numbers() const {
  const number_use* each = nullptr;
  const number_use* every = nullptr;
  for (const auto& use : out_.numbers) {
    const auto& of = measures()[use.measure];
    if (use.when.at && (of.is_distribution() || use.statistic != statistic::last))
      fail_at_number(use, "`at` is for the value of a number; " + quoted(use.text) + " is not one");
    const bool plain = use.statistic == statistic::last || use.statistic == statistic::every;
    if (out_.how != expectation::quantifier::none && (!plain || use.when.at))
      fail_at_number(use, "`always` and `sometimes` look at every moment: leave the statistic out");
    if (out_.how != expectation::quantifier::none &&
        !(use.when.from == out_.numbers[0].when.from &&
          use.when.until == out_.numbers[0].when.until))
      fail_at_number(use, "`always` and `sometimes` have one window, at the end of the line");
    if (out_.what == expectation::kind::reaches &&
        (use.statistic != statistic::last || use.when.given()))
      fail_at_number(use, "`reaches` is about values of numbers: " + quoted(use.text) +
                              " has a statistic, a window, or is a distribution");
    if (use.statistic == statistic::every && std::exchange(every, &use) != nullptr)
      fail_at_number(use, "two distributions cannot be compared value by value: name a statistic");
    if (!use.each) continue;
    if (each && (each->group != use.group || each->first != use.first || each->count != use.count))
      fail_at_number(use, "a line looks at each of one set of nodes only");
    each = &use;
  }
  if (out_.numbers.empty()) throw expectation_error(0, "the line names no number of any node");
}

expectation parse_expectation(std::string_view text, const expectation_names& names) {
  return expectation_reader(text, names).read();
}

bool holds(const expectation& what, double left, double low, double high) noexcept {
  // Times are decimal in the file and integer nanoseconds in the run: half a nanosecond apart at
  // most. What is calculated is rounded.
  const double slack = (what.left.seconds == 1 ? 0.5e-9 : 0) + 1e-12 * std::abs(low);
  switch (what.comparison) {
    case comparison::equal:
      return std::abs(left - low) <= slack;
    case comparison::not_equal:
      return std::abs(left - low) > slack;
    case comparison::less:
      return left < low;
    case comparison::at_most:
      return left <= low + slack;
    case comparison::greater:
      return left > low;
    case comparison::at_least:
      return left >= low - slack;
    case comparison::within:
      return left >= low - slack && left <= high + slack;
    case comparison::about:
      return std::abs(left - low) <= (what.relative ? high * std::abs(low) : high) + slack;
  }
  return false;
}

}  // namespace tandem::scenarios
