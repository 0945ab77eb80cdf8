// SPDX-License-Identifier: MIT
#include "read_distribution.hpp"
#include "read_topology.hpp"
#include "tandem/command/units.hpp"

#include <algorithm>

namespace tandem::scenarios {
namespace {

constexpr std::uint64_t flows_max = 1000;
constexpr std::uint64_t payload_max = 1472;  // of UDP in 1500 bytes
constexpr duration above_zero{1};

// What ns-3's OnOffApplication does unless told otherwise.
constexpr std::uint32_t payload_usual = 512;
constexpr duration on_off_usual = std::chrono::seconds(1);

sim::router_index one_router(const yaml_value& value, const router_network& of) {
  const auto& all = routers_named(value, of);
  if (all.size() != 1)
    value.fail(quoted(value.as_text()) + " are " + std::to_string(all.size()) +
               " routers; name one, as in " + quoted(value.as_text() + "[0]"));
  return all.front();
}

duration_distribution read_period(const yaml_mapping& given, const char* key) {
  auto out = duration_distribution::constant(on_off_usual);
  given.read(key, [&](const auto& v) { out = read_duration_distribution(v, duration{}); });
  return out;
}

void read_times(const yaml_mapping& given, duration length, sim::cross_traffic& out) {
  out.ends = length;
  given.read("at", [&](const auto& v) {
    out.begins = v.as_duration();
    if (out.begins >= length)
      v.fail(quoted(v.path()) + " is after the end, " + format_moment(length));
  });
  if (given.find("until") != nullptr && given.find("for") != nullptr)
    given.need("for").fail_key("say `until` or `for`, not both");
  given.read("until", [&](const auto& v) {
    out.ends = v.as_duration(above_zero);
    if (out.ends <= out.begins) v.fail(quoted(v.path()) + " must be after `at`");
  });
  given.read("for", [&](const auto& v) {
    out.ends = std::min(length, out.begins + std::min(length, v.as_duration(above_zero)));
  });
}

}  // namespace

void read_cross_traffic(const yaml_value& entry, duration length, router_network& out) {
  const yaml_mapping kinds(entry, "cross traffic", {"bulk", "on_off"});
  const auto& [kind, how] = kinds.only();
  std::vector<std::string> keys{"from", "to", "flows", "at", "until", "for"};
  const bool on_off = kind == "on_off";
  if (on_off) keys.insert(keys.end(), {"rate", "size", "on", "off"});
  const yaml_mapping given(how, kind, keys);
  sim::cross_traffic made;
  const bool from = given.require("from", [&](const auto& v) { made.from = one_router(v, out); });
  given.require("to", [&](const auto& v) {
    made.to = one_router(v, out);
    if (from && made.from == made.to) v.fail("traffic from a router to itself crosses no line");
  });
  given.read("flows", [&](const auto& v) {
    made.flows = static_cast<std::uint32_t>(v.as_count(1, flows_max));
  });
  read_times(given, length, made);
  if (on_off) {
    made.packet = payload_usual;
    given.require("rate", [&](const auto& v) { made.rate = v.as_bandwidth(); });
    given.read("size", [&](const auto& v) {
      made.packet = static_cast<std::uint32_t>(v.as_bytes(1, payload_max));
    });
    made.on = read_period(given, "on").nanoseconds;
    made.off = read_period(given, "off").nanoseconds;
    if (made.on.quantile(1) == 0) given.need("on").fail("it would never send");
  }
  out.made.traffic.push_back(std::move(made));
}

}  // namespace tandem::scenarios
