// SPDX-License-Identifier: MIT
#include "net/session/session_fixture.hpp"

#include <gmock/gmock.h>

namespace tandem {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::SizeIs;

class session_by : public each_way {};
INSTANTIATE_TEST_SUITE_P(each, session_by, every_way, name_of_way);

TEST_P(session_by, becomes_ready_at_both_ends) {
  auto pair = two();
  pair.connect();
  EXPECT_THAT(pair.dialer.log, ElementsAre("authenticated", "ready"));
  EXPECT_THAT(pair.listener.log, ElementsAre("authenticated", "ready"));
  EXPECT_EQ(pair.dialer.peer, pair.listener_options.own->self().id());
  EXPECT_EQ(pair.listener.peer, pair.dialer_options.own->self().id());
  EXPECT_THAT(pair.dialer.rtts, SizeIs(1));
  EXPECT_THAT(pair.listener.rtts, SizeIs(1));
}

TEST_P(session_by, takes_whoever_answers_when_nobody_was_expected) {
  auto pair = two();
  pair.expected = {};
  pair.connect();
  EXPECT_TRUE(pair.dialer.heard("ready"));
}

TEST_P(session_by, carries_messages_both_ways) {
  auto pair = two();
  pair.connect();
  EXPECT_EQ(pair.dialer.self->send(bytes_of("hello")), send_result::accepted);
  EXPECT_EQ(pair.dialer.self->send(bytes_of("")), send_result::accepted);
  EXPECT_EQ(pair.listener.self->send(bytes_of("world")), send_result::accepted);
  pair.run();
  EXPECT_THAT(pair.listener.messages, ElementsAre("hello", ""));
  EXPECT_THAT(pair.dialer.messages, ElementsAre("world"));
  // Payload and one length byte each, at both ends.
  EXPECT_EQ(pair.dialer.traffic.app_bytes, 5u + 1 + 0 + 1 + 5 + 1);
  EXPECT_EQ(pair.listener.traffic.app_bytes, pair.dialer.traffic.app_bytes);
}

TEST_P(session_by, counts_every_byte_of_the_stream) {
  auto pair = two();
  pair.connect();
  pair.dialer.self->send(bytes_of("hello"));
  pair.run();
  EXPECT_EQ(pair.dialer.traffic.sent, pair.link.a.sent.size());
  EXPECT_EQ(pair.dialer.traffic.received, pair.link.b.sent.size());
  EXPECT_EQ(pair.listener.traffic.sent, pair.link.b.sent.size());
  EXPECT_EQ(pair.listener.traffic.received, pair.link.a.sent.size());
}

TEST_P(session_by, says_dirty_once_until_traffic_is_taken) {
  auto pair = two();
  pair.dialer.takes_traffic = false;
  pair.connect();
  EXPECT_EQ(pair.dialer.dirty, 1);
  pair.dialer.take();
  EXPECT_EQ(pair.dialer.self->take_traffic().sent, 0u);
  pair.dialer.self->probe(1);
  pair.run();
  EXPECT_EQ(pair.dialer.dirty, 2);
}

TEST_P(session_by, stamps_the_times_of_the_last_bytes) {
  auto pair = two();
  pair.connect();
  pair.time.advance(std::chrono::seconds(5));
  const auto sent_at = pair.time.now();
  pair.dialer.self->send(bytes_of("x"));
  pair.run();
  pair.time.advance(std::chrono::seconds(5));
  pair.dialer.self->probe(1);
  pair.run();
  for (auto* end : {&pair.dialer, &pair.listener}) {
    EXPECT_EQ(end->traffic.last_app_at, sent_at) << "a ping is no use";
    EXPECT_EQ(end->traffic.last_received_at, pair.time.now()) << "but it is life";
  }
}

TEST_P(session_by, tells_when_application_bytes_were_acknowledged_and_whether_all_were) {
  auto pair = two();
  pair.connect();
  auto& transport = pair.link.a.progress;
  EXPECT_EQ(pair.dialer.self->progress().at, time_point{}) << "nothing was said";
  EXPECT_FALSE(pair.dialer.self->progress().more);

  transport = {.unacknowledged = 1'000, .since_acknowledged = 1s};
  pair.dialer.self->send(bytes_of(std::string(2'000, 'x')));
  pair.run();
  pair.time.advance(20s);
  auto told = pair.dialer.self->progress();
  EXPECT_EQ(told.at, pair.time.now() - 1s);
  EXPECT_TRUE(told.more);
  told = pair.dialer.self->progress();
  EXPECT_EQ(told.at, time_point{}) << "nothing more since";
  EXPECT_TRUE(told.more);
  transport = {.unacknowledged = 0, .since_acknowledged = 3s};
  told = pair.dialer.self->progress();
  EXPECT_EQ(told.at, pair.time.now() - 3s);
  EXPECT_FALSE(told.more);
}

TEST_P(session_by, an_acknowledged_ping_is_no_progress) {
  // A process that hangs has a system that acknowledges for it.
  auto pair = two();
  pair.connect();
  pair.dialer.self->send(bytes_of("x"));
  pair.run();
  EXPECT_FALSE(pair.dialer.self->progress().more);
  pair.link.a.progress.unacknowledged = 12;
  pair.dialer.self->probe(1);
  pair.run();
  EXPECT_FALSE(pair.dialer.self->progress().more);
  pair.link.a.progress.unacknowledged = 0;
  EXPECT_EQ(pair.dialer.self->progress().at, time_point{});
}

TEST_P(session_by, use_ends_when_the_last_application_byte_left_not_when_it_was_taken) {
  auto pair = two();
  pair.connect();
  pair.listener.during = [&](const std::string& what) {
    if (what != "message") return;
    pair.time.advance(20s);  // so long it took to get there
    pair.link.a.progress = {.since_sent = 2s};
  };
  pair.link.a.progress.unsent = 100;
  pair.dialer.self->send(bytes_of("x"));
  const auto sent_at = pair.time.now();
  pair.run();
  ASSERT_EQ(pair.dialer.streams, 0);
  EXPECT_EQ(pair.dialer.traffic.last_app_at, sent_at + 18s);
}

TEST_P(session_by, shares_a_stream_in_a_burst_and_opens_another_for_the_next) {
  auto pair = two();
  pair.connect();
  const auto streams_opened = [&] {
    return std::count_if(pair.link.record.begin(), pair.link.record.end(), [](const auto& write) {
      return write.first == "C>S" && write.second.size() >= 12 && write.second[1] == 1 &&
             write.second[3] == 1;
    });
  };
  const bool seen = kind() == security::plaintext;  // the others hide what they open
  for (int i = 0; i < 3; ++i) pair.dialer.self->send(bytes_of("x"));
  pair.run();
  EXPECT_EQ(streams_opened(), seen ? 1 : 0);
  pair.dialer.self->send(bytes_of("y"));
  pair.run();
  EXPECT_EQ(streams_opened(), seen ? 2 : 0);
  EXPECT_THAT(pair.listener.messages, ElementsAre("x", "x", "x", "y"));
}

TEST_P(session_by, carries_a_message_larger_than_the_window) {
  const std::size_t size = by_byte() ? 300'000 : 1 << 20;
  for (const std::size_t capacity : {std::size_t{1000}, std::size_t{1} << 30}) {
    auto pair = two({.capacity = capacity});
    pair.connect();
    std::string large(size, 'x');
    large.front() = 'a';
    large.back() = 'z';
    EXPECT_EQ(pair.dialer.self->send(bytes_of(large)), send_result::accepted);
    EXPECT_EQ(pair.listener.self->send(bytes_of(large)), send_result::accepted);
    pair.run();
    ASSERT_THAT(pair.listener.messages, SizeIs(1));
    ASSERT_THAT(pair.dialer.messages, SizeIs(1));
    EXPECT_TRUE(pair.listener.messages[0] == large && pair.dialer.messages[0] == large);
    EXPECT_EQ(pair.dialer.traffic.app_bytes, 2 * (large.size() + 3));
  }
}

TEST_P(session_by, refuses_messages_above_its_bounds) {
  auto pair = two();
  pair.dialer_options.message_size_max = 100;
  pair.dialer_options.backlog_max = 300;
  pair.connect();
  EXPECT_EQ(pair.dialer.self->send(bytes_of(std::string(101, 'x'))), send_result::refused);
  // The first message is already in the writer's hands; then three, with their length bytes, less.
  EXPECT_EQ(pair.dialer.self->send(bytes_of(std::string(100, 'x'))), send_result::accepted);
  EXPECT_EQ(pair.dialer.self->send(bytes_of(std::string(100, 'x'))), send_result::accepted);
  EXPECT_EQ(pair.dialer.self->send(bytes_of(std::string(100, 'x'))), send_result::accepted);
  EXPECT_EQ(pair.dialer.self->send(bytes_of(std::string(98, 'x'))), send_result::refused);
  EXPECT_EQ(pair.dialer.self->send(bytes_of(std::string(97, 'x'))), send_result::accepted);
  pair.run();
  EXPECT_THAT(pair.listener.messages, SizeIs(4));
  EXPECT_EQ(pair.dialer.self->send(bytes_of(std::string(100, 'x'))), send_result::accepted);
}

TEST_P(session_by, resets_the_stream_of_a_peer_that_sends_too_long_a_message) {
  auto pair = two();
  pair.listener_options.message_size_max = 10;
  pair.connect();
  pair.dialer.self->send(bytes_of("0123456789"));
  pair.dialer.self->send(bytes_of("01234567890"));
  pair.run();
  EXPECT_THAT(pair.listener.messages, ElementsAre("0123456789"));
  EXPECT_TRUE(pair.listener.closed.empty());
  pair.dialer.self->send(bytes_of("again"));
  pair.run();
  EXPECT_THAT(pair.listener.messages, ElementsAre("0123456789", "again"));
}

TEST_P(session_by, sends_only_while_it_is_ready) {
  auto pair = two();
  pair.listener.answers = recording_owner::answer::wait;
  pair.connect();
  EXPECT_EQ(pair.dialer.self->send(bytes_of("x")), send_result::gone);
  pair.listener.self->admit();
  pair.run();
  EXPECT_EQ(pair.dialer.self->send(bytes_of("x")), send_result::accepted);
  pair.dialer.self->close(cause::requested);
  EXPECT_EQ(pair.dialer.self->send(bytes_of("y")), send_result::gone);
  pair.run();
  EXPECT_THAT(pair.listener.messages, ElementsAre("x")) << "what was accepted goes before the end";
}

TEST_P(session_by, answers_a_probe) {
  auto pair = two();
  pair.connect();
  pair.dialer.self->probe(0xdeadbeef);
  pair.listener.self->probe(0);
  pair.time.advance(std::chrono::milliseconds(20));
  pair.run();
  EXPECT_THAT(pair.dialer.nonces, ElementsAre(0xdeadbeef));
  EXPECT_THAT(pair.listener.nonces, ElementsAre(0));
  EXPECT_EQ(pair.dialer.rtts.back(), std::chrono::milliseconds(20));
}

TEST_P(session_by, has_sixteen_pings_under_way_at_most) {
  auto pair = two();
  pair.connect();
  for (const std::uint32_t round : {0, 100}) {
    for (std::uint32_t i = 1; i <= 20; ++i) pair.dialer.self->probe(round + i);
    pair.run();
  }
  ASSERT_EQ(pair.dialer.nonces.size(), 32u);
  EXPECT_EQ(pair.dialer.nonces[15], 16u);
  EXPECT_EQ(pair.dialer.nonces[16], 101u);
}

}  // namespace
}  // namespace tandem
