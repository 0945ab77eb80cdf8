// SPDX-License-Identifier: MIT
// streams_max and receive_window, at both ends and in the options of a node.
#include "node/village.hpp"
#include "tandem/net/application_stream.hpp"
#include "tandem/net/error.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

namespace {

using namespace tandem;
using namespace tandem::test;
using boost::system::error_code;

const std::string protocol = "/example/many/1.0.0";

/// A server whose streams are kept and not read, and a client that dialled it.
struct kept_streams {
  explicit kept_streams(stream_options of_server, stream_options of_client = {}) {
    const auto with = [](stream_options options) {
      return [options](node_options& into) { into.streams = options; };
    };
    server = town.add({}, true, nullptr, with(of_server));
    client = town.add({}, false, nullptr, with(of_client));
    server.node->handle(protocol,
                        [this](application_stream stream) { theirs.push_back(std::move(stream)); });
    town.dial(client, server);
    town.run_for(1s);
  }
  /// Opens so many; what became of each.
  std::vector<error_code> open(std::size_t count) {
    std::vector<error_code> out;
    for (std::size_t i = 0; i < count; ++i)
      client.node->open(village::id_of(server), protocol,
                        [&](error_code error, application_stream stream) {
                          out.push_back(error);
                          if (!error) ours.push_back(std::move(stream));
                        });
    town.run_for(2s);
    return out;
  }
  village town;
  villager server, client;
  std::vector<application_stream> theirs, ours;
};

TEST(node_streams_max, resets_one_more_and_has_room_again_when_one_ends) {
  for (const std::size_t most : {1, 3, 256}) {
    kept_streams t({.streams_max = most}, {.streams_max = 1000});
    const auto outcomes = t.open(most + 1);
    EXPECT_EQ(std::ranges::count(outcomes, error_code()), std::ptrdiff_t(most));
    EXPECT_EQ(std::ranges::count(outcomes, asio::error::connection_reset), 1);
    EXPECT_EQ(t.theirs.size(), most);
    EXPECT_EQ(t.server.node->uses().streams, most);
    EXPECT_EQ(t.client.node->uses().streams, most);
    t.ours.front().bytes.abort();
    t.town.run_for(1s);
    EXPECT_EQ(t.server.node->uses().streams, most - 1);
    EXPECT_EQ(t.open(2), (std::vector<error_code>{{}, asio::error::connection_reset}));
  }
}

TEST(node_streams_max, is_also_of_those_this_end_opens) {
  kept_streams t({}, {.streams_max = 3});
  const auto outcomes = t.open(4);
  EXPECT_EQ(std::ranges::count(outcomes, error_code()), 3);
  EXPECT_EQ(std::ranges::count(outcomes, net_error::too_many_streams), 1);
  EXPECT_EQ(t.theirs.size(), 3U);
}

TEST(node_receive_window, stops_a_sender_whose_peer_does_not_read) {
  constexpr std::size_t unsent = 64 * 1024;  // that a stream keeps in hand
  for (const std::uint64_t window : {std::uint64_t{256} << 10, std::uint64_t{1} << 20}) {
    kept_streams t({.receive_window = window});
    ASSERT_EQ(t.open(1), std::vector<error_code>{{}});
    const auto before = t.server.node->uses().buffers;
    const std::string part(10'000, 'x');
    std::size_t taken = 0;
    std::set<std::uint64_t> sizes;  // of the room that is taken
    std::function<void(error_code, std::size_t)> next = [&](error_code error, std::size_t size) {
      taken += size;
      sizes.insert(t.server.node->uses().buffers);
      if (!error) t.ours[0].bytes.async_write_some(asio::buffer(part), next);
    };
    next({}, 0);
    t.town.run_for(2s);
    const auto held = t.server.node->uses().buffers - before;
    EXPECT_LE(taken, window + unsent);
    EXPECT_GE(taken, window + unsent - 100) << "less what agrees on the protocol";
    EXPECT_GE(held, window - 100);
    EXPECT_LE(held, 2 * window + 16 * 1024);
    EXPECT_LE(sizes.size(), 16U) << "room grows by doubling, or all of it is copied for each read";
    t.ours.clear();
    t.town.run_for(1s);
    EXPECT_EQ(t.server.node->uses().streams, 0U);
  }
}

TEST(node_streams_options, out_of_their_ranges_are_refused_at_the_start) {
  const auto start = [](stream_options streams) {
    village town;
    town.add({}, false, nullptr, [&](node_options& options) { options.streams = streams; });
  };
  EXPECT_NO_THROW(start({.streams_max = 1}));
  EXPECT_NO_THROW(start({.streams_max = stream_options::streams_most}));
  EXPECT_THROW(start({.streams_max = 0}), std::invalid_argument);
  EXPECT_THROW(start({.streams_max = stream_options::streams_most + 1}), std::invalid_argument);
  constexpr auto most = buffer_options{}.connection_buffers_max;
  EXPECT_THROW(start({.receive_window = stream_options::window_least - 1}), std::invalid_argument);
  EXPECT_NO_THROW(start({.receive_window = most}));
  EXPECT_THROW(start({.receive_window = most + 1}), std::invalid_argument);
  EXPECT_THROW(start({.receive_window = stream_options::window_most + 1}), std::invalid_argument);
}

}  // namespace
