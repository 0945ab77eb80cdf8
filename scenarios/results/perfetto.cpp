// SPDX-License-Identifier: MIT
// The lives of connections in the Trace Event Format ("Trace Event Format", Google, the document
// that chrome://tracing links to; ui.perfetto.dev reads it). A node is a process of its own. What
// overlaps cannot lie on one thread: connections are nestable asynchronous events.
#include "perfetto.hpp"

#include "tandem/core/actions.hpp"
#include "tandem/core/cause.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <cstdio>
#include <map>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace tandem::scenarios {
namespace {

namespace json = boost::json;

class trace_writer {
 public:
  trace_writer(std::ostream& out, const run_result& run) : out_(out), run_(run) {
    for (const auto& group : run.groups)
      for (std::uint32_t i = 0; i < group.count; ++i)
        names_.push_back(group.name + "." + std::to_string(i));
  }

  void write() {
    out_ << "{\"displayTimeUnit\":\"ms\",\"otherData\":"
         << json::object{{"scenario", run_.scenario},
                         {"level", run_.level},
                         {"seed", std::to_string(run_.seed)},
                         {"commit", run_.commit}}
         << ",\"traceEvents\":[";
    for (std::size_t node = 0; node < names_.size(); ++node)
      put({{"ph", "M"}, {"name", "process_name"}, {"args", {{"name", names_[node]}}}}, node);
    const auto& s = run_.stages;
    const auto& e = run_.event_rows;
    // Both are in the order of their times; of one instant, what was told comes first.
    for (std::size_t at = 0, told = 0; at < s.size() || told < e.size();)
      if (told < e.size() && (at == s.size() || e.time_ns[told] <= s.time_ns[at]))
        on_event(told++);
      else
        on_stage(at++);
    for (const auto& [key, life] : lives_) end(key, run_.reached.count(), "open at the end");
    out_ << "\n]}\n";
  }

 private:
  using key = std::pair<std::int32_t, std::uint64_t>;  ///< node, connection
  struct life {
    const char* stage = nullptr;
    std::string why;  ///< it ends, as far as it was told
  };

  void put(json::object event, std::size_t node) {
    event["pid"] = node + 1;
    event["tid"] = node + 1;
    out_ << (std::exchange(first_, false) ? "\n" : ",\n") << event;
  }

  // Microseconds, as the format has it.
  static double time_of(std::int64_t ns) { return static_cast<double>(ns) / 1000; }

  void put_slice(const char* phase, const std::string& name, const key& of, std::int64_t ns,
                 json::object args = {}) {
    json::object event{
        {"ph", phase},
        {"cat", "connection"},
        {"name", name},
        {"id2", {{"local", std::to_string(of.second) + "/" + std::to_string(number_of(of))}}},
        {"ts", time_of(ns)}};
    if (!args.empty()) event["args"] = std::move(args);
    put(std::move(event), static_cast<std::size_t>(of.first));
  }
  // A process that was started again counts its connections anew.
  std::uint64_t number_of(const key& of) const {
    const auto it = lives_before_.find(of);
    return it == lives_before_.end() ? 0 : it->second;
  }
  static std::string name_of_connection(const key& of) {
    return "connection " + std::to_string(of.second);
  }

  void begin(const key& of, std::int64_t ns, const char* stage) {
    if (lives_.contains(of)) end_and_forget(of, ns, "the node died");
    put_slice("b", name_of_connection(of), of, ns);
    put_slice("b", stage, of, ns);
    lives_[of] = {stage, {}};
  }
  void go_on(const key& of, std::int64_t ns, const char* stage) {
    const auto it = lives_.find(of);
    if (it == lives_.end()) return begin(of, ns, stage);
    put_slice("e", it->second.stage, of, ns);
    put_slice("b", stage, of, ns);
    it->second.stage = stage;
  }
  void end(const key& of, std::int64_t ns, const std::string& why) {
    const auto& life = lives_.at(of);
    put_slice("e", life.stage, of, ns);
    put_slice("e", name_of_connection(of), of, ns, {{"end", life.why.empty() ? why : life.why}});
  }
  void end_and_forget(const key& of, std::int64_t ns, const std::string& why) {
    end(of, ns, why);
    lives_.erase(of);
    ++lives_before_[of];
  }

  void on_stage(std::size_t row) {
    const auto& s = run_.stages;
    const key of{s.node[row], s.connection[row]};
    const auto ns = s.time_ns[row];
    switch (s.stage[row]) {
      case life_stage::dialled:
        return begin(of, ns, "dialling");
      case life_stage::arrived:
        return begin(of, ns, "handshake");
      case life_stage::connected:
        return go_on(of, ns, "handshake");
      case life_stage::authenticated:
        if (lives_.contains(of)) put_slice("n", "authenticated", of, ns);
        return;
      case life_stage::ended:
        if (lives_.contains(of)) end_and_forget(of, ns, "ended");
        return;
    }
  }

  void on_event(std::size_t row) {
    const auto& e = run_.event_rows;
    const key of{e.node[row], e.connection[row]};
    const auto ns = e.time_ns[row];
    const auto kind = notice{e.kind[row]};
    const std::string why(tandem::name_of(cause{e.why[row]}));
    if (kind == notice::connection_established) return go_on(of, ns, "established");
    if (const auto it = lives_.find(of); it != lives_.end() && why != "None") it->second.why = why;
    if (!is_instant(kind)) return;
    json::object args{{"cause", why}};
    if (e.connection[row] != 0) args["connection"] = e.connection[row];
    if (e.peer[row] >= 0) args["peer"] = names_.at(static_cast<std::size_t>(e.peer[row]));
    if (e.limit[row] != 0) args["current"] = e.current[row], args["limit"] = e.limit[row];
    put({{"ph", "i"},
         {"s", "p"},
         {"cat", "decision"},
         {"name", std::string(tandem::name_of(kind)) + (why == "None" ? "" : " " + why)},
         {"ts", time_of(ns)},
         {"args", std::move(args)}},
        static_cast<std::size_t>(e.node[row]));
  }
  static bool is_instant(notice kind) {
    switch (kind) {
      case notice::dial_failed:
      case notice::inbound_refused:
      case notice::remote_refused:
      case notice::backoff_started:
      case notice::circuit_opened:
      case notice::circuit_half_opened:
      case notice::circuit_closed:
      case notice::uplink_lost:
      case notice::uplink_restored:
      case notice::shutdown_began:
        return true;
      default:
        return false;
    }
  }

  std::ostream& out_;
  const run_result& run_;
  std::vector<std::string> names_;
  bool first_ = true;
  std::map<key, life> lives_;
  std::map<key, std::uint64_t> lives_before_;
};

}  // namespace

void write_perfetto(std::ostream& out, const run_result& run) { trace_writer(out, run).write(); }

}  // namespace tandem::scenarios
