// SPDX-License-Identifier: MIT
#include "tandem/command/json_text.hpp"
#include "tandem/command/recording.hpp"
#include "tandem/core/counted.hpp"
#include "tandem/core/counter_table.hpp"
#include "tandem/net/identity.hpp"
#include "tandem/net/network.hpp"

#include <boost/json.hpp>

#include <cstdio>

namespace tandem {
namespace {

namespace json = boost::json;

double seconds(time_point at) {
  return std::chrono::duration<double>(at.time_since_epoch()).count();
}
std::uint64_t number(auto id) { return static_cast<std::uint64_t>(id); }

template <class... Values>
std::string text(const char* format, Values... values) {
  char buffer[256];
  std::snprintf(buffer, sizeof buffer, format, values...);
  return buffer;
}

json::object object_of(const manager_counters& counters) {
  json::object out;
  for (const auto& row : counter_table()) out[row.name] = counters.*row.field;
  json::object refused;
  for (const auto& row : causes())
    if (const auto n = counters.refused[static_cast<std::size_t>(row.value)]; n > 0)
      refused[row.name] = n;
  out["refused"] = std::move(refused);
  return out;
}

json::value value_of(const replay_decision& d) {
  if (d.what.empty()) return nullptr;
  return {{"time_s", seconds(d.at)}, {"what", d.what}, {"cause", name_of(d.why)}};
}

json::value id_or_null(auto id) {
  return number(id) == 0 ? json::value() : json::value(number(id));
}

constexpr const char* about_names[] = {"connection", "request", "node"};

json::object object_of(const divergence& row) {
  json::object out;
  out["about"] = about_names[static_cast<std::size_t>(row.about)];
  out["connection"] = id_or_null(row.recorded_conn);
  out["open_connection"] = id_or_null(row.open_conn);
  out["request"] = id_or_null(row.request);
  out["peer"] = row.peer.empty() ? json::value() : json::value(to_string(row.peer));
  out["address"] = row.where.port == 0 ? json::value() : json::value(to_string(row.where));
  out["recorded"] = value_of(row.recorded);
  out["open"] = value_of(row.open);
  return out;
}

json::value time_or_null(time_point at) {
  return at == never ? json::value() : json::value(seconds(at));
}

json::object object_of(const explanation& x) {
  json::object out;
  out["peer"] = to_string(x.peer);
  out["connections"] = x.connections;
  out["pending"] = x.pending;
  out["failures"] = x.failures;
  out["circuit"] = name_of(x.circuit);
  out["next_dial_s"] = seconds(x.next_dial);
  out["dial_refusal"] =
      x.dial_refusal == cause::none ? json::value() : json::value(name_of(x.dial_refusal));
  out["current"] = x.current;
  out["limit"] = x.limit;
  out["dial"] = name_of(x.dial);
  out["dial_next_s"] = time_or_null(x.dial_next);
  out["redial_s"] = time_or_null(x.redial_at);
  out["next_try_s"] = time_or_null(x.next_try);
  out["decided_by"] =
      x.decided_by == try_policy::none ? json::value() : json::value(name_of(x.decided_by));
  out["protected"] = x.is_protected;
  out["kept_alive"] = x.kept_alive;
  out["tag"] = x.tag;
  out["last"] = nullptr;
  if (x.last)
    out["last"] = {{"time_s", seconds(x.last->at)},
                   {"what", name_of(x.last->what.kind)},
                   {"cause", name_of(x.last->what.why)},
                   {"described", describe(x.last->what)}};
  out["sentence"] = x.sentence;
  return out;
}

void add(json::object& out, const open_replay_result& open) {
  out["divergences_count"] = open.divergences_count;
  json::array rows, totals;
  for (const auto& row : open.divergences) rows.push_back(object_of(row));
  for (const auto& each : open.totals)
    totals.push_back({{"recorded", each.recorded}, {"open", each.open}, {"count", each.count}});
  out["divergences"] = std::move(rows);
  out["totals"] = std::move(totals);
  json::object skipped;
  for (std::size_t i = 0; i < open.skipped.size(); ++i)
    if (open.skipped[i] > 0) skipped[event_name(i)] = open.skipped[i];
  out["skipped"] = std::move(skipped);
  out["assumed"] = open.assumed;
  out["unusable_options"] = open.unusable_options;
  out["open_counters"] = object_of(open.counters);
  if (open.explained) out["open_explained"] = object_of(*open.explained);
}

json::object object_of(const replayed& run) {
  const auto& r = run.record;
  json::object out;
  json::array files, sets;
  for (const auto& file : run.files) files.push_back(json::value(file.string()));
  for (const auto& set : run.sets) sets.push_back(json::value(set));
  out["files"] = std::move(files);
  out["set"] = std::move(sets);
  out["self"] = to_string(r.self);
  out["same"] = run.same();
  out["identical"] = r.identical;
  out["matches"] = r.matches;
  out["truncated"] = r.truncated;
  out["error"] = r.error;
  out["inputs"] = r.inputs;
  out["actions"] = r.actions;
  out["begin_s"] = seconds(r.begin);
  out["end_s"] = seconds(r.end);
  if (!r.matches && r.error.empty())
    out["mismatch"] = {{"byte", r.mismatch_at},
                       {"time_s", seconds(r.mismatch_time)},
                       {"recorded", r.recorded},
                       {"replayed", r.replayed}};
  else
    out["mismatch"] = nullptr;
  out["counters"] = object_of(r.counters);
  if (r.explained) out["explained"] = object_of(*r.explained);
  if (run.open) add(out, *run.open);
  return out;
}

std::string at(const replay_decision& d) {
  if (d.what.empty()) return "nothing";
  return describe(d) + text(" at %.3f s", seconds(d.at));
}

std::string whom(const divergence& row) {
  std::string out = about_names[static_cast<std::size_t>(row.about)];
  if (row.about == divergence_of::request) out += text(" %llu", number(row.request));
  if (row.about == divergence_of::connection)
    out += row.recorded_conn != connection_id::none
               ? text(" #%llu", number(row.recorded_conn))
               : text(" #%llu of the new run", number(row.open_conn));
  if (!row.peer.empty()) out += " " + to_string(row.peer);
  if (row.where.port != 0) out += " " + to_string(row.where);
  return out;
}

std::string counters_of(const open_replay_result& open) {
  std::string out = "\n" + text("%-28s %14s %14s\n", "at the end", "recorded", "new");
  const auto line = [&](std::string_view name, std::uint64_t recorded, std::uint64_t now) {
    if (recorded == 0 && now == 0) return;
    out += text("%-28s %14llu %14llu%s\n", std::string(name).c_str(),
                static_cast<unsigned long long>(recorded), static_cast<unsigned long long>(now),
                recorded == now ? "" : "  *");
  };
  for (const auto& row : counter_table())
    line(row.name, open.record.counters.*row.field, open.counters.*row.field);
  for (const auto& row : causes()) {
    const auto i = static_cast<std::size_t>(row.value);
    line("refused " + std::string(row.name), open.record.counters.refused[i],
         open.counters.refused[i]);
  }
  return out;
}

std::string open_text(const open_replay_result& open, std::size_t rows_max) {
  std::string out = counted(open.divergences_count, "subject differs", "subjects differ");
  out += ", " + counted(open.skipped_count, "recorded event") +
         text(" skipped, %llu assumed\n", number(open.assumed));
  if (open.unusable_options > 0)
    out += "of what was recorded, ignored as --set contradicts: " +
           counted(open.unusable_options, "change of options", "changes of options") + "\n";
  if (!open.totals.empty()) out += "\n";
  for (const auto& each : open.totals)
    out += text("%10llu  %s -> %s\n", number(each.count), each.recorded.c_str(), each.open.c_str());
  if (!open.divergences.empty()) out += "\n";
  std::size_t shown = 0;
  for (const auto& row : open.divergences) {
    if (shown++ == rows_max) break;
    out += whom(row) + ": " + at(row.recorded) + " -> " + at(row.open) + "\n";
  }
  if (open.divergences_count > rows_max)
    out += text("... and %llu more; --json has them\n", number(open.divergences_count - rows_max));
  return out + counters_of(open);
}

}  // namespace

std::string to_json(const std::vector<replayed>& runs) {
  json::array all;
  for (const auto& run : runs) all.push_back(object_of(run));
  return json_text(all) + "\n";
}

std::string to_json(const explanation& of) { return json_text(object_of(of)); }

std::string to_text(const replayed& run, std::size_t rows_max) {
  const auto& r = run.record;
  std::string out = run.files.front().string();
  if (run.files.size() > 1) out += text(" and %zu more", run.files.size() - 1);
  out += ": " + counted(r.inputs, "input") + ", " + counted(r.actions, "action") +
         text(", %.3f s to %.3f s\n", seconds(r.begin), seconds(r.end));
  if (!r.error.empty()) out += (r.truncated ? "no tail: " : "broken: ") + r.error + "\n";
  if (r.matches && (r.inputs > 0 || r.error.empty()))
    out += run.open ? "with the recorded options: the same actions\n" : "the same actions\n";
  else if (!r.matches && !r.recorded.empty())
    out += text("this build decides otherwise at byte %llu, %.3f s: ", number(r.mismatch_at),
                seconds(r.mismatch_time)) +
           r.recorded + " -> " + r.replayed + "\n";
  if (run.open) out += open_text(*run.open, rows_max);
  return out;
}

}  // namespace tandem
