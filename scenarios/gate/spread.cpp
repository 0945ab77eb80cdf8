// SPDX-License-Identifier: MIT
// Two versions that draw other numbers are compared by what they do over several seeds.
#include "tandem/scenarios/gate/baseline.hpp"

#include <fmt/format.h>
#include <boost/math/distributions/students_t.hpp>

#include <algorithm>
#include <cmath>

namespace tandem::scenarios {
namespace {

constexpr double n = spread_seeds;
/// How often a change is told of where there is none, over all numbers of a comparison.
constexpr double false_alarms = 0.01;

// Welch's test: how likely means as far apart are when both are of one distribution.
double likelihood(const sample& a, const sample& b) {
  const double va = a.deviation * a.deviation / n, vb = b.deviation * b.deviation / n;
  if (va + vb == 0) return a.mean == b.mean ? 1 : 0;
  const double t = std::abs(a.mean - b.mean) / std::sqrt(va + vb);
  const double freedom = (va + vb) * (va + vb) / ((va * va + vb * vb) / (n - 1));
  return 2 * cdf(complement(boost::math::students_t(freedom), t));
}

std::size_t eighth_of(const difference& what, const std::string& layer) {
  const auto it = std::ranges::find(what.layers, layer, &layer_difference::name);
  return it == what.layers.end() ? std::tuple_size_v<fingerprint> : it->eighth;
}

}  // namespace

double rounded(double value) { return std::stod(fmt::format("{:.6g}", value)); }

bool only_draws_moved(const difference& what) {
  const auto draws = eighth_of(what, std::string(name_of(layer::random)));
  return draws < std::tuple_size_v<fingerprint> &&
         std::ranges::all_of(what.layers, [&](const auto& l) { return l.eighth >= draws; });
}

samples samples_of(const std::vector<outcome>& runs) {
  std::map<std::string, std::vector<double>> values;
  for (std::size_t i = 0; i < runs.size(); ++i)
    for (const auto& [name, value] : runs[i].numbers) {
      auto& of = values[name];
      of.resize(runs.size());  // a run that does not have it counts 0
      of[i] = value;
    }
  samples made;
  for (const auto& [name, of] : values) {
    const auto count = static_cast<double>(of.size());
    double sum = 0, squares = 0;
    for (const double v : of) sum += v;
    const double mean = sum / count;
    for (const double v : of) squares += (v - mean) * (v - mean);
    if (mean != 0) made[name] = {rounded(mean), rounded(std::sqrt(squares / (count - 1)))};
  }
  return made;
}

std::vector<std::string> unlike(const samples& before, const samples& now) {
  auto all = before;
  all.insert(now.begin(), now.end());
  const double least = false_alarms / static_cast<double>(std::max<std::size_t>(all.size(), 1));
  const auto in = [](const samples& where, const std::string& name) {
    const auto it = where.find(name);
    return it == where.end() ? sample{} : it->second;
  };
  std::vector<std::string> found;
  for (const auto& [name, any] : all) {
    const auto a = in(before, name), b = in(now, name);
    if (likelihood(a, b) < least)
      found.push_back(fmt::format("{}: {:.6g} +- {:.3g} -> {:.6g} +- {:.3g} over {} seeds", name,
                                  a.mean, a.deviation, b.mean, b.deviation, spread_seeds));
  }
  return found;
}

}  // namespace tandem::scenarios
