// SPDX-License-Identifier: MIT
#include "net/protocol/yamux.hpp"

#include "net/protocol/connection_memory.hpp"
#include "net/vectors.hpp"
#include "tandem/net/error.hpp"

#include <gmock/gmock.h>

namespace tandem {
namespace {

using testing::ElementsAre;

/// Takes everything, and grants it again when told to.
class sink final : public yamux_handler {
 public:
  explicit sink(std::vector<std::string>& log, bool grants) : log_(log), grants_(grants) {}
  void on_data(yamux_stream& stream, byte_view in) override {
    log_.push_back("data " + std::to_string(in.size()));
    if (grants_) stream.consumed(in.size());
  }
  void on_fin(yamux_stream& stream) override {
    log_.push_back("fin");
    stream.finish();
  }
  void on_reset() override { log_.push_back("reset"); }

 private:
  std::vector<std::string>& log_;
  bool grants_;
};

class recorder final : public yamux_events {
 public:
  void on_frame(const yamux_header&) override {}
  std::unique_ptr<yamux_handler> on_accept() override { return handler(); }
  bool on_pong(std::uint32_t value) override { return value == 5; }
  void on_go_away(std::uint32_t code) override { log.push_back("go away " + std::to_string(code)); }
  std::unique_ptr<yamux_handler> handler() { return std::make_unique<sink>(log, grants); }

  std::vector<std::string> log;
  bool grants = true;
};

class yamux_muxer : public testing::Test {
 protected:
  std::string sent(std::size_t most = 1 << 20) {
    byte_buffer out;
    mux.produce(out, most);
    return to_hex(out);
  }
  byte_buffer frame(yamux_type type, std::uint16_t flags, std::uint32_t stream,
                    std::uint32_t length, std::size_t data = 0) {
    byte_buffer out;
    put_yamux_header(out, {type, flags, stream, length});
    out.resize(out.size() + data);
    return out;
  }
  boost::system::error_code receive(yamux_type type, std::uint16_t flags, std::uint32_t stream,
                                    std::uint32_t length, std::size_t data = 0) {
    return mux.receive(frame(type, flags, stream, length, data));
  }

  recorder events;
  connection_memory memory;
  yamux mux{direction::inbound, 3, yamux_initial_window, events, memory.budget};
};

constexpr auto data = yamux_type::data;
constexpr auto update = yamux_type::window_update;

TEST_F(yamux_muxer, accepts_a_stream_opened_by_either_frame) {
  EXPECT_FALSE(receive(update, yamux_flag::syn, 1, 0));
  EXPECT_FALSE(receive(data, yamux_flag::syn, 3, 4, 4));
  EXPECT_EQ(mux.streams(), 2u);
  EXPECT_THAT(events.log, ElementsAre("data 4"));
  EXPECT_EQ(sent(),
            "000100020000000100000000"
            "000100020000000300000000");
}

TEST_F(yamux_muxer, forgets_a_stream_both_ends_finished) {
  EXPECT_FALSE(receive(data, yamux_flag::syn | yamux_flag::fin, 1, 4, 4));
  EXPECT_THAT(events.log, ElementsAre("data 4", "fin"));
  EXPECT_EQ(sent(),
            "000100020000000100000000"
            "000100040000000100000000");
  EXPECT_EQ(mux.streams(), 0u);
  // Late frames of a forgotten stream are dropped, data included.
  EXPECT_FALSE(receive(data, 0, 1, 4, 4));
  EXPECT_FALSE(receive(update, yamux_flag::fin, 1, 0));
  EXPECT_EQ(events.log.size(), 2u);
}

TEST_F(yamux_muxer, forgets_a_stream_that_was_reset) {
  EXPECT_FALSE(receive(update, yamux_flag::syn, 1, 0));
  EXPECT_FALSE(receive(update, yamux_flag::rst, 1, 0));
  EXPECT_FALSE(receive(data, 0, 1, 4, 4));
  EXPECT_THAT(events.log, ElementsAre("reset"));
  sent();
  EXPECT_EQ(mux.streams(), 0u);
}

TEST_F(yamux_muxer, grants_the_window_again_when_half_is_consumed) {
  constexpr auto half = yamux_initial_window / 2;
  EXPECT_FALSE(receive(data, yamux_flag::syn, 1, half - 1, half - 1));
  EXPECT_EQ(sent(), "000100020000000100000000");
  EXPECT_FALSE(receive(data, 0, 1, 1, 1));
  EXPECT_EQ(sent(), "000100000000000100020000");
  EXPECT_EQ(sent(), "");
}

TEST_F(yamux_muxer, refuses_data_beyond_the_window) {
  events.grants = false;
  EXPECT_FALSE(receive(data, yamux_flag::syn, 1, yamux_initial_window, yamux_initial_window));
  EXPECT_FALSE(receive(data, 0, 1, 0));
  EXPECT_EQ(receive(data, 0, 1, 1), net_error::window_exceeded);
}

TEST_F(yamux_muxer, sends_no_more_than_the_peers_window) {
  EXPECT_FALSE(receive(update, yamux_flag::syn, 1, 0));
  auto* const stream = mux.open(events.handler()).value();
  sent();
  stream->write(byte_buffer(yamux_initial_window + 10), true);
  byte_buffer out;
  EXPECT_EQ(mux.produce(out, 1 << 20).counted, yamux_initial_window);
  EXPECT_EQ(stream->unsent(), 10u);
  EXPECT_FALSE(mux.produce(out, 1 << 20).more);
  EXPECT_FALSE(receive(update, 0, stream->id(), 4));
  EXPECT_EQ(sent(),
            "000000000000000200000004"
            "00000000");
  EXPECT_FALSE(receive(update, 0, stream->id(), 100));
  stream->finish();
  EXPECT_EQ(sent(),
            "000000000000000200000006"
            "000000000000"
            "000100040000000200000000");
}

TEST_F(yamux_muxer, refuses_a_window_that_is_no_number_of_32_bits) {
  constexpr std::uint32_t all = 0xffffffff;
  EXPECT_FALSE(receive(update, yamux_flag::syn, 1, all - yamux_initial_window));
  EXPECT_FALSE(receive(update, 0, 1, 0));
  EXPECT_EQ(receive(update, 0, 1, 1), net_error::window_exceeded);
  yamux other(direction::inbound, 3, yamux_initial_window, events, memory.budget);
  EXPECT_EQ(other.receive(frame(update, yamux_flag::syn, 1, all - yamux_initial_window + 1)),
            net_error::window_exceeded);
  // Of a stream that is gone it does not matter.
  EXPECT_FALSE(other.receive(frame(update, 0, 5, all)));
}

TEST_F(yamux_muxer, shares_a_write_among_streams) {
  auto* const first = mux.open(events.handler()).value();
  auto* const second = mux.open(events.handler()).value();
  first->write(byte_buffer(100'000));
  second->write(byte_buffer(100'000));
  byte_buffer out;
  EXPECT_TRUE(mux.produce(out, 40'000).more);
  EXPECT_LE(out.size(), 40'000u + 10 * yamux_header_size);
  const auto left = first->unsent();
  mux.produce(out, 80'000);
  EXPECT_EQ(first->unsent(), left) << "the second stream's turn";
  EXPECT_LT(second->unsent(), 100'000u);
}

TEST_F(yamux_muxer, resets_streams_above_its_bound) {
  for (std::uint32_t id = 1; id <= 5; id += 2)
    EXPECT_FALSE(receive(update, yamux_flag::syn, id, 0));
  sent();
  EXPECT_FALSE(receive(update, yamux_flag::syn, 7, 0));
  EXPECT_EQ(sent(), "000100080000000700000000");
  EXPECT_EQ(mux.streams(), 3u);
  // One over: there is room again.
  EXPECT_FALSE(receive(update, yamux_flag::rst, 1, 0));
  sent();
  EXPECT_FALSE(receive(update, yamux_flag::syn, 9, 0));
  EXPECT_EQ(sent(), "000100020000000900000000");
}

TEST_F(yamux_muxer, bounds_its_own_streams) {
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(mux.open(events.handler()));
  EXPECT_EQ(mux.open(events.handler()).error(), net_error::too_many_streams);
}

TEST_F(yamux_muxer, answers_pings_and_knows_its_own) {
  EXPECT_FALSE(receive(yamux_type::ping, yamux_flag::syn, 0, 0x01020304));
  EXPECT_EQ(sent(), "000200020000000001020304");
  EXPECT_FALSE(receive(yamux_type::ping, yamux_flag::ack, 0, 5));
  EXPECT_EQ(receive(yamux_type::ping, yamux_flag::ack, 0, 6), net_error::malformed);
}

TEST_F(yamux_muxer, cuts_off_a_peer_that_pings_without_reading) {
  boost::system::error_code error;
  int pings = 0;
  for (; !error && pings < 100'000; ++pings)
    error = receive(yamux_type::ping, yamux_flag::syn, 0, 0);
  EXPECT_EQ(error, net_error::malformed);
  EXPECT_EQ(static_cast<std::size_t>(pings), yamux::control_max / yamux_header_size + 1);
}

TEST_F(yamux_muxer, refuses_what_breaks_the_protocol) {
  EXPECT_EQ(receive(data, 0, 0, 1, 1), net_error::malformed) << "data on stream 0";
  EXPECT_EQ(receive(update, 0, 0, 1), net_error::malformed) << "window of stream 0";
  EXPECT_EQ(receive(update, yamux_flag::syn, 2, 0), net_error::malformed) << "an id of ours";
  EXPECT_EQ(receive(yamux_type::ping, 0, 0, 0), net_error::malformed) << "neither SYN nor ACK";
  EXPECT_EQ(receive(yamux_type::ping, yamux_flag::syn, 1, 0), net_error::malformed);
  EXPECT_FALSE(receive(update, yamux_flag::syn, 1, 0));
  EXPECT_EQ(receive(update, yamux_flag::syn, 1, 0), net_error::malformed) << "an id in use";
  EXPECT_EQ(mux.receive(from_hex("010000000000000100000000")), net_error::unknown_frame);
}

TEST_F(yamux_muxer, hears_go_away) {
  EXPECT_FALSE(receive(yamux_type::go_away, 0, 0, 2));
  EXPECT_THAT(events.log, ElementsAre("go away 2"));
}

TEST(yamux_window, larger_than_the_initial_one_is_granted_at_once) {
  recorder events;
  connection_memory memory;
  yamux mux(direction::inbound, 3, 1 << 20, events, memory.budget);
  byte_buffer out;
  put_yamux_header(out, {update, yamux_flag::syn, 1, 0});
  EXPECT_FALSE(mux.receive(out));
  out.clear();
  mux.produce(out, 1 << 20);
  EXPECT_EQ(to_hex(out), "0001000200000001000c0000");
}

}  // namespace
}  // namespace tandem
