// SPDX-License-Identifier: MIT
// What two nodes do to each other, with each security: one text of tests for every place where
// nodes can be, which are the system's sockets, modelled streams, and ns-3's TCP far away and with
// losses.
#pragma once

#include "net/session/echo.hpp"
#include "node/recorder.hpp"
#include "tandem/net/application_stream.hpp"
#include "tandem/net/clock.hpp"
#include "tandem/net/network.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <memory>

namespace tandem::test {

/// A place and a security. A place has
///   network& host(index);           0 dials, 1 listens
///   endpoint listen_address(index);
///   bool run_until(done, patience); whether `done` said so in time
///   round_trip                      at least
///   late                            what may come on top: losses, a busy machine
///   idle                            connection_timeout of those that are to be idle
template <class Place, security Kind>
struct at_place {
  using place = Place;
  static constexpr security kind = Kind;
};
template <class Place>
using at_place_by_each =
    testing::Types<at_place<Place, security::tls>, at_place<Place, security::noise>,
                   at_place<Place, security::plaintext>>;
struct name_of_kind {
  template <class At>
  static std::string GetName(int) {
    return std::string(name_of(At::kind));
  }
};

template <class At>
class two_nodes : public testing::Test {
 protected:
  using place = typename At::place;
  static constexpr auto kind = At::kind;

  static peer_id id(std::uint32_t index) { return identity::of_node(1, index).id(); }
  void begin(std::uint32_t index, const std::function<void(node_options&)>& change = {}) {
    node_options options;
    options.self = identity::of_node(1, index);
    options.seed = index;
    options.security = {kind};
    options.manager.connection_timeout = connection_timeout;
    options.entropy = [next =
                           static_cast<std::uint8_t>(index)](std::span<std::uint8_t> into) mutable {
      for (auto& byte : into) byte = next = static_cast<std::uint8_t>(next * 5 + 3);
    };
    if (index == 1) options.listen = {where.listen_address(index)};
    if (change) change(options);
    nodes[index] = std::make_unique<node>(where.host(index), options, &says[index]);
    nodes[index]->start();
  }
  void dial(const peer_id& whom = id(1)) {
    dial_options to;
    to.addresses = nodes[1]->listening();
    to.mode = dial_mode::additional;
    began = where.host(0).clock().now();
    nodes[0]->dial(whom, to);
  }
  bool heard(std::uint32_t index, notice kind, std::size_t times = 1) {
    return where.run_until([&] { return says[index].count(kind) >= times; }, patience);
  }
  void connect(const std::function<void(node_options&)>& of_server = {}) {
    begin(1, of_server);
    begin(0);
    dial();
    ASSERT_TRUE(heard(0, notice::connection_established));
    ASSERT_TRUE(heard(1, notice::connection_established));
  }
  cause why(std::uint32_t index, notice kind) const { return says[index].only(kind).what.why; }

  static constexpr duration patience = 10 * place::round_trip + 5 * place::late;
  duration connection_timeout = 5min;
  place where;
  recorder says[2];
  std::unique_ptr<node> nodes[2];
  time_point began;
};
TYPED_TEST_SUITE_P(two_nodes);

TYPED_TEST_P(two_nodes, connect_within_the_round_trips_it_takes) {
  this->connect();
  const auto took = this->says[0].only(notice::connection_established).when - this->began;
  const int round_trips = TypeParam::kind == security::plaintext ? 3 : 4;
  EXPECT_GE(took, round_trips * TypeParam::place::round_trip);
  EXPECT_LE(took, round_trips * TypeParam::place::round_trip + TypeParam::place::late);
}

TYPED_TEST_P(two_nodes, exchange_messages) {
  this->connect();
  this->nodes[0]->send(this->id(1), bytes_of("over"));
  this->nodes[1]->send(this->id(0), bytes_of("and back"));
  auto& says = this->says;
  ASSERT_TRUE(this->where.run_until(
      [&] { return says[0].messages.size() + says[1].messages.size() == 2; }, this->patience));
  ASSERT_EQ(says[0].messages.size(), 1U);
  EXPECT_EQ(says[0].messages[0].text, "and back");
  EXPECT_EQ(says[0].messages[0].from, this->id(1));
  EXPECT_EQ(says[1].messages[0].text, "over");
  EXPECT_EQ(says[1].messages[0].from, this->id(0));
}

TYPED_TEST_P(two_nodes, bring_a_large_request_back_whole) {
  this->connect();
  this->nodes[1]->handle("/mirror", request_handler([](received_request asked) {
                           auto bytes = asked.bytes;
                           asked.answer(std::move(bytes));
                         }));
  const auto asked = bytes_of(std::string(200'000, 'q'));
  std::vector<std::byte> answer;
  error_code error = asio::error::in_progress;
  this->nodes[0]->request(this->id(1), "/mirror", asked,
                          [&](error_code failed, std::vector<std::byte> bytes) {
                            error = failed;
                            answer = std::move(bytes);
                          },
                          {.within = 300s});
  this->where.run_until([&] { return error != asio::error::in_progress; }, 300s);
  EXPECT_EQ(error, error_code());
  EXPECT_TRUE(answer == asked) << answer.size();
}

TYPED_TEST_P(two_nodes, echo_more_than_a_window_on_a_stream) {
  this->connect();
  auto& where = this->where;
  this->nodes[1]->handle("/echo", [&](application_stream stream) {
    asio::co_spawn(where.host(1).executor(), echo_all(std::move(stream.bytes)), asio::detached);
  });
  const std::string said(300'000, 'e');
  std::string heard;
  application_stream ours;
  error_code error;
  this->nodes[0]->open(this->id(1), "/echo", [&](error_code failed, application_stream stream) {
    if ((error = failed)) return;
    ours = std::move(stream);
    asio::co_spawn(where.host(0).executor(), converse(ours.bytes, said, heard, error),
                   asio::detached);
  });
  where.run_until([&] { return bool(error); }, 300s);
  EXPECT_EQ(error, asio::error::eof);
  EXPECT_TRUE(heard == said) << heard.size();
}

TYPED_TEST_P(two_nodes, tell_who_they_are_and_how_far) {
  this->connect();
  error_code asked = asio::error::in_progress, pinged = asked;
  duration trip{};
  this->nodes[0]->identify(this->id(1), [&](error_code error, const peer_facts& said) {
    asked = error;
    EXPECT_EQ(said.agent, "tandem");
  });
  this->nodes[0]->ping(this->id(1), [&](error_code error, duration took) {
    pinged = error;
    trip = took;
  });
  this->where.run_until(
      [&] { return asked != asio::error::in_progress && pinged != asio::error::in_progress; },
      this->patience);
  EXPECT_EQ(asked, error_code());
  EXPECT_EQ(pinged, error_code());
  EXPECT_GE(trip, TypeParam::place::round_trip);
  EXPECT_LE(trip, TypeParam::place::round_trip + TypeParam::place::late);
}

TYPED_TEST_P(two_nodes, end_when_they_are_idle_and_both_know_why) {
  const auto idle = this->connection_timeout = TypeParam::place::idle;
  this->connect();
  for (const auto index : {0U, 1U})
    ASSERT_TRUE(this->where.run_until(
        [&] { return this->says[index].count(notice::connection_closed) == 1; },
        2 * idle + this->patience));
  const auto first_of = [&](notice kind) {
    return std::min(this->says[0].only(kind).when, this->says[1].only(kind).when);
  };
  const auto lasted =
      first_of(notice::connection_closed) - first_of(notice::connection_established);
  EXPECT_GE(lasted, idle);
  EXPECT_LE(lasted, 2 * idle + TypeParam::place::late);
  for (const auto index : {0U, 1U})
    EXPECT_EQ(this->why(index, notice::connection_closed), cause::idle_timeout);
}

TYPED_TEST_P(two_nodes, tell_why_they_shut_down) {
  this->connect();
  this->nodes[1]->shutdown(60s);
  ASSERT_TRUE(this->heard(0, notice::connection_closed));
  EXPECT_EQ(this->why(0, notice::connection_closed), cause::shutting_down);
}

TYPED_TEST_P(two_nodes, tell_why_they_refuse) {
  this->connect([](node_options& options) {
    options.manager.max_connections = options.manager.max_connections_per_peer = 1;
  });
  this->dial();
  ASSERT_TRUE(this->heard(1, notice::inbound_refused));
  ASSERT_TRUE(this->heard(0, notice::remote_refused));
  EXPECT_EQ(this->why(0, notice::remote_refused), this->why(1, notice::inbound_refused));
}

TYPED_TEST_P(two_nodes, are_not_taken_for_somebody_else) {
  this->begin(1);
  this->begin(0);
  this->dial(this->id(77));
  ASSERT_TRUE(this->heard(0, notice::handshake_failed));
  EXPECT_EQ(this->why(0, notice::handshake_failed), cause::wrong_peer);
  EXPECT_EQ(this->says[1].count(notice::connection_established), 0U);
}

TYPED_TEST_P(two_nodes, without_a_security_in_common_do_not_connect) {
  this->begin(1);
  this->begin(0, [](node_options& options) {
    options.security = {TypeParam::kind == security::tls ? security::noise : security::tls};
  });
  this->dial();
  ASSERT_TRUE(this->heard(0, notice::handshake_failed));
  EXPECT_EQ(this->why(0, notice::handshake_failed), cause::handshake_failed);
}

TYPED_TEST_P(two_nodes, notice_a_death) {
  this->connect();
  this->nodes[1].reset();
  this->nodes[0]->send(this->id(1), bytes_of("anybody?"));  // should the reset be lost
  ASSERT_TRUE(this->heard(0, notice::connection_closed));
  EXPECT_EQ(this->why(0, notice::connection_closed), cause::reset);
}

REGISTER_TYPED_TEST_SUITE_P(two_nodes, connect_within_the_round_trips_it_takes, exchange_messages,
                            bring_a_large_request_back_whole, echo_more_than_a_window_on_a_stream,
                            tell_who_they_are_and_how_far, end_when_they_are_idle_and_both_know_why,
                            tell_why_they_shut_down, tell_why_they_refuse,
                            are_not_taken_for_somebody_else,
                            without_a_security_in_common_do_not_connect, notice_a_death);

}  // namespace tandem::test
