// SPDX-License-Identifier: MIT
#include "tandem/core/foresight.hpp"

#include "core/life/state.hpp"

namespace tandem::detail {

namespace {

/// As a hint; the hash of another id may be the same.
connection_slot likely(const auto& in, connection_id conn) noexcept {
  if (conn != connection_id::none) return in.by_connection.likely(hash_of_id(conn));
  if (in.timers.next() == never) return no_slot;
  const timer_owner next = in.timers.next_key();
  return next.kind() == timer_kind::connection ? connection_slot(next.index()) : no_slot;
}

}  // namespace

void foresight::state(const connection_manager& of) noexcept {
  const connection_manager::state& s = *of.state_;
  bring(&s.options.handshake_timeout, 128);
  bring(&s.counters.bytes_sent, 128);
  const auto* const begin = reinterpret_cast<const char*>(&s.sink) - 64;  // the last sign of life
  bring(begin, static_cast<std::size_t>(reinterpret_cast<const char*>(&s.line) - begin) + 64);
}

void foresight::tables(const connection_manager& of, connection_id conn) noexcept {
  const connection_manager::state& s = *of.state_;
  s.queue.bring_next();
  s.timers.bring_next();
  if (conn != connection_id::none) s.by_connection.bring(hash_of_id(conn));
}

void foresight::records(const connection_manager& of, connection_id conn) noexcept {
  const connection_manager::state& s = *of.state_;
  if (const connection_slot at = likely(s, conn);
      at != no_slot && at.index() < s.connections.bound())
    bring(&s.connections[at], sizeof(connection));
}

}  // namespace tandem::detail
