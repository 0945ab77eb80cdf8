// SPDX-License-Identifier: MIT
// What holds for every security that proves and hides: sessions over it on one link.
#include "net/session/session_fixture.hpp"

#include <gmock/gmock.h>

namespace tandem {
namespace {

using testing::ElementsAre;

class secured : public testing::TestWithParam<security> {
 protected:
  static security kind() { return GetParam(); }
};
INSTANTIATE_TEST_SUITE_P(by, secured, testing::Values(security::tls, security::noise),
                         [](const auto& info) { return std::string(name_of(info.param)); });

TEST_P(secured, carries_messages_both_ways_however_the_bytes_come) {
  const std::string small = "hello";
  const std::string large(300'000, 'x');
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{7}, std::size_t{100'000}}) {
    SCOPED_TRACE(bytes);
    session_pair pair({.read_max = bytes, .write_max = bytes}, kind());
    pair.connect();
    ASSERT_TRUE(pair.dialer.heard("ready") && pair.listener.heard("ready"));
    EXPECT_EQ(pair.dialer.self->send(bytes_of(small)), send_result::accepted);
    EXPECT_EQ(pair.listener.self->send(bytes_of(large)), send_result::accepted);
    EXPECT_EQ(pair.dialer.self->send(bytes_of(large)), send_result::accepted);
    pair.run();
    EXPECT_THAT(pair.listener.messages, ElementsAre(small, large));
    EXPECT_THAT(pair.dialer.messages, ElementsAre(large));
    pair.dialer.self->close(cause::requested);
    pair.run();
    EXPECT_THAT(pair.dialer.closed, ElementsAre(cause::requested));
    EXPECT_EQ(pair.listener.closed.size(), 1u);
  }
}

TEST_P(secured, hides_what_is_said) {
  session_pair pair({}, kind());
  pair.connect();
  pair.dialer.self->send(bytes_of("a secret that is long enough"));
  pair.run();
  const std::string line(pair.link.a.sent.begin(), pair.link.a.sent.end());
  EXPECT_EQ(line.find("secret"), std::string::npos);
}

TEST_P(secured, a_dialer_does_not_tell_a_stranger_who_it_is) {
  session_pair pair({}, kind());
  pair.expected = identity_of_byte(9).id();
  pair.connect();
  EXPECT_THAT(pair.dialer.closed, ElementsAre(cause::wrong_peer));
  EXPECT_EQ(pair.listener.closed.size(), 1u);
  EXPECT_TRUE(pair.listener.peer.empty());
}

TEST_P(secured, a_failing_link_leaves_both_ends_closed_once_wherever_it_fails) {
  const auto run = [](std::size_t fail_at) {
    auto pair = std::make_unique<session_pair>(memory_options{.fail_at = fail_at}, kind());
    pair->connect();
    if (pair->dialer.self) pair->dialer.self->send(bytes_of(std::string(100'000, 'x')));
    pair->run();
    if (pair->dialer.self) pair->dialer.self->close(cause::requested);
    pair->run();
    return pair;
  };
  const auto operations = run(0)->link.operations();
  ASSERT_GT(operations, 10u);
  for (std::size_t at = 1; at <= operations; ++at) {
    SCOPED_TRACE(at);
    const auto pair = run(at);
    EXPECT_EQ(pair->dialer.closed.size(), 1u);
    EXPECT_EQ(pair->listener.closed.size(), 1u);
    EXPECT_EQ(pair->dialer_options.memory->used(), 0u);
    EXPECT_EQ(pair->listener_options.memory->used(), 0u);
  }
}

TEST_P(secured, an_end_may_go_with_operations_under_way) {
  for (std::size_t writes = 0; writes < 12; ++writes) {
    session_pair pair({.read_max = 5, .write_max = 5}, kind());
    pair.start();
    for (std::size_t i = 0; i < 20 * writes; ++i) pair.io.poll_one();
    pair.dialer.self.reset();
    pair.run();
    EXPECT_LE(pair.listener.closed.size(), 1u);
    EXPECT_EQ(pair.dialer_options.memory->used(), 0u);
  }
}

TEST_P(secured, a_quiet_connection_gives_back_what_a_busy_one_took) {
  session_pair pair({}, kind());
  pair.connect();
  const auto before = pair.listener_options.memory->used();
  for (int i = 0; i < 5; ++i) {
    pair.dialer.self->send(bytes_of(std::string(500'000, 'x')));
    pair.run();
  }
  for (int i = 0; i < 3; ++i) {
    pair.dialer.self->probe(7);
    pair.run();
  }
  EXPECT_EQ(pair.listener.messages.size(), 5u);
  EXPECT_EQ(pair.listener_options.memory->used(), before);
}

TEST_P(secured, any_changed_byte_ends_the_connection_and_is_never_taken_for_its_peer) {
  const auto run = [](std::size_t changed_at) {
    auto pair = std::make_unique<session_pair>(memory_options{.changed_at = changed_at}, kind());
    pair->connect();
    if (pair->dialer.self) pair->dialer.self->send(bytes_of("hello"));
    pair->run();
    if (pair->dialer.self) pair->dialer.self->close(cause::requested);
    pair->run();
    return pair;
  };
  const auto intact = run(std::numeric_limits<std::size_t>::max());
  ASSERT_THAT(intact->listener.messages, ElementsAre("hello"));
  const auto size = intact->link.a.sent.size();
  // A handshake of TLS takes milliseconds: every third byte of it.
  for (std::size_t at = 0; at < size; at += kind() == security::tls ? 3 : 1) {
    SCOPED_TRACE(at);
    const auto changed = run(at);
    // A length that grew waits for bytes that never come: then nothing happens before a deadline.
    if (!changed->listener.closed.empty()) {
      const auto why = changed->listener.closed.front();
      EXPECT_TRUE(why == cause::handshake_failed || why == cause::protocol_error ||
                  why == cause::remote_closed || why == cause::reset)
          << name_of(why);
    }
    if (changed->listener.heard("authenticated")) {
      EXPECT_EQ(changed->listener.peer, identity_of_byte(2).id());
    }
    for (const auto& message : changed->listener.messages) EXPECT_EQ(message, "hello");
  }
}

// js-libp2p and OpenSSL's own default send two, in one read with the beginning of what follows.
TEST_P(secured, a_cut_is_never_taken_for_the_end_of_a_stream_nor_for_a_goodbye) {
  session_pair pair({}, kind());
  pair.listener_options.protocols->emplace("/e", stream_terms{});
  pair.listener.destroys = false;
  pair.connect();
  auto opened = pair.dialer.self->open("/e", {}, [](error_code) {});
  ASSERT_TRUE(opened);
  pair.run();
  ASSERT_EQ(pair.listener.accepted.size(), 1u);
  error_code read;
  std::array<char, 10> part;
  pair.listener.accepted[0].second.async_read_some(
      asio::buffer(part), [&](error_code error, std::size_t) { read = error; });
  pair.link.end_sending(pair.link.a);
  pair.run();
  EXPECT_EQ(read, asio::error::connection_aborted);
  const auto told = kind() == security::tls ? cause::reset : cause::remote_closed;
  EXPECT_THAT(pair.listener.closed, ElementsAre(told)) << "TLS knows, Noise cannot";
}

TEST(tls, tickets_of_a_listener_are_taken_however_they_come) {
  for (const std::size_t bytes : {1, 7, 300, 1024, 100'000}) {
    SCOPED_TRACE(bytes);
    session_pair pair({.read_max = bytes}, security::tls);
    SSL_CTX_set_num_tickets(&pair.listener_options.own->tls().native(), 2);
    pair.connect();
    ASSERT_TRUE(pair.dialer.heard("ready"));
    pair.listener.self->send(bytes_of("hello"));
    pair.run();
    EXPECT_THAT(pair.dialer.messages, ElementsAre("hello"));
  }
}

TEST(security_choice, the_best_that_both_have_is_taken) {
  session_pair pair;
  pair.dialer_options.allowed = {security::noise, security::plaintext};
  pair.connect();
  EXPECT_TRUE(pair.dialer.heard("ready") && pair.listener.heard("ready"));
  const std::string line(pair.link.b.sent.begin(), pair.link.b.sent.end());
  EXPECT_NE(line.find("na\n"), std::string::npos);
  EXPECT_NE(line.find("/plaintext/2.0.0"), std::string::npos);
}

TEST(security_choice, is_in_the_order_of_the_dialer) {
  session_pair pair;
  pair.dialer_options.allowed = {security::noise, security::tls};
  pair.listener_options.allowed = {security::tls, security::noise};
  pair.connect();
  EXPECT_TRUE(pair.dialer.heard("ready") && pair.listener.heard("ready"));
  const std::string line(pair.link.b.sent.begin(), pair.link.b.sent.end());
  EXPECT_NE(line.find("/noise"), std::string::npos);
}

TEST(security_choice, without_one_in_common_fails_at_both_ends) {
  session_pair pair;
  pair.dialer_options.allowed = {security::noise, security::tls};
  pair.connect();
  EXPECT_THAT(pair.dialer.closed, ElementsAre(cause::handshake_failed));
  EXPECT_THAT(pair.listener.closed, ElementsAre(cause::reset));
}

TEST(security_choice, is_read_from_names_with_commas) {
  const auto said_of = [](std::string_view text) -> std::string {
    try {
      parse_securities(text);
      return "";
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
  };
  EXPECT_THAT(parse_securities("noise, plaintext"),
              ElementsAre(security::noise, security::plaintext));
  EXPECT_EQ(said_of("noise,ssl"), "'ssl' is no security; there are tls, noise and plaintext");
  EXPECT_EQ(said_of("noise,noise"), "'noise' is named twice");
  EXPECT_EQ(said_of(""), "'' is no security; there are tls, noise and plaintext");
}

}  // namespace
}  // namespace tandem
