// SPDX-License-Identifier: MIT
// The plan of a search: what is wrong is told before anything runs.
#include "read/arithmetic.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/command/units.hpp"
#include "tandem/command/version.hpp"
#include "tandem/scenarios/campaign/search.hpp"
#include "tandem/scenarios/read.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace tandem::scenarios {
namespace {

bool has_number(const expression& of) {
  return of.what == expression::kind::number || std::ranges::any_of(of.parts, has_number);
}

/// What one run says by itself, however many others there are.
bool is_of_each_run(const expectation& line) {
  using enum comparison;
  const bool bound = line.comparison == less || line.comparison == at_most ||
                     line.comparison == greater || line.comparison == at_least;
  return line.what != expectation::kind::compare || !bound ||
         line.how != expectation::quantifier::none ||
         std::ranges::any_of(line.numbers, [](const number_use& use) {
           return use.each || use.statistic == statistic::every;
         });
}

expectation line_of(const search_plan& plan, const scenario& base) {
  const auto where = "--such-that " + plan.asked.such_that;
  try {
    auto line = read_lines({plan.asked.such_that}, base).front();
    if (has_number(line.low) || has_number(line.high))
      throw bad_input(where,
                      "a number stands on the right side; the right side is a value that the left "
                      "one is held against, as in `server.blocking <= 1%`: bring both to the left "
                      "side, as in `a.dials - b.dials <= 0`");
    return line;
  } catch (const bad_inputs&) {
    throw;
  } catch (const bad_input& e) {
    const std::string told = e.what();
    throw bad_input(told.starts_with(where) ? told : where + ": " + told);
  }
}

class value_reader {
 public:
  value_reader(const search_plan& plan, const std::vector<level>& known)
      : plan_(plan), on_(level_named(known, plan.level)) {}

  /// What is wrong with a value; nothing: it can be run.
  std::vector<std::string> mistakes(const std::string& value) const {
    const auto set = plan_.asked.path + "=" + value;
    std::vector<std::string> told;
    try {
      auto sets = plan_.asked.sets;
      sets.push_back(set);
      const auto what = read_scenario(plan_.asked.file, sets);
      read_lines({plan_.asked.such_that}, what);
      check_level(what, on_);
    } catch (const bad_inputs& e) {
      told = e.lines();
    } catch (const bad_input& e) {
      told = {e.what()};
    }
    const auto flag = "--set " + set + ": ";
    for (auto& line : told)
      if (line.starts_with(flag)) line.erase(0, flag.size());
    return told;
  }

  void check(std::size_t at) const {
    const auto value = plan_.values.text(at);
    std::vector<std::string> told;
    for (const auto& line : mistakes(value))
      told.push_back(plan_.flag() + ": with " + value + ": " + line);
    if (!told.empty()) throw bad_inputs(told);
  }

 private:
  const search_plan& plan_;
  const level& on_;
};

/// From a 64th of what the file says to 64 times that, as far as it can be read.
void look_around(search_plan& plan, const scenario& base, const value_reader& reader) {
  const auto& path = plan.asked.path;
  const auto here = value_at(base, path);
  if (!here) {
    // Is there such a place at all?
    const auto is_taken = [&](const char* value) { return reader.mistakes(value).empty(); };
    if (std::ranges::none_of(std::array{"1", "1s", "1/s", "1Mbit/s", "1KiB", "1%"}, is_taken))
      throw bad_input(plan.flag(), reader.mistakes("1").front());
    throw bad_input(plan.flag(),
                    "the scenario gives it no value to begin with; say between "
                    "which values to look, as in --between 1..1024");
  }
  try {
    plan.values = candidates::around(*here);
  } catch (const std::invalid_argument& e) {
    throw bad_input(plan.flag(), std::string(e.what()) +
                                     "; say between which values to look, as in --between 1..1024");
  }
  std::size_t first = plan.values.at_least(read_quantity(*here)->value);
  std::size_t last = first;
  const double middle = plan.values.value(first);
  const auto usable = [&](std::size_t at) {
    return at < plan.values.size() && reader.mistakes(plan.values.text(at)).empty();
  };
  const auto start = first;
  for (double far = 64; far > 1; far /= 2) {
    const auto below = plan.values.at_least(middle / far);
    const auto above = std::min(plan.values.at_least(middle * far), plan.values.size() - 1);
    if (first == start && below < first && usable(below)) first = below;
    if (last == start && above > last && usable(above)) last = above;
  }
  plan.values.keep(first, last);
  plan.start = start - first;
  if (first == last) reader.check(0);
}

constexpr std::uint64_t seeds_limit = 1'000'000;

}  // namespace

void read_search_seeds(const std::string& text, search_request& of) {
  const auto dots = text.find("..");
  const auto least = parse_count(text.substr(0, dots));
  const auto most = dots == std::string::npos ? least : parse_count(text.substr(dots + 2));
  if (!least || !most || *least < 1 || *most < *least || *most > seeds_limit)
    throw std::invalid_argument("write a number or LEAST..MOST, from 1 to 1000000, as in 5..100");
  of.seeds_least = *least;
  of.seeds_most = *most;
}

std::string search_plan::flag() const {
  return (asked.smallest ? "--smallest " : "--largest ") + asked.path;
}

std::string search_plan::set_of(std::size_t value) const {
  return asked.path + "=" + values.text(value);
}

std::vector<std::string> search_plan::sets_of(std::size_t value) const {
  auto sets = asked.sets;
  sets.push_back(set_of(value));
  return sets;
}

search_plan plan_search(const search_request& of, const std::vector<level>& known) {
  const auto base = read_scenario(of.file, of.sets);
  search_plan plan{.asked = of,
                   .scenario = base.name,
                   .level = of.level.empty() ? levels_of(base, known).front() : of.level,
                   .commit = build_commit(),
                   .first_seed = base.seed,
                   .values = {},
                   .start = {},
                   .line = {}};
  plan.line = line_of(plan, base);
  plan.of_mean = !is_of_each_run(plan.line);
  const value_reader reader(plan, known);
  if (of.between.empty()) {
    look_around(plan, base, reader);
    return plan;
  }
  try {
    plan.values = candidates::between(of.between);
  } catch (const std::invalid_argument& e) {
    throw bad_input("--between", e.what());
  }
  reader.check(0);
  reader.check(plan.values.size() - 1);
  return plan;
}

}  // namespace tandem::scenarios
