// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "engine/loop.hpp"
#include "tandem/net/byte_stream.hpp"
#include "tandem/sim/pending.hpp"
#include "tcp/tcp_socket.hpp"

namespace tandem::packet {

/// A connected TandemTcpSocket as a stream_impl. After close() the socket lives on by itself until
/// TCP is done.
class packet_stream final : public stream_impl, ns3::TandemTcpObserver {
 public:
  packet_stream(loop& l, ns3::Ptr<ns3::TandemTcpSocket> socket);
  ~packet_stream() override;

  void read_some(asio::mutable_buffer into, io_handler done) override;
  void write_some(asio::const_buffer from, io_handler done) override;
  void shutdown_send() override;
  void close() override;
  void abort() override;
  send_progress progress() override;

 private:
  void SocketChanged() override;
  void try_read();
  void try_write();
  void finish(sim::pending<error_code, std::size_t>& operation, error_code error,
              std::size_t bytes);
  void release();

  loop& loop_;
  ns3::Ptr<ns3::TandemTcpSocket> socket_;  // null after close() and abort()
  bool sending_over_ = false;
  sim::pending<error_code, std::size_t> reader_;
  sim::pending<error_code, std::size_t> writer_;
  asio::mutable_buffer into_;
  asio::const_buffer from_;
};

/// What a socket's failure is called outside.
error_code error_of(ns3::TandemTcpSocket::Failure failure);

}  // namespace tandem::packet
