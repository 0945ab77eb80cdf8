// SPDX-License-Identifier: MIT
#pragma once

#include "net/protocol/memory_budget.hpp"
#include "tandem/net/byte_stream.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/system/system_error.hpp>

namespace tandem {

class record_layer;

/// Hears what crosses a connection.
class wire_meter {
 public:
  virtual ~wire_meter() = default;
  virtual void on_wire_sent(std::size_t size) = 0;
  virtual void on_wire_received(std::size_t size) = 0;
};

/// A connection with what was read too much and what was not yet sent, so that the layers of the
/// upgrade share segments. What is put leaves in one write before the next read waits.
/// Coroutines throw boost::system::system_error.
class wire {
 public:
  /// Bytes one read asks for during the upgrade.
  static constexpr std::size_t read_size = 256;
  /// Bytes held unread; more than any message of the upgrade.
  static constexpr std::size_t unread_max = 8 * 1024;

  /// `meter` and `budget` outlive it.
  wire(byte_stream stream, wire_meter& meter, memory_budget& budget)
      : stream_(std::move(stream)), meter_(meter), budget_(budget), read_(budget) {}

  byte_stream& stream() noexcept { return stream_; }
  /// From here on everything goes through `layer`, what is unread first. Nothing may be unsent.
  void secure(std::unique_ptr<record_layer> layer);
  /// What crossed stream(). Behind a record layer the meter heard of it already.
  void note_sent(std::size_t size) {
    if (!secured_) meter_.on_wire_sent(size);
  }
  void note_received(std::size_t size) {
    if (!secured_) meter_.on_wire_received(size);
  }

  byte_buffer& unsent() noexcept { return unsent_; }
  byte_view unread() const noexcept { return read_.view().subspan(used_); }
  void consume(std::size_t size) noexcept { used_ += size; }
  /// Gives back the memory of the upgrade; unread() must be empty or not needed any more.
  void forget_read() {
    read_.clear();
    used_ = 0;
  }

  /// Everything waiting ends with operation_aborted when it resumes.
  void stop() noexcept { stopped_ = true; }

  asio::awaitable<void> flush();
  /// Fails with out_of_memory when the connection may hold no more.
  /// Waits for more unread bytes; `stop`, when given, ends the waiting without an error.
  asio::awaitable<void> read_more(asio::cancellation_signal* stop = nullptr);

  /// The next thing `parse` (a function returning decoded<T>) finds; `T::size` bytes are consumed.
  /// What it points to stays valid until the next read.
  template <class Parse>
  auto take(Parse parse)
      -> asio::awaitable<typename decltype(parse(byte_view()))::value_type::value_type> {
    for (;;) {
      const auto found = parse(unread());
      if (!found) throw boost::system::system_error(found.error());
      if (*found) {
        consume((*found)->size);
        co_return **found;
      }
      co_await flush();
      co_await read_more();
    }
  }

 private:
  byte_stream stream_;
  wire_meter& meter_;
  memory_budget& budget_;
  charged_bytes read_;
  std::size_t used_ = 0;
  byte_buffer unsent_;
  bool stopped_ = false;
  bool secured_ = false;
};

}  // namespace tandem
