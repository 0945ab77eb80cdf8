// SPDX-License-Identifier: MIT
// Expectations of whole runs: what holds, what does not and why, and what was not put to the test.
#include "run_support.hpp"
#include "tandem/scenarios/results.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <vector>

namespace tandem::scenarios {
namespace {

using testing::HasSubstr;

// Ten peers, one after the other from 1 s on, at a server that takes eight; a cut from 10 s until
// 50 s, which liveness notices, and all is well again.
const std::string crowd = R"(scenario: crowd
duration: 150s
groups:
  server: {listen: true, manager: {max_connections: 8}}
  peers: {count: 10}
  spare: {count: 2}
  keepers: {count: 3, manager: {backoff_cap: 5s, breaker_open: 5s, breaker_open_max: 5s}}
  hub: {listen: true}
workload:
  - dial: {from: peers, to: server, at: 1s, arrivals: {every: 100ms}}
  - send: {from: peers, to: server, at: 3s, every: 10s, bytes: 100}
  - keep_connected: {from: keepers, to: hub}
  - send: {from: keepers, to: hub, at: 3s, every: 5s, bytes: 100}
faults:
  - partition: {groups: [hub], at: 10s, until: 100s, name: cut}
)";

check_result judged(const std::string& line, const std::string& of = crowd,
                    const std::string& level = "message") {
  const auto r = run_on(parse_scenario(of + "expectations:\n  - " + line + "\n", "f"), level);
  return r.checks.front();
}

verdict found(const std::string& line) { return judged(line).verdict; }
std::string why(const std::string& line) { return judged(line).why; }

TEST(judging, calls_untested_what_nothing_could_have_broken) {
  EXPECT_EQ(found("server.refusals.LimitReached == 2"), verdict::ok);
  EXPECT_EQ(found("server.refusals.LimitReached == 0"), verdict::failed);
  EXPECT_EQ(found("hub.refusals.LimitReached == 0"), verdict::untested);
  EXPECT_THAT(why("hub.refusals.LimitReached == 0"),
              HasSubstr("0 is also `hub.approached.LimitReached`"));
  EXPECT_EQ(judged("server.refusals.LimitReached == 0",
                   std::string(crowd).replace(crowd.find("count: 10"), 9, "count: 8"))
                .verdict,
            verdict::ok)
      << "eight of eight";
  EXPECT_EQ(found("server.closed.LivenessLost == 0"), verdict::ok) << "there were connections";
  EXPECT_EQ(found("spare.closed.LivenessLost == 0"), verdict::untested);
  EXPECT_EQ(found("spare.sends_refused <= 0"), verdict::untested);
  EXPECT_EQ(found("peers.sends_refused < 1"), verdict::ok);
  EXPECT_EQ(found("spare.active.max == 0"), verdict::untested);
  EXPECT_EQ(found("always spare.active == 0"), verdict::untested);
  EXPECT_EQ(found("spare.dial_time <= 5s"), verdict::untested);
  EXPECT_EQ(judged("spare.dial_time <= 5s").measured, "no value");
  EXPECT_EQ(found("spare.dial_time.count == 0"), verdict::ok) << "whatever happens, it is counted";
}

TEST(judging, calls_untested_what_never_came_within_a_tenth_of_its_bound) {
  EXPECT_EQ(found("server.active <= 8"), verdict::ok);
  EXPECT_EQ(found("server.active < 9"), verdict::ok) << "one more would be too many";
  EXPECT_EQ(found("server.active < 10"), verdict::untested) << "9 were allowed";
  EXPECT_EQ(found("server.active <= 9"), verdict::untested);
  EXPECT_EQ(found("server.told.LimitReached + server.active.max <= 8.8"), verdict::ok);
  EXPECT_EQ(found("server.active.max <= 100"), verdict::untested);
  EXPECT_THAT(why("server.active.max <= 100"),
              HasSubstr("it stayed between 0 and 8, never within 10 % of 100"));
  EXPECT_EQ(found("server.active >= 8"), verdict::ok);
  EXPECT_EQ(found("server.active >= 3"), verdict::ok) << "it rose past 3";
  EXPECT_EQ(found("server.active.min >= 3 from 5s"), verdict::untested) << "it never fell";
  EXPECT_EQ(found("server.active >= 0"), verdict::untested);
  EXPECT_EQ(found("peers.dial_time <= 1s"), verdict::untested);
  EXPECT_EQ(found("peers.dial_time <= 6600us"), verdict::ok) << "6 ms";
  EXPECT_EQ(found("peers.dial_time <= 6700us"), verdict::untested);
  EXPECT_EQ(found("peers.dial_time >= 5ms"), verdict::untested);
  EXPECT_EQ(found("peers.dial_time >= 5500us"), verdict::ok);
  EXPECT_EQ(found("server.active in [0, 100]"), verdict::untested);
  EXPECT_EQ(found("server.active in [2, 100]"), verdict::ok);
  EXPECT_EQ(found("server.refused / server.arrivals ~= 0.2 +- 0.01"), verdict::ok);
  EXPECT_EQ(found("server.blocking ~= 20% +- 1%"), verdict::ok);
  EXPECT_EQ(found("each server.blocking ~= 20% +- 1%"), verdict::ok);
  EXPECT_EQ(found("spare.blocking <= 1%"), verdict::untested) << "0 / 0";
  EXPECT_EQ(found("hub.refused / hub.arrivals ~= 0 +- 0.01"), verdict::ok);
  EXPECT_EQ(found("spare.refused / spare.arrivals ~= 0 +- 0.01"), verdict::untested) << "0 / 0";
}

TEST(judging, takes_any_bound_on_what_is_counted_for_tested_once_one_was) {
  EXPECT_EQ(found("spare.arrivals <= 1000"), verdict::untested) << "none came";
  EXPECT_EQ(found("server.arrivals <= 1000"), verdict::ok) << "ten came";
  EXPECT_EQ(found("server.refused < 1000"), verdict::ok) << "two of them";
  EXPECT_EQ(found("server.arrivals peak per 1s <= 1000"), verdict::untested) << "a rate";
  EXPECT_EQ(found("server.arrivals / 2 <= 1000"), verdict::untested) << "no count any more";
}

TEST(judging, takes_a_reason_for_what_is_not_tested_and_for_nothing_else) {
  const auto allowed = judged("{expect: spare.refused == 0, allow_untested: they are spare}");
  EXPECT_EQ(allowed.verdict, verdict::ok);
  EXPECT_THAT(allowed.why, HasSubstr(", allowed: they are spare"));
  EXPECT_EQ(judged("{expect: server.refused == 0, allow_untested: why not}").verdict,
            verdict::failed);
  EXPECT_EQ(judged("{expect: server.refused == 2, allow_untested: why not}").why, "");
}

TEST(judging, looks_at_one_node_at_some_and_at_each) {
  EXPECT_EQ(found("peers[0].active == 1"), verdict::ok);
  EXPECT_EQ(found("peers[8..9].active == 0"), verdict::ok) << "they dialled";
  EXPECT_EQ(found("peers[6..9].active == 2"), verdict::ok);
  EXPECT_EQ(found("each peers[0..7].active == 1"), verdict::ok);
  EXPECT_EQ(found("each peers.dials == 1"), verdict::ok);
  const auto broken = judged("each peers.active == 1");
  EXPECT_EQ(broken.verdict, verdict::failed);
  EXPECT_EQ(broken.measured, "0 on peers[8], one of 10");
  EXPECT_EQ(found("sometimes each peers.told.LimitReached == 1"), verdict::ok) << "at one of them";
  EXPECT_EQ(found("each peers[0..7].dials >= each peers[0..7].active"), verdict::ok);
}

TEST(judging, leaves_nodes_of_each_without_a_value_out) {
  // Two of ten peers talk, so that two have a value.
  auto some = crowd;
  some.replace(some.find("from: peers"), 11, "from: 'peers[4..5]'");
  const auto of = [&](const std::string& line) { return judged(line, some); };
  const auto held = of("each peers.dial_time <= 6600us");
  EXPECT_EQ(held.verdict, verdict::ok) << held.why;
  EXPECT_EQ(held.measured, "6 ms (1) on peers[4], one of 10") << "not one without a value";
  const auto broken = of("each peers.dial_time <= 5ms");
  EXPECT_EQ(broken.verdict, verdict::failed);
  EXPECT_EQ(broken.measured, "6 ms (1) on peers[4], one of 10");
  EXPECT_THAT(broken.why, HasSubstr("on peers[4]: dial_succeeded"));
  for (const auto* far : {"each peers.dial_time <= 1s", "each peers.dial_time >= 1ms",
                          "each peers.dial_time.p99 <= 1s", "each peers.dial_time.mean > 1ms",
                          "each peers.dial_time != 1s"})
    EXPECT_EQ(of(far).verdict, verdict::untested) << far << ": who has no value tests nothing";
  EXPECT_EQ(of("sometimes each peers.dial_time <= 1ms").measured,
            "6 ms (1) on peers[4], one of 10");
  EXPECT_EQ(of("each peers[0..3].dial_time <= 1s").measured, "no value on peers[0], one of 4");
}

TEST(judging, takes_nothing_for_tested_by_a_node_without_a_value_at_the_end) {
  auto one_leaves = crowd;
  one_leaves.insert(one_leaves.find("faults:"),
                    "  - dial: {from: 'peers[0]', to: server, at: 5s, count: 9}\n"
                    "  - disconnect: {from: 'peers[0]', to: server, at: 20s}\n");
  const auto check = judged("each peers[0..1].dials / each peers[0..1].active <= 10", one_leaves);
  EXPECT_EQ(check.verdict, verdict::untested) << "10 of the one that left, 1 of the other";
  EXPECT_EQ(check.measured, "1 on peers[1], one of 2");
}

TEST(judging, looks_at_the_first_moment) {
  const auto first = judged("always server.active >= 1");
  EXPECT_EQ(first.verdict, verdict::failed);
  EXPECT_EQ(first.why, "0 at 0s");
  EXPECT_EQ(found("always server.active == 0 until 500ms"), verdict::untested) << "and it held";
  EXPECT_EQ(found("sometimes server.alive == 1"), verdict::ok) << "nothing changes it";
  // Of a window that nothing happens in.
  EXPECT_EQ(why("always server.active <= 7 from 2s until 2500ms"), "8 at 2s");
  EXPECT_EQ(found("always server.active <= 8 from 2s until 2500ms"), verdict::ok);
  EXPECT_EQ(found("sometimes server.active == 8 from 2s until 2500ms"), verdict::ok);
  EXPECT_EQ(why("always hub.active <= 2 between cut and cut + 1s"), "3 at 10s");
  EXPECT_EQ(why("always each peers.active == 1 from 2s until 2500ms"), "0 at 2s");
}

TEST(judging, looks_at_every_moment_or_at_one_of_them) {
  EXPECT_EQ(found("always server.active <= 8"), verdict::ok);
  EXPECT_EQ(found("sometimes server.active == 5"), verdict::ok);
  EXPECT_EQ(found("sometimes server.active == 9"), verdict::failed);
  EXPECT_EQ(found("always server.active == 8"), verdict::failed) << "it began with 0";
  EXPECT_EQ(found("always server.active == 8 from 5s"), verdict::ok);
  EXPECT_EQ(found("sometimes server.active == 5 from 5s"), verdict::failed);
  EXPECT_EQ(found("always server.active + peers[9].active <= peers.dials"), verdict::ok);
}

TEST(judging, says_when_where_and_what_broke_a_line) {
  EXPECT_EQ(why("always server.active <= 6"),
            "7 at 1605ms on server[0]: connection_established, connection 14 with peers[6]");
  EXPECT_EQ(
      why("server.refused == 0"),
      "1 at 1805ms on server[0]: inbound_refused (LimitReached), connection 18 with peers[8]");
  EXPECT_EQ(why("server.active.max <= 7"),
            "8 at 1705ms on server[0]: connection_established, connection 16 with peers[7]");
  EXPECT_THAT(why("server.active == 9"), HasSubstr("last changed at 1705ms on server[0]"));
  EXPECT_THAT(why("peers.dial_time <= 5ms"), HasSubstr("at 1006ms on peers[0]: dial_succeeded"));
  EXPECT_THAT(why("peers.dial_time.p99 <= 5ms"), HasSubstr("the highest at 1006ms on peers[0]"));
  EXPECT_EQ(why("sometimes server.active == 9"), "at no moment");
  const auto r =
      run_on(parse_scenario(crowd + "expectations: [server.refused == 0]\n", "f"), "message");
  EXPECT_THAT(to_table({&r, 1}), HasSubstr("At message, seed 1:\n  failed: server.refused == 0: "));
}

TEST(judging, counts_within_windows_of_times_and_faults) {
  EXPECT_EQ(found("server.arrivals == 5 between 1s and 1450ms"), verdict::ok);
  EXPECT_EQ(found("server.arrivals peak per 250ms == 3"), verdict::ok);
  EXPECT_EQ(found("server.arrivals rate ~= 10/s +- 1% between 1s and 2s"), verdict::ok);
  EXPECT_EQ(found("hub.closed.IdleTimeout == 3 between cut and heal"), verdict::ok);
  EXPECT_EQ(found("hub.closed.IdleTimeout == 0 between heal and heal + 20s"), verdict::ok);
  EXPECT_EQ(found("hub.active == 0 at heal"), verdict::ok);
  EXPECT_EQ(found("hub.active.max == 3 until cut"), verdict::ok);
  EXPECT_EQ(found("hub.active.min == 3 from cut.end + 20s"), verdict::ok);
  EXPECT_EQ(found("hub.active at 9s == hub.active at 149s"), verdict::ok);
  EXPECT_EQ(found("hub.established == 3 from heal"), verdict::ok) << "not those of before";
  const auto never =
      judged("server.arrivals == 5 from heal", crowd.substr(0, crowd.find("faults:")));
  EXPECT_EQ(never.verdict, verdict::untested);
  EXPECT_EQ(never.why, "heal never came");
}

TEST(judging, times_how_long_something_takes_after_a_moment) {
  EXPECT_EQ(found("hub.active reaches 3 within 20s of heal"), verdict::ok);
  EXPECT_THAT(judged("hub.active reaches 3 within 20s of heal").measured, HasSubstr("after "));
  const auto late = judged("hub.active reaches 3 within 1ms of heal");
  EXPECT_EQ(late.verdict, verdict::failed);
  EXPECT_EQ(late.measured, "0 at best");
  EXPECT_EQ(late.why, "not within 1ms of heal (100s)");
  EXPECT_EQ(found("server.active reaches 8 within 9s of heal"), verdict::untested);
  EXPECT_EQ(why("server.active reaches 8 within 9s of heal"), "it was there already at heal");
  EXPECT_EQ(found("server.active reaches 8 within 2s of 0s"), verdict::ok);
}

TEST(judging, knows_whether_all_that_should_be_connected_is_in_the_end) {
  EXPECT_EQ(found("eventually within 20s"), verdict::ok);
  EXPECT_EQ(judged("eventually within 1ms").verdict, verdict::failed);
  EXPECT_EQ(judged("eventually within 1ms").measured, "3 at best");
  auto calm = crowd;
  calm.replace(calm.find("[hub]"), 5, "[spare]");
  EXPECT_EQ(judged("eventually within 20s", calm).verdict, verdict::untested);
  EXPECT_EQ(judged("eventually within 20s", calm).why,
            "nothing was missing since the first fault began");
}

TEST(judging, takes_the_ends_of_windows_and_ranges_as_part_of_them) {
  EXPECT_EQ(found("server.arrivals == 10 at 150s"), verdict::ok) << "the end of the run";
  EXPECT_EQ(found("peers.dials reaches 10 within 900ms of 1s"), verdict::ok);
  EXPECT_EQ(found("peers.dials reaches 10 within 899ms of 1s"), verdict::failed);
  EXPECT_EQ(found("spare.active >= 0"), verdict::untested);
  EXPECT_EQ(found("spare.active in [0, 0]"), verdict::untested);
  EXPECT_EQ(found("server.active.max in [7, 8]"), verdict::ok);
  EXPECT_EQ(found("server.active.max in [8, 9]"), verdict::ok);
}

TEST(judging, calls_each_untested_when_nobody_has_a_value) {
  EXPECT_EQ(found("each spare.dial_time >= 1ms"), verdict::untested);
}

TEST(judging, knows_the_same_of_every_level) {
  for (const auto& level : virtual_levels())
    for (const auto* line :
         {"server.closed_by_us + server.closed_by_them == server.closed",
          "hub.closed_by_us.IdleTimeout == 3", "keepers.probes >= 3", "keepers.missing.max == 3",
          "keepers.wanted == 3", "server.arrivals == 10", "peers.address_attempts == 10",
          "keepers.backoffs >= 3", "keepers.attempt_failed.AttemptTimeout >= 3",
          "keepers.connection_age.count == 3", "keepers.round_trip.min in [2ms, 2200us]",
          "server.application_bytes >= 8000", "hub.alive == 1",
          "server.approached.LimitReached == 1"}) {
      const auto check = judged(line, crowd, level);
      EXPECT_EQ(check.verdict, verdict::ok)
          << level << ' ' << line << ' ' << check.measured << ' ' << check.why;
    }
}

TEST(judging, changes_nothing) {
  std::string many = crowd + "expectations:\n";
  for (const auto* line :
       {"always each peers.active <= 1", "server.bytes_sent == 1 between heal and heal + 10s",
        "server.bytes_received at 5s >= 1", "hub.active reaches 3 within 20s of heal",
        "eventually within 9s", "peers.round_trip.p99 <= 3ms from cut + 1s"})
    many += std::string("  - ") + line + "\n";
  for (const auto& level : virtual_levels())
    EXPECT_EQ(run_on(parse_scenario(crowd, "f"), level).trace_hash,
              run_on(parse_scenario(many, "f"), level).trace_hash);
}

TEST(judging, understands_a_named_argument_without_quotes) {
  const auto check = judged("server.refused / server.arrivals >= erlang_b(8, load: 1)");
  EXPECT_EQ(check.text, "server.refused / server.arrivals >= erlang_b(8, load: 1)");
  EXPECT_EQ(check.verdict, verdict::ok);
  EXPECT_EQ(judged("{expect: 'spare.refused == erlang_b(0, load: 1) - 1', allow_untested: spare}")
                .verdict,
            verdict::ok);
}

}  // namespace
}  // namespace tandem::scenarios
