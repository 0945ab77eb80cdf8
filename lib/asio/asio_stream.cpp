// SPDX-License-Identifier: MIT
#include "asio_stream.hpp"

#include <boost/asio/append.hpp>
#include <boost/asio/post.hpp>

#include <array>
#include <utility>

namespace tandem {
namespace {

/// Unread bytes thrown away by close(), at most (origin: a receive buffer of Linux by default).
constexpr std::size_t discard_max = 256 * 1024;

}  // namespace

asio_stream::asio_stream(tcp_socket socket) : socket_(std::move(socket)) {}

asio_stream::~asio_stream() { abort(); }

boost::asio::any_io_executor asio_stream::executor() { return socket_.get_executor(); }

void asio_stream::read_some(boost::asio::mutable_buffer into, io_handler done) {
  if (!socket_.is_open()) return fail(std::move(done));
  socket_.async_read_some(boost::asio::mutable_buffers_1(into), std::move(done));
}

void asio_stream::write_some(boost::asio::const_buffer from, io_handler done) {
  if (!socket_.is_open()) return fail(std::move(done));
  socket_.async_write_some(boost::asio::const_buffers_1(from), std::move(done));
}

void asio_stream::fail(io_handler done) {
  boost::asio::post(
      socket_.get_executor(),
      boost::asio::append(std::move(done), error_code(boost::asio::error::operation_aborted),
                          std::size_t{0}));
}

void asio_stream::shutdown_send() {
  error_code ignored;
  socket_.shutdown(tcp_socket::shutdown_send, ignored);
}

void asio_stream::close() {
  if (!socket_.is_open()) return;
  // Linux resets a connection that is closed with bytes unread, and what was written is lost.
  error_code error;
  socket_.non_blocking(true, error);
  std::array<char, 4096> unread;
  for (std::size_t total = 0; !error && total < discard_max;)
    total += socket_.read_some(boost::asio::buffer(unread), error);
  socket_.close(error);
}

void asio_stream::abort() {
  if (!socket_.is_open()) return;
  error_code ignored;
  socket_.set_option(boost::asio::socket_base::linger(true, 0), ignored);
  socket_.close(ignored);
}

}  // namespace tandem
