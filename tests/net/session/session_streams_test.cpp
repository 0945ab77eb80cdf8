// SPDX-License-Identifier: MIT
// What a session says about its streams of messages, and about when to come back.
#include "net/protocol/multistream.hpp"
#include "net/protocol/yamux_header.hpp"
#include "net/session/session_fixture.hpp"
#include "net/session/stream_protocols.hpp"
#include "net/vectors.hpp"

#include <gmock/gmock.h>

namespace tandem {
namespace {

using testing::ElementsAre;
using namespace std::chrono_literals;

class session_streams : public each_way {};
INSTANTIATE_TEST_SUITE_P(each, session_streams, every_way, name_of_way);
class session_retry_after : public each_way {};
INSTANTIATE_TEST_SUITE_P(each, session_retry_after, every_way, name_of_way);

std::size_t times(const recording_owner& of, const std::string& what) {
  return static_cast<std::size_t>(std::count(of.log.begin(), of.log.end(), what));
}

TEST_P(session_streams, are_open_until_both_ends_finished) {
  // The listener's answers do not reach the dialer before it reads them: a round trip has stages.
  auto pair = two();
  pair.connect();
  pair.dialer.self->send(bytes_of("x"));
  EXPECT_EQ(pair.dialer.streams, 0) << "not inside the call";
  int most_dialer = 0, most_listener = 0;
  pair.dialer.during = [&](const std::string&) {
    most_dialer = std::max(most_dialer, pair.dialer.streams);
  };
  pair.listener.during = [&](const std::string&) {
    most_listener = std::max(most_listener, pair.listener.streams);
  };
  pair.run();
  EXPECT_EQ(most_dialer, 1);
  EXPECT_EQ(most_listener, 1);
  EXPECT_EQ(pair.dialer.streams, 0);
  EXPECT_EQ(pair.listener.streams, 0);
  EXPECT_EQ(times(pair.dialer, "stream"), 1u);
  EXPECT_EQ(times(pair.dialer, "stream over"), 1u);
}

TEST_P(session_streams, are_not_told_of_after_an_abort) {
  auto pair = two();
  pair.connect();
  pair.dialer.self->send(bytes_of("x"));
  pair.dialer.self->abort(cause::requested);
  pair.run();
  EXPECT_EQ(times(pair.dialer, "stream"), 0u);
  EXPECT_EQ(pair.dialer.log.back(), "closed");
}

TEST_P(session_streams, are_counted_in_both_directions) {
  auto pair = two({.capacity = 100});
  pair.connect();
  const std::string large(10'000, 'x');
  pair.dialer.self->send(bytes_of(large));
  pair.listener.self->send(bytes_of(large));
  int most = 0;
  pair.dialer.during = [&](const std::string&) { most = std::max(most, pair.dialer.streams); };
  pair.run();
  EXPECT_EQ(most, 2);
  EXPECT_EQ(pair.dialer.streams, 0);
  EXPECT_EQ(pair.listener.streams, 0);
}

// What waits for an answer, and what owes it, are both in use.
TEST_P(session_streams, stay_open_for_as_long_as_they_are_kept) {
  auto pair = two();
  pair.connect();
  pair.dialer.self->open_stream();
  pair.dialer.self->open_stream();
  pair.run();
  pair.dialer.self->send(bytes_of("x"));
  pair.listener.self->send(bytes_of("y"));
  pair.run();
  EXPECT_THAT(pair.listener.messages, ElementsAre("x"));
  EXPECT_THAT(pair.dialer.messages, ElementsAre("y"));
  for (int kept : {2, 1, 0}) {
    EXPECT_EQ(pair.dialer.streams, kept == 0 ? 0 : 1) << kept;
    EXPECT_EQ(pair.listener.streams, kept == 0 ? 0 : 1) << kept;
    pair.dialer.self->close_stream();
    pair.run();
  }
  pair.dialer.self->close_stream();  // once too often: nothing
  pair.dialer.self->send(bytes_of("z"));
  pair.run();
  EXPECT_THAT(pair.listener.messages, ElementsAre("x", "z"));
  EXPECT_EQ(pair.dialer.streams + pair.listener.streams, 0);
}

TEST_P(session_streams, do_not_keep_a_connection_that_is_told_to_close) {
  auto pair = two();
  pair.connect();
  pair.dialer.self->open_stream();
  pair.run();
  pair.dialer.self->close(cause::requested);
  pair.dialer.self->open_stream();  // neither of which does anything any more
  pair.dialer.self->close_stream();
  pair.run();
  EXPECT_EQ(pair.dialer.log.back(), "closed");
}

// A script speaks what js-libp2p said in plaintext.
TEST(session_streams_of_script, of_a_peer_that_does_not_read_stay_open) {
  session_pair pair;
  pair.start_listener();
  const auto js = reads_of("js_clean.txt", "C>S");
  pair.link.put(pair.link.a, js[0]);
  pair.link.put(pair.link.a, js[1]);
  pair.run();
  ASSERT_TRUE(pair.listener.heard("ready"));
  EXPECT_EQ(pair.listener.self->send(bytes_of("x")), send_result::accepted);
  pair.run();
  EXPECT_EQ(pair.listener.streams, 1);
  pair.listener.self->probe(1);
  pair.run();
  EXPECT_EQ(pair.listener.streams, 1);
}

/// An upgraded listener that sends messages to a script which answers as it likes.
class scripted_receiver : public testing::Test {
 protected:
  void SetUp() override {
    pair.start_listener();
    const auto js = reads_of("js_clean.txt", "C>S");
    pair.link.put(pair.link.a, js[0]);
    pair.link.put(pair.link.a, js[1]);
    pair.run();
    ASSERT_TRUE(pair.listener.heard("ready"));
  }
  /// Sends one message and takes the stream's proposal up.
  void burst(std::uint32_t stream) {
    EXPECT_EQ(pair.listener.self->send(bytes_of("x")), send_result::accepted);
    pair.run();
    byte_buffer answer, out;
    put_multistream(answer, multistream_header);
    put_multistream(answer, "/tandem/message/1.0.0");
    const auto size = static_cast<std::uint32_t>(answer.size());
    put_yamux_header(out, {yamux_type::data, yamux_flag::ack, stream, size});
    out.insert(out.end(), answer.begin(), answer.end());
    say(out);
  }
  /// The peer's proposal of a stream of its own.
  static void put_opening(byte_buffer& out, std::uint32_t stream) {
    const byte_buffer text = message_burst::opening();
    put_yamux_header(
        out, {yamux_type::data, yamux_flag::syn, stream, static_cast<std::uint32_t>(text.size())});
    out.insert(out.end(), text.begin(), text.end());
  }
  void say(const byte_buffer& bytes) {
    pair.link.put(pair.link.a, bytes);
    pair.run();
  }
  void say(std::uint16_t flags, std::uint32_t stream) {
    byte_buffer out;
    put_yamux_header(out, {yamux_type::window_update, flags, stream, 0});
    say(out);
  }
  session_pair pair;
};

TEST_F(scripted_receiver, ends_a_stream_with_its_fin) {
  burst(2);
  EXPECT_EQ(pair.listener.streams, 1) << "our FIN alone is not the end";
  say(yamux_flag::fin, 2);
  EXPECT_EQ(pair.listener.streams, 0);
  EXPECT_TRUE(pair.listener.closed.empty());
}

TEST_F(scripted_receiver, ends_a_stream_with_a_reset) {
  burst(2);
  say(yamux_flag::rst, 2);
  EXPECT_EQ(pair.listener.streams, 0);
  EXPECT_EQ(pair.listener.self->send(bytes_of("y")), send_result::accepted);
}

TEST_F(scripted_receiver, that_never_finishes_holds_one_stream_however_much_it_gets) {
  for (std::uint32_t i = 0; i < 600; ++i) {
    burst(2 + 2 * i);
    EXPECT_EQ(pair.listener.streams, 1);
  }
  say(yamux_flag::fin, 2);  // a stream long forgotten
  EXPECT_EQ(pair.listener.streams, 1);
  EXPECT_TRUE(pair.listener.closed.empty());
}

TEST_F(scripted_receiver, may_talk_after_we_finished) {
  burst(2);
  byte_buffer out;
  put_yamux_header(out, {yamux_type::data, 0, 2, 3});
  out.insert(out.end(), {1, 2, 3});
  say(out);
  EXPECT_EQ(pair.listener.streams, 1);
  say(yamux_flag::fin, 2);
  EXPECT_EQ(pair.listener.streams, 0);
  EXPECT_TRUE(pair.listener.closed.empty());
}

TEST_F(scripted_receiver, may_open_and_end_two_at_once) {
  byte_buffer out;
  for (const std::uint32_t stream : {1, 3}) put_opening(out, stream);
  say(out);
  EXPECT_EQ(pair.listener.streams, 2);
  out.clear();
  for (const std::uint32_t stream : {1, 3})
    put_yamux_header(out, {yamux_type::window_update, yamux_flag::rst, stream, 0});
  say(out);
  EXPECT_EQ(pair.listener.streams, 0);
}

TEST_F(scripted_receiver, is_heard_the_first_time_it_says_why_it_goes) {
  byte_buffer out;
  put_yamux_header(out, {yamux_type::go_away, 0, 0, go_away_code(cause::shutting_down, 17s)});
  put_yamux_header(out, {yamux_type::go_away, 0, 0, go_away_code(cause::evicted, 3s)});
  say(out);
  EXPECT_EQ(times(pair.listener, "remote_refused"), 1u);
  EXPECT_EQ(pair.listener.retry_after, 17s);
  pair.link.end_sending(pair.link.a);
  pair.run();
  EXPECT_THAT(pair.listener.closed, ElementsAre(cause::shutting_down));
}

TEST_P(session_retry_after, is_told_with_a_refusal_and_a_close) {
  for (const bool refused : {true, false}) {
    auto pair = two();
    if (refused) pair.listener.answers = recording_owner::answer::wait;
    pair.connect();
    if (refused)
      pair.listener.self->refuse(cause::backing_off, 1234ms);
    else
      pair.listener.self->close(cause::shutting_down, 17s);
    pair.run();
    EXPECT_EQ(pair.dialer.remote_reason, refused ? cause::backing_off : cause::shutting_down);
    EXPECT_EQ(pair.dialer.retry_after, refused ? 1300ms : 17s);
    EXPECT_THAT(pair.dialer.closed, ElementsAre(pair.dialer.remote_reason));
  }
}

TEST_P(session_retry_after, is_nothing_when_none_was_given) {
  auto pair = two();
  pair.connect();
  pair.listener.self->close(cause::shutting_down);
  pair.run();
  EXPECT_EQ(pair.dialer.retry_after, 0s);
  if (kind() != security::plaintext) return;  // the others hide it
  EXPECT_TRUE(to_hex(pair.link.b.sent).ends_with("000300000000000000001006"));
}

}  // namespace
}  // namespace tandem
