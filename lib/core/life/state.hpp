// SPDX-License-Identifier: MIT
#pragma once

#include "core/fields.hpp"
#include "core/life/gate.hpp"
#include "core/life/outcomes.hpp"
#include "core/life/records.hpp"
#include "core/life/reputation.hpp"
#include "core/life/timers.hpp"
#include "core/life/waiting_line.hpp"
#include "core/policy/decision_log.hpp"
#include "core/policy/eviction.hpp"
#include "core/policy/peer_table.hpp"
#include "core/table/address_pool.hpp"
#include "core/table/index_table.hpp"
#include "core/table/ring.hpp"
#include "core/table/slot_table.hpp"
#include "tandem/core/connection_manager.hpp"
#include "tandem/core/random.hpp"

#include <array>
#include <optional>
#include <vector>

namespace tandem {

/// The story of dials and connections, a source file per stage, as named below; blame.cpp: what
/// their ends say of others. `gate` has room, `reputations` what others did, `line` who is next.
struct connection_manager::state final : private detail::reputation::listener {
  using address_slot = detail::address_slot;
  using connection_slot = detail::connection_slot;
  using dial_slot = detail::dial_slot;
  using peer_slot = detail::peer_slot;
  using request_slot = detail::request_slot;
  using subnet_slot = detail::subnet_slot;
  using phase = detail::phase;

  state(const manager_options& options, const peer_id& self, std::uint64_t seed, trace_sink* sink);
  ~state();

  // manager.cpp
  void handle(time_point at, const event& what);
  void advance(time_point at);
  void step_begins(time_point at);
  void step_ends();
  std::uint64_t permits_held() const noexcept;
  void expired(detail::timer_owner what);
  void emit(const auto& what) {
    if (sink != nullptr) record(what);
    queue.push(what);
  }
  void record(const action& what);
  void notify(const notification& what) override;
  void ignore() noexcept { ++counters.ignored_events; }
  /// Connections that memory is reckoned for: not those the driver was told to let go.
  std::uint64_t tracked() const noexcept { return connections.size() - over; }
  connection_slot find(connection_id id) const;
  request_slot find(request_id id) const;
  void count_refusal(const detail::refusal& no) noexcept {
    ++counters.refused[static_cast<std::size_t>(no.why)];
  }
  notification about(notice kind, connection_slot connection, const detail::refusal& no = {}) const;
  void settle(peer_slot peer) override;

  // dialing.cpp
  void on(const events::dial_wanted& event);
  void on(const events::dial_abandoned& event);
  void on(const events::addresses_found& event);
  void begin_dial(const events::dial_wanted& event);
  detail::refusal dial_refusal(peer_slot peer, time_point at) const;
  void refuse_dial(const events::dial_wanted& event, const detail::refusal& no);
  dial_slot make_dial(const events::dial_wanted& event);
  void add_request(dial_slot dial_at, const events::dial_wanted& event);
  void add_addresses(dial_slot dial_at, std::span<const endpoint> list);
  dial_slot joinable_dial(peer_slot peer) const;
  connection_slot adoptable(peer_slot peer) const;
  connection_slot oldest(peer_slot peer, phase at) const;
  detail::refusal room_for_dial(peer_slot peer, time_point at) const;
  bool places_taken(dial_slot dial_at) const;
  detail::refusal refusal_of(dial_slot dial_at, time_point at) const;
  void begin(dial_slot dial_at);
  bool brings_news(dial_slot dial_at) const;
  time_point addresses_until(dial_slot dial_at) const;
  void proceed(dial_slot dial_at);
  void out_of_addresses(dial_slot dial_at, const detail::refusal& held);

  // racing.cpp
  void on(const events::attempt_connected& event);
  void on(const events::attempt_failed& event);
  detail::refusal address_refusal(const endpoint& address, peer_slot peer) const;
  detail::address_choice choose_address(dial_slot dial_at);
  void start_attempt(dial_slot dial_at, address_slot address);
  void lead(dial_slot dial_at, connection_slot conn_at);
  bool lives(dial_slot dial_at) const;
  void yield_attempts(dial_slot dial_at, connection_slot winner);
  void detach_attempt(connection_slot conn_at);
  void attempt_gone(peer_slot peer);
  void serve_waiting();

  // holding.cpp
  void hold(dial_slot dial_at, const detail::refusal& no);
  void prefer_proven();
  void serve_held();
  void wait_for_answer(connection_slot conn_at);
  void attempt_expired(connection_slot conn_at);
  void attempt_heard(connection_slot conn_at);
  bool was_silent(connection_slot attempt) const;
  bool may_find_descriptor(dial_slot dial_at);
  void give_way(connection_slot conn_at);

  // redial.cpp
  bool wants_redial(peer_slot peer) const;
  time_point redial_at(peer_slot peer, duration spread);
  void tend(peer_slot peer);
  void redial_after_silence(peer_slot peer);
  void redial_first(peer_slot peer);
  /// At the next advance, when the peer is protected and has no connection: true then.
  bool redial_soon(peer_slot peer);
  void redial_all_soon();
  void forget_redials();
  void redial(peer_slot peer);

  // dial_outcomes.cpp
  void connection_over(dial_slot dial_at, connection_slot conn_at,
                       const detail::connection_outcome& end);
  std::uint32_t tell_untried(dial_slot dial_at, request_id of);
  void fail_dial(dial_slot dial_at, const detail::dial_failure& failure);
  void succeed_dial(dial_slot dial_at, connection_slot conn_at);
  void end_requests(dial_slot dial_at, notification told);
  void remove_request(request_slot request_at);
  void remove_dial(dial_slot dial_at);
  void request_expired(request_slot request_at);
  void dial_expired(dial_slot dial_at);
  void drop_request(request_slot request_at, const detail::dial_failure& failure);

  // blame.cpp
  void blame(peer_slot peer, const detail::reputation::fault& of, notification& told);
  /// What the end of `conn_at` says about its peer, unless a dial will say it.
  void blame_end(connection_slot conn_at, const detail::connection_outcome& end);
  bool dropped_unused(connection_slot conn_at, cause why) const;
  void judge_attempt(connection_slot conn_at, const detail::connection_outcome& end);
  void trial_over(connection_slot conn_at);
  void on(const events::backoff_overridden& event);
  void on(const events::network_changed& event);

  // admission.cpp
  void on(const events::arrived& event);
  void on(const events::authenticated& event);
  void on(const events::ready& event);
  detail::refusal make_room(connection_slot arrived);
  void displace(connection_slot conn_at, const detail::refusal& no);
  bool belongs_to_dial(connection_slot conn_at, const peer_id& peer);
  void take_permit(connection_slot conn_at, detail::permit&& right);
  void refuse(connection_slot conn_at, const detail::refusal& no);
  void turn_away(connection_slot conn_at, const detail::refusal& no);

  // evicting.cpp
  void join_ready(connection_slot conn_at);
  void leave_ready(connection_slot conn_at);
  detail::rank rank_of(connection_slot conn_at) const;
  /// `conn_at` found no permit: true when somebody goes for it and it waits.
  bool evict_for(connection_slot conn_at, const detail::refusal& no);
  std::optional<direction> direction_short(direction way) const;
  /// The worst of a sample whose place `newcomer` can have, or no_slot.
  connection_slot worst_ready_for(connection_slot newcomer);
  void evict(connection_slot victim);
  /// A permit may be had: those who wait for one get it, first come first.
  void serve_newcomers();
  bool hold_back(connection_slot conn_at);
  bool serve_newcomer(connection_slot conn_at);
  void refuse_newcomer(connection_slot conn_at);
  /// Without a permit, until one is free; a dial of its peer waits with it.
  void wait(connection_slot conn_at);
  void leave_newcomers(connection_slot conn_at);
  /// `conn_at` waits in the place of the newcomer `of`.
  void take_turn(connection_slot conn_at, connection_slot of);
  void arm_churn();
  void churn();

  // returning.cpp
  /// True when `conn_at` waits for the place of one of its peer's own that may be dead.
  bool wait_for_own_place(connection_slot conn_at);
  bool is_in_place_of(connection_slot other, const detail::connection& newcomer);
  bool ask_whether_it_lives(connection_slot conn_at, const detail::connection& newcomer);
  /// Something changed for the one of the peer that waits so, if any does.
  void look_again(peer_slot peer);

  // draining.cpp
  struct drain;
  /// Closes what the options now in force leave no room for, those `before` them did.
  void drain_surplus(const manager_options& before);
  void end_denied();

  // simultaneous_open.cpp
  bool resolve_simultaneous_open(connection_slot conn_at);
  bool promises(dial_slot dial_at) const;
  void adopt(dial_slot dial_at, connection_slot conn_at);

  // established.cpp
  void on(const events::traffic& event);
  void on(const events::rtt_sampled& event);
  void on(const events::probe_answered& event);
  void on(const events::progressed& event);
  void on(const events::stream_opened& event);
  void on(const events::stream_closed& event);
  void ready_expired(connection_slot conn_at);
  void heard(connection_slot conn_at, time_point when, bool answers);
  void probe_everybody();
  time_point looks_at(const detail::connection& conn) const noexcept;
  void arm_ready(connection_slot conn_at);
  void sooner(connection_slot conn_at);
  void keep_alive_changed(peer_slot peer);

  // ending.cpp
  void on(const events::disconnect_wanted& event);
  void on(const events::remote_refused& event);
  void on(const events::closed& event);
  void connection_expired(connection_slot conn_at);
  duration retry_after(cause why);
  void close(connection_slot conn_at, cause why);
  void cut(connection_slot conn_at, cause why);
  void end_connection(connection_slot conn_at, cause reported, bool local, duration retry_after);
  void count_end(connection_slot conn_at, cause why, duration away);

  // operator_commands.cpp
  void on(const events::peer_marked& event);
  void on(const events::subnet_marked& event);
  void on(const events::configured& event);
  void on(const events::shutdown_wanted& event);
  void on(const events::pressure& event);
  void on(const events::accept_failed& event);
  void listen_or_pause();
  void node_timer_expired(detail::node_timer which);
  void abort_everything();
  void complete_shutdown();

  // checkpoint.cpp
  void write_checkpoint(trace_sink& to);

  // explain.cpp
  void explain_next_try(explanation& told, peer_slot peer, const detail::refusal& no,
                        time_point at) const;
  explanation explain(const peer_id& peer, time_point at) const;
  connection_explanation explain(connection_id id, time_point at) const;
  detail::refusal would_refuse(const peer_id& id, peer_slot peer, time_point at) const;

  /// All but the options, which a checkpoint has before it, what is given again, an empty queue.
  TANDEM_FIELDS_BUT((options, self, seed, sink, inputs, together, queue, released), random, now,
                    counters, peers, subnets, connections, dials, requests, gate, addresses,
                    reputations, by_connection, by_request, timers, line, decisions, ready_slots,
                    newcomers, victims, giving_way, over, holders, next_eviction, next_attempt,
                    next_sequence, last_redial, proven_trial, paused, descriptor_pressure, stopping,
                    stopped, drain_until, network_changed_at)

  manager_options options;
  const peer_id self;
  const std::uint64_t seed;
  random_stream random;

  manager_counters counters;
  detail::peer_table peers;
  detail::subnet_table subnets;
  detail::shared together{options, now, random, counters, peers, subnets};
  detail::gate gate;
  detail::reputation reputations;

  // What every event looks at lies together: see foresight.
  trace_sink* const sink;
  std::uint64_t inputs = 0;  ///< handle() and advance() so far
  time_point now{};
  detail::ring<action> queue;
  detail::index_table<detail::connection> by_connection;
  detail::slot_table<detail::connection> connections;
  detail::timers timers;
  std::uint64_t holders = 0;     ///< connections that hold a permit, not counted by the ledger
  std::uint32_t over = 0;        ///< connections of which only the last event is missing
  std::uint32_t giving_way = 0;  ///< attempts that gave way and are not over yet
  bool stopping = false;
  bool stopped = false;  ///< shutdown_complete went out
  detail::waiting_line line{together, dials, requests};

  detail::slot_table<detail::dial> dials;
  detail::slot_table<detail::request> requests;
  detail::address_pool addresses;
  detail::index_table<detail::request> by_request;
  std::vector<dial_slot> released;  ///< of those held, in serve_held()
  detail::decision_log decisions;

  /// Ready connections by direction, in no order; each remembers its place.
  std::array<std::vector<connection_slot>, 2> ready_slots;
  std::vector<connection_slot> newcomers;  ///< in phase waiting, first come first
  std::uint32_t victims = 0;               ///< evicted for newcomers and not over yet; >= newcomers
  time_point next_eviction = time_point::min();

  std::uint64_t next_attempt = 1;
  std::uint64_t next_sequence = 0;  ///< of dials and requests
  std::uint64_t last_redial = 0;
  bool proven_trial = false;  ///< the last one of the uplink
  bool paused = false;        ///< listen_pause went out
  bool descriptor_pressure = false;
  time_point drain_until = never;  ///< of the shutdown
  time_point network_changed_at = time_point::min();
};

}  // namespace tandem
