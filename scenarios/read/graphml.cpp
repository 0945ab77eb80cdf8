// SPDX-License-Identifier: MIT
// Boost.PropertyTree parses the XML: Boost.Graph's reader of GraphML is a library of its own, and
// hands over no attribute that was not named before.
#include "extends.hpp"
#include "read_topology.hpp"
#include "tandem/command/units.hpp"

#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <numbers>
#include <optional>
#include <set>
#include <sstream>
#include <vector>

namespace tandem::scenarios {
namespace {

using boost::property_tree::ptree;
using attributes = std::map<std::string, std::string>;

// In glass, two thirds of the speed of light: 5 us for a kilometre of the great circle.
constexpr double nanoseconds_per_kilometre = 5000;
constexpr double earth_radius_km = 6371;

// What something is made of; the rest is told.
const std::map<std::string, std::vector<std::string>> taken{
    {"node", {"label", "Latitude", "Longitude"}},
    {"edge", {"LinkSpeedRaw", "bandwidth", "latency", "delay"}}};

std::string joined(const auto& texts) {
  std::string out;
  for (const auto& text : texts) out += (out.empty() ? "" : ", ") + text;
  return out;
}

class graphml {
 public:
  graphml(const yaml_value& named, const sim::router_line& usual,
          std::vector<std::string>& warnings)
      : named_(named), file_(named.as_text()), usual_(usual), warnings_(warnings) {}

  router_network read() {
    const ptree root = parse();
    const auto graph = root.get_child_optional("graphml.graph");
    if (!graph) named_.fail(tandem::quoted(file_) + " has no graph: GraphML is expected");
    read_keys(root.get_child("graphml"));
    for (const auto& [tag, node] : *graph)
      if (tag == "node") add_node(node);
    name_nodes();
    for (const auto& [tag, edge] : *graph)
      if (tag == "edge") add_edge(edge);
    if (out_.made.lines.empty()) named_.fail(tandem::quoted(file_) + " has no edge");
    if (!left_.empty())
      warnings_.push_back(named_.where() + ": nothing is made of these attributes of " +
                          tandem::quoted(file_) + ": " + joined(left_) + "; taken are " +
                          joined(taken.at("node")) + " of nodes, " + joined(taken.at("edge")) +
                          " of edges");
    return std::move(out_);
  }

 private:
  ptree parse() const {
    const auto path = std::filesystem::path(named_.file()).parent_path() / file_;
    std::istringstream text;
    try {
      text.str(text_of_file(path.string()));
    } catch (const bad_input& e) {
      named_.fail("a file that cannot be used: " + std::string(e.what()));
    }
    named_.source().bases += text.str();
    ptree root;
    try {
      read_xml(text, root);
    } catch (const boost::property_tree::xml_parser_error& e) {
      named_.fail("line " + std::to_string(e.line()) + " of " + file_ + ": " + e.message());
    }
    return root;
  }

  static std::string xml_attribute(const ptree& of, const char* name) {
    const auto all = of.get_child_optional("<xmlattr>");
    if (!all) return {};
    const auto it = all->find(name);  // names may have dots, which separate paths
    return it == all->not_found() ? std::string() : it->second.data();
  }

  void read_keys(const ptree& all) {
    for (const auto& [tag, key] : all) {
      if (tag != "key") continue;
      const auto id = xml_attribute(key, "id"), called = xml_attribute(key, "attr.name");
      const auto name = attribute_of_[id] = called.empty() ? id : called;
      const auto usual = key.get_child_optional("default");
      const std::string whose = xml_attribute(key, "for");
      for (const char* kind : {"node", "edge"})
        if (usual && (whose.empty() || whose == "all" || whose == kind)) {
          usual_of_[kind][name] = usual->data();
          if (whose == kind) look_at(name, kind);
        }
    }
  }

  void look_at(const std::string& name, const std::string& kind) {
    const auto& known = taken.at(kind);
    if (std::ranges::find(known, name) == known.end())
      left_.insert(tandem::quoted(name) + " of " + kind + "s");
  }

  attributes data_of(const ptree& of, const char* kind) {
    const auto usual = usual_of_.find(kind);
    attributes out = usual == usual_of_.end() ? attributes() : usual->second;
    for (const auto& [tag, data] : of) {
      if (tag != "data") continue;
      const std::string key = xml_attribute(data, "key");
      const auto it = attribute_of_.find(key);
      const std::string& name = it == attribute_of_.end() ? key : it->second;
      look_at(name, kind);
      out[name] = data.data();
    }
    return out;
  }

  void add_node(const ptree& node) {
    const std::string id = xml_attribute(node, "id");
    if (!index_of_.emplace(id, nodes_.size()).second)
      named_.fail(tandem::quoted(file_) + " has two nodes " + tandem::quoted(id));
    nodes_.push_back(data_of(node, "node"));
    out_.made.routers.push_back(id);
  }

  // What a node is labelled, if no other is; else its id.
  void name_nodes() {
    std::map<std::string, int> times;
    for (const auto& id : out_.made.routers) ++times[id];
    for (const auto& node : nodes_)
      if (const auto label = node.find("label"); label != node.end()) ++times[label->second];
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      auto& name = out_.made.routers[i];
      const auto label = nodes_[i].find("label");
      if (label != nodes_[i].end() && !label->second.empty() && times[label->second] == 1)
        name = label->second;
      out_.named.push_back({name, {static_cast<sim::router_index>(i)}});
    }
  }

  std::size_t end_of(const ptree& edge, const char* which) const {
    const std::string id = xml_attribute(edge, which);
    const auto it = index_of_.find(id);
    if (it == index_of_.end())
      named_.fail(tandem::quoted(file_) + " has an edge with the " + which + " " +
                  tandem::quoted(id) + ", which is no node");
    return it->second;
  }

  // Of several edges between two nodes the first counts, as of both directions of one.
  void add_edge(const ptree& edge) {
    sim::router_line line = usual_;
    const auto a = end_of(edge, "source"), b = end_of(edge, "target");
    line.a = static_cast<sim::router_index>(a);
    line.b = static_cast<sim::router_index>(b);
    const auto same = [&](const auto& other) {
      return std::minmax(other.a, other.b) == std::minmax(line.a, line.b);
    };
    if (a == b || std::ranges::any_of(out_.made.lines, same)) return;
    const auto given = data_of(edge, "edge");
    if (const auto far = distance(a, b)) line.latency = *far;
    for (const char* name : {"latency", "delay"})
      if (const auto it = given.find(name); it != given.end())
        line.latency = latency(it->second, edge);
    for (const char* name : {"LinkSpeedRaw", "bandwidth"})
      if (const auto it = given.find(name); it != given.end())
        line.bandwidth = bandwidth(it->second, edge);
    out_.made.lines.push_back(line);
  }

  [[noreturn]] void refuse(const char* what, const std::string& text, const ptree& edge,
                           const char* is) const {
    named_.fail("the edge of " + tandem::quoted(file_) + " from node " +
                tandem::quoted(xml_attribute(edge, "source")) + " to " +
                tandem::quoted(xml_attribute(edge, "target")) + " has the " + what + " " +
                tandem::quoted(text) + ", which is " + is);
  }
  // A number without a unit is of milliseconds, as in Mininet and Topology Zoo's tools.
  duration latency(const std::string& text, const ptree& edge) const {
    if (const auto with_unit = parse_duration(text)) return *with_unit;
    const auto number = parse_number(text);
    if (!number || *number < 0 || *number > 1e6)
      refuse("latency", text, edge, "no duration and no number of milliseconds");
    return duration(std::llround(*number * 1e6));
  }
  std::uint64_t bandwidth(const std::string& text, const ptree& edge) const {
    if (const auto with_unit = parse_bandwidth(text)) return *with_unit;
    const auto number = parse_number(text);
    if (!number || *number < 1 || *number > 1e15)
      refuse("bandwidth", text, edge, "no rate and no number of bits per second");
    return static_cast<std::uint64_t>(*number);
  }

  std::optional<double> angle(std::size_t node, const char* name, double most) const {
    const auto it = nodes_[node].find(name);
    if (it == nodes_[node].end()) return {};
    const auto degrees = parse_number(it->second);
    if (!degrees || std::abs(*degrees) > most)
      named_.fail("the node " + tandem::quoted(out_.made.routers[node]) + " of " +
                  tandem::quoted(file_) + " has the " + name + " " + tandem::quoted(it->second) +
                  ", which is no number of degrees");
    return *degrees * std::numbers::pi / 180;
  }
  // Along the great circle, to the microsecond.
  std::optional<duration> distance(std::size_t a, std::size_t b) const {
    const auto x = angle(a, "Latitude", 90), y = angle(b, "Latitude", 90);
    const auto u = angle(a, "Longitude", 180), v = angle(b, "Longitude", 180);
    if (!x || !y || !u || !v) return {};
    const double s = std::sin((*y - *x) / 2), t = std::sin((*v - *u) / 2);
    const double half = std::sqrt(s * s + std::cos(*x) * std::cos(*y) * t * t);
    const double km = 2 * earth_radius_km * std::asin(std::min(half, 1.0));
    return std::chrono::microseconds(std::llround(km * nanoseconds_per_kilometre / 1000));
  }

  const yaml_value& named_;
  const std::string file_;
  const sim::router_line& usual_;
  std::vector<std::string>& warnings_;
  std::set<std::string> left_;                       // `Country` of nodes
  std::map<std::string, std::string> attribute_of_;  // by its key
  std::map<std::string, attributes> usual_of_;       // of a node, and of an edge
  std::map<std::string, std::size_t> index_of_;
  std::vector<attributes> nodes_;
  router_network out_;
};

}  // namespace

router_network read_graphml(const yaml_value& named, const sim::router_line& usual,
                            std::vector<std::string>& warnings) {
  return graphml(named, usual, warnings).read();
}

}  // namespace tandem::scenarios
