// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/net/byte_stream.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace tandem {

using tcp_socket =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

/// A connected TCP socket as a stream_impl.
class asio_stream final : public stream_impl {
 public:
  explicit asio_stream(tcp_socket socket);
  ~asio_stream() override;

  void read_some(boost::asio::mutable_buffer into, io_handler done) override;
  void write_some(boost::asio::const_buffer from, io_handler done) override;
  void shutdown_send() override;
  void close() override;
  void abort() override;
  send_progress progress() override;

 private:
  void fail(io_handler done);

  tcp_socket socket_;
};

}  // namespace tandem
