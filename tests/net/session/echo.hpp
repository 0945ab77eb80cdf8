// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/net/byte_stream.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <string>

namespace tandem {

/// Writes all of `what` and finishes, and reads all there is meanwhile: an echo that nobody reads
/// reads nothing itself.
inline asio::awaitable<void> converse(byte_stream& on, const std::string& what, std::string& heard,
                                      error_code& error) {
  asio::async_write(on, asio::buffer(what), [&on](error_code failed, std::size_t) {
    if (!failed) on.shutdown_send();
  });
  std::array<char, 3000> part;
  while (!error) {
    const auto size = co_await on.async_read_some(asio::buffer(part),
                                                  asio::redirect_error(asio::use_awaitable, error));
    heard.append(part.data(), size);
  }
}

inline asio::awaitable<void> echo_all(byte_stream on) {
  std::array<char, 1000> part;
  error_code error;
  for (;;) {
    const auto size = co_await on.async_read_some(asio::buffer(part),
                                                  asio::redirect_error(asio::use_awaitable, error));
    if (error == asio::error::eof) co_return on.close();
    if (error) co_return;
    co_await asio::async_write(on, asio::buffer(part.data(), size),
                               asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
  }
}

}  // namespace tandem
