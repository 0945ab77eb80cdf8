// SPDX-License-Identifier: MIT
#pragma once

#include "net/session/session_fixture.hpp"

#include <boost/asio/write.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace tandem {

inline constexpr std::string_view echo = "/example/echo/1.0.0";

/// What one operation came to.
struct io_result {
  bool over = false;
  error_code error;
  std::size_t size = 0;
  auto hear() {
    return [this](error_code why, std::size_t moved) { *this = {true, why, moved}; };
  }
};

/// Two connected sessions of which the listener takes streams of `echo`.
class application_streams : public each_way {
 protected:
  application_streams() {
    pair.listener_options.protocols->emplace(echo, stream_terms{});
    pair.dialer.destroys = pair.listener.destroys = false;
    pair.dialer_options.memory->limit({8 * 1024, 4 << 20, 128 << 20});
    pair.listener_options.memory->limit({8 * 1024, 4 << 20, 128 << 20});
  }
  byte_stream begin(std::string_view protocol = echo, stream_terms terms = {}) {
    auto made = pair.dialer.self->open(protocol, terms,
                                       [this](error_code error) { opened.push_back(error); });
    EXPECT_TRUE(made) << made.error().message();
    return made ? std::move(*made) : byte_stream();
  }
  void open() {
    pair.connect();
    ours = begin();
    pair.run();
    ASSERT_EQ(opened, std::vector<error_code>{error_code()});
    ASSERT_EQ(pair.listener.accepted.size(), 1u);
    theirs = std::move(pair.listener.accepted[0].second);
  }
  io_result read(byte_stream& from, std::size_t most) {
    into.resize(most);
    io_result out;
    from.async_read_some(asio::buffer(into), out.hear());
    pair.run();
    EXPECT_TRUE(out.over);
    return out;
  }
  io_result write(byte_stream& to, std::size_t size) {
    out_bytes.assign(size, 'x');
    io_result out;
    to.async_write_some(asio::buffer(out_bytes), out.hear());
    pair.run();
    EXPECT_TRUE(out.over);
    return out;
  }
  /// Bytes that `to` takes of writes of 10 000 until one waits, whose outcome is `last`.
  std::size_t fill(byte_stream& to) {
    out_bytes.assign(10'000, 'y');
    for (std::size_t sum = 0;; sum += last.size) {
      last = {};
      to.async_write_some(asio::buffer(out_bytes), last.hear());
      pair.run();
      if (!last.over || last.error) return sum;
    }
  }

  session_pair pair = two();
  std::vector<error_code> opened;
  byte_stream ours, theirs;
  std::string into, out_bytes;
  io_result last;
};

}  // namespace tandem
