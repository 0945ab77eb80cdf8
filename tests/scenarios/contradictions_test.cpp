// SPDX-License-Identifier: MIT
#include "tandem/scenarios/contradictions.hpp"

#include "tandem/command/contradictions.hpp"
#include "tandem/scenarios/read.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace tandem {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> found_in(const manager_options& options, const surroundings& around = {}) {
  std::vector<std::string> messages;
  for (const auto& each : contradictions_of(options, around))
    messages.push_back(each.field + ": " + each.message);
  return messages;
}

TEST(contradictions, the_defaults_have_none_up_to_five_seconds_of_round_trip) {
  const std::vector<duration> syn_at{seconds(0), seconds(1), seconds(3), seconds(7)};
  surroundings around;
  around.syn_at = syn_at;
  for (const auto round_trip : {milliseconds(1), milliseconds(600), milliseconds(5000)}) {
    around.round_trip = round_trip;
    EXPECT_THAT(found_in({}, around), IsEmpty());
  }
}

TEST(contradictions, more_memory_than_the_machine_has) {
  manager_options o;
  o.max_memory = 1 << 30;
  surroundings around;
  around.memory = 1 << 30;
  EXPECT_THAT(found_in(o, around), IsEmpty());
  around.memory = (1 << 30) - 1;
  EXPECT_THAT(
      found_in(o, around),
      ElementsAre(HasSubstr("max_memory 1GiB is more than there is: set at most 1073741823")));
}

TEST(contradictions, idle_below_its_floor_at_the_round_trip) {
  manager_options o;
  o.connection_timeout = milliseconds(1800);
  surroundings around;
  around.round_trip = milliseconds(600);
  EXPECT_THAT(found_in(o, around), IsEmpty());
  o.connection_timeout = milliseconds(1799);
  EXPECT_THAT(found_in(o, around),
              ElementsAre(AllOf(HasSubstr("connection_timeout 1799ms is below idle_floor_probes 3"),
                                HasSubstr("idle after 1800ms at the earliest"))));
}

TEST(contradictions, a_cap_that_other_limits_keep_out_of_reach) {
  manager_options o;
  o.max_inbound_connections = 200;
  o.max_outbound_connections = 56;
  EXPECT_THAT(found_in(o), IsEmpty());
  o.max_outbound_connections = 55;
  EXPECT_THAT(found_in(o), ElementsAre(AllOf(HasSubstr("max_connections 256 is never reached"),
                                             HasSubstr("leave room for 255"))));
  o.max_outbound_connections = 0;  // no limit of its own
  o.max_memory = 256 * o.connection_memory;
  EXPECT_THAT(found_in(o), IsEmpty());
  --o.max_memory;
  EXPECT_THAT(found_in(o), ElementsAre(HasSubstr("is room for 255 connections")));
}

TEST(contradictions, an_accept_rate_that_cannot_refill_the_cap) {
  manager_options o;
  o.accept_rate = 6.4;  // 192 in the 30 s of connection_timeout, and 64 at once
  EXPECT_THAT(found_in(o), IsEmpty());
  o.accept_rate = 6.3;
  EXPECT_THAT(found_in(o), ElementsAre(AllOf(HasSubstr("accept_rate: "), HasSubstr("lets in 253"),
                                             HasSubstr("max_connections 256"))));
}

TEST(contradictions, a_dial_that_is_over_before_a_second_syn_is_answered) {
  const std::vector<duration> syn_at{seconds(0), seconds(1), seconds(3)};
  manager_options o;
  surroundings around;
  around.syn_at = syn_at;
  around.round_trip = milliseconds(200);
  o.attempt_timeout = milliseconds(1201);
  EXPECT_THAT(found_in(o, around), IsEmpty());
  o.attempt_timeout = milliseconds(1200);
  EXPECT_THAT(found_in(o, around), ElementsAre(HasSubstr("before the second SYN, sent after 1s")));
  o.attempt_timeout = milliseconds(200);
  EXPECT_THAT(found_in(o, around), ElementsAre(HasSubstr("no dial connects")));
}

TEST(contradictions, deadlines_below_what_they_bound) {
  manager_options o;
  o.dial_timeout = o.attempt_timeout;
  EXPECT_THAT(found_in(o), IsEmpty());
  o.dial_timeout -= milliseconds(1);
  EXPECT_THAT(found_in(o), ElementsAre(HasSubstr("dial_timeout 14999ms is below attempt_timeout")));
  o = {};
  surroundings around;
  around.round_trip = seconds(5);
  o.handshake_timeout = milliseconds(10'001);
  EXPECT_THAT(found_in(o, around), IsEmpty());
  o.handshake_timeout = seconds(10);
  EXPECT_THAT(found_in(o, around), ElementsAre(HasSubstr("no handshake ends in time")));
}

TEST(contradictions, more_than_the_machine_has) {
  const manager_options o;  // 256 + 512 + 256 + 256 and 32
  surroundings around;
  around.descriptors = 1312;
  around.memory = 256 * o.connection_memory + buffer_options().buffers_max;
  EXPECT_THAT(found_in(o, around), IsEmpty());
  around.descriptors = 1311;
  around.memory = 255 * o.connection_memory;
  EXPECT_THAT(found_in(o, around),
              ElementsAre(AllOf(HasSubstr("need 1312 file descriptors"), HasSubstr("is 1311"),
                                HasSubstr("ulimit -n 1312")),
                          AllOf(HasSubstr("are more than the memory of"),
                                HasSubstr("set at most 255, or set max_memory"))));
}

TEST(contradictions, more_buffers_than_the_machine_has_beside_its_connections) {
  manager_options o;
  surroundings around;
  around.memory = 256 * o.connection_memory + (100 << 20);
  const auto found = [&](std::uint64_t buffers_max) {
    std::vector<std::string> out;
    for (const auto& each : contradictions_of(o, around, {.buffers_max = buffers_max}))
      out.push_back(each.message);
    return out;
  };
  EXPECT_THAT(found(100 << 20), IsEmpty());
  EXPECT_THAT(found((100 << 20) + 1),
              ElementsAre(AllOf(HasSubstr("buffers_max 104857601 beside max_connections 256"),
                                HasSubstr("set at most 100MiB, or set max_memory"))));
  o.max_memory = 64 << 20;
  EXPECT_THAT(found(200 << 20), IsEmpty()) << "buffers take what max_memory leaves";
}

std::vector<std::string> warnings_of(const std::string& text) {
  return scenarios::contradictions_of(scenarios::parse_scenario(text, "f.yaml"));
}

TEST(contradictions, of_a_scenario_have_the_place_and_the_group) {
  const std::string text =
      "scenario: s\n"
      "duration: 1m\n"
      "links: {default: {latency: 5s}}\n"
      "groups:\n"
      "  server: {listen: true, manager: {handshake_timeout: 1m}}\n"
      "  peers:  {count: 2, manager: {handshake_timeout: 20s}}\n"
      "  others: {manager: {handshake_timeout: 1ms}}\n"  // talk to nobody
      "workload:\n"
      "  - dial: {from: peers, to: server}\n";
  EXPECT_THAT(warnings_of(text), ElementsAre(AllOf(HasSubstr("f.yaml:6:51: group `peers`"),
                                                   HasSubstr("two round trips of 10s"))));
}

TEST(contradictions, an_application_with_pauses_as_long_as_idle_ones) {
  const auto text = [](const std::string& every) {
    return "scenario: s\nduration: 1m\n"
           "groups: {server: {listen: true, manager: {connection_timeout: 1m}}, peers: {count: "
           "2}}\n"
           "workload:\n"
           "  - keep_connected: {from: peers, to: server}\n"
           "  - send: {from: peers, to: server, at: 1s, bytes: 64, every: " +
           every + "}\n";
  };
  EXPECT_THAT(warnings_of(text("29999ms")), IsEmpty());
  EXPECT_THAT(warnings_of(text("30s")),
              ElementsAre(AllOf(HasSubstr("group `peers`: connection_timeout 30s is not above"),
                                HasSubstr("the 30s from one message"))));
}

}  // namespace
}  // namespace tandem
