// SPDX-License-Identifier: MIT
#include "tandem/scenarios/compare/outcome.hpp"

#include "tandem/command/bad_input.hpp"
#include "tandem/scenarios/results.hpp"

#include <boost/json.hpp>

namespace tandem::scenarios {
namespace {

namespace json = boost::json;

// What is there under a key, or nothing: older versions print less.
const json::value& at(const json::object& in, std::string_view key) {
  static const json::value nothing;
  const auto* found = in.if_contains(key);
  return found ? *found : nothing;
}
std::string text_at(const json::object& in, std::string_view key) {
  const auto& value = at(in, key);
  return value.is_string() ? std::string(value.as_string()) : std::string();
}
void each(const json::object& in, std::string_view key, auto use) {
  if (const auto* inner = at(in, key).if_object())
    for (const auto& [name, value] : *inner) use(std::string(name), value);
}

class number_list {
 public:
  explicit number_list(outcome& into) : into_(into) {}
  void add(const std::string& name, const json::value& value) {
    if (value.is_number()) into_.numbers.emplace_back(name, value.to_number<double>());
  }
  void add_counts(const std::string& name, const json::object& in, std::string_view key) {
    each(in, key, [&](const std::string& why, const json::value& n) { add(name + why, n); });
  }

 private:
  outcome& into_;
};

bool is_gauge(const std::string& metric) { return !metric.ends_with("_total"); }

void read_numbers(outcome& into, const json::object& from) {
  number_list numbers(into);
  each(from, "groups", [&](const std::string& group, const json::value& metrics) {
    for (const auto& [metric, value] : metrics.as_object()) {
      if (metric == "icn_p2p_connection_limit") continue;  // given, not found
      const auto name = group + "." + std::string(metric);
      numbers.add(name, at(value.as_object(), "last"));
      if (is_gauge(std::string(metric))) numbers.add(name + ".max", at(value.as_object(), "max"));
    }
    if (const auto* refused = at(from, "refusals").if_object())
      numbers.add_counts(group + ".refusals.", *refused, group);
    const auto* all = at(from, "summary").if_object();
    const auto* summary = all ? at(*all, group).if_object() : nullptr;
    if (!summary) return;
    numbers.add_counts(group + ".dial_failed.", *summary, "failed");
    numbers.add_counts(group + ".closed.", *summary, "closed");
    numbers.add(group + ".dial_time.p50", at(*summary, "dial_p50_s"));
    numbers.add(group + ".dial_time.p99", at(*summary, "dial_p99_s"));
    numbers.add(group + ".attempts.peak", at(*summary, "attempts_peak_per_s"));
  });
}

outcome read(const json::object& from) {
  outcome made;
  made.scenario = from.at("scenario").as_string();
  made.level = from.at("level").as_string();
  made.seed = from.at("seed").to_number<std::uint64_t>();
  made.commit = text_at(from, "commit");
  made.verdict = text_at(from, "verdict");
  made.trace_hash = text_at(from, "trace_hash");
  if (at(from, "events").is_number()) made.steps = at(from, "events").to_number<std::uint64_t>();
  each(from, "fingerprints", [&](const std::string& layer, const json::value& print) {
    made.layers.emplace_back(layer, print.as_string());
  });
  for (const auto& line : from.at("expectations").as_array()) {
    const auto& said = line.as_object();
    made.lines.push_back(
        {text_at(said, "text"), text_at(said, "verdict"), text_at(said, "measured")});
  }
  read_numbers(made, from);
  made.name = made.scenario + " at " + made.level + ", seed " + std::to_string(made.seed);
  return made;
}

}  // namespace

outcome outcome_of_json(std::string_view object, const std::string& from) {
  try {
    return read(json::parse(json::string_view(object.data(), object.size())).as_object());
  } catch (const std::exception& e) {
    throw bad_input(from, std::string("this is no result of `tandem run --json`: ") + e.what());
  }
}

outcome outcome_of(const run_result& result) {
  auto made = read(json::parse(to_json({&result, 1})).as_array().at(0).as_object());
  for (const auto& group : result.groups)
    for (std::uint32_t i = 0; i < group.count; ++i)
      made.nodes.push_back(group.name + "." + std::to_string(i));
  made.has_events = result.event_rows.size() > 0;
  made.events = result.event_rows;
  return made;
}

}  // namespace tandem::scenarios
