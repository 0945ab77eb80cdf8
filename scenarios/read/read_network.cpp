// SPDX-License-Identifier: MIT
#include "read_network.hpp"

#include "csv.hpp"
#include "read_distribution.hpp"
#include "read_topology.hpp"
#include "tandem/command/units.hpp"
#include "tandem/core/counted.hpp"

#include <algorithm>
#include <utility>

namespace tandem::scenarios {
namespace {

constexpr std::size_t regions_max = 256;

sim::distribution one_way(const yaml_value& value) {
  return read_duration_distribution(value, duration{}).nanoseconds;
}

void put(region_map& out, std::size_t from, std::size_t to, const sim::distribution& value) {
  for (auto& known : out.latencies)
    if (known.from == from && known.to == to) {
      known.one_way = value;
      return;
    }
  out.latencies.push_back({from, to, value});
}

void read_regions(const yaml_value& value, region_map& out) {
  for (const auto& [name, entry] : value.entries()) {
    if (out.names.size() == regions_max)
      entry.fail_key("a scenario has at most " + std::to_string(regions_max) + " regions");
    out.names.push_back(name);
    const auto index = out.names.size() - 1;
    const yaml_mapping given(entry, "region " + quoted(name), {"latency"});
    given.read("latency", [&](const auto& v) { put(out, index, index, one_way(v)); });
  }
  if (out.names.empty()) value.fail("`network.regions` is empty: name at least one");
}

// `{between: [south, north], one_way: 80ms}`
void read_pair(const yaml_value& entry, region_map& out) {
  const yaml_mapping given(entry, "a latency", {"between", "one_way"});
  std::pair<std::size_t, std::size_t> ends;
  const bool named = given.require("between", [&](const auto& v) {
    const auto pair = v.as_list();
    if (pair.size() != 2) v.fail(quoted(v.path()) + " must name two regions");
    ends = {read_region(pair[0], out), read_region(pair[1], out)};
    if (out.between(ends.first, ends.second) != nullptr)
      v.fail("the latency between these two regions is given twice");
  });
  given.require("one_way", [&](const auto& v) {
    const auto value = one_way(v);
    if (!named) return;
    put(out, ends.first, ends.second, value);
    put(out, ends.second, ends.first, value);
  });
}

// What is given in one direction only is the same in the other.
void mirror(region_map& out) {
  const auto given = out.latencies;
  for (const auto& each : given)
    if (out.between(each.to, each.from) == nullptr) put(out, each.to, each.from, each.one_way);
}

std::size_t region_of_key(const std::string& name, const yaml_value& entry,
                          const region_map& known) {
  const auto at = std::ranges::find(known.names, name);
  if (at == known.names.end())
    entry.fail_key("no region is called " + quoted(name) + suggestion(name, known.names));
  return static_cast<std::size_t>(at - known.names.begin());
}

// `{south: {south: 5ms, north: 80ms}}`, from the region of the row to that of the entry.
void read_rows(const yaml_value& value, region_map& out) {
  for (const auto& [from, row] : value.entries())
    value.source().attempt([&, &name = from, &cells = row] {
      const auto a = region_of_key(name, cells, out);
      for (const auto& [to, cell] : cells.entries())
        value.source().attempt([&, &to_name = to, &latency = cell] {
          const auto b = region_of_key(to_name, latency, out);
          put(out, a, b, one_way(latency));
        });
    });
}

std::size_t region_of(const yaml_value& named, const csv_table& table, const csv_table::row& row,
                      const std::string& cell, const region_map& known) {
  std::size_t index = 0;
  read_cell(named, table, row, cell, [&](const auto& v) { index = read_region(v, known); });
  return index;
}

// The first row names the regions to, the first cell of every other the region from.
void read_matrix_file(const yaml_value& value, region_map& out) {
  const auto table = read_csv(value);
  std::vector<std::size_t> to;
  const auto& head = table.rows.front();
  for (std::size_t i = 1; i < head.cells.size(); ++i)
    to.push_back(region_of(value, table, head, head.cells[i], out));
  for (std::size_t r = 1; r < table.rows.size(); ++r) {
    const auto& row = table.rows[r];
    if (row.cells.size() != head.cells.size())
      value.fail("line " + std::to_string(row.line) + " of " + table.file + " has " +
                 counted(row.cells.size(), "cell") + ", its first line has " +
                 std::to_string(head.cells.size()));
    const auto from = region_of(value, table, row, row.cells[0], out);
    for (std::size_t i = 1; i < row.cells.size(); ++i)
      if (!row.cells[i].empty())
        read_cell(value, table, row, row.cells[i],
                  [&](const auto& v) { put(out, from, to[i - 1], one_way(v)); });
  }
}

void read_latency(const yaml_value& value, region_map& out) {
  if (!value.is_mapping()) {
    value.each([&](const auto& entry) { read_pair(entry, out); });
    return;
  }
  const auto entries = value.entries();
  if (entries.size() != 1 || entries.front().first != "matrix") return read_pair(value, out);
  const auto& matrix = entries.front().second;
  if (matrix.is_mapping())
    read_rows(matrix, out);
  else
    read_matrix_file(matrix, out);
  mirror(out);
}

}  // namespace

std::size_t read_region(const yaml_value& value, const region_map& known) {
  if (known.names.empty()) value.fail("no region is known; name them in `network.regions`");
  return value.as_one_of(known.names, "region");
}

void read_network(const yaml_value& value, scenario& out) {
  const yaml_mapping given(
      value, "network", {"regions", "latency", "topology", "bottleneck", "links", "cross_traffic"});
  if (given.find("topology") != nullptr) {
    out.routers.emplace();  // without a name, when it cannot be read: that is said once
    value.source().attempt([&] { out.routers = read_topology(given, out); });
    return;
  }
  for (const char* key : {"bottleneck", "links", "cross_traffic"})
    if (const auto* of_routers = given.find(key))
      of_routers->fail_key(quoted(key) + " is of a network with routers: name its `topology`");
  if (!given.require("regions", [&](const auto& v) { read_regions(v, out.regions); })) return;
  given.read("latency", [&](const auto& v) { read_latency(v, out.regions); });
}

}  // namespace tandem::scenarios
