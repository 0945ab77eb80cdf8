// SPDX-License-Identifier: MIT
// A number of a line: its group, its nodes, its metric and its statistic.
#include "arithmetic.hpp"
#include "expectation_reader.hpp"
#include "tandem/core/cause.hpp"
#include "tandem/core/counted.hpp"

#include <algorithm>
#include <array>

namespace tandem::scenarios {
namespace {

using word_kind = expectation_word::kind;

struct statistic_row {
  std::string_view name;
  enum statistic what;
  double fraction = 0;
};
constexpr std::array<statistic_row, 11> statistics{{{"last", statistic::last},
                                                    {"min", statistic::min},
                                                    {"max", statistic::max},
                                                    {"mean", statistic::mean},
                                                    {"count", statistic::count},
                                                    {"p50", statistic::quantile, 0.5},
                                                    {"p90", statistic::quantile, 0.9},
                                                    {"p95", statistic::quantile, 0.95},
                                                    {"p99", statistic::quantile, 0.99},
                                                    {"p999", statistic::quantile, 0.999},
                                                    {"rate", statistic::rate}}};

// Of what arrived the part that found no place: a ratio of two numbers with a name of its own.
constexpr std::string_view blocking = "blocking";
constexpr std::array blocking_of{"refusals.LimitReached", "arrivals"};

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
  names.emplace_back(blocking);
  return names;
}

std::optional<std::uint32_t> parse_index(std::string_view text) {
  const auto value = parse_count(text);
  if (!value || *value > 0xffffffff) return {};
  return static_cast<std::uint32_t>(*value);
}

}  // namespace

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
    fail(range, "group " + quoted(names_.groups[use.group]) + " has " + counted(size, "node") +
                    ": `[0]` to `[" + std::to_string(size - 1) + "]`");
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
    if (!left_side_)
      fail(word, quoted(text) + " is no number; a parameter is written `${" + word.text + "}`");
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
  if (rest.starts_with(blocking) && rest.substr(blocking.size()).starts_with('.'))
    fail(after, quoted(blocking) + " is a ratio of two totals and has no statistic: leave " +
                    quoted(rest.substr(blocking.size() + 1)) + " out");
  if (rest != blocking) {
    read_measure(after, rest, use);
    read_trailing_statistic(use);
  }
  use.text = out_.text.substr(use.column, next().column - use.column);
  while (use.text.ends_with(' ')) use.text.pop_back();
  if (left_side_)
    if (const auto when = read_window()) use.when = *when;
  if (rest == blocking) return part_refused(use);
  out_.numbers.push_back(use);
  return {.what = expression::kind::number,
          .index = out_.numbers.size() - 1,
          .seconds = seconds_of(use)};
}

expression expectation_reader::part_refused(number_use use) {
  expression ratio{.what = expression::kind::divide};
  const auto nodes = use.text.substr(0, use.text.size() - blocking.size());
  for (const auto* name : blocking_of) {
    use.measure = *measure_named(name);
    use.text = nodes + name;
    ratio.parts.push_back({.what = expression::kind::number, .index = out_.numbers.size()});
    out_.numbers.push_back(use);
  }
  return ratio;
}

int expectation_reader::seconds_of(const number_use& use) const {
  if (use.statistic == statistic::rate) return -1;
  if (use.statistic == statistic::count) return 0;
  return measures()[use.measure].unit == unit::seconds ? 1 : 0;
}

// `handshakes_failed.Reset`: all of them is one number, those of one cause another.
void expectation_reader::fail_at_whole(const expectation_word& word, std::string_view whole,
                                       std::string_view cause) {
  if (std::ranges::none_of(causes(), [&](const auto& row) { return row.name == cause; })) return;
  const std::string end = "." + std::string(cause);
  std::vector<std::string> known;
  std::string all;
  for (const auto& m : measures())
    if (m.name.ends_with(end)) {
      known.push_back(m.name.substr(0, m.name.size() - end.size()));
      all += (all.empty() ? "" : ", ") + known.back();
    }
  const auto near = suggestion(whole, known);
  fail(word,
       quoted(whole) + " is not counted by cause" + (near.empty() ? "; known: " + all : near));
}

// Of `refusals.LimitReeched` the number is known, and its cause is not; `closed` alone is a number
// too, and may have a statistic.
void expectation_reader::fail_at_cause(const expectation_word& word, std::string_view stem,
                                       std::string_view name) {
  if (!measure_named(std::string(stem) + ".LimitReached")) return;
  const bool whole = measure_named(stem).has_value();
  std::vector<std::string> known;
  for (const auto& row : causes()) known.emplace_back(row.name);
  if (whole)
    for (const auto& row : statistics) known.emplace_back(row.name);
  std::string all = "; known: ";
  for (const auto& one : known) all += (&one == &known.front() ? "" : ", ") + one;
  const auto near = suggestion(name, known);
  fail(word, std::string("no ") + (whole ? "statistic and no " : "") + "cause is called " +
                 quoted(name) + (near.empty() ? all : near));
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
    if (shown == text) fail_at_cause(word, stem, text.substr(dot + 1));
    fail(word, "no metric is called " + quoted(shown) + suggestion(shown, names_of_measures()));
  }
  use.measure = *known;
  if (!statistic_named(text.substr(dot + 1))) {
    fail_at_cause(word, stem, text.substr(dot + 1));
    fail_at_whole(word, stem, text.substr(dot + 1));
  }
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
                   " is none" +
                   (measures()[use.measure].kind == measure_kind::gauge
                        ? ", and the most that it was is its `.max`"
                        : ""));
  if (measures()[use.measure].lags)
    fail(word,
         quoted(measures()[use.measure].name) +
             " is counted from time to time and has no peak; write `rate` and a window, as in "
             "`rate <= 10Mbit/s between 10s and 11s`");
  use.statistic = statistic::peak;
}

}  // namespace tandem::scenarios
