// SPDX-License-Identifier: MIT
#include "run/behaviour/filtered_stream.hpp"

#include <boost/asio/append.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>

namespace tandem::scenarios {

void filtered_stream::write_counted(asio::const_buffer from, std::uint64_t most, io_handler done) {
  const auto part =
      asio::buffer(from, static_cast<std::size_t>(std::min<std::uint64_t>(from.size(), most)));
  inner().async_write_some(
      part, [state = shared_, done = std::move(done)](error_code error, std::size_t size) mutable {
        state->written += size;
        asio::dispatch(asio::append(std::move(done), error, size));
      });
}

void filtered_stream::complete(io_handler done, error_code error, std::size_t size) {
  asio::post(executor(), asio::append(std::move(done), error, size));
}

void staged_stream::write_some(asio::const_buffer from, io_handler done) {
  if (reached())
    write_after(from, std::move(done));
  else
    write_counted(from, stage_ - written(), std::move(done));
}

void staged_stream::write_after(asio::const_buffer from, io_handler done) {
  complete(std::move(done), {}, from.size());
}

}  // namespace tandem::scenarios
