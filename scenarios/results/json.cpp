// SPDX-License-Identifier: MIT
#include "tandem/scenarios/results.hpp"

#include <boost/json.hpp>

namespace tandem::scenarios {
namespace {

namespace json = boost::json;

// Whole numbers as integers: counts read better without `.0`.
json::value number(double value) {
  const auto whole = static_cast<std::int64_t>(value);
  if (static_cast<double>(whole) == value) return whole;
  return value;
}

json::object object_of(const fault_result& fault) {
  json::object touched;
  for (std::size_t i = 0; i < touches_count; ++i)
    touched[name_of(static_cast<touch>(i))] = fault.touched[i];
  return {{"text", fault.text},
          {"ok", fault.verdict == verdict::ok},
          {"verdict", name_of(fault.verdict)},
          {"times", fault.times},
          {"touched", std::move(touched)},
          {"why", fault.why}};
}

json::object object_of(const run_result& r) {
  json::array expectations;
  for (const auto& check : r.checks)
    expectations.push_back({{"text", check.text},
                            {"ok", check.ok()},
                            {"verdict", name_of(check.verdict)},
                            {"measured", check.measured},
                            {"why", check.why}});
  json::array faults;
  for (const auto& fault : r.faults) faults.push_back(object_of(fault));
  json::object groups;
  json::object refusals;
  for (const auto& group : r.groups) {
    json::object metrics;
    for (const auto& [name, value] : group.metrics)
      metrics[name] = {
          {"last", number(value.last)}, {"min", number(value.min)}, {"max", number(value.max)}};
    groups[group.name] = std::move(metrics);
    json::object counts;
    for (const auto& [name, count] : group.refusals) counts[name] = count;
    refusals[group.name] = std::move(counts);
  }
  json::object out;
  out["scenario"] = r.scenario;
  out["level"] = r.level;
  out["seed"] = r.seed;
  out["commit"] = r.commit;
  out["trace_hash"] = r.trace_hash.empty() ? json::value() : json::value(r.trace_hash);
  out["ok"] = r.ok;
  out["verdict"] = name_of(r.verdict);
  out["stopped"] = r.stopped;
  out["expectations"] = std::move(expectations);
  out["faults"] = std::move(faults);
  out["warnings"] = json::value_from(r.warnings);
  out["groups"] = std::move(groups);
  out["refusals"] = std::move(refusals);
  out["events"] = r.events;
  out["wall_s"] = r.wall_s;
  return out;
}

}  // namespace

std::string to_json(std::span<const run_result> results) {
  json::array all;
  for (const auto& result : results) all.push_back(object_of(result));
  return json::serialize(all) + "\n";
}

}  // namespace tandem::scenarios
