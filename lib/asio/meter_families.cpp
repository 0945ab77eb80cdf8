// SPDX-License-Identifier: MIT
#include "meter_families.hpp"

#include "node_meter_state.hpp"
#include "process_metrics.hpp"

#include <limits>
#include <string>

namespace tandem {
namespace {

constexpr const char* sides[] = {"local", "remote"};
constexpr const char* directions[] = {"inbound", "outbound"};
constexpr double no_limit = std::numeric_limits<double>::infinity();
// A circuit that is half-open for longer waits for nobody: its peer is not dialled any more.
constexpr duration half_open_shown = std::chrono::minutes(10);

/// Every cause that may be counted, so that a series does not begin at its first increase.
void add_by_cause(MetricFamily& to, const std::array<std::uint64_t, causes_count>& counts,
                  const std::vector<ClientMetric::Label>& labels = {}) {
  for (const auto& row : causes()) {
    if (row.value == cause::none) continue;
    auto all = labels;
    all.push_back({"cause", std::string(row.name)});
    add(to, counts[static_cast<std::size_t>(row.value)], std::move(all));
  }
}

void add_histogram(MetricFamily& to, const histogram& of,
                   std::vector<ClientMetric::Label> labels = {}) {
  ClientMetric sample;
  sample.label = std::move(labels);
  auto& out = sample.histogram;
  for (std::size_t i = 0; i <= histogram::bounds.size(); ++i) {
    out.sample_count += of.count(i);
    out.bucket.push_back(
        {out.sample_count, i < histogram::bounds.size() ? histogram::bounds[i] : no_limit});
  }
  out.sample_sum = of.sum();
  to.metric.push_back(std::move(sample));
}

}  // namespace

void meter_families::add_to(std::vector<MetricFamily>& to) const {
  add_causes(to);
  add_times(to);
  add_states(to);
  add_resources(to);
}

void meter_families::add_causes(std::vector<MetricFamily>& to) const {
  const auto& s = *of_.state_;
  const auto counter = [&](const char* name, const char* help) -> MetricFamily& {
    return to.emplace_back(family(name, help, MetricType::Counter));
  };
  auto& closes = counter("icn_p2p_closes_total",
                         "Established connections that ended, by the side that ended them.");
  for (std::size_t side : {0, 1}) add_by_cause(closes, s.closes[side], {{"side", sides[side]}});
  add_by_cause(counter("icn_p2p_dials_failed_total", "Dials that failed, by cause."),
               s.dials_failed);
  add_by_cause(counter("icn_p2p_attempts_failed_total",
                       "Addresses that could not be connected to, by cause."),
               s.attempts_failed);
  auto& handshakes = counter("icn_p2p_handshakes_failed_total",
                             "Connections that ended before they were ready, by cause.");
  for (std::size_t way : {0, 1})
    add_by_cause(handshakes, s.handshakes_failed[way], {{"direction", directions[way]}});
}

void meter_families::add_times(std::vector<MetricFamily>& to) const {
  const auto& s = *of_.state_;
  const auto times = [&](const char* name, const char* help) -> MetricFamily& {
    return to.emplace_back(family(name, help, MetricType::Histogram));
  };
  auto& handshakes = times("icn_p2p_handshake_seconds",
                           "From connected or accepted to ready, of those that became so.");
  for (std::size_t way : {0, 1})
    add_histogram(handshakes, s.handshakes[way], {{"direction", directions[way]}});
  add_histogram(
      times("icn_p2p_dial_seconds",
            "From the first attempt of a dial to its connection, of those that succeeded."),
      s.dialled);
  add_histogram(times("icn_p2p_round_trip_seconds", "Round trips as pings measure them."),
                s.round_trips);
}

void meter_families::add_states(std::vector<MetricFamily>& to) const {
  auto& s = *of_.state_;
  const auto gauge = [&](const char* name, const char* help) -> MetricFamily& {
    return to.emplace_back(family(name, help, MetricType::Gauge));
  };
  const auto now = of_.now();
  s.review(now);
  add(gauge("icn_p2p_peers_backing_off", "Peers not dialled before their backoff is over."),
      s.backoffs.at(now, {}).running);
  const auto circuits = s.circuits.at(now, half_open_shown);
  auto& states = gauge("icn_p2p_circuits", "Circuit breakers of peers and subnets not closed.");
  add(states, circuits.running, {{"state", "open"}});
  add(states, circuits.over, {{"state", "half_open"}});
  add(gauge("icn_p2p_dials_under_way", "Dials of which an attempt has begun."), s.dials.size());
  add(gauge("icn_p2p_shutting_down", "1 while the node shuts down."),
      s.which->manager().shutting_down());
  add(gauge("icn_p2p_commands_waiting", "Commands that wait for the loop."),
      s.which->commands_waiting());
  to.push_back(family("icn_p2p_commands_refused_total",
                      "Commands refused because too many waited for the loop.",
                      MetricType::Counter));
  add(to.back(), s.which->commands_refused());
}

void meter_families::add_resources(std::vector<MetricFamily>& to) const {
  auto limits = family("icn_p2p_resource_limit", "Most of a resource; +Inf: no limit of its own.",
                       MetricType::Gauge);
  auto used = family("icn_p2p_resource_used", "What is taken of a resource.", MetricType::Gauge);
  for (const auto& each : of_.resources()) {
    const std::vector<ClientMetric::Label> label{{"resource", std::string(each.name)}};
    add(limits, each.limit.value_or(no_limit), label);
    if (each.used) add(used, *each.used, label);
  }
  to.push_back(std::move(limits));
  to.push_back(std::move(used));

  const auto process = process_now();
  const auto one = [&](const char* name, const char* help, double value,
                       MetricType type = MetricType::Gauge) {
    to.push_back(family(name, help, type));
    add(to.back(), value);
  };
  one("process_cpu_seconds_total", "Processor time of this process.", process.processor_seconds,
      MetricType::Counter);
  one("process_open_fds", "Descriptors that are open.", process.open_descriptors);
  one("process_max_fds", "Descriptors that may be open.",
      process.most_descriptors.value_or(no_limit));
  one("process_resident_memory_bytes", "Memory that is resident.", process.resident_bytes);
  one("process_virtual_memory_bytes", "Address space.", process.virtual_bytes);
  one("process_threads", "Threads of this process.", process.threads);
  one("process_start_time_seconds", "When this process began, since 1970.", process.start_seconds);
}

}  // namespace tandem
