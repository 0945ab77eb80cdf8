// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/actions.hpp"
#include "tandem/core/events.hpp"
#include "tandem/core/options.hpp"

#include <type_traits>

/// The fields of everything traced, in canonical order, said once for writing and for reading: `a`
/// is called with each field.
namespace tandem::detail::trace_codec {

void fields(auto& a, manager_options& v) {
  for (const option_row& row : option_table())
    std::visit(
        [&](auto field) {
          if constexpr (std::is_same_v<decltype(field), option_choice>) {
            std::uint8_t value = field.get(v);
            a(value);
            field.set(v, value);
          } else {
            a(v.*field);
          }
        },
        row.field);
}

void fields(auto& a, events::dial_wanted& v) {
  a(v.request), a(v.peer), a(v.addresses), a(v.mode), a(v.priority), a(v.deadline);
}
void fields(auto& a, events::dial_abandoned& v) { a(v.request); }
void fields(auto& a, events::disconnect_wanted& v) { a(v.peer), a(v.conn), a(v.reason); }
void fields(auto& a, events::peer_marked& v) {
  a(v.peer), a(v.what), a(v.on), a(v.until), a(v.weight);
}
void fields(auto& a, events::subnet_marked& v) {
  a(v.network), a(v.prefix), a(v.what), a(v.on), a(v.until);
}
void fields(auto& a, events::backoff_overridden& v) { a(v.peer); }
void fields(auto& a, events::configured& v) { fields(a, v.options); }
void fields(auto& a, events::shutdown_wanted& v) { a(v.deadline); }
void fields(auto& a, events::addresses_found& v) { a(v.request), a(v.list), a(v.final); }
void fields(auto& a, events::attempt_connected& v) { a(v.attempt); }
void fields(auto& a, events::attempt_failed& v) {
  a(v.attempt), a(v.why), a(v.local), a(v.retry_after);
}
void fields(auto& a, events::arrived& v) { a(v.conn), a(v.remote); }
void fields(auto& a, events::authenticated& v) { a(v.conn), a(v.peer); }
void fields(auto& a, events::ready& v) { a(v.conn); }
void fields(auto& a, events::traffic& v) {
  a(v.conn), a(v.sent), a(v.received), a(v.app_bytes), a(v.last_received_at), a(v.last_app_at);
}
void fields(auto& a, events::rtt_sampled& v) { a(v.conn), a(v.rtt); }
void fields(auto& a, events::probe_answered& v) { a(v.conn), a(v.nonce); }
void fields(auto& a, events::stream_opened& v) { a(v.conn), a(v.app); }
void fields(auto& a, events::stream_closed& v) { a(v.conn), a(v.app); }
void fields(auto& a, events::remote_refused& v) { a(v.conn), a(v.reason), a(v.retry_after); }
void fields(auto& a, events::closed& v) { a(v.conn), a(v.why); }
void fields(auto&, events::network_changed&) {}
void fields(auto& a, events::pressure& v) { a(v.memory), a(v.descriptors); }
void fields(auto& a, events::accept_failed& v) { a(v.why); }

void fields(auto& a, actions::resolve& v) { a(v.request), a(v.peer); }
void fields(auto& a, actions::start_attempt& v) {
  a(v.attempt), a(v.peer), a(v.address), a(v.timeout);
}
void fields(auto& a, actions::cancel_attempt& v) { a(v.attempt); }
void fields(auto& a, actions::admit& v) { a(v.conn), a(v.stage); }
void fields(auto& a, actions::refuse& v) { a(v.conn), a(v.refusal), a(v.how), a(v.retry_after); }
void fields(auto& a, actions::probe& v) { a(v.conn), a(v.nonce); }
void fields(auto& a, actions::close& v) {
  a(v.conn), a(v.reason), a(v.retry_after), a(v.drain_until);
}
void fields(auto& a, actions::abort& v) { a(v.conn), a(v.reason); }
void fields(auto&, actions::listen_pause&) {}
void fields(auto&, actions::listen_resume&) {}
void fields(auto& a, actions::notify& v) {
  notification& n = v.what;
  a(n.kind), a(n.why), a(n.way), a(n.conn), a(n.request), a(n.peer), a(n.current), a(n.limit);
  a(n.failures), a(n.ceiling), a(n.until), a(n.where);
}
void fields(auto& a, actions::shutdown_complete& v) { a(v.left); }

}  // namespace tandem::detail::trace_codec
