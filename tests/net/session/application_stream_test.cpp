// SPDX-License-Identifier: MIT
// Streams of application protocols between two sessions.
#include "net/session/application_streams.hpp"
#include "tandem/net/error.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/write.hpp>

#include <gmock/gmock.h>

namespace tandem {
namespace {

using testing::ElementsAre;

INSTANTIATE_TEST_SUITE_P(each, application_streams, every_way, name_of_way);

TEST_P(application_streams, carry_bytes_both_ways_and_are_use) {
  open();
  EXPECT_EQ(pair.listener.accepted[0].first, echo);
  EXPECT_EQ(pair.dialer.streams, 1);
  EXPECT_EQ(pair.listener.streams, 1);
  EXPECT_EQ(write(ours, 5).size, 5u);
  EXPECT_EQ(read(theirs, 100).size, 5u);
  EXPECT_EQ(into.substr(0, 5), "xxxxx");
  EXPECT_EQ(write(theirs, 3).size, 3u);
  EXPECT_EQ(read(ours, 2).size, 2u);
  EXPECT_EQ(read(ours, 2).size, 1u);
  EXPECT_EQ(pair.dialer.traffic.app_bytes, 8u);
  EXPECT_EQ(pair.listener.traffic.app_bytes, 8u);
}

TEST_P(application_streams, end_one_direction_at_a_time) {
  open();
  write(ours, 5);
  ours.shutdown_send();
  pair.run();
  EXPECT_EQ(write(ours, 1).error, asio::error::shut_down);
  EXPECT_EQ(read(theirs, 100).size, 5u);
  EXPECT_EQ(read(theirs, 100).error, asio::error::eof);
  EXPECT_EQ(write(theirs, 7).size, 7u);
  theirs.shutdown_send();
  pair.run();
  EXPECT_EQ(pair.dialer.streams, 1) << "something is unread";
  EXPECT_EQ(read(ours, 100).size, 7u);
  EXPECT_EQ(pair.dialer.streams, 0);
  EXPECT_EQ(pair.listener.streams, 0);
  EXPECT_EQ(read(ours, 100).error, asio::error::eof);
  EXPECT_EQ(write(ours, 1).error, asio::error::shut_down);
  EXPECT_EQ(read(theirs, 0).error, error_code()) << "of nothing";
}

TEST_P(application_streams, wait_for_a_peer_that_does_not_read) {
  open();
  const auto sum = fill(ours);
  constexpr std::size_t window = 256 * 1024, unsent = 64 * 1024;
  constexpr std::size_t negotiated = 20 + 2 + echo.size();  // which is data as well
  EXPECT_EQ(sum, window + unsent - negotiated);
  EXPECT_FALSE(last.over);
  EXPECT_GE(pair.listener_options.memory->used(), window - negotiated) << "unread is charged";
  std::size_t got = 0;
  while (!last.over) got += read(theirs, 1000).size;
  EXPECT_GE(got, window / 2) << "granted again when half is read";
  EXPECT_LE(got, window / 2 + 40'000);
  while (got < sum + last.size) got += read(theirs, 100'000).size;
  EXPECT_EQ(got, sum + last.size);
}

TEST_P(application_streams, of_one_connection_do_not_wait_for_each_other) {
  open();
  fill(ours);
  auto second = begin();
  pair.run();
  ASSERT_EQ(pair.listener.accepted.size(), 2u);
  EXPECT_EQ(write(second, 100).size, 100u);
  EXPECT_EQ(read(pair.listener.accepted[1].second, 1000).size, 100u);
}

TEST_P(application_streams, that_are_destroyed_are_reset) {
  open();
  io_result reading;
  char byte = 0;
  theirs.async_read_some(asio::buffer(&byte, 1), reading.hear());
  fill(theirs);
  ours = {};
  pair.run();
  EXPECT_EQ(reading.error, asio::error::connection_reset);
  EXPECT_EQ(last.error, asio::error::connection_reset);
  EXPECT_EQ(write(theirs, 1).error, asio::error::connection_reset);
  EXPECT_EQ(pair.dialer.streams + pair.listener.streams, 0);
}

TEST_P(application_streams, that_are_aborted_tell_what_waits) {
  open();
  io_result reading;
  char byte = 0;
  ours.async_read_some(asio::buffer(&byte, 1), reading.hear());
  ours.abort();
  EXPECT_FALSE(reading.over) << "not inside the call";
  pair.run();
  EXPECT_EQ(reading.error, asio::error::operation_aborted);
  EXPECT_EQ(read(theirs, 10).error, asio::error::connection_reset);
}

TEST_P(application_streams, that_are_closed_deliver_what_was_written) {
  open();
  write(theirs, 1000);  // which nobody will read
  out_bytes.assign(50'000, 'z');
  io_result writing;
  ours.async_write_some(asio::buffer(out_bytes), writing.hear());
  ours.close();
  ours = {};
  std::size_t got = 0;
  for (;;) {
    const auto part = read(theirs, 7000);
    if (part.error) {
      EXPECT_EQ(part.error, asio::error::eof);
      break;
    }
    got += part.size;
  }
  EXPECT_EQ(got, 50'000u);
  theirs.close();
  pair.run();
  EXPECT_EQ(pair.dialer.streams + pair.listener.streams, 0);
}

TEST_P(application_streams, can_stop_to_wait_for_bytes) {
  open();
  asio::cancellation_signal stop;
  io_result reading;
  char byte = 0;
  ours.async_read_some(asio::buffer(&byte, 1),
                       asio::bind_cancellation_slot(stop.slot(), reading.hear()));
  pair.run();
  stop.emit(asio::cancellation_type::terminal);
  pair.run();
  EXPECT_EQ(reading.error, asio::error::operation_aborted);
  write(theirs, 1);
  EXPECT_EQ(read(ours, 10).size, 1u) << "and go on";
}

TEST_P(application_streams, of_an_unknown_protocol_are_not_opened) {
  pair.connect();
  const auto stream = begin("/example/other/1.0.0");
  pair.run();
  EXPECT_THAT(opened, ElementsAre(net_error::no_common_protocol));
  EXPECT_EQ(pair.dialer.streams, 0);
}

TEST_P(application_streams, are_not_opened_on_a_connection_that_ends) {
  pair.start();
  const auto early = pair.dialer.self->open(echo, {}, [](error_code) { ADD_FAILURE(); });
  EXPECT_EQ(early.error(), asio::error::not_connected) << "nor before it is ready";
  pair.run();
  pair.dialer.self->close(cause::requested);
  const auto late = pair.dialer.self->open(echo, {}, [](error_code) { ADD_FAILURE(); });
  EXPECT_EQ(late.error(), asio::error::not_connected);
}

TEST_P(application_streams, outlive_their_session) {
  open();
  io_result reading, of_theirs;
  char byte = 0;
  ours.async_read_some(asio::buffer(&byte, 1), reading.hear());
  theirs.async_read_some(asio::buffer(&byte, 1), of_theirs.hear());
  auto unanswered = begin();
  pair.dialer.self.reset();
  pair.run();
  EXPECT_EQ(reading.error, asio::error::connection_aborted);
  EXPECT_EQ(of_theirs.error, asio::error::connection_aborted);
  EXPECT_EQ(opened.back(), asio::error::connection_aborted);
  pair.listener.self.reset();
  pair.run();
  for (auto* const stream : {&ours, &theirs}) {
    EXPECT_EQ(read(*stream, 1).error, asio::error::connection_aborted);
    EXPECT_EQ(write(*stream, 1).error, asio::error::connection_aborted);
    stream->shutdown_send();
    stream->close();
    stream->abort();
    EXPECT_EQ(stream->progress().unsent, 0u);
  }
}

TEST_P(application_streams, give_back_what_was_charged) {
  pair.connect();
  const auto before = pair.listener_options.memory->used();
  ours = begin();
  pair.run();
  theirs = std::move(pair.listener.accepted.at(0).second);
  fill(ours);
  EXPECT_GT(pair.listener_options.memory->used(), before + 200'000);
  theirs = {};
  pair.run();
  pair.dialer.self->probe(1);  // a quiet connection reads little at a time again
  pair.run();
  EXPECT_EQ(pair.listener_options.memory->used(), before);
}

TEST_P(application_streams, are_charged_what_the_program_holds_for_them_and_refused_beyond) {
  const stream_terms costly{.beside = 1 << 20};
  pair.listener_options.protocols->insert_or_assign(std::string(echo), costly);
  pair.connect();
  const auto before = pair.listener_options.memory->used();
  std::vector<byte_stream> all;
  for (int i = 0; i < 5; ++i) all.push_back(begin());
  pair.run();
  EXPECT_EQ(pair.listener.accepted.size(), 3u) << "of 4 MiB, a little is taken besides";
  EXPECT_GT(pair.listener_options.memory->used(), before + 3 * costly.beside);
  EXPECT_LT(pair.listener_options.memory->used(), before + 4 * costly.beside);
  EXPECT_EQ(std::ranges::count(opened, error_code()), 3);
  pair.listener.accepted.clear();
  all.clear();
  pair.run();
  EXPECT_EQ(pair.listener_options.memory->used(), before);
  const auto ours_before = pair.dialer_options.memory->used();
  ours = begin(echo, costly);
  EXPECT_GT(pair.dialer_options.memory->used(), ours_before + costly.beside);
}

// What is kept for a reader who waits for all of it.
TEST_P(application_streams, that_are_heard_whole_can_be_read_when_the_peer_has_finished) {
  pair.listener_options.protocols->insert_or_assign(std::string(echo), stream_terms{true, 300'000});
  open();
  io_result reading;
  into.resize(400'000);
  theirs.async_read_some(asio::buffer(into), reading.hear());
  const std::string all(300'000, 'w');
  bool sent = false;
  asio::async_write(ours, asio::buffer(all), [&](error_code error, std::size_t) { sent = !error; });
  pair.run();
  EXPECT_TRUE(sent) << "more than a window";
  EXPECT_FALSE(reading.over);
  ours.shutdown_send();
  pair.run();
  EXPECT_EQ(reading.size, 300'000u);
  EXPECT_EQ(read(theirs, 1).error, asio::error::eof);
}

TEST_P(application_streams, that_are_heard_whole_are_reset_when_that_is_too_much) {
  pair.listener_options.protocols->insert_or_assign(std::string(echo), stream_terms{true, 999});
  open();
  write(ours, 999);
  EXPECT_EQ(pair.dialer.streams, 1);
  write(ours, 1);
  EXPECT_EQ(pair.dialer.streams, 0);
  EXPECT_EQ(read(theirs, 1).error, net_error::message_too_long);
  EXPECT_EQ(read(ours, 1).error, asio::error::connection_reset);
}

TEST_P(application_streams, that_are_no_use_say_so) {
  pair.connect();
  const auto before = pair.dialer.traffic.app_bytes;
  auto stream = begin("/ipfs/ping/1.0.0", stream_terms{false, 0});
  pair.run();
  EXPECT_EQ(write(stream, 32).size, 32u);
  EXPECT_EQ(read(stream, 32).size, 32u);
  EXPECT_EQ(pair.dialer.streams, 0);
  EXPECT_EQ(pair.dialer.traffic.app_bytes, before);
}

TEST_P(application_streams, are_bounded_in_number_by_the_other_end) {
  pair.listener_options.streams_max = 2;
  pair.connect();
  std::vector<byte_stream> all;
  for (int i = 0; i < 3; ++i) all.push_back(begin());
  pair.run();
  EXPECT_EQ(pair.listener.accepted.size(), 2u);
  ASSERT_EQ(opened.size(), 3u);
  EXPECT_EQ(std::ranges::count(opened, error_code()), 2);
  EXPECT_EQ(std::ranges::count(opened, asio::error::connection_reset), 1);
}

}  // namespace
}  // namespace tandem
