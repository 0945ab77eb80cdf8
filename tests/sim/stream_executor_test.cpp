// SPDX-License-Identifier: MIT
#include "sim/stream_fixture.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>

#include <gtest/gtest.h>

#include <array>

namespace tandem::sim::testing {
namespace {

TEST(stream_executor, calls_a_handler_where_it_wants_to_run) {
  stream_net net({.latency = 50ms});
  stream_pair ends(net);
  std::array<char, 16> buffer{};
  asio::io_context other;
  const auto strand = asio::make_strand(ends.dialer.get_executor());

  int on_strand = 0, elsewhere = 0, at_once = 0;
  ends.dialer.async_read_some(asio::buffer(buffer),
                              asio::bind_executor(strand, [&](error_code, std::size_t) {
                                on_strand += strand.running_in_this_thread() ? 1 : 0;
                              }));
  ends.dialer.async_write_some(
      asio::buffer("ask", 3),
      asio::bind_executor(other.get_executor(), [&](error_code, std::size_t) { ++elsewhere; }));
  ends.server.async_write_some(
      asio::buffer("answer", 6),
      asio::bind_executor(ends.server.get_executor(),
                          [&](error_code, std::size_t size) { at_once += size == 6 ? 1 : 0; }));
  net.run_for(1s);
  EXPECT_EQ(on_strand, 1);
  EXPECT_EQ(at_once, 1);
  EXPECT_EQ(elsewhere, 0) << "the other context has not run";
  other.run();
  EXPECT_EQ(elsewhere, 1);
}

}  // namespace
}  // namespace tandem::sim::testing
