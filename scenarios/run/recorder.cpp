// SPDX-License-Identifier: MIT
#include "recorder.hpp"

namespace tandem::scenarios {

recorder::recorder(const scenario& what, const run_options& options, const tracker& ledger,
                   time_point start, run_result& into)
    : scenario_(what), options_(options), tracker_(ledger), start_(start), into_(into) {
  for (const auto row : sampled_rows()) into_.samples.names.emplace_back(measures()[row].name);
  into_.samples.values.resize(into_.samples.names.size());
}

void recorder::on_notification(node_index node, time_point now, const notification& what) {
  if (!options_.record_events) return;
  auto& e = into_.event_rows;
  if (e.size() >= options_.events_max) {
    ++e.dropped;
    return;
  }
  e.time_ns.push_back(since_start(now));
  e.node.push_back(static_cast<std::int32_t>(node));
  e.kind.push_back(static_cast<std::uint8_t>(what.kind));
  e.why.push_back(static_cast<std::uint8_t>(what.why));
  e.way.push_back(static_cast<std::uint8_t>(what.way));
  e.connection.push_back(static_cast<std::uint64_t>(what.conn));
  e.request.push_back(static_cast<std::uint64_t>(what.request));
  e.peer.push_back(tracker_.index_of(what.peer));
  e.current.push_back(what.current);
  e.limit.push_back(what.limit);
  e.failures.push_back(what.failures);
  e.ceiling_ns.push_back(what.ceiling.count());
  e.until_ns.push_back(what.until == never ? -1 : since_start(what.until));
}

void recorder::sample(time_point now) {
  const auto time = since_start(now);
  const bool each_node = tracker_.nodes() <= options_.node_samples_max;
  node_index node = 0;
  for (group_index g = 0; g < scenario_.groups.size(); ++g) {
    const auto late = tracker_.unflushed(g);
    add_sample(time, g, -1, [&](std::size_t row) {
      return tracker_.group(g).numbers[measure_of(row)].value() + late.*counter_table()[row].field;
    });
    for (std::uint32_t i = 0; i < scenario_.groups[g].count; ++i, ++node) {
      if (!each_node) continue;
      const auto counters = tracker_.counters(node);
      add_sample(time, g, static_cast<std::int32_t>(node),
                 [&](std::size_t row) { return counters.*counter_table()[row].field; });
    }
  }
}

template <class ValueOf>
void recorder::add_sample(std::int64_t time, group_index group, std::int32_t node,
                          ValueOf value_of) {
  auto& s = into_.samples;
  s.time_ns.push_back(time);
  s.group.push_back(static_cast<std::int32_t>(group));
  s.node.push_back(node);
  for (std::size_t column = 0; column < s.names.size(); ++column)
    s.values[column].push_back(value_of(sampled_rows()[column]));
}

}  // namespace tandem::scenarios
