// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <map>
#include <string>

namespace tandem {

/// How the stream of an application protocol is treated.
struct stream_terms {
  /// While it is open the connection is in use, and its bytes are the application's.
  bool in_use = true;
  /// When not 0: what the peer sends is kept, at most so many bytes, and can be read once the peer
  /// has finished. For whole requests and answers: what is kept is charged to the connection.
  std::size_t whole_most = 0;
  /// Bytes that the program holds of its own for such a stream: charged while it is there.
  std::size_t beside = 0;
};

/// The protocols that peers may open streams of, beside a session's own.
using stream_protocols = std::map<std::string, stream_terms, std::less<>>;

}  // namespace tandem
