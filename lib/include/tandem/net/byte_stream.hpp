// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/time.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/recycling_allocator.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

namespace tandem {

namespace asio = boost::asio;
using boost::system::error_code;
using io_handler = asio::any_completion_handler<void(error_code, std::size_t)>;

/// How far the bytes that a stream took have come. The ages are zero while nothing ever did.
struct send_progress {
  std::uint64_t unsent = 0;          ///< never handed to the network so far
  std::uint64_t unacknowledged = 0;  ///< not acknowledged by the peer's transport; with the unsent
  duration since_sent{};             ///< since a byte was last handed to the network
  duration since_acknowledged{};     ///< since the peer's transport last acknowledged one
};

/// What a network implements: one full-duplex reliable connection. At most one read and one write
/// are pending. Every operation completes exactly once, through the executor, never inside the call
/// that began it; pending ones belong to the execution context and die with it. Zero-length
/// operations complete at once. The stream may be destroyed with operations pending: they complete
/// with operation_aborted, and the connection is aborted unless it was closed.
/// Reads end with asio::error::eof after the peer's orderly end, connection_reset after a reset,
/// timed_out when the transport gave up. Per-operation cancellation is honoured for reads.
class stream_impl {
 public:
  virtual ~stream_impl() = default;
  virtual void read_some(asio::mutable_buffer into, io_handler done) = 0;
  /// The bytes stay valid until `done`. May take fewer than given.
  virtual void write_some(asio::const_buffer from, io_handler done) = 0;
  /// Sends end-of-file after what was written; reading goes on.
  virtual void shutdown_send() = 0;
  /// Orderly end in both directions: what was written is still delivered. Pending operations abort.
  virtual void close() = 0;
  /// Forgets the connection at once; the peer sees a reset. Pending operations abort.
  virtual void abort() = 0;
  /// Nothing is under way once it was closed or aborted.
  virtual send_progress progress() = 0;
};

/// A handler whose executor is that of the operation. It does not say so: type-erased, the two look
/// different, and a completion would be dispatched from the one to the other.
template <class Handler>
class handler_of_stream {
 public:
  using allocator_type = asio::associated_allocator_t<Handler, asio::recycling_allocator<void>>;
  using cancellation_slot_type = asio::associated_cancellation_slot_t<Handler>;

  explicit handler_of_stream(Handler handler) : handler_(std::move(handler)) {}

  allocator_type get_allocator() const noexcept {
    return asio::get_associated_allocator(handler_, asio::recycling_allocator<void>());
  }
  cancellation_slot_type get_cancellation_slot() const noexcept {
    return asio::get_associated_cancellation_slot(handler_);
  }
  void operator()(error_code error, std::size_t size) { std::move(handler_)(error, size); }

 private:
  Handler handler_;
};

/// Owns one connection; models Asio's AsyncReadStream and AsyncWriteStream, so that
/// asio::async_read, asio::async_write and ssl::stream work on it.
class byte_stream {
 public:
  using executor_type = asio::any_io_executor;
  using lowest_layer_type = byte_stream;

  byte_stream() = default;
  byte_stream(std::unique_ptr<stream_impl> impl, executor_type executor)
      : impl_(std::move(impl)), executor_(std::move(executor)) {}

  explicit operator bool() const noexcept { return impl_ != nullptr; }
  executor_type get_executor() const { return executor_; }
  lowest_layer_type& lowest_layer() { return *this; }
  const lowest_layer_type& lowest_layer() const { return *this; }
  void shutdown_send() { impl_->shutdown_send(); }
  void close() { impl_->close(); }
  void abort() { impl_->abort(); }
  send_progress progress() { return impl_->progress(); }

  template <class Buffers, asio::completion_token_for<void(error_code, std::size_t)> Token>
  auto async_read_some(const Buffers& into, Token&& token) {
    return asio::async_initiate<Token, void(error_code, std::size_t)>(
        [](auto handler, byte_stream* self, asio::mutable_buffer buffer) {
          self->impl_->read_some(buffer, self->erased(std::move(handler)));
        },
        token, this, first_of<asio::mutable_buffer>(into));
  }

  template <class Buffers, asio::completion_token_for<void(error_code, std::size_t)> Token>
  auto async_write_some(const Buffers& from, Token&& token) {
    return asio::async_initiate<Token, void(error_code, std::size_t)>(
        [](auto handler, byte_stream* self, asio::const_buffer buffer) {
          self->impl_->write_some(buffer, self->erased(std::move(handler)));
        },
        token, this, first_of<asio::const_buffer>(from));
  }

 private:
  template <class Handler>
  io_handler erased(Handler handler) const {
    if constexpr (std::is_same_v<asio::associated_executor_t<Handler, executor_type>,
                                 executor_type>)
      if (asio::get_associated_executor(handler, executor_) == executor_)
        return handler_of_stream<Handler>(std::move(handler));
    return handler;
  }

  template <class Buffer, class Buffers>
  static Buffer first_of(const Buffers& buffers) {
    for (auto it = asio::buffer_sequence_begin(buffers); it != asio::buffer_sequence_end(buffers);
         ++it)
      if (Buffer buffer(*it); buffer.size() != 0) return buffer;
    return {};
  }

  std::unique_ptr<stream_impl> impl_;
  executor_type executor_;
};

}  // namespace tandem
