// SPDX-License-Identifier: MIT
#include "tandem/command/json_text.hpp"
#include "tandem/scenarios/results.hpp"

#include <boost/json.hpp>

namespace tandem::scenarios {
namespace {

namespace json = boost::json;

json::object object_of(const cause_counts& counts) {
  json::object out;
  for (const auto& [name, count] : counts) out[name] = count;
  return out;
}

json::object object_of(const group_result& group) {
  const auto& s = group.summary;
  const auto seconds = [](std::optional<double> v) { return v ? json::value(*v) : json::value(); };
  return {{"active", {{"last", s.active_last}, {"max", s.active_max}}},
          {"refused", object_of(group.refusals)},
          {"failed", object_of(s.failed)},
          {"closed", object_of(s.closed)},
          {"dial_p50_s", seconds(s.dial_p50)},
          {"dial_p99_s", seconds(s.dial_p99)},
          {"attempts_peak_per_s", s.attempts_peak},
          {"bytes_sent", s.bytes_sent},
          {"bytes_received", s.bytes_received}};
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

json::value fingerprints_of(const run_result& r) {
  if (!r.prints) return {};
  json::object out;
  for (std::size_t i = 0; i < layers_count; ++i)
    out[name_of(static_cast<layer>(i))] = text_of((*r.prints)[i]);
  return out;
}

json::object object_of(const run_result& r) {
  json::array expectations;
  for (const auto& check : r.checks)
    expectations.push_back({{"text", check.text},
                            {"ok", check.ok()},
                            {"verdict", name_of(check.verdict)},
                            {"measured", check.measured},
                            {"looked", check.looked},
                            {"why", check.why}});
  json::object invariants;
  for (const auto& [name, looked] : r.invariants) invariants[name] = looked;
  json::array faults;
  for (const auto& fault : r.faults) faults.push_back(object_of(fault));
  json::object groups;
  json::object refusals;
  json::object summary;
  for (const auto& group : r.groups) {
    json::object metrics;
    for (const auto& [name, value] : group.metrics)
      metrics[name] = {{"last", value.last}, {"min", value.min}, {"max", value.max}};
    groups[group.name] = std::move(metrics);
    refusals[group.name] = object_of(group.refusals);
    summary[group.name] = object_of(group);
  }
  json::object out;
  out["scenario"] = r.scenario;
  out["level"] = r.level;
  out["seed"] = r.seed;
  out["commit"] = r.commit;
  out["trace_hash"] = r.trace_hash.empty() ? json::value() : json::value(r.trace_hash);
  out["fingerprints"] = fingerprints_of(r);
  out["ok"] = r.ok;
  out["verdict"] = name_of(r.verdict);
  out["stopped"] = r.stopped;
  out["expectations"] = std::move(expectations);
  out["invariants"] = std::move(invariants);
  out["faults"] = std::move(faults);
  out["warnings"] = json::value_from(r.warnings);
  out["groups"] = std::move(groups);
  out["refusals"] = std::move(refusals);
  out["summary"] = std::move(summary);
  out["events"] = r.events;
  out["wall_s"] = r.wall_s;
  return out;
}

}  // namespace

std::string to_json(std::span<const run_result> results) {
  json::array all;
  for (const auto& result : results) all.push_back(object_of(result));
  return json_text(all) + "\n";
}

}  // namespace tandem::scenarios
