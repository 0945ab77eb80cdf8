// SPDX-License-Identifier: MIT
// The parts of a line: sums, numbers with their statistic, windows and moments.
#include "arithmetic.hpp"
#include "expectation_reader.hpp"
#include "formulas.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace tandem::scenarios {
namespace {

using word_kind = expectation_word::kind;

struct statistic_row {
  std::string_view name;
  enum statistic what;
  double fraction = 0;
};
constexpr std::array<statistic_row, 10> statistics{{{"last", statistic::last},
                                                    {"min", statistic::min},
                                                    {"max", statistic::max},
                                                    {"mean", statistic::mean},
                                                    {"count", statistic::count},
                                                    {"p50", statistic::quantile, 0.5},
                                                    {"p90", statistic::quantile, 0.9},
                                                    {"p99", statistic::quantile, 0.99},
                                                    {"p999", statistic::quantile, 0.999},
                                                    {"rate", statistic::rate}}};

const statistic_row* statistic_named(std::string_view name) {
  const auto it = std::ranges::find(statistics, name, &statistic_row::name);
  return it == statistics.end() ? nullptr : &*it;
}

std::vector<std::string> names_of_measures() {
  std::vector<std::string> names;
  for (const auto& m : measures()) {
    names.push_back(m.name);
    names.insert(names.end(), m.also.begin(), m.also.end());
  }
  return names;
}

std::optional<std::uint32_t> parse_index(std::string_view text) {
  const auto value = parse_count(text);
  if (!value || *value > 0xffffffff) return {};
  return static_cast<std::uint32_t>(*value);
}

expression both(expression::kind what, expression a, expression b, int seconds) {
  return {.what = what, .seconds = seconds, .parts = {std::move(a), std::move(b)}};
}

}  // namespace

expression expectation_reader::sum() {
  expression left = product();
  while (next().is("+") || next().is("-")) {
    const auto sign = take();
    expression right = product();
    if (left.seconds != right.seconds)
      fail(sign, std::string("a number, a duration and a rate have no ") +
                     (sign.text == "+" ? "sum" : "difference"));
    const int seconds = left.seconds;
    left = both(sign.text == "+" ? expression::kind::add : expression::kind::subtract,
                std::move(left), std::move(right), seconds);
  }
  return left;
}

expression expectation_reader::product() {
  expression left = factor();
  while (next().is("*") || next().is("/")) {
    const bool times = take().text == "*";
    expression right = factor();
    const int seconds = left.seconds + (times ? right.seconds : -right.seconds);
    left = both(times ? expression::kind::multiply : expression::kind::divide, std::move(left),
                std::move(right), seconds);
  }
  return left;
}

expression expectation_reader::factor() {
  if (take("(")) {
    expression inside = sum();
    need(")", "a `)` is missing");
    return inside;
  }
  if (take("-")) {
    expression inside = factor();
    const int seconds = inside.seconds;
    return {.what = expression::kind::negate, .seconds = seconds, .parts = {std::move(inside)}};
  }
  if (next().what == word_kind::value) return literal();
  if (next().what != word_kind::name)
    fail(next().what == word_kind::end ? "a value is missing at the end"
                                       : quoted(next().text) + " is no value");
  if (words_[at_ + 1].is("(")) return call(take());
  return number(take("each"));
}

expression expectation_reader::call(const expectation_word& name) {
  const auto all = formulas();
  const auto it = std::ranges::find(all, std::string_view(name.text), &formula::name);
  if (it == all.end()) {
    std::vector<std::string> known;
    for (const auto& f : all) known.emplace_back(f.name);
    fail(name, "no function is called " + quoted(name.text) + suggestion(name.text, known));
  }
  std::string usage = name.text + "(";
  for (const auto argument : it->arguments)
    usage += (argument == it->arguments.front() ? "" : ", ") + std::string(argument);
  usage += ")";
  expression out{.what = expression::kind::call,
                 .index = static_cast<std::size_t>(it - all.begin())};
  take("(");
  for (std::size_t i = 0; i < it->arguments.size(); ++i) {
    if (i > 0) need(",", quoted(name.text) + " takes " + quoted(usage));
    // An argument may be named, `load: 550`, in its place.
    if (at_ + 1 < words_.size() && words_[at_ + 1].is(":")) {
      if (next().text != it->arguments[i])
        fail("no such argument here: " + quoted(name.text) + " takes " + quoted(usage));
      at_ += 2;
    }
    const auto at = next();
    out.parts.push_back(sum());
    if (out.parts.back().seconds != 0) fail(at, "arguments are plain numbers");
  }
  need(")", quoted(name.text) + " takes " + quoted(usage));
  return out;
}

expression expectation_reader::literal() {
  const auto word = take();
  const auto value = read_quantity(word.text);
  if (!value) fail(word, quoted(word.text) + " is no number");
  switch (value->what) {
    case quantity::kind::duration:
      return {.value = value->value / 1e9, .seconds = 1};
    case quantity::kind::rate:
      return {.value = value->value, .seconds = -1};
    case quantity::kind::bandwidth:
      return {.value = value->value / 8, .seconds = -1};  // bytes per second
    default:
      return {.value = value->value};
  }
}

void expectation_reader::read_nodes(number_use& use) {
  const auto size = names_.counts[use.group];
  use.count = size;
  if (!take("[")) return;
  const auto range = take();
  const auto dots = range.text.find("..");
  const auto first = parse_index(std::string_view(range.text).substr(0, dots));
  const auto last = dots == std::string::npos
                        ? first
                        : parse_index(std::string_view(range.text).substr(dots + 2));
  if (!first || !last || *last < *first)
    fail(range, quoted(range.text) + " names no nodes; write, for example, `[3]` or `[0..9]`");
  if (*last >= size)
    fail(range, "group " + quoted(names_.groups[use.group]) + " has " + std::to_string(size) +
                    " nodes: `[0]` to `[" + std::to_string(size - 1) + "]`");
  need("]", "a `]` is missing");
  use.first = *first;
  use.count = *last - *first + 1;
}

expression expectation_reader::number(bool each) {
  const auto word = take();
  number_use use;
  use.column = word.column;
  use.each = each;
  const std::string_view text = word.text;
  const auto dot = text.find('.');
  const auto name = text.substr(0, dot);
  const bool indexed = dot == std::string_view::npos && next().is("[");
  if (dot == std::string_view::npos && !indexed) {
    if (!left_side_) fail(word, quoted(text) + " is no number");
    fail(word, quoted(text) + " names no metric; write GROUP.METRIC OP VALUE");
  }
  const auto group = std::ranges::find(names_.groups, name);
  if (group == names_.groups.end())
    fail(word, "no group is called " + quoted(name) + suggestion(name, names_.groups));
  use.group = static_cast<std::size_t>(group - names_.groups.begin());
  read_nodes(use);
  std::string_view rest = text.substr(std::min(dot, text.size() - 1) + 1);
  expectation_word after = word;
  if (indexed) {
    after = take();
    if (after.what != word_kind::name || !after.text.starts_with('.'))
      fail(after, "a metric must follow, as in " + quoted(std::string(name) + "[3].active"));
    rest = std::string_view(after.text).substr(1);
  }
  if (rest == "count") return {.value = static_cast<double>(use.count)};
  read_measure(after, rest, use);
  read_trailing_statistic(use);
  use.text = out_.text.substr(use.column, next().column - use.column);
  while (use.text.ends_with(' ')) use.text.pop_back();
  if (left_side_)
    if (const auto when = read_window()) use.when = *when;
  out_.numbers.push_back(use);
  return {.what = expression::kind::number,
          .index = out_.numbers.size() - 1,
          .seconds = seconds_of(use)};
}

int expectation_reader::seconds_of(const number_use& use) const {
  if (use.statistic == statistic::rate) return -1;
  if (use.statistic == statistic::count) return 0;
  return measures()[use.measure].unit == unit::seconds ? 1 : 0;
}

void expectation_reader::read_measure(const expectation_word& word, std::string_view text,
                                      number_use& use) {
  if (const auto whole = measure_named(text)) {
    use.measure = *whole;
    use.statistic = measures()[*whole].is_distribution() ? statistic::every : statistic::last;
    return;
  }
  const auto dot = text.rfind('.');
  const auto stem = text.substr(0, dot);
  const auto known = dot == std::string_view::npos ? std::nullopt : measure_named(stem);
  if (!known) {
    const auto shown =
        dot != std::string_view::npos && statistic_named(text.substr(dot + 1)) ? stem : text;
    fail(word, "no metric is called " + quoted(shown) + suggestion(shown, names_of_measures()));
  }
  use.measure = *known;
  read_plain_statistic(word, text.substr(dot + 1), use);
  if (use.statistic == statistic::count && !measures()[*known].is_distribution())
    fail(word, "`count` is for distributions; " + quoted(stem) + " is a number: leave it out");
}

void expectation_reader::read_plain_statistic(const expectation_word& word, std::string_view name,
                                              number_use& use) {
  const auto* found = statistic_named(name);
  if (!found) {
    std::vector<std::string> known;
    for (const auto& row : statistics) known.emplace_back(row.name);
    fail(word, "no statistic is called " + quoted(name) + suggestion(name, known));
  }
  use.statistic = found->what;
  use.fraction = found->fraction;
  if (use.statistic == statistic::rate && measures()[use.measure].kind != measure_kind::total)
    fail(word, "a rate is of a total; " + quoted(measures()[use.measure].name) + " is none");
}

void expectation_reader::read_trailing_statistic(number_use& use) {
  const auto word = next();
  if (take("rate")) return read_plain_statistic(word, "rate", use);
  if (!take("peak")) return;
  need("per", "`peak` needs `per` and a time, as in `peak per 1s`");
  use.per = read_duration("a time must follow `per`, as in `peak per 1s`");
  if (use.per <= duration{}) fail(word, "`peak per` needs a time above 0");
  if (measures()[use.measure].kind != measure_kind::total || use.statistic != statistic::last)
    fail(word, "`peak per` is for what a total grows by; " + quoted(measures()[use.measure].name) +
                   " is none");
  use.statistic = statistic::peak;
}

duration expectation_reader::read_duration(const std::string& otherwise) {
  const auto word = next();
  const auto value = word.what == word_kind::value ? parse_duration(word.text) : std::nullopt;
  if (!value) fail(otherwise);
  take();
  return *value;
}

std::optional<window> expectation_reader::read_window() {
  window out;
  if (take("at")) {
    out.until = read_moment("at");
    out.at = true;
  } else if (take("from")) {
    out.from = read_moment("from");
    if (take("until")) out.until = read_moment("until");
  } else if (take("until")) {
    out.until = read_moment("until");
  } else if (take("between")) {
    out.from = read_moment("between");
    need("and", "`between` takes two moments, as in `between 10s and 60s`");
    out.until = read_moment("and");
  } else {
    return {};
  }
  if (out.from && out.until && out.from->from == out.until->from &&
      out.from->fault == out.until->fault && out.from->plus >= out.until->plus)
    fail("the window ends before it begins");
  return out;
}

moment expectation_reader::read_moment(std::string_view after) {
  const auto word = next();
  moment out;
  if (word.is("heal")) {
    take();
    out.from = moment::base::heal;
  } else if (word.what == word_kind::name && !word.text.empty()) {
    const bool end = word.text.ends_with(".end");
    const auto name = word.text.substr(0, word.text.size() - (end ? 4 : 0));
    const auto it = std::ranges::find(names_.faults, name);
    auto known = names_.faults;
    std::erase(known, "");
    if (it == names_.faults.end() && known.empty())
      fail("a time must follow " + quoted(after) + ", as in `" + std::string(after) + " 10s`");
    if (it == names_.faults.end())
      fail("no fault is called " + quoted(name) + suggestion(name, known));
    take();
    out.from = end ? moment::base::fault_end : moment::base::fault_begin;
    out.fault = static_cast<std::size_t>(it - names_.faults.begin());
  } else {
    out.plus = read_duration("a time must follow " + quoted(after) + ", as in `" +
                             std::string(after) + " 10s`");
  }
  while (next().is("+") || next().is("-")) {
    const bool minus = take().text == "-";
    const auto by = read_duration("a time must follow, as in `heal + 60s`");
    out.plus += minus ? -by : by;
  }
  if (out.plus < duration{})
    fail(word, "a moment cannot lie before " +
                   std::string(out.from == moment::base::start ? "the start" : word.text) +
                   ": write it with `+`");
  if (out.from == moment::base::start && out.plus > names_.length)
    fail(word, "the time after " + quoted(after) + " is beyond the scenario's duration of " +
                   format_duration(names_.length));
  out.text = out_.text.substr(word.column,
                              words_[at_ - 1].column + words_[at_ - 1].text.size() - word.column);
  return out;
}

}  // namespace tandem::scenarios
