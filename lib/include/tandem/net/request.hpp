// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/ids.hpp"
#include "tandem/core/time.hpp"
#include "tandem/net/send_result.hpp"

#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace tandem {

struct application_stream;

/// How long a peer may take to accept a stream, or to answer a request, unless told otherwise.
/// Origin: rust-libp2p's request-response.
inline constexpr duration request_timeout_default = std::chrono::seconds(10);

/// Given a stream that a peer opened.
using stream_handler = std::function<void(application_stream)>;
/// Given a stream that the peer accepted, or why there is none.
using stream_opened = std::function<void(boost::system::error_code, application_stream)>;

/// Bounds of one request and its answer: one stream, on which each side says all it has to say and
/// finishes, as rust-libp2p's request-response does.
struct request_options {
  duration within = request_timeout_default;    ///< from the call to the end of the answer
  std::size_t size_max = message_size_default;  ///< bytes of what the peer says
};
/// Given the answer, or why there is none: timed_out, not_connected, connection_reset (the peer
/// refused), net_error::no_common_protocol, net_error::message_too_long, ….
using answer_handler = std::function<void(boost::system::error_code, std::vector<std::byte>)>;

/// A request that a peer made.
struct received_request {
  connection_id conn{};
  peer_id peer;
  std::string protocol;
  std::vector<std::byte> bytes;
  /// Answers, once, on the executor's thread, now or later. When the last copy is gone without
  /// that, or `within` has passed, the request is refused: its stream is reset.
  std::function<void(std::vector<std::byte>)> answer;
};
using request_handler = std::function<void(received_request)>;

}  // namespace tandem
