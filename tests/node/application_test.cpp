// SPDX-License-Identifier: MIT
// Protocols of applications: streams, requests and their answers, in virtual time.
#include "node/two_connected.hpp"

#include "tandem/net/application_stream.hpp"
#include "tandem/net/error.hpp"

#include <boost/asio/write.hpp>

#include <stdexcept>

namespace {

using namespace tandem;
using namespace tandem::test;
using boost::system::error_code;

constexpr duration d = two_connected::d;
const std::string upper = "/example/upper/1.0.0";

std::string text_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// What became of one request.
struct outcome {
  int times = 0;
  error_code error;
  std::string text;
  time_point when;
};

struct asking : two_connected {
  outcome ask(const std::string& protocol, std::string_view what, request_options options = {}) {
    outcome out;
    begin(out, protocol, what, options);
    town.run_for(20s);
    EXPECT_EQ(out.times, 1);
    return out;
  }
  void begin(outcome& into, const std::string& protocol, std::string_view what,
             request_options options = {}) {
    client.node->request(
        village::id_of(server), protocol, bytes_of(what),
        [&](error_code error, std::vector<std::byte> bytes) {
          into = {into.times + 1, error, text_of(bytes), town.now()};
        },
        options);
  }
  void answers(request_options options = {}) {
    server.node->handle(
        upper,
        [this](received_request request) {
          taken.push_back(text_of(request.bytes));
          EXPECT_EQ(request.peer, village::id_of(client));
          EXPECT_EQ(request.protocol, upper);
          auto bytes = request.bytes;
          for (auto& byte : bytes)
            byte = static_cast<std::byte>(std::toupper(static_cast<int>(byte)));
          request.answer(std::move(bytes));
          request.answer({});  // once too often
        },
        options);
    town.run_for(0s);
  }
  std::vector<std::string> taken;
};

TEST(node_requests, are_answered_after_two_round_trips) {
  asking t;
  t.answers();
  const auto got = t.ask(upper, "question");
  EXPECT_EQ(got.error, error_code());
  EXPECT_EQ(got.text, "QUESTION");
  EXPECT_EQ(got.when, at(100ms + 4 * d)) << "one to agree on the protocol";
}

TEST(node_requests, may_be_empty_and_large) {
  asking t;
  t.answers();
  EXPECT_EQ(t.ask(upper, "").text, "");
  EXPECT_EQ(t.taken, std::vector<std::string>{""});
  const std::string large(1 << 20, 'q');
  EXPECT_TRUE(t.ask(upper, large).text == std::string(1 << 20, 'Q'));
}

TEST(node_requests, beyond_their_bounds_are_refused) {
  asking t;
  t.answers({.size_max = 4});
  EXPECT_EQ(t.ask(upper, "1234").text, "1234");
  EXPECT_EQ(t.ask(upper, "12345").error, asio::error::connection_reset);
  EXPECT_EQ(t.ask(upper, "123", {.size_max = 3}).text, "123");
  EXPECT_EQ(t.ask(upper, "1234", {.size_max = 3}).error, net_error::message_too_long);
}

TEST(node_requests, of_a_protocol_nobody_handles_say_so) {
  asking t;
  EXPECT_EQ(t.ask(upper, "x").error, net_error::no_common_protocol);
  t.answers();
  EXPECT_EQ(t.ask(upper, "x").text, "X");
  t.server.node->handle(upper, request_handler());
  EXPECT_EQ(t.ask(upper, "x").error, net_error::no_common_protocol) << "taken back";
}

TEST(node_requests, without_a_connection_fail_at_once) {
  asking t;
  outcome got;
  t.client.node->request(identity::of_node(1, 77).id(), upper, {},
                         [&](error_code error, std::vector<std::byte>) { got.error = error; });
  t.town.run_for(0s);
  EXPECT_EQ(got.error, asio::error::not_connected);
}

TEST(node_requests, are_given_up_at_their_deadline) {
  asking t;
  std::vector<received_request> kept;
  t.server.node->handle(upper, [&](received_request r) { kept.push_back(std::move(r)); });
  t.town.run_for(0s);
  const auto began = t.town.now();
  outcome got;
  t.begin(got, upper, "x", {.within = 3s});
  t.town.run_for(1min);
  EXPECT_EQ(got.times, 1);
  EXPECT_EQ(got.error, asio::error::timed_out);
  EXPECT_EQ(got.when, began + 3s);
  ASSERT_EQ(kept.size(), 1u);
  kept[0].answer(bytes_of("late"));  // harmless
  t.town.run_for(1s);
  EXPECT_EQ(got.times, 1);
}

TEST(node_requests, that_the_peer_does_not_accept_are_given_up_too) {
  asking t;
  t.town.isolate(t.server.host);
  const auto began = t.town.now();
  outcome got;
  t.begin(got, upper, "x", {.within = 3s});
  t.town.run_for(4s);
  EXPECT_EQ(got.error, asio::error::timed_out);
  EXPECT_EQ(got.when, began + 3s);
}

TEST(node_requests, that_nobody_answers_are_refused) {
  asking t;
  t.server.node->handle(upper, [](received_request) {});
  t.town.run_for(0s);
  EXPECT_EQ(t.ask(upper, "x").error, asio::error::connection_reset);
  // Kept beyond the time of the one who answers.
  std::vector<received_request> kept;
  t.server.node->handle(upper, [&](received_request r) { kept.push_back(std::move(r)); },
                        {.within = 2s});
  t.town.run_for(0s);
  const auto began = t.town.now();
  EXPECT_EQ(t.ask(upper, "x").error, asio::error::connection_reset);
  EXPECT_LT(t.client.heard->notices.back().when, began + 2s) << "and the connection lives";
}

// An answer that is waited for is use of the connection, at both ends.
TEST(node_requests, keep_their_connection) {
  asking t;
  std::vector<received_request> kept;
  t.server.node->handle(upper, [&](received_request r) { kept.push_back(std::move(r)); },
                        {.within = 10min});
  outcome got;
  t.begin(got, upper, "x", {.within = 10min});
  t.town.run_for(5min);
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(t.client.counters().active_connections, 1u);
  EXPECT_EQ(t.server.counters().active_connections, 1u);
  kept[0].answer(bytes_of("at last"));
  t.town.run_for(1s);
  EXPECT_EQ(got.text, "at last");
  t.town.run_for(1min);
  EXPECT_EQ(t.client.counters().active_connections, 0u) << "idle again";
}

TEST(node_requests, are_charged_until_their_answer_is_let_go_of) {
  asking t;
  std::vector<received_request> kept;
  t.server.node->handle(upper, [&](received_request r) { kept.push_back(std::move(r)); });
  t.town.run_for(0s);
  const auto held = [&] { return t.server.node->snapshot().buffers.bytes; };
  const auto before = held();
  constexpr std::size_t size = 1 << 20;
  std::vector<outcome> got(40);
  for (auto& each : got) {
    t.begin(each, upper, std::string(size, 'x'));
    t.town.run_for(200ms);
  }
  EXPECT_EQ(kept.size(), 31u) << "of the 32 MiB of a connection some are its streams'";
  EXPECT_GE(held(), before + kept.size() * size);
  EXPECT_LE(held(), before + (32 << 20));
  t.town.run_for(10s);  // its own time is over: the asker hears nothing, the program holds them
  EXPECT_GE(held(), before + kept.size() * size);
  for (auto& each : kept) each.bytes = {};
  kept.clear();
  t.town.run_for(1s);
  EXPECT_EQ(held(), before);
}

TEST(node_requests, whose_connection_is_gone_are_charged_while_they_are_held) {
  asking t;
  std::vector<received_request> kept;
  t.server.node->handle(upper, [&](received_request r) { kept.push_back(std::move(r)); });
  t.town.run_for(0s);
  outcome got;
  t.begin(got, upper, std::string(1 << 20, 'x'));
  t.town.run_for(1s);
  t.client.node.reset();
  t.town.run_for(10s);
  EXPECT_EQ(t.server.counters().active_connections, 0u);
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_GE(t.server.node->snapshot().buffers.bytes, std::uint64_t{1} << 20);
  kept.clear();
  t.town.run_for(0s);
  EXPECT_EQ(t.server.node->snapshot().buffers.bytes, 0u);
}

TEST(node_requests, have_answers_that_are_charged_until_the_peer_took_them) {
  asking t;
  std::vector<received_request> kept;
  t.server.node->handle(upper, [&](received_request r) { kept.push_back(std::move(r)); });
  t.town.run_for(0s);
  const auto before = t.server.node->snapshot().buffers.bytes;
  outcome got[2];
  t.begin(got[0], upper, "a");
  t.begin(got[1], upper, "b");
  t.town.run_for(1s);
  ASSERT_EQ(kept.size(), 2u);
  t.town.isolate(t.client.host);
  for (auto& each : kept) each.answer(std::vector<std::byte>(20 << 20));
  kept.clear();
  t.town.run_for(0s);
  EXPECT_GE(t.server.node->snapshot().buffers.bytes, before + (20 << 20));
  EXPECT_LE(t.server.node->snapshot().buffers.bytes, before + (32 << 20))
      << "the second is refused";
  t.town.run_for(20s);  // nobody takes it
  EXPECT_LE(t.server.node->snapshot().buffers.bytes, before + (1 << 20));
}

TEST(node_requests, end_with_their_connection) {
  asking t;
  std::vector<received_request> kept;
  t.server.node->handle(upper, [&](received_request r) { kept.push_back(std::move(r)); });
  outcome got;
  t.begin(got, upper, "x");
  t.town.run_for(1s);
  t.server.node.reset();
  t.town.run_for(1s);
  EXPECT_EQ(got.error, asio::error::connection_aborted);
  kept[0].answer(bytes_of("from beyond"));
  kept.clear();
  t.town.run_for(1s);
}

TEST(node_requests, are_dropped_with_their_node) {
  for (duration when{}; when <= 5 * d; when += d / 2) {
    for (const bool kill_server : {false, true}) {
      asking t;
      t.answers();
      outcome got;
      t.begin(got, upper, std::string(100'000, 'x'));
      t.town.run_for(when);
      (kill_server ? t.server : t.client).node.reset();
      const auto before = got.times;
      t.town.run_for(1min);
      EXPECT_EQ(got.times, kill_server ? 1 : before) << when.count();
    }
  }
}

TEST(node_requests, beyond_the_queue_of_commands_are_refused_at_once) {
  asking t;
  std::vector<std::byte> much(std::size_t{65} << 20);
  outcome got;
  t.client.node->request(village::id_of(t.server), upper, std::move(much),
                         [&](error_code error, std::vector<std::byte>) { got.error = error; });
  EXPECT_EQ(got.error, asio::error::no_buffer_space);
}

TEST(node_protocols, have_names_that_can_be_said) {
  asking t;
  for (const auto& wrong :
       {std::string(), std::string(201, 'x'), std::string("/a\n"), std::string("/ipfs/ping/1.0.0"),
        std::string("/ipfs/id/1.0.0"), std::string("/tandem/message/1.0.0")}) {
    EXPECT_THROW(t.server.node->handle(wrong, stream_handler()), std::invalid_argument) << wrong;
    EXPECT_THROW(t.server.node->handle(wrong, request_handler()), std::invalid_argument) << wrong;
  }
  t.server.node->handle(std::string(200, 'x'), stream_handler());
}

TEST(node_streams, are_opened_within_a_time) {
  asking t;
  int taken = 0;
  t.server.node->handle(upper, [&](application_stream stream) {
    ++taken;
    EXPECT_EQ(stream.peer, village::id_of(t.client));
    stream.bytes.close();
  });
  t.town.run_for(0s);
  const auto began = t.town.now();
  application_stream got;
  time_point when;
  const auto hear = [&](error_code error, application_stream stream) {
    EXPECT_FALSE(error);
    when = t.town.now();
    got = std::move(stream);
  };
  t.client.node->open(village::id_of(t.server), upper, hear);
  t.town.run_for(1s);
  EXPECT_EQ(when, began + 2 * d);
  EXPECT_EQ(taken, 1);
  EXPECT_EQ(got.peer, village::id_of(t.server));
  EXPECT_EQ(got.protocol, upper);
  got.bytes.close();
  t.client.node->open(got.conn, upper, hear);
  t.town.run_for(1s);
  EXPECT_EQ(taken, 2);
  t.town.isolate(t.server.host);
  error_code late;
  t.client.node->open(
      got.conn, upper, [&](error_code error, application_stream) { late = error; }, 2s);
  t.town.run_for(3s);
  EXPECT_EQ(late, asio::error::timed_out);
}

TEST(node_streams, carry_what_the_line_carries) {
  village town(d, 8'000'000);  // 1 MB/s
  auto server = town.add();
  auto client = town.add({}, false);
  town.dial(client, server);
  town.run_until(at(1s));
  std::size_t got = 0;
  time_point ended;
  std::vector<char> part(10'000);
  application_stream theirs;
  std::function<void(error_code, std::size_t)> next = [&](error_code error, std::size_t size) {
    got += size;
    ended = town.now();
    if (!error) theirs.bytes.async_read_some(asio::buffer(part), next);
  };
  server.node->handle(upper, [&](application_stream stream) {
    theirs = std::move(stream);
    next({}, 0);
  });
  const std::vector<char> all(2'000'000);
  application_stream ours;
  client.node->open(village::id_of(server), upper, [&](error_code, application_stream stream) {
    ours = std::move(stream);
    asio::async_write(ours.bytes, asio::buffer(all),
                      [&](error_code, std::size_t) { ours.bytes.close(); });
  });
  town.run_until(at(1min));
  EXPECT_EQ(got, all.size());
  EXPECT_GT(ended, at(3s));
  EXPECT_LT(ended, at(4s)) << "windows and writes do not leave the line idle";
}

}  // namespace
