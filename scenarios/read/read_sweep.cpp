// SPDX-License-Identifier: MIT
#include "read_sweep.hpp"

#include "tandem/scenarios/level.hpp"

#include <algorithm>
#include <stdexcept>

namespace tandem::scenarios {
namespace {

given_text text_of(const yaml_value& value) { return {value.as_text(), value.where()}; }

/// As `--set` takes it, in one line.
std::string flow_text(const YAML::Node& node) {
  YAML::Emitter out;
  out << YAML::Flow << node;
  return out.c_str();
}

void add_values(const yaml_value& value, axis& out) {
  try {
    for (auto& each : value.node().IsScalar() ? read_axis_values(value.as_text())
                                              : std::vector{flow_text(value.node())}) {
      if (std::ranges::find(out.values, each, &given_text::text) != out.values.end())
        value.fail("the value " + quoted(each) + " is given twice");
      out.values.push_back({std::move(each), value.where()});
    }
  } catch (const std::invalid_argument& e) {
    value.fail(e.what());
  }
}

axis read_axis(const std::string& path, const yaml_value& value) {
  axis out{path, {}, value.where()};
  if (!value.node().IsSequence())
    add_values(value, out);
  else
    value.each([&](const yaml_value& entry) { add_values(entry, out); });
  if (out.values.empty()) value.fail("an axis needs a value at least");
  return out;
}

std::vector<given_text> texts_of(const yaml_value& value) {
  if (value.node().IsScalar()) return {text_of(value)};
  std::vector<given_text> out;
  value.each([&](const yaml_value& entry) { out.push_back(text_of(entry)); });
  return out;
}

/// `[a, b]`, or a list of those.
std::vector<std::vector<given_text>> read_zips(const yaml_value& value) {
  std::vector<std::vector<given_text>> out;
  const auto list = value.as_list();
  const bool nested = !list.empty() && list.front().node().IsSequence();
  if (nested)
    value.each([&](const yaml_value& entry) { out.push_back(texts_of(entry)); });
  else
    out.push_back(texts_of(value));
  return out;
}

}  // namespace

sweep_spec read_sweep(const yaml_value& value) {
  const yaml_mapping given(value, "`sweep`", {"vary", "zip", "where", "seeds", "level"});
  sweep_spec out;
  given.read("vary", [&](const auto& v) {
    for (const auto& [path, values] : v.entries())
      v.source().attempt(
          [&, path = path, values = values] { out.axes.push_back(read_axis(path, values)); });
  });
  given.read("zip", [&](const auto& v) { out.zips = read_zips(v); });
  given.read("where", [&](const auto& v) { out.conditions = texts_of(v); });
  given.read("seeds", [&](const auto& v) {
    try {
      out.seeds = read_seed_count(v.as_text());
    } catch (const std::invalid_argument& e) {
      v.fail("`seeds`: " + std::string(e.what()));
    }
  });
  given.read("level", [&](const auto& v) {
    const auto add = [&](const yaml_value& entry) {
      out.levels.push_back(level_names()[entry.as_one_of(level_names(), "level")]);
    };
    if (v.node().IsSequence())
      v.each(add);
    else
      add(v);
  });
  return out;
}

}  // namespace tandem::scenarios
