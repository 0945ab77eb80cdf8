// SPDX-License-Identifier: MIT
#include "formulas.hpp"

#include "tandem/scenarios/expectation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tandem::scenarios {
namespace {

constexpr double servers_max = 1e7;  // one step of the recursion each
constexpr double no_value = std::numeric_limits<double>::quiet_NaN();

bool is_count(double value) {
  return value >= 0 && value <= servers_max && value == std::floor(value);
}

// B(0) = 1, B(n) = load B(n-1) / (n + load B(n-1)): Erlang's formula without large numbers.
double erlang_b(std::span<const double> of) {
  const double servers = of[0], load = of[1];
  if (!is_count(servers) || load < 0) return no_value;
  double blocked = 1;
  for (double n = 1; n <= servers; ++n) blocked = load * blocked / (n + load * blocked);
  return blocked;
}

// The same for `sources` that each offer `load` while idle: what an arrival meets is the system of
// the other sources, E(n) = (S-n) a E(n-1) / (n + (S-n) a E(n-1)).
double engset(std::span<const double> of) {
  const double servers = of[0], sources = of[1], load = of[2];
  if (!is_count(servers) || !is_count(sources) || load < 0) return no_value;
  double blocked = 1;
  for (double n = 1; n <= servers; ++n) {
    const double offered = std::max(sources - n, 0.0) * load * blocked;
    blocked = offered / (n + offered);
  }
  return blocked;
}

}  // namespace

std::span<const formula> formulas() {
  static const std::vector<formula> all{
      {"erlang_b",
       {"servers", "load"},
       erlang_b,
       "part of the arrivals that find all servers taken; load in Erlang"},
      {"engset",
       {"servers", "sources", "load"},
       engset,
       "the same of a finite number of sources; load of one while it is idle"},
      {"min",
       {"a", "b"},
       [](std::span<const double> of) { return std::min(of[0], of[1]); },
       "the smaller"},
      {"max",
       {"a", "b"},
       [](std::span<const double> of) { return std::max(of[0], of[1]); },
       "the greater"},
  };
  return all;
}

double value_of(const expression& of, std::span<const double> numbers) {
  const auto part = [&](std::size_t i) { return value_of(of.parts[i], numbers); };
  switch (of.what) {
    case expression::kind::constant:
      return of.value;
    case expression::kind::number:
      return numbers[of.index];
    case expression::kind::negate:
      return -part(0);
    case expression::kind::add:
      return part(0) + part(1);
    case expression::kind::subtract:
      return part(0) - part(1);
    case expression::kind::multiply:
      return part(0) * part(1);
    case expression::kind::divide: {
      const double by = part(1);
      return by == 0 ? no_value : part(0) / by;
    }
    case expression::kind::call: {
      std::vector<double> arguments;
      for (std::size_t i = 0; i < of.parts.size(); ++i) arguments.push_back(part(i));
      return formulas()[of.index].of(arguments);
    }
  }
  return no_value;
}

}  // namespace tandem::scenarios
