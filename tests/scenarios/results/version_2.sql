BEGIN TRANSACTION;
CREATE TABLE events (time_ns INTEGER, node INTEGER, kind TEXT, cause TEXT, direction TEXT,
  connection INTEGER, request INTEGER, peer INTEGER, current INTEGER, "limit" INTEGER,
  failures INTEGER, ceiling_ns INTEGER, until_ns INTEGER);
INSERT INTO "events" VALUES(0,1,'dial_started','None','outbound',1,1,0,0,0,0,0,-1);
INSERT INTO "events" VALUES(5000000,0,'connection_established','None','inbound',2,0,1,0,0,0,0,-1);
INSERT INTO "events" VALUES(6000000,1,'connection_established','None','outbound',1,0,0,0,0,0,0,-1);
INSERT INTO "events" VALUES(6000000,1,'dial_succeeded','None','outbound',1,1,0,0,0,0,0,-1);
INSERT INTO "events" VALUES(100000000,2,'dial_started','None','outbound',1,1,0,0,0,0,0,-1);
INSERT INTO "events" VALUES(105000000,0,'connection_established','None','inbound',4,0,2,0,0,0,0,-1);
INSERT INTO "events" VALUES(106000000,2,'connection_established','None','outbound',1,0,0,0,0,0,0,-1);
INSERT INTO "events" VALUES(106000000,2,'dial_succeeded','None','outbound',1,1,0,0,0,0,0,-1);
INSERT INTO "events" VALUES(200000000,3,'dial_started','None','outbound',1,1,0,0,0,0,0,-1);
INSERT INTO "events" VALUES(205000000,0,'inbound_refused','LimitReached','inbound',6,0,3,2,2,0,0,-1);
INSERT INTO "events" VALUES(206000000,3,'remote_refused','LimitReached','outbound',1,0,0,0,0,0,0,-1);
INSERT INTO "events" VALUES(206000000,3,'backoff_started','LimitReached','outbound',0,0,0,0,0,1,1000000000,840263837);
INSERT INTO "events" VALUES(206000000,3,'dial_failed','LimitReached','outbound',0,1,0,0,0,1,1000000000,840263837);
CREATE TABLE expectations (text TEXT, verdict TEXT, measured TEXT, why TEXT);
INSERT INTO "expectations" VALUES('server.active.max == 2','ok','2','');
INSERT INTO "expectations" VALUES('server.active.max <= 1','failed','2','2 at 105ms on server[0]: connection_established, connection 4 with dialers[1]');
INSERT INTO "expectations" VALUES('server.refusals.LimitReached == 1','ok','1','');
INSERT INTO "expectations" VALUES('server.closed.LivenessLost == 0','ok','0','');
CREATE TABLE faults (text TEXT, verdict TEXT, times INTEGER, nodes INTEGER, connections INTEGER,
  attempts INTEGER, packets INTEGER, why TEXT);
INSERT INTO "faults" VALUES('silent death of dialers[0] from 1s for 500ms','ok',1,1,1,0,1,'');
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
INSERT INTO "run" VALUES('scenario_flat','scenario: older
duration: 3s
levels: [message]
groups:
  server: {listen: true, manager: {max_connections: 2}}
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
INSERT INTO "run" VALUES('verdict','failed');
INSERT INTO "run" VALUES('stopped',0);
INSERT INTO "run" VALUES('events',26);
INSERT INTO "run" VALUES('events_dropped',0);
INSERT INTO "run" VALUES('wall_s',0.000246947);
INSERT INTO "run" VALUES('reproduce','tandem run older.yaml --level message --seed 1');
INSERT INTO "run" VALUES('json','[{"scenario":"older","level":"message","seed":1,"commit":"b80c80f2b732","trace_hash":"f1f5f1c6c9ccab8a","ok":false,"verdict":"failed","stopped":false,"expectations":[{"text":"server.active.max == 2","ok":true,"verdict":"ok","measured":"2","looked":3,"why":""},{"text":"server.active.max <= 1","ok":false,"verdict":"failed","measured":"2","looked":3,"why":"2 at 105ms on server[0]: connection_established, connection 4 with dialers[1]"},{"text":"server.refusals.LimitReached == 1","ok":true,"verdict":"ok","measured":"1","looked":2,"why":""},{"text":"server.closed.LivenessLost == 0","ok":true,"verdict":"ok","measured":"0","looked":1,"why":""}],"invariants":{"max_connections is never exceeded":26,"max_pending_inbound is never exceeded":26,"max_pending_outbound is never exceeded":26,"max_lingering_refusals is never exceeded":26,"max_connections_per_peer is never exceeded":4,"established never exceeds permits":26,"permits are conserved":26,"metrics equal the ledger: established":26,"metrics equal the ledger: closed":26,"metrics equal the ledger: active":26,"metrics equal the ledger: peers":26,"every close has its connection":0,"backoff stays within its strategy''s bounds":1,"the backoff ceiling is its strategy''s":1,"no connection outlives its idle timeout":3},"faults":[{"text":"silent death of dialers[0] from 1s for 500ms","ok":true,"verdict":"ok","times":1,"touched":{"nodes":1,"connections":1,"attempts":0,"packets":1},"why":""}],"warnings":[],"groups":{"server":{"icn_p2p_active_connections":{"last":2,"min":0,"max":2},"icn_p2p_connected_peers":{"last":2,"min":0,"max":2},"icn_p2p_connection_limit":{"last":2,"min":2,"max":2},"icn_p2p_bytes_sent_total":{"last":0,"min":0,"max":0},"icn_p2p_bytes_received_total":{"last":0,"min":0,"max":0},"icn_p2p_connections_established_total":{"last":2,"min":0,"max":2},"icn_p2p_connections_failed_total":{"last":0,"min":0,"max":0},"icn_p2p_connections_closed_total":{"last":0,"min":0,"max":0}},"dialers":{"icn_p2p_active_connections":{"last":1,"min":0,"max":2},"icn_p2p_connected_peers":{"last":1,"min":0,"max":2},"icn_p2p_connection_limit":{"last":768,"min":512,"max":768},"icn_p2p_bytes_sent_total":{"last":0,"min":0,"max":0},"icn_p2p_bytes_received_total":{"last":0,"min":0,"max":0},"icn_p2p_connections_established_total":{"last":2,"min":0,"max":2},"icn_p2p_connections_failed_total":{"last":1,"min":0,"max":1},"icn_p2p_connections_closed_total":{"last":0,"min":0,"max":0}}},"refusals":{"server":{"LimitReached":1},"dialers":{}},"summary":{"server":{"active":{"last":2,"max":2},"refused":{"LimitReached":1},"failed":{},"closed":{},"dial_p50_s":null,"dial_p99_s":null,"attempts_peak_per_s":0,"bytes_sent":0,"bytes_received":0},"dialers":{"active":{"last":1,"max":2},"refused":{},"failed":{"LimitReached":1},"closed":{},"dial_p50_s":5.976022895005943E-3,"dial_p99_s":5.976022895005943E-3,"attempts_peak_per_s":3,"bytes_sent":0,"bytes_received":0}},"events":26,"wall_s":2.46947E-4}]
');
CREATE TABLE samples (time_ns INTEGER, "group" TEXT, node INTEGER, metric TEXT, value INTEGER);
INSERT INTO "samples" VALUES(0,'server',-1,'icn_p2p_active_connections',0);
INSERT INTO "samples" VALUES(0,'server',-1,'icn_p2p_connections_closed_total',0);
INSERT INTO "samples" VALUES(0,'server',0,'icn_p2p_active_connections',0);
INSERT INTO "samples" VALUES(0,'server',0,'icn_p2p_connections_closed_total',0);
INSERT INTO "samples" VALUES(0,'dialers',-1,'icn_p2p_active_connections',0);
INSERT INTO "samples" VALUES(0,'dialers',-1,'icn_p2p_connections_closed_total',0);
INSERT INTO "samples" VALUES(0,'dialers',1,'icn_p2p_active_connections',0);
INSERT INTO "samples" VALUES(0,'dialers',1,'icn_p2p_connections_closed_total',0);
INSERT INTO "samples" VALUES(0,'dialers',2,'icn_p2p_active_connections',0);
INSERT INTO "samples" VALUES(0,'dialers',2,'icn_p2p_connections_closed_total',0);
INSERT INTO "samples" VALUES(0,'dialers',3,'icn_p2p_active_connections',0);
INSERT INTO "samples" VALUES(0,'dialers',3,'icn_p2p_connections_closed_total',0);
INSERT INTO "samples" VALUES(1000000000,'server',-1,'icn_p2p_active_connections',2);
INSERT INTO "samples" VALUES(1000000000,'server',-1,'icn_p2p_connections_closed_total',0);
INSERT INTO "samples" VALUES(1000000000,'server',0,'icn_p2p_active_connections',2);
INSERT INTO "samples" VALUES(1000000000,'server',0,'icn_p2p_connections_closed_total',0);
INSERT INTO "samples" VALUES(1000000000,'dialers',-1,'icn_p2p_active_connections',1);
INSERT INTO "samples" VALUES(1000000000,'dialers',-1,'icn_p2p_connections_closed_total',0);
INSERT INTO "samples" VALUES(1000000000,'dialers',1,'icn_p2p_active_connections',0);
INSERT INTO "samples" VALUES(1000000000,'dialers',1,'icn_p2p_connections_closed_total',0);
INSERT INTO "samples" VALUES(1000000000,'dialers',2,'icn_p2p_active_connections',1);
INSERT INTO "samples" VALUES(1000000000,'dialers',2,'icn_p2p_connections_closed_total',0);
INSERT INTO "samples" VALUES(1000000000,'dialers',3,'icn_p2p_active_connections',0);
INSERT INTO "samples" VALUES(1000000000,'dialers',3,'icn_p2p_connections_closed_total',0);
INSERT INTO "samples" VALUES(2000000000,'server',-1,'icn_p2p_active_connections',2);
INSERT INTO "samples" VALUES(2000000000,'server',-1,'icn_p2p_connections_closed_total',0);
INSERT INTO "samples" VALUES(2000000000,'server',0,'icn_p2p_active_connections',2);
INSERT INTO "samples" VALUES(2000000000,'server',0,'icn_p2p_connections_closed_total',0);
INSERT INTO "samples" VALUES(2000000000,'dialers',-1,'icn_p2p_active_connections',1);
INSERT INTO "samples" VALUES(2000000000,'dialers',-1,'icn_p2p_connections_closed_total',0);
INSERT INTO "samples" VALUES(2000000000,'dialers',1,'icn_p2p_active_connections',0);
INSERT INTO "samples" VALUES(2000000000,'dialers',1,'icn_p2p_connections_closed_total',0);
INSERT INTO "samples" VALUES(2000000000,'dialers',2,'icn_p2p_active_connections',1);
INSERT INTO "samples" VALUES(2000000000,'dialers',2,'icn_p2p_connections_closed_total',0);
INSERT INTO "samples" VALUES(2000000000,'dialers',3,'icn_p2p_active_connections',0);
INSERT INTO "samples" VALUES(2000000000,'dialers',3,'icn_p2p_connections_closed_total',0);
INSERT INTO "samples" VALUES(3000000000,'server',-1,'icn_p2p_active_connections',2);
INSERT INTO "samples" VALUES(3000000000,'server',-1,'icn_p2p_connections_closed_total',0);
INSERT INTO "samples" VALUES(3000000000,'server',0,'icn_p2p_active_connections',2);
INSERT INTO "samples" VALUES(3000000000,'server',0,'icn_p2p_connections_closed_total',0);
INSERT INTO "samples" VALUES(3000000000,'dialers',-1,'icn_p2p_active_connections',1);
INSERT INTO "samples" VALUES(3000000000,'dialers',-1,'icn_p2p_connections_closed_total',0);
INSERT INTO "samples" VALUES(3000000000,'dialers',1,'icn_p2p_active_connections',0);
INSERT INTO "samples" VALUES(3000000000,'dialers',1,'icn_p2p_connections_closed_total',0);
INSERT INTO "samples" VALUES(3000000000,'dialers',2,'icn_p2p_active_connections',1);
INSERT INTO "samples" VALUES(3000000000,'dialers',2,'icn_p2p_connections_closed_total',0);
INSERT INTO "samples" VALUES(3000000000,'dialers',3,'icn_p2p_active_connections',0);
INSERT INTO "samples" VALUES(3000000000,'dialers',3,'icn_p2p_connections_closed_total',0);
PRAGMA user_version = 2;
COMMIT;
