// SPDX-License-Identifier: MIT
#include "read_swarm.hpp"

#include "extends.hpp"
#include "parameters.hpp"
#include "tandem/command/units.hpp"
#include "tandem/scenarios/candidates.hpp"

#include <algorithm>
#include <stdexcept>

namespace tandem::scenarios {
namespace {

constexpr std::uint64_t faults_limit = 100;

swarm_range read_range(const std::string& path, const yaml_value& value) {
  swarm_range out{path, {}, {}, value.where()};
  for (std::size_t begin = 0; begin <= path.size();) {
    const auto end = std::min(path.find('.', begin), path.size());
    if (parse_count(path.substr(begin, end - begin)))
      value.fail_key(
          "a path into a list cannot be varied here: give its value a parameter, and "
          "vary that");
    begin = end + 1;
  }
  if (!value.node().IsSequence()) {
    out.between = value.as_text();
    try {
      candidates::between(out.between);
    } catch (const std::invalid_argument& e) {
      value.fail(e.what());
    }
    return out;
  }
  value.each([&](const yaml_value& entry) { out.values.push_back(entry.as_text()); });
  if (out.values.empty()) value.fail("name a value at least");
  return out;
}

}  // namespace

swarm_spec read_swarm(const yaml_value& value) {
  const yaml_mapping given(value, "`swarm`",
                           {"vary", "options", "faults", "faults_most", "chaos", "within"});
  swarm_spec out;
  given.read("vary", [&](const auto& v) {
    for (const auto& [path, values] : v.entries())
      v.source().attempt(
          [&, path = path, values = values] { out.vary.push_back(read_range(path, values)); });
  });
  given.read("options", [&](const auto& v) { out.options = v.as_bool(); });
  given.read("faults", [&](const auto& v) {
    out.faults_given = true;
    v.each([&](const yaml_value& entry) {
      out.faults.push_back(fault_kinds()[entry.as_one_of(fault_kinds(), "fault")]);
    });
  });
  given.read("faults_most", [&](const auto& v) { out.faults_most = v.as_count(1, faults_limit); });
  given.read("chaos", [&](const auto& v) { out.chaos = v.as_duration(std::chrono::seconds(1)); });
  given.read("within", [&](const auto& v) { out.within = v.as_duration(std::chrono::seconds(1)); });
  return out;
}

swarm_spec swarm_of(const std::string& path, const std::vector<std::string>& sets) {
  yaml_source source{.name = path};
  YAML::Node root = merged_yaml(source, path, text_of_file(path));
  for (const auto& set : sets) apply_set(source, root, set);
  put_parameters(source, root);
  swarm_spec out;
  const YAML::Node swarm = std::as_const(root)["swarm"];
  if (swarm.IsDefined())
    source.attempt([&] { out = read_swarm(yaml_value(source, swarm, "swarm")); });
  source.throw_mistakes();
  return out;
}

const std::vector<std::string>& fault_kinds() {
  static const std::vector<std::string> kinds{"partition",     "link",        "die",
                                              "pause",         "clock_jump",  "descriptors",
                                              "stall_reading", "forget_flows"};
  return kinds;
}

const std::vector<default_range>& default_ranges() {
  static const std::vector<default_range> ranges{
      {"backoff_base", "100ms..3s"},    {"backoff_multiplier", "1.2..4.5"},
      {"backoff_cap", "10s..2m"},       {"backoff_reset_after", "5s..5m"},
      {"breaker_failures", "1..10"},    {"breaker_open", "1s..60s"},
      {"breaker_open_max", "60s..2m"},  {"breaker_trials", "1..3"},
      {"uplink_failures", "2..16"},     {"uplink_retry", "1s..20s"},
      {"liveness_interval", "2s..60s"}, {"liveness_timeout", "2s..20s"},
      {"liveness_misses", "1..5"},      {"handshake_timeout", "10s..60s"},
      {"attempt_timeout", "5s..30s"},   {"dial_timeout", "30s..2m"},
      {"start_spread", "100ms..3s"},    {"max_attempts_per_peer", "1..16"},
      {"close_linger", "100ms..5s"}};
  return ranges;
}

}  // namespace tandem::scenarios
