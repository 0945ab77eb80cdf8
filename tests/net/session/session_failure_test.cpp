// SPDX-License-Identifier: MIT
#include "net/protocol/multistream.hpp"
#include "net/protocol/yamux_header.hpp"
#include "net/session/session_fixture.hpp"
#include "net/vectors.hpp"

#include <gmock/gmock.h>

namespace tandem {
namespace {

using testing::ElementsAre;

class session_failure_by : public each_way {};
INSTANTIATE_TEST_SUITE_P(each, session_failure_by, every_way, name_of_way);

byte_buffer multistream(std::initializer_list<std::string_view> texts) {
  byte_buffer out;
  for (const auto text : texts) put_multistream(out, text);
  return out;
}

/// What became of a listener whose dialer says `bytes` and then waits.
struct outcome {
  std::vector<cause> closed;
  std::string said;
  bool reset;
};
outcome listener_hearing(const byte_buffer& bytes, std::size_t read_max = 1 << 20) {
  session_pair pair({.read_max = read_max});
  pair.start_listener();
  pair.link.put(pair.link.a, bytes);
  pair.run();
  return {pair.listener.closed, to_hex(pair.link.take(pair.link.a)), pair.link.b.reset};
}

TEST(session_failure, is_no_multistream) {
  const std::string web = "GET / HTTP/1.1\r\n";
  for (const std::size_t read_max : {1, 1000}) {
    EXPECT_THAT(listener_hearing(byte_buffer(web.begin(), web.end()), read_max).closed,
                ElementsAre(cause::handshake_failed));
    EXPECT_THAT(listener_hearing(multistream({"/multistream/2.0.0"}), read_max).closed,
                ElementsAre(cause::handshake_failed));
  }
  const auto silent = listener_hearing({});
  EXPECT_TRUE(silent.closed.empty()) << "deadlines are the owner's";
  EXPECT_EQ(silent.said, "");
}

TEST(session_failure, is_a_length_above_its_bound) {
  auto bytes = multistream({multistream_header});
  put_uvarint(bytes, multistream_size_max);
  EXPECT_TRUE(listener_hearing(bytes).closed.empty()) << "the rest may come";
  bytes = multistream({multistream_header});
  put_uvarint(bytes, multistream_size_max + 1);
  const auto above = listener_hearing(bytes);
  EXPECT_THAT(above.closed, ElementsAre(cause::handshake_failed));
  EXPECT_TRUE(above.reset);
  bytes = multistream({multistream_header, "/plaintext/2.0.0"});
  put_uvarint(bytes, 1 << 30);
  EXPECT_THAT(listener_hearing(bytes).closed, ElementsAre(cause::handshake_failed));
}

TEST(session_failure, of_a_protocol_is_answered_and_another_may_follow) {
  const auto unknown = listener_hearing(multistream({multistream_header, "/tls/1.0.0", "/noise"}));
  EXPECT_TRUE(unknown.closed.empty());
  EXPECT_EQ(unknown.said, to_hex(multistream({multistream_header, "na", "na"})));
  const auto third =
      listener_hearing(multistream({multistream_header, "/tls/1.0.0", "/plaintext/2.0.0"}));
  EXPECT_TRUE(
      third.said.starts_with(to_hex(multistream({multistream_header, "na", "/plaintext/2.0.0"}))));
}

/// A dialer with one protocol speaks it at once, and is to learn why it is let go.
TEST(session_failure, of_a_protocol_is_answered_before_what_follows_ends_it) {
  auto bytes = multistream({multistream_header, "/noise"});
  bytes.insert(bytes.end(), {0, 32, 1, 2, 3});
  session_pair pair;
  pair.start_listener();
  pair.link.put(pair.link.a, bytes);
  pair.run();
  EXPECT_EQ(to_hex(pair.link.b.sent), to_hex(multistream({multistream_header, "na"})));
  EXPECT_THAT(pair.listener.closed, ElementsAre(cause::handshake_failed));
}

TEST(session_failure, comes_after_sixteen_unknown_protocols) {
  auto bytes = multistream({multistream_header});
  for (int i = 0; i < 15; ++i) put_multistream(bytes, "/x");
  EXPECT_TRUE(listener_hearing(bytes).closed.empty());
  put_multistream(bytes, "/x");
  EXPECT_THAT(listener_hearing(bytes).closed, ElementsAre(cause::handshake_failed));
}

TEST(session_failure, is_plaintext_where_it_is_not_allowed) {
  session_pair refusing;
  refusing.listener_options.allowed = {security::noise};
  refusing.connect();
  EXPECT_THAT(refusing.dialer.closed, ElementsAre(cause::handshake_failed));
  EXPECT_EQ(to_hex(refusing.link.b.sent), to_hex(multistream({multistream_header, "na"})));
  EXPECT_THAT(refusing.listener.closed, ElementsAre(cause::reset));

  session_pair unwilling;
  unwilling.dialer_options.allowed.clear();
  unwilling.start();
  EXPECT_TRUE(unwilling.dialer.closed.empty()) << "not inside start()";
  unwilling.run();
  EXPECT_THAT(unwilling.dialer.closed, ElementsAre(cause::handshake_failed));
  EXPECT_TRUE(unwilling.link.a.sent.empty());
}

TEST_P(session_failure_by, is_somebody_else) {
  auto pair = two();
  pair.expected = identity_of_byte(9).id();
  pair.connect();
  EXPECT_THAT(pair.dialer.log, ElementsAre("closed"));
  EXPECT_THAT(pair.dialer.closed, ElementsAre(cause::wrong_peer));
  // The alert of TLS comes before the reset, which takes along what is unread.
  const bool told = kind() == security::tls && !by_byte();
  EXPECT_THAT(pair.listener.closed, ElementsAre(told ? cause::handshake_failed : cause::reset));
}

TEST(session_failure, is_an_id_that_is_not_the_keys) {
  auto exchange = reads_of("js_clean.txt", "C>S")[1];
  exchange[20] ^= 1;
  auto bytes = multistream({multistream_header, "/plaintext/2.0.0"});
  bytes.insert(bytes.end(), exchange.begin(), exchange.end());
  EXPECT_THAT(listener_hearing(bytes).closed, ElementsAre(cause::handshake_failed));
}

TEST(session_failure, is_an_answer_nobody_proposed) {
  session_pair pair;
  pair.start_dialer();
  pair.link.put(pair.link.b, multistream({multistream_header, "/tls/1.0.0"}));
  pair.run();
  EXPECT_THAT(pair.dialer.closed, ElementsAre(cause::handshake_failed));
}

/// An upgraded listener whose scripted js dialer then sends frames; in plaintext, which js spoke.
class broken_frames_at {
 protected:
  explicit broken_frames_at(std::size_t read_max) : pair({.read_max = read_max}) {
    pair.start_listener();
    const auto js = reads_of("js_clean.txt", "C>S");
    pair.link.put(pair.link.a, js[0]);
    pair.link.put(pair.link.a, js[1]);
    pair.run();
    pair.link.take(pair.link.a);
    EXPECT_TRUE(pair.listener.heard("ready"));
  }
  std::string answer_to(std::string_view frames) {
    pair.link.put(pair.link.a, from_hex(frames));
    pair.run();
    return to_hex(pair.link.take(pair.link.a));
  }
  session_pair pair;
};

class broken_frames : public testing::TestWithParam<std::size_t>, protected broken_frames_at {
 protected:
  broken_frames() : broken_frames_at(GetParam()) {}
};
INSTANTIATE_TEST_SUITE_P(each, broken_frames, testing::Values(all_at_once, 1), [](const auto& of) {
  return std::string(of.param == 1 ? "plaintext_by_byte" : "plaintext");
});

constexpr const char* protocol_error_told = "000300000000000000000001";

TEST_P(broken_frames, of_another_version_are_told_and_closed) {
  EXPECT_EQ(answer_to("010000000000000100000000"), protocol_error_told);
  EXPECT_THAT(pair.listener.closed, ElementsAre(cause::protocol_error));
  EXPECT_TRUE(pair.link.b.closed && !pair.link.b.reset) << "so that the peer can read why";
}

TEST_P(broken_frames, with_data_on_the_session_are_told_and_closed) {
  EXPECT_EQ(answer_to("000000000000000000000001ff"), protocol_error_told);
  EXPECT_THAT(pair.listener.closed, ElementsAre(cause::protocol_error));
}

TEST_P(broken_frames, beyond_the_window_are_told_and_closed) {
  EXPECT_EQ(answer_to("000000010000000100040001"), protocol_error_told);
  EXPECT_THAT(pair.listener.closed, ElementsAre(cause::protocol_error));
}

TEST_P(broken_frames, answering_no_ping_are_told_and_closed) {
  EXPECT_EQ(answer_to("000200020000000000000000"), "") << "the answer to the opening ping";
  EXPECT_EQ(answer_to("000200020000000000000000"), protocol_error_told);
  EXPECT_THAT(pair.listener.closed, ElementsAre(cause::protocol_error));
}

TEST_P(broken_frames, after_a_close_only_end_the_drain) {
  pair.listener.self->close(cause::requested);
  answer_to("ff0000000000000000000000");
  answer_to("00");
  EXPECT_TRUE(pair.listener.closed.empty());
  pair.link.end_sending(pair.link.a);
  pair.run();
  EXPECT_THAT(pair.listener.closed, ElementsAre(cause::requested));
}

TEST_P(broken_frames, on_a_stream_reset_that_stream_alone) {
  // No multistream header; then a third ping stream beside two open ones.
  EXPECT_EQ(answer_to("00000001000000010000000403616263"),
            "000100020000000100000000"
            "000100080000000100000000");
  const auto open_ping = to_hex(multistream({multistream_header, "/ipfs/ping/1.0.0"}));
  answer_to("000000010000000300000026" + open_ping);
  answer_to("000000010000000500000026" + open_ping);
  EXPECT_NE(answer_to("000000010000000700000026" + open_ping).find("000100080000000700000000"),
            std::string::npos);
  answer_to("000100040000000300000000");
  EXPECT_EQ(answer_to("000000010000000900000026" + open_ping).find("0001000800000009"),
            std::string::npos)
      << "one ended, so there is room";
  EXPECT_TRUE(pair.listener.closed.empty());
}

TEST_P(broken_frames, proposing_for_ever_reset_their_stream) {
  auto proposals = multistream({multistream_header});
  for (int i = 0; i < 16; ++i) put_multistream(proposals, "/x");
  byte_buffer frame;
  put_yamux_header(
      frame, {yamux_type::data, yamux_flag::syn, 1, static_cast<std::uint32_t>(proposals.size())});
  EXPECT_NE(answer_to(to_hex(frame) + to_hex(proposals)).find("000100080000000100000000"),
            std::string::npos);
}

TEST_P(broken_frames, refusing_messages_are_remembered) {
  EXPECT_EQ(pair.listener.self->send(bytes_of("x")), send_result::accepted);
  pair.run();
  pair.link.take(pair.link.a);
  EXPECT_EQ(answer_to("000100020000000200000000"
                      "000000000000000200000018" +
                      to_hex(multistream({multistream_header, "na"}))),
            "000100080000000200000000");
  EXPECT_EQ(pair.listener.self->send(bytes_of("y")), send_result::refused);
}

TEST_P(broken_frames, that_end_within_one_close_as_the_peers_end) {
  answer_to("0000");
  pair.link.end_sending(pair.link.a);
  pair.run();
  EXPECT_THAT(pair.listener.closed, ElementsAre(cause::remote_closed));
}

class go_away : public testing::TestWithParam<std::pair<std::string, cause>>,
                protected broken_frames_at {
 protected:
  go_away() : broken_frames_at(all_at_once) {}
};

TEST_P(go_away, code_is_the_cause_of_the_end) {
  EXPECT_EQ(answer_to("0003000000000000" + GetParam().first), "");
  EXPECT_TRUE(pair.listener.closed.empty()) << "its sender closes";
  EXPECT_EQ(pair.listener.self->send(bytes_of("x")), send_result::gone);
  pair.link.end_sending(pair.link.a);
  pair.run();
  EXPECT_THAT(pair.listener.closed, ElementsAre(GetParam().second));
  EXPECT_FALSE(pair.listener.heard("remote_refused"));
}

INSTANTIATE_TEST_SUITE_P(session_failure, go_away,
                         testing::Values(std::pair("00000000", cause::remote_closed),
                                         std::pair("00000001", cause::protocol_error),
                                         std::pair("00000002", cause::protocol_error),
                                         std::pair("012c0000", cause::remote_closed),
                                         std::pair("012c0001", cause::remote_closed),
                                         std::pair("ffffffff", cause::remote_closed)));

TEST_P(session_failure_by, of_the_transport_keeps_its_reason) {
  for (const auto& [error, why] :
       {std::pair{error_code(asio::error::connection_reset), cause::reset},
        std::pair{error_code(asio::error::timed_out), cause::transport_timeout},
        std::pair{error_code(asio::error::broken_pipe), cause::reset}}) {
    auto pair = two();
    pair.connect();
    pair.link.b.over = error;
    pair.link.put(pair.link.a, {});
    pair.run();
    EXPECT_THAT(pair.listener.closed, ElementsAre(why));
  }
}

TEST(session_failure, is_a_reset_also_when_a_write_heard_of_it_and_the_read_behind_it_did_not) {
  session_pair pair;
  pair.connect();
  auto& end = pair.link.b;
  end.over = asio::error::eof;
  pair.link.put(pair.link.a, {});
  end.over = asio::error::connection_reset;
  end.sending = false;
  EXPECT_EQ(pair.listener.self->send(bytes_of("x")), send_result::accepted);
  pair.run();
  EXPECT_THAT(pair.listener.closed, ElementsAre(cause::reset));
}

}  // namespace
}  // namespace tandem
