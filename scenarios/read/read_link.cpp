// SPDX-License-Identifier: MIT
#include "read_distribution.hpp"
#include "read_network.hpp"
#include "read_scenario.hpp"
#include "tandem/command/units.hpp"

#include <algorithm>
#include <utility>

namespace tandem::scenarios {
namespace {

constexpr std::uint64_t queue_bytes_max = std::uint64_t{1} << 40;
constexpr duration above_zero{1};

link_spec named(const yaml_value& value) {
  std::vector<std::string> names;
  for (const auto& link : named_links()) names.push_back(link.name);
  return named_links()[value.as_one_of(names, "link")].spec;
}

double read_part(const yaml_value& value, const char* why) {
  const double ratio = value.as_ratio();
  if (ratio < 0 || ratio >= 1)
    value.fail(quoted(value.path()) + " must be at least 0 and below 1 (100%): " + why);
  return ratio;
}

// `1%`, or `{bursty: 10%, mean_burst: 5}`.
void read_loss(const yaml_value& value, link_spec& out) {
  constexpr const char* why = "with everything lost nothing connects";
  if (!value.is_mapping()) {
    out.loss = read_part(value, why);
    return;
  }
  const yaml_mapping given(value, "a bursty loss", {"bursty", "mean_burst"});
  given.require("bursty", [&](const auto& v) { out.loss = read_part(v, why); });
  given.require("mean_burst", [&](const auto& v) {
    out.mean_burst = v.as_number();
    if (!(out.mean_burst >= 1 && out.mean_burst <= 1e6))
      v.fail(quoted(v.path()) + " must be from 1 to 1000000 packets, not " + v.as_text());
    // Losses as rare as asked need a gap of at least one packet between two bursts.
    if (out.loss && out.mean_burst < *out.loss / (1 - *out.loss))
      v.fail(quoted(v.path()) + " is too short for so much loss: bursts of " + v.as_text() +
             " packets with at least one between them lose less");
  });
}

void read_reorder(const yaml_value& value, link_spec& out) {
  const yaml_mapping given(value, "a reordering", {"part", "by"});
  given.require("part", [&](const auto& v) {
    out.reorder = read_part(v, "packets that are all late are in order");
  });
  given.require("by", [&](const auto& v) { out.reorder_by = v.as_duration(above_zero); });
}

// Up and down apart override what both share.
void read_rates(const yaml_mapping& given, link_spec& out) {
  given.read("bandwidth", [&](const auto& v) { out.up = out.down = v.as_bandwidth(); });
  given.read("up", [&](const auto& v) { out.up = v.as_bandwidth(); });
  given.read("down", [&](const auto& v) { out.down = v.as_bandwidth(); });
}

void read_between(const yaml_value& entry, scenario& out) {
  auto keys = link_keys();
  keys.insert(keys.end(), {"groups", "link"});
  const yaml_mapping given(entry, "links.between", keys);
  group_link made;
  given.require("groups", [&](const auto& v) {
    const auto pair = v.as_list();
    if (pair.size() != 2) v.fail(quoted(v.path()) + " must name two groups");
    made.first = pair[0].as_one_of(group_names(out), "group");
    made.second = pair[1].as_one_of(group_names(out), "group");
    for (const auto& other : out.links)
      if (std::minmax(other.first, other.second) == std::minmax(made.first, made.second))
        given.self().fail("the link between these two groups is given twice");
  });
  link_spec own;
  given.read("link", [&](const auto& v) { own = read_link(v); });
  made.link = out.default_link.with(own).with(read_link_fields(given));
  out.links.push_back(std::move(made));
}

}  // namespace

// `200ms` or `64KiB`.
sim::link_queue read_queue(const yaml_value& value) {
  sim::link_queue out;
  const std::string text = value.as_text();
  if (const auto bytes = parse_bytes(text); bytes && !parse_duration(text)) {
    out.bytes = value.as_bytes(1500, queue_bytes_max);  // a packet at least
  } else if (parse_duration(text)) {
    out.time = value.as_duration(above_zero);
  } else {
    value.fail(quoted(value.path()) +
               " must be a time or a number of bytes, as in 200ms or 64KiB, " + "not " +
               quoted(text));
  }
  return out;
}

std::vector<std::string> link_keys() {
  return {"latency", "jitter", "bandwidth", "up", "down", "loss", "queue", "reorder", "duplicate"};
}

link_spec read_link_fields(const yaml_mapping& given) {
  link_spec out;
  const auto time = [](const auto& v) {
    return read_duration_distribution(v, duration{}).nanoseconds;
  };
  given.read("latency", [&](const auto& v) { out.latency = time(v); });
  given.read("jitter", [&](const auto& v) {
    const auto drawn = time(v);
    const bool single = drawn.how() == sim::distribution::kind::constant;
    out.jitter = single ? sim::distribution::uniform(0, drawn.quantile(1)) : drawn;
    if (single && drawn == sim::distribution()) out.jitter = drawn;
  });
  read_rates(given, out);
  given.read("loss", [&](const auto& v) { read_loss(v, out); });
  given.read("queue", [&](const auto& v) {
    if (v.is_mapping())
      v.fail(quoted(v.path()) +
             " of a kind is for lines between routers (`network.bottleneck`, `network.links`); a "
             "link has one queue, first in first out: say its length, as in 200ms or 64KiB");
    out.queue = read_queue(v);
  });
  given.read("reorder", [&](const auto& v) { read_reorder(v, out); });
  given.read("duplicate", [&](const auto& v) {
    out.duplicate = read_part(v, "more than one copy of every packet is never sent");
  });
  return out;
}

link_spec read_link(const yaml_value& value) {
  if (!value.is_mapping()) return named(value);
  auto keys = link_keys();
  keys.emplace_back("like");
  const yaml_mapping given(value, "a link", keys);
  link_spec base;
  given.read("like", [&](const auto& v) { base = named(v); });
  return base.with(read_link_fields(given));
}

void read_links(const yaml_value& value, scenario& out) {
  const yaml_mapping given(value, "links", {"default", "between"});
  if (out.routers)
    value.fail_key("routers lie between the nodes: say `network.links`, or leave out the topology");
  given.read("default", [&](const auto& v) { out.default_link = read_link(v); });
  given.read("between",
             [&](const auto& v) { v.each([&](const auto& entry) { read_between(entry, out); }); });
}

}  // namespace tandem::scenarios
