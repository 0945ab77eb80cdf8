// SPDX-License-Identifier: MIT
// An application's echo, with every security and on lines of all kinds.
#include "net/session/echo.hpp"
#include "net/session/session_fixture.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace tandem {
namespace {

constexpr std::string_view echo = "/example/echo/1.0.0";

/// An echo of `size` bytes under these conditions: what was heard, and how it ended.
std::pair<std::string, error_code> echoed(memory_options options, security kind, std::size_t size,
                                          std::size_t* operations = nullptr) {
  session_pair pair(options, kind);
  pair.listener_options.protocols->emplace(echo, stream_terms{});
  pair.dialer.destroys = pair.listener.destroys = false;
  pair.listener.during = [&](const std::string& what) {
    if (what != "accepted") return;
    asio::co_spawn(pair.io, echo_all(std::move(pair.listener.accepted.back().second)),
                   asio::detached);
  };
  byte_stream stream;
  std::string heard;
  const std::string said(size, 'e');
  error_code error = asio::error::not_connected;
  pair.dialer.during = [&](const std::string& what) {
    if (what != "ready") return;
    asio::post(pair.io, [&] {
      auto made = pair.dialer.self->open(echo, {}, [&](error_code opened) {
        if ((error = opened)) return;
        asio::co_spawn(pair.io, converse(stream, said, heard, error), asio::detached);
      });
      if (made) stream = std::move(*made);
    });
  };
  pair.connect();
  if (operations) *operations = pair.link.operations();
  pair.dialer.during = pair.listener.during = {};
  // Nothing is left but what an end of the connection explains.
  pair.dialer.self.reset();
  pair.listener.self.reset();
  pair.run();
  EXPECT_EQ(pair.dialer_options.memory->used(), 0u);
  EXPECT_EQ(pair.listener_options.memory->used(), 0u);
  return {heard, error};
}

class echo_over : public testing::TestWithParam<security> {};
INSTANTIATE_TEST_SUITE_P(each, echo_over, testing::ValuesIn(every_security),
                         [](const auto& info) { return std::string(name_of(info.param)); });

TEST_P(echo_over, moves_a_megabyte_through_the_windows) {
  const auto [heard, error] = echoed({}, GetParam(), 1 << 20);
  EXPECT_EQ(error, asio::error::eof);
  EXPECT_TRUE(heard == std::string(1 << 20, 'e')) << heard.size();
}

TEST_P(echo_over, comes_through_one_byte_at_a_time) {
  memory_options options;
  options.read_max = 1;
  const auto [heard, error] = echoed(options, GetParam(), 3000);
  EXPECT_EQ(error, asio::error::eof);
  EXPECT_EQ(heard, std::string(3000, 'e'));
}

TEST_P(echo_over, comes_through_a_narrow_line) {
  memory_options options;
  options.read_max = 700;
  options.write_max = 500;
  options.capacity = 1500;
  const auto [heard, error] = echoed(options, GetParam(), 600'000);
  EXPECT_EQ(error, asio::error::eof);
  EXPECT_EQ(heard.size(), 600'000u);
}

TEST_P(echo_over, fails_cleanly_wherever_the_line_does) {
  std::size_t operations = 0;
  echoed({}, GetParam(), 100'000, &operations);
  ASSERT_GT(operations, 10u);
  for (std::size_t at = 1; at <= operations; ++at) {
    memory_options options;
    options.fail_at = at;
    const auto [heard, error] = echoed(options, GetParam(), 100'000);
    EXPECT_TRUE(error) << at;
    if (heard.size() == 100'000) continue;
    EXPECT_NE(error, asio::error::eof) << at;
  }
}

}  // namespace
}  // namespace tandem
