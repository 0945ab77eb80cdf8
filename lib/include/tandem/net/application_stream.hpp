// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/ids.hpp"
#include "tandem/net/byte_stream.hpp"

#include <string>

namespace tandem {

/// A stream of an application's protocol on a connection, at either end. `bytes` is read and
/// written as a connection is, on the executor's thread: asio::async_read and asio::async_write
/// work on it. A write waits while the peer does not read (yamux windows of 256 KiB and 64 KiB of
/// ours); what arrives is granted again as it is read. shutdown_send() ends one direction; close()
/// ends both and still delivers what was written; abort(), and destroying it before close(), reset
/// the stream. Operations end with connection_reset when the peer reset it, and with
/// connection_aborted when the connection or its node ended, which the stream may outlive. While it
/// is open the connection is in use.
struct application_stream {
  byte_stream bytes;
  connection_id conn{};
  peer_id peer;
  std::string protocol;
};

}  // namespace tandem
