BEGIN TRANSACTION;
CREATE TABLE events (time_ns INTEGER, node INTEGER, kind TEXT, cause TEXT, direction TEXT,
  connection INTEGER, request INTEGER, peer INTEGER, current INTEGER, "limit" INTEGER,
  failures INTEGER, ceiling_ns INTEGER, until_ns INTEGER);
INSERT INTO "events" VALUES(0,1,'dial_started','None','outbound',1,1,0,0,0,0,0,-1);
INSERT INTO "events" VALUES(5000000,0,'connection_established','None','inbound',2,0,1,0,0,0,0,-1);
INSERT INTO "events" VALUES(6000000,1,'connection_established','None','outbound',1,0,0,0,0,0,0,-1);
CREATE TABLE nodes (node INTEGER PRIMARY KEY, name TEXT, "group" TEXT);
INSERT INTO "nodes" VALUES(0,'server.0','server');
INSERT INTO "nodes" VALUES(1,'dialers.0','dialers');
INSERT INTO "nodes" VALUES(2,'dialers.1','dialers');
INSERT INTO "nodes" VALUES(3,'dialers.2','dialers');
CREATE TABLE run (key TEXT PRIMARY KEY, value);
INSERT INTO "run" VALUES('scenario','older');
INSERT INTO "run" VALUES('level','message');
INSERT INTO "run" VALUES('seed',1);
INSERT INTO "run" VALUES('commit','b80c80f2b732');
INSERT INTO "run" VALUES('scenario_text','scenario: older
duration: 3s
levels: [message]
parameters: {limit: 2}
groups:
  server:  {listen: true, manager: {max_connections: "${limit}"}}
  dialers: {count: 3, manager: {dial_timeout: 1s}}
workload:
  - dial: {from: dialers, to: server, arrivals: {every: 100ms}}
faults:
  - die: {nodes: "dialers[0]", at: 1s, for: 500ms}
expectations:
  - server.active.max == 2
  - server.active.max <= 1
  - server.refusals.LimitReached == 1
  - server.closed.LivenessLost == 0
');
INSERT INTO "run" VALUES('sets','[]');
INSERT INTO "run" VALUES('scenario_hash','a93e4da23e1ebea6');
INSERT INTO "run" VALUES('trace_hash','f1f5f1c6c9ccab8a');
INSERT INTO "run" VALUES('ok',0);
INSERT INTO "run" VALUES('stopped',0);
INSERT INTO "run" VALUES('events',26);
INSERT INTO "run" VALUES('events_dropped',0);
INSERT INTO "run" VALUES('wall_s',0.000246947);
INSERT INTO "run" VALUES('reproduce','tandem run older.yaml --level message --seed 1');
INSERT INTO "run" VALUES('json','[{"scenario":"older","level":"message","seed":1,"commit":"b80c80f2b732","trace_hash":"f1f5f1c6c9ccab8a","ok":false,"stopped":false,"expectations":[{"text":"server.active.max == 2","ok":true,"measured":"2"},{"text":"server.active.max <= 1","ok":false,"measured":"2"},{"text":"server.refusals.LimitReached == 1","ok":true,"measured":"1"},{"text":"server.closed.LivenessLost == 0","ok":true,"measured":"0"}],"groups":{"server":{"icn_p2p_active_connections":{"last":2,"min":0,"max":2},"icn_p2p_connected_peers":{"last":2,"min":0,"max":2},"icn_p2p_connection_limit":{"last":2,"min":2,"max":2},"icn_p2p_bytes_sent_total":{"last":0,"min":0,"max":0},"icn_p2p_bytes_received_total":{"last":0,"min":0,"max":0},"icn_p2p_connections_established_total":{"last":2,"min":0,"max":2},"icn_p2p_connections_failed_total":{"last":0,"min":0,"max":0},"icn_p2p_connections_closed_total":{"last":0,"min":0,"max":0}},"dialers":{"icn_p2p_active_connections":{"last":1,"min":0,"max":2},"icn_p2p_connected_peers":{"last":1,"min":0,"max":2},"icn_p2p_connection_limit":{"last":768,"min":512,"max":768},"icn_p2p_bytes_sent_total":{"last":0,"min":0,"max":0},"icn_p2p_bytes_received_total":{"last":0,"min":0,"max":0},"icn_p2p_connections_established_total":{"last":2,"min":0,"max":2},"icn_p2p_connections_failed_total":{"last":1,"min":0,"max":1},"icn_p2p_connections_closed_total":{"last":0,"min":0,"max":0}}},"refusals":{"server":{"LimitReached":1},"dialers":{}},"events":26,"wall_s":0.000246947}]');
CREATE TABLE samples (time_ns INTEGER, "group" TEXT, node INTEGER, metric TEXT, value INTEGER);
INSERT INTO "samples" VALUES(0,'server',-1,'icn_p2p_active_connections',0);
INSERT INTO "samples" VALUES(0,'server',-1,'icn_p2p_connections_closed_total',0);
INSERT INTO "samples" VALUES(0,'server',0,'icn_p2p_active_connections',0);
INSERT INTO "samples" VALUES(0,'server',0,'icn_p2p_connections_closed_total',0);
PRAGMA user_version = 1;
COMMIT;
