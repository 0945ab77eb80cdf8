// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/actions.hpp"
#include "tandem/core/events.hpp"
#include "tandem/core/explanation.hpp"
#include "tandem/core/options.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace tandem {

/// Plain numbers of one manager, exact after every drained event. The Prometheus names are in
/// tandem/core/counter_table.hpp.
struct manager_counters {
  std::uint64_t active_connections = 0;  ///< ready and not yet closed
  std::uint64_t connected_peers = 0;     ///< distinct peers among them
  std::uint64_t connection_limit = 0;    ///< max_connections in force
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t established_total = 0;
  std::uint64_t failed_total = 0;  ///< dials and handshakes that failed; not our refusals
  std::uint64_t closed_total = 0;  ///< of established connections

  std::uint64_t permits_issued = 0;  ///< established permits
  std::uint64_t permits_released = 0;
  std::uint64_t permits_live = 0;      ///< counted apart; issued - released == live always
  std::uint64_t permits_inbound = 0;   ///< of permits_live
  std::uint64_t permits_outbound = 0;  ///< of permits_live
  std::uint64_t slot_drift = 0;        ///< |issued - released - held by connections|; always 0
  std::uint64_t pending_inbound = 0;
  std::uint64_t pending_outbound = 0;
  std::uint64_t lingering = 0;         ///< refused and told, not yet closed
  std::uint64_t remembered_peers = 0;  ///< with a failure record
  std::uint64_t remembered_addresses = 0;
  std::uint64_t records_dropped = 0;  ///< failure records evicted because the table was full
  std::uint64_t evicted_total = 0;    ///< connections closed for another, or for churn
  std::uint64_t offline = 0;          ///< 1 while this node is taken to be offline
  std::uint64_t ignored_events = 0;   ///< for unknown or finished ids
  std::array<std::uint64_t, causes_count> refused{};  ///< by this node, by refusal

  friend bool operator==(const manager_counters&, const manager_counters&) = default;
};

namespace detail {
struct checkpoint;
}

/// Receives the canonical encoding of everything that enters and leaves a manager, in order.
class trace_sink {
 public:
  virtual ~trace_sink() = default;
  /// One record; the first byte is its kind.
  virtual void record(std::span<const std::byte> bytes) = 0;
  /// Asked before each step. True: the manager records a header and a checkpoint first, so that the
  /// trace can be replayed from there.
  virtual bool checkpoint_due() const noexcept { return false; }
};

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
/// Exactly one of `closed` (once connected or arrived) and `attempt_failed` (before) ends every id,
/// also after cancel_attempt, refuse, close and abort; only it releases the id's permits.
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
  struct state;
  std::unique_ptr<state> state_;
};

/// Hears every step of a manager from its driver; all calls come on the driver's thread.
class manager_observer {
 public:
  virtual ~manager_observer() = default;
  virtual void on_notification(time_point now, const notification& what) = 0;
  /// After each handle or advance, when its actions are drained.
  virtual void on_step(time_point now, const connection_manager& manager) = 0;
  /// Before each handle: what the driver is about to tell.
  virtual void on_event(time_point now, const event& what) { (void)now, (void)what; }
};

}  // namespace tandem
