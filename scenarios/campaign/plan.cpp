// SPDX-License-Identifier: MIT
#include "tandem/scenarios/campaign/plan.hpp"

#include "tandem/command/bad_input.hpp"
#include "tandem/command/units.hpp"
#include "tandem/command/version.hpp"
#include "tandem/core/counted.hpp"
#include "tandem/core/trace.hpp"
#include "tandem/scenarios/read.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>

namespace tandem::scenarios {
namespace {

constexpr std::uint64_t settings_max = 100'000;
constexpr std::size_t told_max = 20;  // mistakes of one plan

void add(trace_hash& hash, const std::string& text) {
  // With the final zero: `a`, `bc` is not `ab`, `c`.
  hash.add(std::as_bytes(std::span(text.c_str(), text.size() + 1)));
}

/// Axes that take their values together.
using dimension = std::vector<std::size_t>;

std::size_t size_of(const dimension& axes, const campaign_plan& plan) {
  return plan.axes[axes.front()].values.size();
}

dimension zipped(const std::vector<given_text>& names, const campaign_plan& plan) {
  dimension together;
  for (const auto& name : names) {
    const auto it = std::ranges::find(plan.axes, name.text, &axis::path);
    if (it == plan.axes.end()) {
      std::vector<std::string> known;
      for (const auto& axis : plan.axes) known.push_back(axis.path);
      throw bad_input(name.where, quoted(name.text) + " is zipped but not varied" +
                                      suggestion(name.text, known));
    }
    together.push_back(static_cast<std::size_t>(it - plan.axes.begin()));
    const auto& first = plan.axes[together.front()];
    if (it->values.size() != first.values.size())
      throw bad_input(name.where, quoted(it->path) + " has " + counted(it->values.size(), "value") +
                                      " and " + quoted(first.path) + " has " +
                                      std::to_string(first.values.size()) +
                                      "; values that are zipped must be as many");
  }
  return together;
}

std::vector<dimension> dimensions_of(const std::vector<std::vector<given_text>>& zips,
                                     const campaign_plan& plan) {
  std::vector<dimension> all;
  std::set<std::size_t> taken;
  for (const auto& names : zips) {
    if (names.size() < 2)
      throw bad_input(names.empty() ? plan.file : names.front().where,
                      "a zip names two axes or more, as in parameters.peers,parameters.limit");
    all.push_back(zipped(names, plan));
    for (std::size_t i = 0; i < names.size(); ++i)
      if (!taken.insert(all.back()[i]).second)
        throw bad_input(names[i].where, quoted(names[i].text) + " is zipped twice");
  }
  for (std::size_t i = 0; i < plan.axes.size(); ++i)
    if (!taken.contains(i)) all.push_back({i});
  // In the order in which they were given, whichever are zipped.
  std::ranges::sort(all, {}, [](const dimension& d) { return *std::ranges::min_element(d); });
  return all;
}

std::vector<std::vector<std::string>> combinations(const sweep_spec& spec,
                                                   const campaign_plan& plan) {
  const auto dimensions = dimensions_of(spec.zips, plan);
  std::uint64_t count = 1;
  for (const auto& each : dimensions) {
    count *= size_of(each, plan);
    if (count > settings_max)
      throw bad_input(plan.file, "the axes have more than " + std::to_string(settings_max) +
                                     " combinations; vary less at once");
  }
  std::vector<std::vector<std::string>> out;
  for (std::uint64_t n = 0; n < count; ++n) {
    std::vector<std::string> values(plan.axes.size());
    auto rest = n;
    for (auto it = dimensions.rbegin(); it != dimensions.rend(); ++it) {
      const auto size = size_of(*it, plan);
      for (const auto index : *it) values[index] = plan.axes[index].values[rest % size].text;
      rest /= size;
    }
    if (conditions_hold(spec.conditions, plan.axes, values)) out.push_back(std::move(values));
  }
  if (out.empty())
    throw bad_input(spec.conditions.front().where,
                    "no combination of values is left by " + quoted(spec.conditions.front().text));
  return out;
}

/// Reads settings, and finds out whose fault it is when one cannot be read.
class setting_reader {
 public:
  setting_reader(const campaign_plan& plan, const std::vector<given_text>& also,
                 const std::vector<level>& known)
      : plan_(plan), also_(also), known_(known) {}

  std::optional<setting> read(std::vector<std::string> values) {
    if (is_known_bad(values)) return {};
    setting out{std::move(values), {}, 0, {}};
    const auto lines = mistakes(plan_.sets_of(out), &out);
    if (!lines.empty()) {
      blame(out, lines);
    } else {
      const auto [first, is_new] = read_.emplace(out.hash, out.values);
      if (is_new) return out;
      tell_same(first->second, out.values);
    }
    return {};
  }
  bool full() const { return hopeless_ || told_.size() >= told_max; }
  const std::vector<std::string>& told() const { return told_; }

 private:
  bool is_known_bad(const std::vector<std::string>& values) const {
    return std::ranges::any_of(bad_, [&](const auto& one) {
      return values[one.first] == plan_.axes[one.first].values[one.second].text;
    });
  }

  std::vector<std::string> mistakes(const std::vector<std::string>& sets, setting* out) const {
    try {
      auto what = read_scenario(plan_.file, sets);
      for (const auto& one : also_) measure(one, what);
      for (const auto& name : plan_.levels) check_level(what, level_named(known_, name));
      if (out == nullptr) return {};
      out->hash = content_hash(what);
      out->length = what.length;
      for (const auto& group : what.groups) out->nodes += group.count;
    } catch (const bad_inputs& e) {
      return e.lines();
    } catch (const bad_input& e) {
      return {e.what()};
    }
    return {};
  }

  static void measure(const given_text& one, scenarios::scenario& into) {
    try {
      into.where["expectations." + std::to_string(into.expectations.size())] =
          one.where + ": " + quoted(one.text);
      into.expectations.push_back(read_measures({one.text}, into).front());
    } catch (const bad_input& e) {
      throw bad_input(one.where, e.what());
    }
  }

  std::size_t mark_bad(std::size_t axis, const std::string& value) {
    const auto& values = plan_.axes[axis].values;
    const auto it = std::ranges::find(values, value, &given_text::text);
    return bad_.emplace_back(axis, static_cast<std::size_t>(it - values.begin())).second;
  }

  // Cells of both would be one and the same.
  void tell_same(const std::vector<std::string>& first, const std::vector<std::string>& second) {
    const auto axis =
        static_cast<std::size_t>(std::ranges::mismatch(first, second).in1 - first.begin());
    const auto& of = plan_.axes[axis];
    const auto& where = of.values[mark_bad(axis, second[axis])].where;
    tell(where, of.path + "=" + second[axis],
         "gives the same scenario as " + quoted(first[axis]) + "; leave one of them out");
  }

  // No value, if it is the same without any; else the values that are wrong by themselves, else all
  // of them together.
  void blame(const setting& one, const std::vector<std::string>& lines) {
    if (mistakes(plan_.sets, nullptr) == lines) {
      told_.insert(told_.end(), lines.begin(), lines.end());
      hopeless_ = true;
      return;
    }
    const auto before = told_.size();
    for (std::size_t i = 0; i < plan_.axes.size(); ++i) {
      auto sets = plan_.sets;
      sets.push_back(plan_.axes[i].path + "=" + one.values[i]);
      const auto alone = mistakes(sets, nullptr);
      if (alone.empty()) continue;
      const auto& where = plan_.axes[i].values[mark_bad(i, one.values[i])].where;
      for (const auto& line : alone) tell(where, sets.back(), line);
    }
    if (told_.size() > before) return;
    std::string together;
    for (std::size_t i = 0; i < plan_.axes.size(); ++i)
      together += (i == 0 ? "" : " ") + plan_.axes[i].path + "=" + one.values[i];
    for (const auto& line : lines)
      tell(plan_.axes.empty() ? plan_.file : plan_.axes.front().where, together, line);
  }

  void tell(const std::string& where, const std::string& which, const std::string& line) {
    const std::string flag = "--set " + which + ": ";
    told_.push_back(where + ": " + which + ": " +
                    (line.starts_with(flag) ? line.substr(flag.size()) : line));
  }

  const campaign_plan& plan_;
  const std::vector<given_text>& also_;
  const std::vector<level>& known_;
  std::map<std::string, std::vector<std::string>> read_;  ///< by the hash of its scenario
  std::vector<std::pair<std::size_t, std::size_t>> bad_;  ///< axis and value
  std::vector<std::string> told_;
  bool hopeless_ = false;  ///< whatever the values
};

std::vector<std::string> levels_for(const scenario& what, const sweep_spec& spec,
                                    const std::vector<level>& known) {
  if (spec.levels.empty()) return {levels_of(what, known).front()};
  for (const auto& name : spec.levels) level_named(known, name);
  return spec.levels;
}

}  // namespace

std::string content_hash(const scenario& what) {
  trace_hash hash;
  add(hash, what.flat);
  add(hash, what.bases);
  return hash.text();
}

std::string key_of(const cell& of, const std::string& content, const std::string& commit) {
  trace_hash hash;
  add(hash, content);
  add(hash, of.level);
  add(hash, std::to_string(of.seed));
  for (const auto& line : of.also) add(hash, line);
  add(hash, commit);
  return hash.text();
}

std::vector<std::string> campaign_plan::sets_of(const setting& one) const {
  auto all = sets;
  for (std::size_t i = 0; i < axes.size(); ++i) all.push_back(axes[i].path + "=" + one.values[i]);
  return all;
}

cell campaign_plan::cell_of(std::size_t which, std::size_t level, std::uint64_t number) const {
  const auto& one = settings[which];
  cell out{file, sets_of(one), levels[level], first_seed + number, also, {}};
  out.key = key_of(out, one.hash, commit);
  return out;
}

campaign_plan make_plan(const campaign_request& of, const std::vector<level>& known) {
  const auto base = read_scenario(of.file, of.sets);
  const auto spec = put_over(base.sweep, of.flags);
  if (const auto it = std::ranges::find(spec.axes, "seed", &axis::path); it != spec.axes.end())
    throw bad_input(it->values.front().where,
                    "`seed` is no axis: every setting has the same seeds, so many as `seeds` says, "
                    "from the scenario's `seed` on");
  campaign_plan plan{.scenario = base.name,
                     .file = of.file,
                     .text = base.text,
                     .flat = base.flat,
                     .sets = of.sets,
                     .axes = spec.axes,
                     .settings = {},
                     .levels = levels_for(base, spec, known),
                     .first_seed = base.seed,
                     .seeds = spec.seeds.value_or(seed_count{}),
                     .also = {},
                     .commit = build_commit()};
  auto also = of.also;
  if (plan.seeds.until()) also.push_back({plan.seeds.number, "seeds"});
  for (const auto& one : also) plan.also.push_back(one.text);
  setting_reader reader(plan, also, known);
  for (auto& values : combinations(spec, plan)) {
    if (of.stop && of.stop()) return plan;
    if (auto one = reader.read(std::move(values))) plan.settings.push_back(std::move(*one));
    if (reader.full()) break;
  }
  if (!reader.told().empty()) throw bad_inputs(reader.told());
  return plan;
}

}  // namespace tandem::scenarios
