// SPDX-License-Identifier: MIT
// A hundred streams of one connection, each with more to say both ways than its windows hold.
#include "node/two_connected.hpp"

#include "tandem/net/application_stream.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace {

using namespace tandem;
using namespace tandem::test;

const std::string echo_protocol = "/example/echo/1.0.0";
constexpr std::size_t size = 600'000;
constexpr int streams = 100;

void rethrow(const std::exception_ptr& thrown) {
  if (thrown) std::rethrow_exception(thrown);
}

asio::awaitable<void> echo(application_stream stream) {
  std::vector<char> held(64 * 1024);
  for (std::size_t left = size; left > 0;) {
    const auto got = co_await stream.bytes.async_read_some(asio::buffer(held), asio::use_awaitable);
    co_await asio::async_write(stream.bytes, asio::buffer(held.data(), got), asio::use_awaitable);
    left -= got;
  }
  stream.bytes.close();
}

/// What one stream of the client says, and how much of it came back.
struct spoken {
  application_stream stream;
  std::string said, heard;

  asio::awaitable<void> say() {
    co_await asio::async_write(stream.bytes, asio::buffer(said), asio::use_awaitable);
  }
  asio::awaitable<void> hear() {
    heard.resize(said.size());
    co_await asio::async_read(stream.bytes, asio::buffer(heard), asio::use_awaitable);
  }
};

TEST(node_streams, a_hundred_at_once_echo_more_than_their_windows_hold_with_default_options) {
  two_connected t;
  auto loop = t.town.net->host(t.server.host).executor();
  t.server.node->handle(echo_protocol, [&](application_stream stream) {
    asio::co_spawn(loop, echo(std::move(stream)), &rethrow);
  });
  t.town.run_for(0s);
  std::vector<std::unique_ptr<spoken>> all;
  for (int i = 0; i < streams; ++i)
    t.client.node->open(village::id_of(t.server), echo_protocol,
                        [&](boost::system::error_code error, application_stream stream) {
                          ASSERT_FALSE(error) << error.message();
                          all.push_back(std::make_unique<spoken>());
                          all.back()->stream = std::move(stream);
                        });
  t.town.run_for(1s);
  ASSERT_EQ(all.size(), static_cast<std::size_t>(streams));
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i]->said.assign(size, static_cast<char>('a' + i % 26));
    asio::co_spawn(loop, all[i]->say(), &rethrow);
    asio::co_spawn(loop, all[i]->hear(), &rethrow);
  }
  t.town.run_for(20s);
  for (const auto& each : all) EXPECT_TRUE(each->heard == each->said);
  EXPECT_EQ(t.client.counters().active_connections, 1u);
}

}  // namespace
