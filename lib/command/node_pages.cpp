// SPDX-License-Identifier: MIT
#include "node_pages.hpp"

#include "printable.hpp"
#include "tandem/asio/node_meter.hpp"
#include "tandem/command/json_text.hpp"
#include "tandem/command/recording.hpp"
#include "tandem/command/units.hpp"
#include "tandem/net/identity.hpp"

#include <boost/json.hpp>

#include <chrono>
#include <string>

namespace tandem::cli {
namespace {

namespace json = boost::json;
using answer = exporter_page::answer;
using query = exporter_page::query;

// Of /peers, unless asked otherwise: what a person scrolls through, and made in a few milliseconds.
constexpr std::uint64_t peers_shown = 100;
constexpr std::uint64_t peers_shown_most = 10'000;

double seconds(duration time) { return std::chrono::duration<double>(time).count(); }

answer page(const json::value& of) { return {200, json_text(of) + "\n"}; }
answer wrong(const std::string& why) { return {400, why + "\n", "text/plain; charset=utf-8"}; }
answer word(bool good, const std::string& text) {
  return {good ? 200U : 503U, text + "\n", "text/plain; charset=utf-8"};
}

/// That this is answered is all there is to say: it is made on the node's own loop.
answer health(const node_meter&) { return word(true, "ok"); }

answer readiness(const node_meter& meter) {
  const auto& manager = meter.of().manager();
  if (manager.shutting_down()) return word(false, "shutting down");
  if (manager.counters().offline != 0) return word(false, "offline: peer after peer failed");
  return word(true, "ready");
}

json::object object_of(const metered_connection& each, const node_meter& meter) {
  const auto now = meter.now();
  const auto told = meter.of().manager().explain(each.conn, now);
  json::object out{{"connection", static_cast<std::uint64_t>(each.conn)},
                   {"peer", nullptr},
                   {"address", to_multiaddr(each.where)},
                   {"direction", each.way == direction::inbound ? "inbound" : "outbound"},
                   {"stage", name_of(told.stage)},
                   {"age_s", seconds(now - each.since)},
                   {"round_trip_s", nullptr},
                   {"streams", told.streams},
                   {"idle_in_s", nullptr},
                   {"agent", nullptr},
                   {"observed", nullptr}};
  if (!each.peer.empty()) out["peer"] = to_string(each.peer);
  if (told.srtt > duration{}) out["round_trip_s"] = seconds(told.srtt);
  if (told.idle_at != never) out["idle_in_s"] = seconds(told.idle_at - now);
  if (const auto* said = meter.of().facts(each.conn)) {
    out["agent"] = printable(said->agent);
    if (said->observed.port != 0) out["observed"] = to_multiaddr(said->observed);
    json::array protocols;
    for (const auto& name : said->protocols) protocols.emplace_back(printable(name));
    out["protocols"] = std::move(protocols);
  }
  return out;
}

answer peers(const node_meter& meter, const query& asked) {
  auto most = peers_shown;
  if (const auto given = asked.find("most"); given != asked.end()) {
    const auto number = parse_count(given->second);
    if (!number || *number > peers_shown_most)
      return wrong("most=" + given->second + ": must be a whole number from 0 to " +
                   std::to_string(peers_shown_most));
    most = *number;
  }
  json::array rows;
  for (const auto& each : meter.connections(most)) rows.push_back(object_of(each, meter));
  return page({{"total", meter.connections_count()}, {"connections", std::move(rows)}});
}

answer limits(const node_meter& meter) {
  json::array rows;
  for (const auto& each : meter.resources())
    rows.push_back({{"resource", each.name},
                    {"option", each.option.empty() ? json::value() : json::value(each.option)},
                    {"used", each.used ? json::value(*each.used) : json::value()},
                    {"limit", each.limit ? json::value(*each.limit) : json::value()}});
  return page(rows);
}

answer explain(const node_meter& meter, const query& asked) {
  const auto given = asked.find("peer");
  if (given == asked.end())
    return wrong("which peer? ask for /explain?peer=12D3KooW..., as /peers names them");
  const auto peer = parse_peer_id(given->second);
  if (!peer) return wrong("peer=" + given->second + ": no peer id");
  return {200, to_json(meter.of().manager().explain(*peer, meter.now())) + "\n"};
}

}  // namespace

std::vector<exporter_page> node_pages(const node_meter& meter) {
  const auto plain = [&meter](answer (*of)(const node_meter&)) {
    return [&meter, of](const query&) { return of(meter); };
  };
  const auto asking = [&meter](answer (*of)(const node_meter&, const query&)) {
    return [&meter, of](const query& asked) { return of(meter, asked); };
  };
  return {{"/healthz", plain(health)},
          {"/readyz", plain(readiness)},
          {"/peers", asking(peers)},
          {"/limits", plain(limits)},
          {"/explain", asking(explain)}};
}

}  // namespace tandem::cli
