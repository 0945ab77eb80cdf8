// SPDX-License-Identifier: MIT
#pragma once

#include "net/security/record_layer.hpp"
#include "net/security/wire.hpp"

#include <memory>

namespace tandem {

/// A stream through a record layer. It holds at most one record in each direction, charged to the
/// budget beyond 256 bytes; a quiet one holds nothing but those. What crosses `lower` is told to
/// the meter: a user of the secured stream tells it nothing. Where the layer tells its end, that is
/// told before sending ends, and an end of `lower` without it is read as net_error::cut_off: nobody
/// knows who made it. close() without shutdown_send() tells nothing.
class secured_stream final : public stream_impl {
 public:
  /// `unread`: what was read of `lower` already. `meter` and `budget` outlive it. Throws
  /// boost::system::system_error, out_of_memory, when the budget refuses what is unread.
  secured_stream(byte_stream lower, std::unique_ptr<record_layer> layer, byte_view unread,
                 wire_meter& meter, memory_budget& budget);
  ~secured_stream() override;

  void read_some(asio::mutable_buffer into, io_handler done) override;
  void write_some(asio::const_buffer from, io_handler done) override;
  void shutdown_send() override;
  void close() override;
  void abort() override;
  send_progress progress() override;

 private:
  class state;
  std::shared_ptr<state> state_;
};

}  // namespace tandem
