// SPDX-License-Identifier: MIT
#pragma once

#include "asio_stream.hpp"
#include "tandem/net/network.hpp"

#include <boost/asio/associator.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <memory>
#include <utility>

namespace tandem {

using tcp = boost::asio::ip::tcp;

/// The connected socket as the seam hands it over: without Nagle's delay.
connected hand_over(tcp_socket socket, const tcp::endpoint& remote);

/// Completes a connect_handler from a socket operation; has its executor, allocator and slot.
struct connect_op {
  std::unique_ptr<tcp_socket> socket;
  tcp::endpoint remote;
  connect_handler done;

  void operator()(error_code error);
};

using tcp_acceptor = boost::asio::basic_socket_acceptor<tcp, tcp_socket::executor_type>;

/// Completes a connect_handler from an acceptor that does not block, once somebody waits there:
/// Linux says that descriptors are out also when nobody does.
struct accept_op {
  std::shared_ptr<tcp_acceptor> from;
  connect_handler done;

  void operator()(error_code error);
};

}  // namespace tandem

template <template <class, class> class Associator, class Default>
struct boost::asio::associator<Associator, tandem::connect_op, Default>
    : Associator<tandem::connect_handler, Default> {
  using base = Associator<tandem::connect_handler, Default>;
  static auto get(const tandem::connect_op& op) noexcept { return base::get(op.done); }
  static auto get(const tandem::connect_op& op, const Default& otherwise) noexcept {
    return base::get(op.done, otherwise);
  }
};

template <template <class, class> class Associator, class Default>
struct boost::asio::associator<Associator, tandem::accept_op, Default>
    : Associator<tandem::connect_handler, Default> {
  using base = Associator<tandem::connect_handler, Default>;
  static auto get(const tandem::accept_op& op) noexcept { return base::get(op.done); }
  static auto get(const tandem::accept_op& op, const Default& otherwise) noexcept {
    return base::get(op.done, otherwise);
  }
};
