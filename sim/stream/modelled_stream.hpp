// SPDX-License-Identifier: MIT
#pragma once

#include "stream/connection.hpp"
#include "tandem/sim/pending.hpp"
#include "tandem/net/byte_stream.hpp"

#include <cstddef>

namespace tandem::sim {

class transport;

/// One end of a modelled connection, as its user holds it. The fabric outlives it.
class modelled_stream final : public stream_impl {
 public:
  modelled_stream(transport& over, connection_handle conn, side s)
      : transport_(over), conn_(conn), side_(s) {}
  ~modelled_stream() override;

  void read_some(asio::mutable_buffer into, io_handler done) override;
  void write_some(asio::const_buffer from, io_handler done) override;
  void shutdown_send() override;
  void close() override;
  void abort() override;
  send_progress progress() override;

  /// Something arrived, or the connection failed.
  void changed();
  /// The send buffer may have room.
  void room_changed();

 private:
  connection* held() const noexcept;
  error_code failure_of(const connection* c) const;
  void try_read();
  void try_write();
  void abort_operations();

  transport& transport_;
  connection_handle conn_;
  side side_;
  bool detached_ = false;  // closed or aborted by its user
  pending<error_code, std::size_t> reader_;
  pending<error_code, std::size_t> writer_;
  asio::mutable_buffer into_;
  asio::const_buffer from_;
};

}  // namespace tandem::sim
