// SPDX-License-Identifier: MIT
#include "net/security/wire.hpp"

#include "net/security/secured_stream.hpp"
#include "tandem/core/assert.hpp"
#include "tandem/net/error.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace tandem {

asio::awaitable<void> wire::flush() {
  for (std::size_t sent = 0; sent < unsent_.size();) {
    error_code error;
    const auto rest = asio::buffer(unsent_) + sent;
    const auto size =
        co_await stream_.async_write_some(rest, asio::redirect_error(asio::use_awaitable, error));
    if (stopped_) error = asio::error::operation_aborted;
    if (error) throw boost::system::system_error(error);
    note_sent(size);
    sent += size;
  }
  unsent_ = byte_buffer();
}

asio::awaitable<void> wire::read_more(asio::cancellation_signal* stop) {
  read_.drop_front(std::exchange(used_, 0));
  if (read_.size() > unread_max) throw boost::system::system_error(net_error::malformed);
  const auto room = read_.extend(read_size);
  if (room.empty()) throw boost::system::system_error(net_error::out_of_memory);
  const auto space = asio::buffer(room.data(), room.size());
  error_code error;
  std::size_t size = 0;
  if (stop) {
    size = co_await stream_.async_read_some(
        space, asio::bind_cancellation_slot(stop->slot(),
                                            asio::redirect_error(asio::use_awaitable, error)));
  } else {
    size =
        co_await stream_.async_read_some(space, asio::redirect_error(asio::use_awaitable, error));
  }
  if (stopped_) throw boost::system::system_error(asio::error::operation_aborted);
  read_.shorten(read_size - size);
  if (size != 0) note_received(size);
  if (error && !(stop && error == asio::error::operation_aborted))
    throw boost::system::system_error(error);
}

void wire::secure(std::unique_ptr<record_layer> layer) {
  TANDEM_ASSERT(unsent_.empty());
  const auto executor = stream_.get_executor();
  const byte_buffer left(unread().begin(), unread().end());
  forget_read();  // and its charge, which the stream takes over
  stream_ = byte_stream(
      std::make_unique<secured_stream>(std::move(stream_), std::move(layer), left, meter_, budget_),
      executor);
  secured_ = true;
}

}  // namespace tandem
