// SPDX-License-Identifier: MIT
#include "connect_op.hpp"

#include "convert.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>

namespace tandem {
namespace {

/// Asio leaves the operation's canceller in the slot, and that refers to the socket.
void disarm(const connect_handler& done) {
  auto slot = boost::asio::get_associated_cancellation_slot(done);
  if (slot.is_connected()) slot.clear();
}

}  // namespace

connected hand_over(tcp_socket socket, const tcp::endpoint& remote) {
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  const auto local = socket.local_endpoint(ignored);
  const auto executor = socket.get_executor();
  return {byte_stream(std::make_unique<asio_stream>(std::move(socket)), executor), from_asio(local),
          from_asio(remote)};
}

void connect_op::operator()(error_code error) {
  disarm(done);
  // A port of our own range nobody listens on can connect to itself (RFC 9293, 3.5, simultaneous
  // open): nobody is there.
  if (error_code ignored; !error && socket->local_endpoint(ignored) == remote)
    error = boost::asio::error::connection_refused;
  if (error) return std::move(done)(seam_error(error), connected{});
  auto result = hand_over(std::move(*socket), remote);
  std::move(done)(error, std::move(result));
}

void accept_op::operator()(error_code error) {
  tcp::endpoint remote;
  tcp_socket socket(from->get_executor());
  if (!error) from->accept(socket, remote, error);
  disarm(done);
  if (error == boost::asio::error::would_block || error == boost::asio::error::connection_aborted) {
    tcp_acceptor& again = *from;  // whoever waited has left
    return again.async_wait(tcp_acceptor::wait_read, std::move(*this));
  }
  if (error) return std::move(done)(seam_error(error), connected{});
  auto result = hand_over(std::move(socket), remote);
  std::move(done)(error, std::move(result));
}

}  // namespace tandem
