// SPDX-License-Identifier: MIT
#include "tandem/scenarios/level_settings.hpp"

#include "tandem/command/units.hpp"
#include "tandem/scenarios/level.hpp"

#include <algorithm>
#include <cstdio>

namespace tandem::scenarios {
namespace {

constexpr const char* yes = nullptr;
constexpr const char* kernel = "it runs on this machine's own TCP";
constexpr const char* order =
    "a model of TCP delivers in order and once; only packets can do otherwise";
constexpr const char* bursts = "loss is drawn for each transmission by itself there";
constexpr const char* discs = "its queues are first in, first out";
constexpr const char* crossing = "only what nodes send is modelled there, not other packets";
constexpr const char* cubic = "its TCP has Cubic alone";
constexpr const char* sessions = "it has no sessions";
constexpr const char* streams = "it has no byte streams";
constexpr const char* one_address = "there is one address";

// `path` against a pattern, key by key.
bool matches(std::string_view pattern, std::string_view path) {
  for (;;) {
    if (pattern == "**") return true;
    const auto end = std::min(pattern.find('.'), pattern.size());
    const auto here = std::min(path.find('.'), path.size());
    if (pattern.substr(0, end) != "*" && pattern.substr(0, end) != path.substr(0, here))
      return false;
    if (end == pattern.size() || here == path.size())
      return end == pattern.size() && here == path.size();
    pattern.remove_prefix(end + 1);
    path.remove_prefix(here + 1);
  }
}

bool given_at(const level_setting& setting, std::string_view path) {
  return std::ranges::any_of(setting.paths,
                             [&](std::string_view pattern) { return matches(pattern, path); });
}

// "choose level stream or packet"
std::string other_levels(const level_setting& setting) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < setting.why_not.size(); ++i)
    if (setting.why_not[i] == nullptr) names.push_back(level_names()[i]);
  std::string out = "choose level ";
  for (std::size_t i = 0; i < names.size(); ++i)
    out += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + names[i];
  return out;
}

}  // namespace

const std::vector<level_setting>& level_settings() {
  static const std::vector<level_setting> settings{
      {"latency, jitter, bandwidth, up, down, loss of a link",
       {"links.default", "links.*.latency", "links.*.jitter", "links.*.bandwidth", "links.*.up",
        "links.*.down", "links.*.loss", "links.between.*.latency", "links.between.*.jitter",
        "links.between.*.bandwidth", "links.between.*.up", "links.between.*.down",
        "links.between.*.loss", "links.between.*.link"},
       {yes, yes, yes, kernel}},
      {"link of a group", {"groups.*.link"}, {yes, yes, yes, kernel}},
      {"regions and their latency", {"network"}, {yes, yes, yes, kernel}},
      {"routers: topology, bottleneck, links",
       {"network.topology", "network.bottleneck", "network.links", "groups.*.router"},
       {yes, yes, yes, kernel}},
      {"queue of a router: red, codel, fq_codel",
       {"network.bottleneck.queue.red", "network.bottleneck.queue.codel",
        "network.bottleneck.queue.fq_codel", "network.links.default.queue.red",
        "network.links.default.queue.codel", "network.links.default.queue.fq_codel",
        "network.links.between.*.queue.red", "network.links.between.*.queue.codel",
        "network.links.between.*.queue.fq_codel"},
       {discs, discs, yes, kernel}},
      {"cross traffic", {"network.cross_traffic"}, {crossing, crossing, yes, kernel}},
      {"bursty loss",
       {"links.*.loss.bursty", "links.between.*.loss.bursty", "groups.*.link.loss.bursty",
        "faults.*.link.loss.bursty"},
       {bursts, bursts, yes, kernel}},
      {"queue of a link",
       {"links.*.queue", "links.between.*.queue", "groups.*.link.queue", "faults.*.link.queue"},
       {yes, yes, yes, kernel}},
      {"reorder, duplicate",
       {"links.*.reorder", "links.between.*.reorder", "groups.*.link.reorder", "links.*.duplicate",
        "links.between.*.duplicate", "groups.*.link.duplicate", "faults.*.link.reorder",
        "faults.*.link.duplicate"},
       {order, order, yes, kernel}},
      {"buffers of a group",
       {"groups.*.buffers_max", "groups.*.connection_buffers_max"},
       {sessions, yes, yes, yes}},
      {"security of a group",
       {"groups.*.security", "groups.*.security.**"},
       {sessions, yes, yes, yes}},
      {"behaviour that is about bytes",
       {"groups.*.behaviour.mute", "groups.*.behaviour.deaf", "groups.*.behaviour.drop",
        "groups.*.behaviour.half_close", "groups.*.behaviour.random_bytes",
        "groups.*.behaviour.slow_drip", "groups.*.behaviour.no_pong"},
       {streams, yes, yes, yes}},
      {"behaviour silent, backlog_full",
       {"groups.*.behaviour.silent", "groups.*.behaviour.backlog_full"},
       {yes, yes, yes, kernel}},
      {"stale addresses of a group", {"groups.*.stale_addresses"}, {yes, yes, yes, one_address}},
      {"addresses of a group", {"groups.*.addresses"}, {yes, yes, yes, one_address}},
      {"new address of a restart", {"workload.*.restart.address"}, {yes, yes, yes, one_address}},
      {"TCP profile", {"tcp"}, {yes, yes, yes, kernel}},
      {"congestion control other than cubic",
       {"tcp.congestion"},
       {cubic, cubic, yes, kernel},
       [](const scenario& what) { return what.tcp.congestion != "cubic"; }},
      {"faults: partition, link, die",
       {"faults.*.partition", "faults.*.link", "faults.*.die"},
       {yes, yes, yes, kernel}},
      {"fault: forget_flows", {"faults.*.forget_flows"}, {yes, yes, yes, kernel}},
      {"fault: stall_reading", {"faults.*.stall_reading"}, {streams, yes, yes, yes}},
  };
  return settings;
}

std::vector<std::string> refused_at(std::string_view level, const scenario& what) {
  const auto names = level_names();
  const auto index = static_cast<std::size_t>(std::ranges::find(names, level) - names.begin());
  std::vector<std::string> problems;
  std::string last;
  for (const auto& [path, where] : what.where)
    for (const auto& setting : level_settings())
      if (const char* why = setting.why_not[index];
          why != nullptr && given_at(setting, path) && (!setting.more || setting.more(what))) {
        if (!last.empty() && path.starts_with(last + ".")) problems.pop_back();  // more exactly
        last = path;
        problems.push_back(where + ": level " + std::string(level) + " cannot honour " +
                           quoted(path) + ": " + why + "; remove it or " + other_levels(setting));
        break;
      }
  for (std::size_t i = 0; i < what.expectations.size(); ++i)
    for (const auto& use : what.expectations[i].numbers)
      if (const auto& of = measures()[use.measure];
          !of.levels.empty() && of.levels.find(level) == std::string::npos)
        problems.push_back(what.where.at("expectations." + std::to_string(i)) + ": level " +
                           std::string(level) + " does not know " + quoted(of.name) +
                           "; remove it or choose another level");
  return problems;
}

std::string level_table() {
  const auto names = level_names();
  std::size_t width = 0;
  for (const auto& setting : level_settings()) width = std::max(width, setting.what.size());
  const auto line = [&](std::string_view first, const auto& cell) {
    std::string out(first);
    out.resize(width, ' ');
    for (std::size_t i = 0; i < names.size(); ++i) {
      std::string text = cell(i);
      text.resize(i + 1 == names.size() ? text.size() : 7, ' ');
      out += "  " + text;
    }
    return out + "\n";
  };
  std::string out = line("", [&](std::size_t i) { return names[i]; });
  for (const auto& setting : level_settings())
    out += line(setting.what, [&](std::size_t i) {
      return std::string(setting.why_not[i] == nullptr ? "yes" : "no");
    });
  return out;
}

}  // namespace tandem::scenarios
