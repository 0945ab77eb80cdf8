// SPDX-License-Identifier: MIT
#include "read_topology.hpp"

#include "read_network.hpp"
#include "tandem/command/units.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tandem::scenarios {
namespace {

constexpr std::uint64_t routers_max = 1000;  // every pair of them has a route in a table
constexpr std::uint64_t depth_max = 10;
// A packet passes at most 64 routers (the TTL it starts with).
constexpr std::size_t route_max = 60;

sim::router_index add(router_network& out, const std::string& name) {
  const auto index = static_cast<sim::router_index>(out.made.routers.size());
  out.made.routers.push_back(name);
  out.named.push_back({name, {index}});
  return index;
}

void join(router_network& out, sim::router_index a, sim::router_index b, sim::router_line usual) {
  usual.a = a;
  usual.b = b;
  out.made.lines.push_back(usual);
}

// `left` and `right`, and what lies between them.
router_network dumbbell(const sim::router_line& usual) {
  router_network out;
  const auto left = add(out, "left");
  join(out, left, add(out, "right"), usual);
  return out;
}

// Below each router of one level `fanout` of the next; the last level is `leaf`.
router_network tree(const std::string& top, std::uint64_t depth, std::uint64_t fanout,
                    const sim::router_line& usual) {
  router_network out;
  std::vector<sim::router_index> above{add(out, top)};
  for (std::uint64_t level = 1; level <= depth; ++level) {
    const std::string name = level == depth ? "leaf" : "level" + std::to_string(level);
    std::vector<sim::router_index> here;
    for (const auto parent : above)
      for (std::uint64_t i = 0; i < fanout; ++i) {
        here.push_back(add(out, name + "[" + std::to_string(here.size()) + "]"));
        join(out, parent, here.back(), usual);
      }
    out.named.push_back({name, here});
    above = std::move(here);
  }
  out.usual = "leaf";
  return out;
}

router_network read_star(const yaml_value& value, const sim::router_line& usual) {
  std::uint64_t leaves = 4;
  const yaml_mapping given(value, "a star", {"leaves"});
  given.read("leaves", [&](const auto& v) { leaves = v.as_count(1, routers_max - 1); });
  return tree("centre", 1, leaves, usual);
}

router_network read_tree(const yaml_value& value, const sim::router_line& usual) {
  std::uint64_t depth = 2, fanout = 2;
  const yaml_mapping given(value, "a tree", {"depth", "fanout"});
  given.read("depth", [&](const auto& v) { depth = v.as_count(1, depth_max); });
  given.read("fanout", [&](const auto& v) { fanout = v.as_count(1, routers_max - 1); });
  std::uint64_t all = 1, level = 1;
  for (std::uint64_t i = 0; i < depth && all <= routers_max; ++i) all += level *= fanout;
  if (all > routers_max)
    value.fail("a topology has at most " + std::to_string(routers_max) + " routers");
  return tree("root", depth, fanout, usual);
}

std::size_t shape_named(const yaml_value& value) {
  return value.as_one_of({"dumbbell", "star", "tree"}, "topology");
}

router_network read_shape(const yaml_value& value, const sim::router_line& usual,
                          std::vector<std::string>& warnings) {
  if (!value.is_mapping()) {
    switch (shape_named(value)) {
      case 0:
        return dumbbell(usual);
      case 1:
        return tree("centre", 1, 4, usual);
      default:
        return tree("root", 2, 2, usual);
    }
  }
  const yaml_mapping given(value, "a topology", {"star", "tree", "from"});
  const auto& [kind, how] = given.only();
  if (kind == "star") return read_star(how, usual);
  if (kind == "tree") return read_tree(how, usual);
  auto out = read_graphml(how, usual, warnings);
  if (out.made.routers.size() > routers_max)
    how.fail("a topology has at most " + std::to_string(routers_max) + " routers, " +
             quoted(how.as_text()) + " has " + std::to_string(out.made.routers.size()));
  return out;
}

// `64KiB`, or `{red: 64KiB}`.
void read_line_queue(const yaml_value& value, sim::router_line& out) {
  if (!value.is_mapping()) {
    out.queue = read_queue(value);
    out.discipline = sim::queue_discipline::fifo;
    return;
  }
  static constexpr std::array<std::pair<const char*, sim::queue_discipline>, 4> known{{
      {"fifo", sim::queue_discipline::fifo},
      {"red", sim::queue_discipline::red},
      {"codel", sim::queue_discipline::codel},
      {"fq_codel", sim::queue_discipline::fq_codel},
  }};
  std::vector<std::string> names;
  for (const auto& each : known) names.emplace_back(each.first);
  const yaml_mapping given(value, "a queue", names);
  const auto& [kind, length] = given.only();
  out.queue = read_queue(length);
  for (const auto& [name, discipline] : known)
    if (kind == name) out.discipline = discipline;
}

constexpr const char* line_keys[] = {"latency", "bandwidth", "queue"};

void read_line_fields(const yaml_mapping& given, sim::router_line& out) {
  given.read("latency", [&](const auto& v) { out.latency = v.as_duration(); });
  given.read("bandwidth", [&](const auto& v) { out.bandwidth = v.as_bandwidth(); });
  given.read("queue", [&](const auto& v) { read_line_queue(v, out); });
}

// Once all of it is known: a file may say what a line takes.
void check_queue(const yaml_value& queue, const sim::router_line& of, const router_network& in) {
  if (of.bandwidth != 0) return;
  const auto& names = in.made.routers;
  queue.fail_key("nothing waits for the line from " + quoted(names[of.a]) + " to " +
                 quoted(names[of.b]) + ", which has no limit: give it a `bandwidth`");
}

// `{routers: [root, level1], bandwidth: 1Gbit/s}`
void read_lines_between(const yaml_value& entry, router_network& out) {
  const yaml_mapping given(entry, "network.links.between",
                           {"routers", line_keys[0], line_keys[1], line_keys[2]});
  std::vector<sim::router_index> ends[2];
  const bool named = given.require("routers", [&](const auto& v) {
    const auto pair = v.as_list();
    if (pair.size() != 2) v.fail(quoted(v.path()) + " must name the routers of both ends");
    for (std::size_t i : {0, 1}) ends[i] = routers_named(pair[i], out);
  });
  if (!named) return;
  const auto at = [&](std::size_t end, sim::router_index router) {
    return std::ranges::count(ends[end], router) != 0;
  };
  bool any = false;
  for (auto& line : out.made.lines)
    if ((at(0, line.a) && at(1, line.b)) || (at(1, line.a) && at(0, line.b))) {
      read_line_fields(given, line);
      if (const auto* queue = given.find("queue"); queue && !given.find("bandwidth"))
        check_queue(*queue, line, out);
      any = true;
    }
  if (!any) given.need("routers").fail("no line joins these routers");
}

}  // namespace

const std::vector<sim::router_index>& routers_named(const yaml_value& value,
                                                    const router_network& of) {
  std::vector<std::string> names;
  for (const auto& each : of.named) names.push_back(each.name);
  return of.named[value.as_one_of(names, "router")].routers;
}

router_network read_topology(const yaml_mapping& given, scenario& of) {
  for (const char* key : {"regions", "latency"})
    if (const auto* other = given.find(key))
      other->fail_key(quoted(key) + " are of a network without routers; leave out `topology` or " +
                      quoted(key));
  const auto& shape = given.need("topology");
  const bool two_sides = !shape.is_mapping() && shape_named(shape) == 0;
  sim::router_line usual;
  std::optional<yaml_value> usual_queue;
  const auto read_usual = [&](const yaml_value& v) {
    const yaml_mapping line(v, "a line", {line_keys[0], line_keys[1], line_keys[2]});
    read_line_fields(line, usual);
    if (const auto* queue = line.find("queue"); queue && !two_sides && !line.find("bandwidth"))
      usual_queue = *queue;
  };
  const auto* bottleneck = given.find("bottleneck");
  if (two_sides && bottleneck == nullptr)
    shape.fail("a dumbbell needs its `bottleneck`, as in {bandwidth: 10Mbit/s, latency: 20ms}");
  if (!two_sides && bottleneck != nullptr)
    bottleneck->fail_key("only a dumbbell has a `bottleneck`; say `links`");
  if (two_sides && given.find("links") != nullptr)
    given.need("links").fail_key("a dumbbell has one line: say `bottleneck`");
  given.read("bottleneck", [&](const auto& v) {
    read_usual(v);
    if (usual.bandwidth == 0 && v.source().mistakes.empty())
      v.fail("a `bottleneck` needs its `bandwidth`");
  });
  std::vector<yaml_value> exceptions;
  given.read("links", [&](const auto& v) {
    const yaml_mapping links(v, "network.links", {"default", "between"});
    links.read("default", read_usual);
    links.read("between", [&](const auto& list) { exceptions = list.as_list(); });
  });
  auto out = read_shape(shape, usual, of.warnings);
  for (const auto& entry : exceptions)
    entry.source().attempt([&] { read_lines_between(entry, out); });
  if (usual_queue)
    shape.source().attempt([&] {
      for (const auto& line : out.made.lines) check_queue(*usual_queue, line, out);
    });
  given.read("cross_traffic", [&](const auto& v) {
    v.each([&](const auto& entry) { read_cross_traffic(entry, of.length, out); });
  });
  return out;
}

std::vector<sim::router_index> read_router(const yaml_value& value, const scenario& of) {
  if (!of.routers) value.fail("no router is known; name a `network.topology`");
  if (of.routers->named.empty()) return {};
  return routers_named(value, *of.routers);
}

void place_nodes(const yaml_value& value, scenario& out) {
  if (!out.routers || out.routers->named.empty()) return;
  auto& routers = *out.routers;
  for (auto& group : out.groups) {
    if (group.routers.empty() && routers.usual)
      for (const auto& each : routers.named)
        if (each.name == *routers.usual) group.routers = each.routers;
    if (group.routers.empty())
      value.fail("group " + quoted(group.name) +
                 " is at no router: say `router: " + routers.named.front().name + "` or another");
    // Those of a router follow one another, as many at each.
    for (std::uint64_t i = 0; i < group.count; ++i)
      routers.made.router_of.push_back(group.routers[i * group.routers.size() / group.count]);
  }
  const sim::routes ways(routers.made);
  const auto& first = out.groups.front();
  const auto check = [&](const std::string& who, sim::router_index from, sim::router_index to) {
    if (!ways.reaches(from, to))
      value.fail("no line leads from " + quoted(routers.made.routers[from]) + " to " +
                 quoted(routers.made.routers[to]) + ", where " + who);
    if (ways.between(from, to).lines.size() > route_max)
      value.fail("more than " + std::to_string(route_max) + " lines lead from " +
                 quoted(routers.made.routers[from]) + " to " + quoted(routers.made.routers[to]) +
                 ", and packets die before");
  };
  for (const auto& group : out.groups)
    for (const auto router : group.routers)
      check(quoted(group.name) + " has nodes", first.routers.front(), router);
  for (const auto& each : routers.made.traffic) check("traffic goes", each.from, each.to);
}

}  // namespace tandem::scenarios
