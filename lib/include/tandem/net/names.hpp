// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/ids.hpp"
#include "tandem/net/byte_stream.hpp"
#include "tandem/net/host_name.hpp"

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace tandem {

enum class record_kind : std::uint8_t { a, aaaa, txt };

struct name_question {
  std::string name;
  record_kind what = record_kind::a;
  friend auto operator<=>(const name_question&, const name_question&) = default;
};

struct name_answer {
  std::vector<endpoint> addresses;  ///< of A and AAAA; without a port
  std::vector<std::string> texts;   ///< of TXT, each put together
};

using name_handler = asio::any_completion_handler<void(error_code, name_answer)>;

/// Answers a question, on the executor's thread, never inside the call. Fails with
/// net_error::name_unknown, asio::error::timed_out, or any other error when nobody could say.
/// Per-operation cancellation (terminal) ends it with operation_aborted. See make_dns() of
/// tandem/asio/dns.hpp for the domain name system.
using name_source = std::function<void(const name_question&, name_handler)>;

}  // namespace tandem
