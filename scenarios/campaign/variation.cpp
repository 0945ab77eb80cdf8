// SPDX-License-Identifier: MIT
#include "variation.hpp"

#include "tandem/command/units.hpp"
#include "tandem/core/option_table.hpp"
#include "tandem/scenarios/candidates.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace tandem::scenarios {
namespace {

using std::chrono::milliseconds;

bool chance(random_stream& random, double part) { return random.unit() < part; }

template <class List>
const auto& one_of(const List& list, random_stream& random) {
  return list[random.up_to(list.size() - 1)];
}

/// As often from 1 to 10 as from 10 to 100.
double between(double least, double most, random_stream& random) {
  return least * std::pow(most / least, random.unit());
}

std::string time_text(double seconds) {
  return format_duration(milliseconds(std::max<std::int64_t>(1, std::llround(seconds * 1000))));
}

std::string drawn(const candidates& from, random_stream& random) {
  const double least = from.value(0);
  const double most = from.value(from.size() - 1);
  const bool wide = least > 0 && most > 10 * least;
  if (!wide) return from.text(random.up_to(from.size() - 1));
  return from.text(std::min(from.at_least(between(least, most, random)), from.size() - 1));
}

constexpr std::uint64_t passive_failures = 1'000'000;  // `manager: passive` has no breaker

/// Who keeps all and ends nothing is there to be connected to, not to be tried.
bool is_varied(const group& of) {
  return !of.misbehaves && of.manager.breaker_failures < passive_failures;
}

std::string link_keys(random_stream& random) {
  std::vector<std::string> keys;
  if (chance(random, 0.6)) keys.push_back("latency: " + time_text(between(0.001, 3, random)));
  if (chance(random, 0.4)) keys.push_back("jitter: " + time_text(between(0.001, 0.5, random)));
  if (keys.empty() || chance(random, 0.6))
    keys.push_back("loss: " + std::to_string(1 + random.up_to(39)) + "%");
  std::string text;
  for (const auto& key : keys) text += ", " + key;
  return text;
}

}  // namespace

variation::variation(const scenario& base, const swarm_spec& spec, std::vector<std::string> kinds)
    : base_(base), spec_(spec), kinds_(std::move(kinds)) {}

duration variation::chaos() const { return spec_.chaos.value_or(base_.length); }

std::vector<std::string> variation::values(std::uint64_t seed) const {
  auto random = random_stream::of(seed, "swarm values", 0);
  std::vector<std::string> sets;
  for (const auto& range : spec_.vary)
    sets.push_back(range.path + "=" +
                   (range.between.empty() ? one_of(range.values, random)
                                          : drawn(candidates::between(range.between), random)));
  if (!spec_.options) return sets;
  static const std::vector<std::string> strategies{"exponential", "equal", "full", "decorrelated"};
  for (std::size_t g = 0; g < base_.groups.size(); ++g) {
    auto own = random_stream::of(seed, "swarm options", g);
    const auto& group = base_.groups[g];
    if (!is_varied(group)) continue;
    const auto path = "groups." + group.name + ".manager.";
    const auto add = [&](const std::string& option, const std::string& value) {
      // Also where it is not kept: a fault more or less must not change the values.
      const bool kept = chance(own, 0.4);
      const bool said = base_.where.contains(path + option) ||
                        std::ranges::any_of(spec_.vary, [&](const swarm_range& range) {
                          return range.path == path + option;
                        });
      if (kept && !said) sets.push_back(path + option + "=" + value);
    };
    add("backoff_strategy", one_of(strategies, own));
    for (const auto& range : default_ranges())
      add(range.option, drawn(candidates::between(range.between), own));
  }
  return sets;
}

std::string variation::nodes(random_stream& random) const {
  const auto& group = one_of(base_.groups, random);
  const auto count = group.count;
  if (count == 1 || chance(random, 0.2)) return group.name;
  if (chance(random, 0.4))
    return "\"" + group.name + "[" + std::to_string(random.up_to(count - 1)) + "]\"";
  return std::to_string(1 + random.up_to(count - 1)) + " random of " + group.name;
}

std::string variation::time_of(const std::string& kind, random_stream& random) const {
  const double whole = std::chrono::duration<double>(chaos()).count();
  const double begin = whole * 0.95 * random.unit();
  auto text = "at: " + time_text(begin);
  if (kind == "clock_jump" || kind == "forget_flows") return text;
  const double length = std::min(between(0.05, whole, random), whole - begin);
  text += ", for: " + time_text(length);
  // Again and again, to the end of the chaos.
  if (const double rest = whole - begin; rest > 4 * length && chance(random, 0.3))
    text += ", every: " + time_text(length * (1.5 + 2 * random.unit())) +
            ", until: " + time_text(whole);
  return text;
}

std::string variation::fault(const std::string& kind, random_stream& random) const {
  std::string what;
  if (kind == "partition") {
    what = "from: " + nodes(random);
    if (chance(random, 0.3)) what += ", one_way: true";
  } else {
    what = "nodes: " + nodes(random);
  }
  if (kind == "link") what += link_keys(random);
  if (kind == "die" && chance(random, 0.3)) what += ", silent: false";
  if (kind == "clock_jump") what += ", by: " + time_text(between(0.1, 60, random));
  return "{" + kind + ": {" + what + ", " + time_of(kind, random) + "}}";
}

std::vector<std::string> variation::faults(std::uint64_t seed) const {
  auto random = random_stream::of(seed, "swarm faults", 0);
  std::vector<std::string> out;
  if (kinds_.empty()) return out;
  // Of a few kinds only: what one kind provokes another may hide.
  std::vector<std::string> kinds;
  for (const auto& kind : kinds_)
    if (chance(random, 0.5)) kinds.push_back(kind);
  if (kinds.empty()) kinds.push_back(one_of(kinds_, random));
  const auto count = 1 + random.up_to(spec_.faults_most - 1);
  for (std::uint64_t i = 0; i < count; ++i) out.push_back(fault(one_of(kinds, random), random));
  return out;
}

}  // namespace tandem::scenarios
