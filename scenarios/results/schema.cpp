// SPDX-License-Identifier: MIT
// The tables of a result file. scenarios/reference/results.md describes what people read: the views
// and the small tables. No name is a keyword of SQL.
#include "schema.hpp"

#include "tandem/scenarios/results.hpp"

#include <string>

namespace tandem::scenarios {
namespace {

constexpr const char* tables = R"(
CREATE TABLE run (name TEXT PRIMARY KEY, value);
CREATE TABLE parameters (name TEXT PRIMARY KEY, value TEXT);
CREATE TABLE fingerprints (layer TEXT PRIMARY KEY, text TEXT);
CREATE TABLE expectations (text TEXT, verdict TEXT, measured TEXT, why TEXT, looked INTEGER);
CREATE TABLE invariants (name TEXT PRIMARY KEY, looked INTEGER);
CREATE TABLE faults (text TEXT, verdict TEXT, times INTEGER, nodes INTEGER, connections INTEGER,
  attempts INTEGER, packets INTEGER, why TEXT);
CREATE TABLE warnings (text TEXT);
CREATE TABLE node_groups (group_id INTEGER PRIMARY KEY, group_name TEXT, first_node INTEGER,
  node_count INTEGER, active_last INTEGER, active_max INTEGER, dial_p50_s REAL, dial_p99_s REAL,
  attempts_peak INTEGER, bytes_sent INTEGER, bytes_received INTEGER);
CREATE TABLE group_metrics (group_name TEXT, metric TEXT, last_value REAL, min_value REAL,
  max_value REAL);
CREATE TABLE group_causes (group_name TEXT, happened TEXT, cause TEXT, times INTEGER);
CREATE TABLE nodes (node INTEGER PRIMARY KEY, node_name TEXT, group_name TEXT);
CREATE TABLE metrics (metric_id INTEGER PRIMARY KEY, metric TEXT, kind TEXT, help TEXT);

CREATE TABLE event_rows (time_ns INTEGER, node INTEGER, kind TEXT, cause TEXT, direction TEXT,
  connection INTEGER, request INTEGER, peer INTEGER, current_value INTEGER, limit_value INTEGER,
  failures INTEGER, ceiling_ns INTEGER, until_ns INTEGER);
CREATE TABLE stage_rows (time_ns INTEGER, node INTEGER, connection INTEGER, stage TEXT);
CREATE TABLE sample_rows (time_ns INTEGER, group_id INTEGER, node INTEGER, metric_id INTEGER,
  value INTEGER);
CREATE TABLE series_rows (time_ns INTEGER, group_id INTEGER, node INTEGER, metric_id INTEGER,
  value INTEGER);

CREATE VIEW events AS SELECT time_ns / 1e9 AS time_s, nodes.group_name, nodes.node_name, kind,
  cause, direction, connection, nullif(request, 0) AS request, peers.node_name AS peer_name,
  current_value, limit_value, failures, ceiling_ns / 1e9 AS ceiling_s,
  nullif(until_ns, -1) / 1e9 AS until_s
  FROM event_rows JOIN nodes USING (node) LEFT JOIN nodes AS peers ON peers.node = event_rows.peer;
CREATE VIEW stages AS SELECT time_ns / 1e9 AS time_s, nodes.group_name, nodes.node_name, connection,
  stage FROM stage_rows JOIN nodes USING (node);
CREATE VIEW samples AS SELECT time_ns / 1e9 AS time_s, node_groups.group_name, nodes.node_name,
  metric, value
  FROM sample_rows JOIN node_groups USING (group_id) JOIN metrics USING (metric_id)
  LEFT JOIN nodes ON nodes.node = sample_rows.node;
CREATE VIEW series AS SELECT time_ns / 1e9 AS time_s, node_groups.group_name, nodes.node_name,
  metric, value
  FROM series_rows JOIN node_groups USING (group_id) JOIN metrics USING (metric_id)
  LEFT JOIN nodes ON nodes.node = series_rows.node;
)";

// Verdicts and faults came with version 2.
constexpr const char* from_1_to_2 = R"(
CREATE TABLE expectations (text TEXT, verdict TEXT, measured TEXT, why TEXT);
CREATE TABLE faults (text TEXT, verdict TEXT, times INTEGER, nodes INTEGER, connections INTEGER,
  attempts INTEGER, packets INTEGER, why TEXT);
INSERT INTO expectations SELECT value ->> 'text', iif(value ->> 'ok', 'ok', 'failed'),
  value ->> 'measured', '' FROM json_each((SELECT value FROM run WHERE key = 'json'),
  '$[0].expectations');
INSERT INTO run SELECT 'verdict', iif(count(*) = 0, 'ok', 'failed') FROM expectations
  WHERE verdict <> 'ok';
)";

// What only the JSON had goes into tables of its own, and names that are keywords are no more.
constexpr const char* from_2_to_3_before = R"(
ALTER TABLE run RENAME TO old_run;
ALTER TABLE expectations RENAME TO old_expectations;
ALTER TABLE faults RENAME TO old_faults;
ALTER TABLE nodes RENAME TO old_nodes;
ALTER TABLE events RENAME TO old_events;
ALTER TABLE samples RENAME TO old_samples;
CREATE TEMP TABLE old_json AS SELECT value -> '$[0]' AS whole FROM old_run WHERE key = 'json';
)";
constexpr const char* from_2_to_3 = R"(
INSERT INTO run SELECT key, value FROM old_run WHERE key <> 'json';
INSERT INTO expectations SELECT o.text, o.verdict, o.measured, o.why,
  coalesce((SELECT j.value ->> 'looked' FROM old_json, json_each(whole, '$.expectations') AS j
            WHERE j.key = o.rowid - 1), 0)
  FROM old_expectations AS o;
INSERT INTO invariants SELECT j.key, j.value FROM old_json, json_each(whole, '$.invariants') AS j;
INSERT INTO faults SELECT * FROM old_faults;
INSERT INTO warnings SELECT j.value FROM old_json, json_each(whole, '$.warnings') AS j;
INSERT INTO nodes SELECT node, name, "group" FROM old_nodes;
INSERT INTO node_groups SELECT j.id, j.key, (SELECT min(node) FROM nodes WHERE group_name = j.key),
  (SELECT count(*) FROM nodes WHERE group_name = j.key),
  coalesce(whole -> '$.summary' -> j.key -> 'active' ->> 'last', 0),
  coalesce(whole -> '$.summary' -> j.key -> 'active' ->> 'max', 0),
  whole -> '$.summary' -> j.key ->> 'dial_p50_s', whole -> '$.summary' -> j.key ->> 'dial_p99_s',
  coalesce(whole -> '$.summary' -> j.key ->> 'attempts_peak_per_s', 0),
  coalesce(whole -> '$.summary' -> j.key ->> 'bytes_sent', 0),
  coalesce(whole -> '$.summary' -> j.key ->> 'bytes_received', 0)
  FROM old_json, json_each(whole, '$.groups') AS j ORDER BY j.id;
INSERT INTO group_metrics SELECT j.key, m.key, m.value ->> 'last', m.value ->> 'min',
  m.value ->> 'max'
  FROM old_json, json_each(whole, '$.groups') AS j, json_each(j.value) AS m;
INSERT INTO group_causes SELECT j.key, 'refused', m.key, m.value
  FROM old_json, json_each(whole, '$.refusals') AS j, json_each(j.value) AS m;
INSERT INTO group_causes SELECT j.key, w.value, m.key, m.value
  FROM json_each('["failed", "closed"]') AS w, old_json, json_each(whole, '$.summary') AS j,
  json_each(j.value, '$.' || w.value) AS m;
INSERT INTO event_rows SELECT * FROM old_events;
INSERT INTO metrics (metric, kind, help)
  SELECT metric, iif(metric LIKE '%\_total' ESCAPE '\', 'total', 'gauge'), ''
  FROM old_samples GROUP BY metric ORDER BY min(rowid);
INSERT INTO sample_rows SELECT time_ns, group_id, node, metric_id, value FROM old_samples
  JOIN node_groups ON group_name = "group" JOIN metrics USING (metric);
DROP TABLE old_json; DROP TABLE old_run; DROP TABLE old_expectations; DROP TABLE old_faults;
DROP TABLE old_nodes; DROP TABLE old_events; DROP TABLE old_samples;
)";

}  // namespace

void make_tables(sqlite_file& in) {
  in.run(tables);
  in.run(("PRAGMA user_version = " + std::to_string(sqlite_schema_version)).c_str());
}

void migrate(sqlite_file& in, int from) {
  if (from < 2) in.run(from_1_to_2);
  if (from < 3) {
    in.run(from_2_to_3_before);
    make_tables(in);
    in.run(from_2_to_3);
  }
}

}  // namespace tandem::scenarios
