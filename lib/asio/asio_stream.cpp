// SPDX-License-Identifier: MIT
#include "asio_stream.hpp"

#include <boost/asio/append.hpp>
#include <boost/asio/post.hpp>

#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <utility>

namespace tandem {
namespace {

/// Unread bytes thrown away by close(), at most (origin: a receive buffer of Linux by default).
constexpr std::size_t discard_max = 256 * 1024;

}  // namespace

asio_stream::asio_stream(tcp_socket socket) : socket_(std::move(socket)) {}

asio_stream::~asio_stream() { abort(); }

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

send_progress asio_stream::progress() {
  send_progress out;
  if (!socket_.is_open()) return out;
  const int handle = socket_.native_handle();
  int bytes = 0;
  if (ioctl(handle, SIOCOUTQNSD, &bytes) == 0) out.unsent = static_cast<std::uint64_t>(bytes);
  if (ioctl(handle, SIOCOUTQ, &bytes) == 0) out.unacknowledged = static_cast<std::uint64_t>(bytes);
  tcp_info info{};
  socklen_t size = sizeof info;
  if (getsockopt(handle, IPPROTO_TCP, TCP_INFO, &info, &size) == 0) {
    out.since_sent = std::chrono::milliseconds(info.tcpi_last_data_sent);
    out.since_acknowledged = std::chrono::milliseconds(info.tcpi_last_ack_recv);
  }
  return out;
}

}  // namespace tandem
