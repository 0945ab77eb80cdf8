// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/ids.hpp"
#include "tandem/net/byte_stream.hpp"
#include "tandem/net/clock.hpp"

#include <boost/system/result.hpp>

#include <memory>
#include <utility>

namespace tandem {

/// A connection as the network hands it over.
struct connected {
  byte_stream stream;
  endpoint local;
  endpoint remote;
};
using connect_handler = asio::any_completion_handler<void(error_code, connected)>;

/// A listening socket; destroying it stops listening and aborts a pending accept.
class acceptor {
 public:
  virtual ~acceptor() = default;
  virtual endpoint local_endpoint() const = 0;

  /// Completes with the next inbound connection, or with a local failure (no_descriptors, …), after
  /// which it may be called again. At most one is pending.
  template <asio::completion_token_for<void(error_code, connected)> Token>
  auto async_accept(Token&& token) {
    return asio::async_initiate<Token, void(error_code, connected)>(
        [](auto handler, acceptor* self) { self->accept(std::move(handler)); }, token, this);
  }

 private:
  virtual void accept(connect_handler done) = 0;
};

/// One host's network stack: one object per node. Everything runs on executor(), in one thread.
class network {
 public:
  virtual ~network() = default;
  virtual asio::any_io_executor executor() = 0;
  virtual tandem::clock& clock() = 0;

  /// Listens on `local`; port 0 chooses one. Fails with address_in_use, address_not_available, ….
  virtual boost::system::result<std::unique_ptr<acceptor>> listen(const endpoint& local) = 0;

  /// Connects a TCP connection. Fails with connection_refused after one round trip when nobody
  /// listens, timed_out when the transport gave up, network_unreachable or no_descriptors when the
  /// fault is local. Per-operation cancellation (terminal) ends it with operation_aborted.
  template <asio::completion_token_for<void(error_code, connected)> Token>
  auto async_connect(const endpoint& remote, Token&& token) {
    return asio::async_initiate<Token, void(error_code, connected)>(
        [](auto handler, network* self, endpoint to) { self->connect(to, std::move(handler)); },
        token, this, remote);
  }

 private:
  virtual void connect(const endpoint& remote, connect_handler done) = 0;
};

}  // namespace tandem
