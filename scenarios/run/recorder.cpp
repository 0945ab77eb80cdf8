// SPDX-License-Identifier: MIT
#include "recorder.hpp"

#include <utility>

namespace tandem::scenarios {

recorder::recorder(const scenario& what, const run_options& options, const tracker& ledger,
                   time_point start, run_result& into, thread_split split)
    : scenario_(what),
      options_(options),
      tracker_(ledger),
      start_(start),
      each_node_(ledger.nodes() <= options.node_samples_max),
      into_(into),
      split_(split),
      parts_(split.threads) {
  for (const auto row : sampled_rows()) into_.samples.names.emplace_back(measures()[row].name);
  into_.samples.values.resize(into_.samples.names.size());
  last_of_group_.resize(what.groups.size(), std::vector<std::uint64_t>(numbers_count()));
  const auto of_a_node = measure_of(family::refusals, cause{}) + causes_count;
  if (each_node_) last_of_node_.resize(ledger.nodes(), std::vector<std::uint64_t>(of_a_node));
}

void recorder::on_notification(node_index node, time_point now, const notification& what) {
  if (!options_.record_events) return;
  const event_row row{now, node, what};
  if (!apart_) return add_event(row);
  auto& mine = parts_[split_.of(node)];
  if (into_.event_rows.size() < options_.events_max)
    mine.events.push_back(row);
  else
    ++mine.dropped;
}

void recorder::in_order() {
  apart_ = false;
  const auto when = [](const auto& row) { return std::pair(row.now, row.node); };
  take_in_order(
      parts_, [](part & of) -> auto& { return of.events; }, when,
      [this](const event_row& row) { add_event(row); });
  take_in_order(
      parts_, [](part & of) -> auto& { return of.stages; }, when,
      [this](const stage_row& row) { add_stage(row); });
  for (auto& each : parts_) into_.event_rows.dropped += std::exchange(each.dropped, 0);
}

void recorder::add_event(const event_row& row) {
  const auto& what = row.what;
  auto& e = into_.event_rows;
  if (e.size() >= options_.events_max) {
    ++e.dropped;
    return;
  }
  e.time_ns.push_back(since_start(row.now));
  e.node.push_back(static_cast<std::int32_t>(row.node));
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

void recorder::on_event(node_index node, time_point now, const event& what) {
  if (const auto* e = std::get_if<events::arrived>(&what))
    add_stage(node, now, e->conn, life_stage::arrived);
  else if (const auto* e = std::get_if<events::attempt_connected>(&what))
    add_stage(node, now, e->attempt, life_stage::connected);
  else if (const auto* e = std::get_if<events::authenticated>(&what))
    add_stage(node, now, e->conn, life_stage::authenticated);
  else if (const auto* e = std::get_if<events::closed>(&what))
    add_stage(node, now, e->conn, life_stage::ended);
  else if (const auto* e = std::get_if<events::attempt_failed>(&what))
    add_stage(node, now, e->attempt, life_stage::ended);
}

void recorder::on_action(node_index node, time_point now, const action& what) {
  if (const auto* a = std::get_if<actions::start_attempt>(&what))
    add_stage(node, now, a->attempt, life_stage::dialled);
}

void recorder::add_stage(node_index node, time_point now, connection_id conn, life_stage stage) {
  if (!options_.record_events || into_.stages.size() >= options_.events_max) return;
  const stage_row row{now, node, conn, stage};
  if (apart_)
    parts_[split_.of(node)].stages.push_back(row);
  else
    add_stage(row);
}

void recorder::add_stage(const stage_row& row) {
  auto& s = into_.stages;
  if (s.size() >= options_.events_max) return;
  s.time_ns.push_back(since_start(row.now));
  s.node.push_back(static_cast<std::int32_t>(row.node));
  s.connection.push_back(static_cast<std::uint64_t>(row.conn));
  s.stage.push_back(row.stage);
}

void recorder::sample(time_point now) {
  const auto time = since_start(now);
  node_index node = 0;
  for (group_index g = 0; g < scenario_.groups.size(); ++g) {
    const auto late = tracker_.unflushed(g);
    add_sample(time, g, -1, [&](std::size_t row) {
      return tracker_.group(g).numbers[measure_of(row)].value() + late.*counter_table()[row].field;
    });
    for (std::uint32_t i = 0; i < scenario_.groups[g].count; ++i, ++node) {
      if (!each_node_) continue;
      const auto counters = tracker_.counters(node);
      add_sample(time, g, static_cast<std::int32_t>(node),
                 [&](std::size_t row) { return counters.*counter_table()[row].field; });
    }
  }
  sample_series(time);
}

// Every number that samples have not; of a node those that its manager counts.
void recorder::sample_series(std::int64_t time) {
  const auto rows = counter_table();
  node_index node = 0;
  for (group_index g = 0; g < scenario_.groups.size(); ++g) {
    for (std::size_t m = 0; m < numbers_count(); ++m)
      if (m >= rows.size() || !rows[m].measured)
        add_series(time, g, -1, m, tracker_.group(g).numbers[m].value(), last_of_group_[g][m]);
    for (std::uint32_t i = 0; i < scenario_.groups[g].count && each_node_; ++i, ++node) {
      const auto counters = tracker_.counters(node);
      const auto add = [&](std::size_t measure, std::uint64_t value) {
        add_series(time, g, static_cast<std::int32_t>(node), measure, value,
                   last_of_node_[node][measure]);
      };
      for (std::size_t row = 0; row < rows.size(); ++row)
        if (!rows[row].measured) add(measure_of(row), counters.*rows[row].field);
      for (std::size_t c = 0; c < causes_count; ++c)
        add(measure_of(family::refusals, static_cast<cause>(c)), counters.refused[c]);
    }
  }
}

void recorder::add_series(std::int64_t time, group_index group, std::int32_t node,
                          std::size_t measure, std::uint64_t value, std::uint64_t& last) {
  if (std::exchange(last, value) == value) return;
  auto& s = into_.series;
  s.time_ns.push_back(time);
  s.group.push_back(static_cast<std::int32_t>(group));
  s.node.push_back(node);
  s.measure.push_back(static_cast<std::uint32_t>(measure));
  s.value.push_back(value);
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
