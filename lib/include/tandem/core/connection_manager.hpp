// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/actions.hpp"
#include "tandem/core/counters.hpp"
#include "tandem/core/events.hpp"
#include "tandem/core/explanation.hpp"
#include "tandem/core/options.hpp"
#include "tandem/core/trace_sink.hpp"

#include <cstdint>
#include <memory>
#include <optional>

namespace tandem {

namespace detail {
struct checkpoint;
struct foresight;
}  // namespace detail

/// The policy of one node: decides everything and does nothing. No clock, no thread, no socket, no
/// random device, no logging; time and seed are parameters. Not thread-safe.
///
/// The driver, whenever something happens at `now`:
///   1. handle(now, traffic) for what moved, then handle(now, event) or advance(now);
///   2. poll_action() until empty, carrying each action out;
///   3. wake up at next_deadline() to call advance. Early or twice is harmless.
///
/// Inbound:  arrived -> admit(handshake) -> authenticated -> admit(established) | refuse(tell)
///           -> ready -> ... -> closed.       A refusal at `arrived` is refuse(reset).
/// Outbound: dial_wanted [-> resolve -> addresses_found] -> start_attempt -> attempt_connected
///           -> admit(handshake) -> authenticated -> admit(established) -> ready -> ... -> closed;
///           or attempt_failed instead of attempt_connected.
///
/// An authenticated newcomer that finds no place may wait for one, neither admitted nor refused,
/// until its handshake_timeout.
///
/// Exactly one of `closed` (once connected or arrived) and `attempt_failed` (before) ends every id,
/// also after cancel_attempt, refuse, close and abort; only it releases the id's permit.
/// The established permit is taken at `authenticated`; a connection is pending until `ready`.
/// Time starts at zero and never goes backwards: an earlier `now` counts as the latest seen,
/// `never` as the moment before it. Events for unknown or finished ids are counted and ignored. An
/// event must not arrive before the actions of the one before it are drained (asserted).
class connection_manager {
 public:
  /// Throws std::invalid_argument naming fields and values when problems_of(options) is not empty.
  /// `seed` feeds the only generator. `sink`, when given, outlives the manager.
  connection_manager(const manager_options& options, const peer_id& self, std::uint64_t seed,
                     trace_sink* sink = nullptr);
  ~connection_manager();
  connection_manager(connection_manager&&) noexcept;
  connection_manager& operator=(connection_manager&&) noexcept;

  void handle(time_point now, const event& what);
  void advance(time_point now);
  std::optional<action> poll_action();

  /// The earliest time at which advance() has something to do; `never` when there is none.
  time_point next_deadline() const noexcept;

  const manager_counters& counters() const noexcept;
  const manager_options& options() const noexcept;
  const peer_id& self() const noexcept;
  bool shutting_down() const noexcept;
  /// Requests that wait for the first attempt of their dial, of max_queued_requests.
  std::size_t queued_requests() const noexcept;
  /// O(peers + subnets) that it has to do with or remembers: for a scrape, not for every event.
  limit_uses uses() const noexcept;
  /// Numbers drawn from its generator so far; with the seed they are known.
  std::uint64_t draws() const noexcept;
  /// The oldest ready connection with a peer, the one that carries its messages; none.
  connection_id ready_connection(const peer_id& peer) const;
  /// Why a peer is or is not connected; why a connection is as it is, or ended. Not for every
  /// event: they read the log of the last 256 refusals, failures and ends.
  explanation explain(const peer_id& peer, time_point now) const;
  connection_explanation explain(connection_id conn, time_point now) const;

  /// Records a header and a checkpoint: the whole state, from which a replay can go on. To be
  /// called when the actions are drained. O(n); see trace_sink::checkpoint_due().
  void write_checkpoint(trace_sink& sink) const;

 private:
  friend struct detail::checkpoint;
  friend struct detail::foresight;
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace tandem
