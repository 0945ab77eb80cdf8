// SPDX-License-Identifier: MIT
// Streams of applications that together would hold more than their connection may.
#include "net/session/session_fixture.hpp"

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <deque>

namespace tandem {
namespace {

constexpr std::string_view protocol = "/example/many/1.0.0";

/// Two sessions, twenty streams from the dialer, which may hold 256 KiB, to the listener.
class starved_streams : public each_way {
 protected:
  starved_streams() {
    pair.listener_options.protocols->emplace(protocol, stream_terms{});
    pair.dialer.destroys = pair.listener.destroys = false;
    pair.dialer_options.memory->limit({8 * 1024, 256 * 1024, 128 << 20});
    pair.listener_options.memory->limit({8 * 1024, 64 << 20, 128 << 20});
    pair.connect();
    for (int i = 0; i < 20; ++i) {
      auto made = pair.dialer.self->open(protocol, {}, [](error_code) {});
      EXPECT_TRUE(made) << made.error().message();
      ours.push_back(std::move(*made));
      pair.run();
    }
    EXPECT_EQ(pair.listener.accepted.size(), 20u);
  }

  struct written {
    error_code error;
    std::size_t size = 0;
    bool over = false;
  };
  void write_all(std::size_t size) {
    text.assign(size, 'x');
    for (auto& each : ours) {
      auto& result = results.emplace_back();
      asio::async_write(each, asio::buffer(text), [&result](error_code error, std::size_t moved) {
        result = {error, moved, true};
      });
    }
    pair.run();
  }

  session_pair pair = two();
  std::vector<byte_stream> ours;
  std::string text;
  std::deque<written> results;
};

// Twenty megabytes, which byte by byte would take seconds.
INSTANTIATE_TEST_SUITE_P(each, starved_streams, every_way_whole, name_of_way);

TEST_P(starved_streams, wait_for_memory_and_lose_nothing) {
  constexpr std::size_t size = 1'000'000;
  write_all(size);
  for (const auto& each : results) EXPECT_FALSE(each.over) << each.error.message();
  EXPECT_LE(pair.dialer_options.memory->used(), 256u * 1024);

  std::deque<std::string> heard;
  for (auto& [name, stream] : pair.listener.accepted) {
    auto& into = heard.emplace_back(size, '-');
    asio::async_read(stream, asio::buffer(into),
                     [](error_code error, std::size_t) { EXPECT_FALSE(error) << error.message(); });
  }
  pair.run();
  for (const auto& each : results) {
    EXPECT_TRUE(each.over);
    EXPECT_EQ(each.size, size) << each.error.message();
  }
  for (const auto& each : heard) EXPECT_EQ(each, text);
}

TEST_P(starved_streams, that_end_leave_their_memory_to_the_others) {
  write_all(1'000'000);
  for (std::size_t i = 1; i < ours.size(); ++i) ours[i].abort();
  std::string heard(1'000'000, '-');
  asio::async_read(pair.listener.accepted.front().second, asio::buffer(heard),
                   [](error_code error, std::size_t) { EXPECT_FALSE(error) << error.message(); });
  pair.run();
  EXPECT_EQ(results.front().size, 1'000'000u) << results.front().error.message();
  for (std::size_t i = 1; i < results.size(); ++i)
    EXPECT_EQ(results[i].error, asio::error::operation_aborted);
}

}  // namespace
}  // namespace tandem
