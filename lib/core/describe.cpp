// SPDX-License-Identifier: MIT
#include "tandem/core/actions.hpp"

namespace tandem {

std::string_view name_of(notice kind) noexcept {
  switch (kind) {
    case notice::dial_started:
      return "dial_started";
    case notice::dial_succeeded:
      return "dial_succeeded";
    case notice::dial_failed:
      return "dial_failed";
    case notice::attempt_failed:
      return "attempt_failed";
    case notice::address_untried:
      return "address_untried";
    case notice::connection_established:
      return "connection_established";
    case notice::connection_closed:
      return "connection_closed";
    case notice::handshake_failed:
      return "handshake_failed";
    case notice::inbound_refused:
      return "inbound_refused";
    case notice::remote_refused:
      return "remote_refused";
    case notice::backoff_started:
      return "backoff_started";
    case notice::circuit_opened:
      return "circuit_opened";
    case notice::circuit_half_opened:
      return "circuit_half_opened";
    case notice::circuit_closed:
      return "circuit_closed";
    case notice::uplink_lost:
      return "uplink_lost";
    case notice::uplink_restored:
      return "uplink_restored";
    case notice::shutdown_began:
      return "shutdown_began";
  }
  return "unknown";
}

std::string describe(const notification& n) {
  std::string fields;
  const auto add = [&fields](const char* name, auto value, const char* unit = "") {
    if (!fields.empty()) fields.append(", ");
    fields.append(name).append(": ").append(std::to_string(value)).append(unit);
  };
  const auto milliseconds = [](duration d) { return d / std::chrono::milliseconds(1); };
  if (n.limit > 0) {
    add("limit", n.limit);
    add("current", n.current);
  }
  if (n.failures > 0) add("failures", n.failures);
  if (n.ceiling > duration::zero()) add("ceiling", milliseconds(n.ceiling), " ms");
  if (n.until != never) add("until", milliseconds(n.until.time_since_epoch()), " ms");
  if (n.untried > 0) add("untried", n.untried, " addresses");
  std::string text(name_of(n.why));
  if (!fields.empty()) text.append("{").append(fields).append("}");
  return text;
}

}  // namespace tandem
