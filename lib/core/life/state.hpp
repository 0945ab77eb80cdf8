// SPDX-License-Identifier: MIT
#pragma once

#include "core/life/records.hpp"
#include "core/policy/accept_rate.hpp"
#include "core/policy/access_list.hpp"
#include "core/policy/address_records.hpp"
#include "core/policy/decision_log.hpp"
#include "core/policy/eviction.hpp"
#include "core/policy/peer_table.hpp"
#include "core/policy/permit.hpp"
#include "core/policy/uplink.hpp"
#include "core/table/address_pool.hpp"
#include "core/table/deadline_queue.hpp"
#include "core/table/dial_queue.hpp"
#include "core/table/index_table.hpp"
#include "core/table/ring.hpp"
#include "core/table/slot_table.hpp"
#include "core/table/table_memory.hpp"
#include "core/table/timer_wheel.hpp"
#include "tandem/core/connection_manager.hpp"
#include "tandem/core/random.hpp"

#include <array>
#include <optional>
#include <vector>

namespace tandem {

/// The manager's tables and the decisions over them, one source file per stage of a connection's
/// life: dialing.cpp, racing.cpp, redial.cpp, dial_outcomes.cpp, simultaneous_open.cpp, limits.cpp,
/// admission.cpp, established.cpp, ending.cpp, evicting.cpp, draining.cpp, operator_commands.cpp;
/// blame.cpp and address_blame.cpp are what they say about the other side.
struct connection_manager::state {
  using slot_index = detail::slot_index;
  /// Slots of timer_kind::node.
  enum node_timer : slot_index { resume_timer, drain_timer, shutdown_timer, churn_timer };
  using phase = detail::phase;

  /// Why a dial ends without a connection, and what follows from it.
  struct dial_failure {
    cause why = cause::none;
    bool counted = true;   ///< in failed_total
    bool refuses = false;  ///< counted as a refusal of this node
    bool blames = true;    ///< the peer's backoff grows
    /// Of the blame; none: what `why` says.
    detail::failure_class what = detail::failure_class::none;
    std::uint64_t current = 0;
    std::uint64_t limit = 0;
    time_point until = never;
  };
  /// How a connection ended, for the dial it served.
  struct connection_outcome {
    cause why = cause::none;
    bool local = false;
    bool told = false;
    duration retry_after{};
    slot_index address = detail::no_slot;  ///< of the dial, for an attempt
    bool yielded = false;
    time_point silent_since{};
  };

  state(const manager_options& options, const peer_id& self, std::uint64_t seed, trace_sink* sink);

  // manager.cpp
  void handle(time_point at, const event& what);
  void advance(time_point at);
  void step_begins(time_point at);
  void step_ends();
  /// Counted where they are, one connection after the other.
  std::uint64_t permits_held() const noexcept;
  void expired(detail::deadline_queue::due what);
  void emit(const auto& what) {
    if (sink != nullptr) record(what);
    queue.push(what);
  }
  void record(const action& what);
  void notify(const notification& what);
  void ignore() noexcept { ++counters.ignored_events; }
  slot_index find(connection_id id) const;
  slot_index find(request_id id) const;
  notification about(notice kind, slot_index connection) const;
  void settle(slot_index peer);

  // dialing.cpp
  void on(const events::dial_wanted& e);
  void on(const events::dial_abandoned& e);
  void on(const events::addresses_found& e);
  void begin_dial(const events::dial_wanted& e);
  bool line_is_full(bool may_start) const noexcept;
  detail::shortage dial_verdict(slot_index peer, time_point at) const;
  void refuse_dial(const events::dial_wanted& e, cause why, std::uint64_t current,
                   std::uint64_t limit);
  slot_index make_dial(const events::dial_wanted& e);
  void add_request(slot_index d, const events::dial_wanted& e);
  void add_addresses(slot_index d, std::span<const endpoint> list);
  slot_index joinable_dial(slot_index peer) const;
  slot_index adoptable(slot_index peer) const;
  slot_index oldest(slot_index peer, phase at) const;
  detail::shortage room_for_dial(slot_index peer, time_point at) const;
  detail::shortage shortage_of(slot_index d, time_point at) const;
  void begin(slot_index d);
  void proceed(slot_index d);
  void out_of_addresses(slot_index d);
  bool shorten_line(std::int32_t priority);
  void refuse_begun(slot_index d, const detail::shortage& lacks);
  std::uint64_t queued_requests() const noexcept { return waiting_requests.size(); }

  // racing.cpp
  void on(const events::attempt_connected& e);
  void on(const events::attempt_failed& e);
  slot_index choose_address(slot_index d);
  void start_attempt(slot_index d, slot_index address);
  void lead(slot_index d, slot_index s);
  bool lives(slot_index d) const;
  void yield_attempts(slot_index d, slot_index winner);
  void detach_attempt(slot_index s);
  void attempt_gone(slot_index peer);
  detail::dial_rank line_rank(slot_index d) const;
  bool attempts_full(slot_index d) const;
  void block(slot_index d);
  void unblock(slot_index peer);
  void stop_waiting(slot_index d);
  void serve_waiting();

  // redial.cpp
  bool wants_redial(slot_index peer) const;
  time_point redial_at(slot_index peer);
  void tend(slot_index peer);
  /// At the next advance, when the peer is protected and has no connection: true then.
  bool redial_soon(slot_index peer);
  void redial_all_soon();
  void stop_redialling();
  void redial(slot_index peer);

  // dial_outcomes.cpp
  void connection_over(slot_index d, slot_index s, const connection_outcome& end);
  void fail_dial(slot_index d, const dial_failure& failure);
  void succeed_dial(slot_index d, slot_index s);
  void end_requests(slot_index d, notification n);
  void remove_request(slot_index r);
  void remove_dial(slot_index d);
  void recount(slot_index d);
  void request_expired(slot_index r);
  void dial_expired(slot_index d);
  void drop_request(slot_index r, const dial_failure& failure);

  // blame.cpp
  /// Whether backoff, breaker and uplink allow a dial to `peer` (no_slot: to whoever answers).
  detail::failure_record::verdict may_dial(slot_index peer, time_point at) const;
  /// The two parts of it.
  detail::failure_record::verdict uplink_verdict(time_point at) const;
  detail::failure_record::verdict record_verdict(slot_index peer, time_point at) const;
  /// may_dial() said yes and a dial begins. Returns true when it is a trial of a half-open circuit.
  bool dial_starts(slot_index peer);
  detail::failure_record* remembered(slot_index peer);
  detail::failure_record& remember(slot_index peer);
  /// A dial of `peer` that was a trial is over.
  void trial_over(slot_index peer);
  /// Whether backoff and penalties allow an inbound connection of `peer` now.
  detail::failure_record::verdict may_accept(slot_index peer) const;
  /// `peer` failed, silent since `since`: its record grows, and `n` gets the numbers; the notices
  /// of it go out.
  void blame(slot_index peer, detail::failure_class what, cause why, duration retry_after,
             time_point since, notification& n);
  /// `peer` is neither dialled nor accepted for so long, for our own reasons.
  void penalise(slot_index peer, duration period);
  /// What the end of `s` says about its peer, unless a dial will say it.
  void blame_end(slot_index s, const connection_outcome& end);
  bool dropped_unused(slot_index s, cause why) const;
  /// `s` is ready.
  void proven(slot_index s);
  /// `s` clears what its peer did before, if it was ready long enough, and without a failure.
  void clear_if_proven(slot_index s);

  // address_blame.cpp
  /// Whether the backoff of their addresses allows a dial to whoever answers now.
  detail::failure_record::verdict may_dial_any(slot_index d) const;
  /// Whether an address is to be tried after those that do not.
  bool backs_off(const endpoint& where) const;
  /// When the first address of the dial is out of its backoff.
  time_point addresses_until(slot_index d) const;
  /// The outbound connection `s` is over: what that says about its address, unless it was ready.
  void attempt_over(slot_index s, const connection_outcome& end);
  void judge_address(slot_index s, const connection_outcome& end);
  /// Whether the circuit of its wide subnet allows an attempt at `where` now.
  detail::failure_record::verdict subnet_circuit(const endpoint& where) const;
  /// The attempt `s` starts, connected, or failed; its trial of its subnet is over.
  void subnet_tried(slot_index s);
  void subnet_works(slot_index s);
  void subnet_failed(slot_index s);
  void subnet_trial_over(slot_index s);
  slot_index wide_subnet(const endpoint& where) const;
  void settle_circuit(slot_index subnet);
  void notify_circuit(notice kind, slot_index s, slot_index subnet);
  /// Somebody did not answer since `since`. Returns true when now this node is taken to be offline.
  bool suspect_uplink(const detail::uplink_guard::suspect& who, time_point since);
  /// Something came from the network, now or `at` that time: this node is not offline.
  void life_sign();
  void life_sign(time_point at);
  /// Other options, or many records changed.
  void reconsider_records();

  // limits.cpp
  void apply_rates();
  bool counts(detail::subnet_width width) const noexcept;
  /// What a connection with `where` would count against, as far as it is known already.
  detail::claim claim_for(slot_index peer, direction way, const endpoint& where) const;
  detail::claim claim_of(slot_index connection) const;
  /// The connection is one of its subnets' until it ends.
  void enter_subnets(slot_index connection);
  void leave_subnet(slot_index subnet);
  /// Counts all connections and permits anew, after the options of subnets changed.
  void recount_subnets();
  /// Why there is no memory for one connection beside `others`: to be asked before an attempt with
  /// connections.size(). A dial that has no attempt yet fails with it; a further one just waits.
  detail::shortage memory_shortage(std::uint64_t others) const;
  bool denies(const peer_id& peer, const endpoint& where) const;
  /// Why nothing may be dialled at `address` for `peer` (no_slot: whoever answers): Denied,
  /// CircuitOpen or SubnetLimitReached. To be asked for each address of a dial right before its
  /// attempt: one that has a verdict is left out. When none was tried and none is left, the dial
  /// fails with the last verdict and its numbers, as a refusal of this node that blames nobody.
  detail::shortage address_verdict(const endpoint& address, slot_index peer) const;
  /// Takes the tokens of one arrival, or says why there are none.
  detail::shortage rate_verdict(slot_index connection);
  detail::shortage pending_shortage(slot_index connection) const;
  /// Why a connection that arrived is reset.
  detail::shortage arrival_verdict(slot_index connection);

  // admission.cpp
  void on(const events::arrived& e);
  void on(const events::authenticated& e);
  void on(const events::ready& e);
  bool belongs_to_dial(slot_index s, const peer_id& peer);
  void take_permit(slot_index s, detail::permit&& right);
  void refuse_connection(slot_index s, cause why, std::uint64_t current, std::uint64_t limit,
                         time_point until = never);
  void enter_pending(slot_index s);
  void leave_pending(slot_index s);

  // evicting.cpp
  void join_ready(slot_index s);
  void leave_ready(slot_index s);
  detail::rank rank_of(slot_index s) const;
  /// `s` found no permit: true when somebody goes for it and it waits.
  bool evict_for(slot_index s, const detail::shortage& no);
  std::optional<direction> direction_short(direction way) const;
  /// The worst of a sample whose place `newcomer` can have, or no_slot.
  slot_index worst_ready_for(slot_index newcomer);
  void evict(slot_index victim);
  /// A permit may be had: those who wait for one get it, first come first.
  void serve_newcomers();
  bool hold_back(slot_index s);
  bool serve_newcomer(slot_index s);
  void refuse_newcomer(slot_index s);
  void leave_newcomers(slot_index s);
  /// `s` waits in the place of the newcomer `of`.
  void take_turn(slot_index s, slot_index of);
  void arm_churn();
  void churn();

  // draining.cpp
  struct drain;
  /// Closes what the options now in force leave no room for, those `before` them did.
  void drain_surplus(const manager_options& before);
  void turn_out(slot_index s, cause why, std::uint64_t current, std::uint64_t limit);

  // simultaneous_open.cpp
  bool resolve_simultaneous_open(slot_index s);
  bool promises(slot_index d) const;
  void adopt(slot_index d, slot_index s);

  // established.cpp
  void on(const events::traffic& e);
  void on(const events::rtt_sampled& e);
  void on(const events::probe_answered& e);
  void on(const events::stream_opened& e);
  void on(const events::stream_closed& e);
  void ready_expired(slot_index s);
  void heard(slot_index s, time_point when);
  time_point looks_at(const detail::connection& c) const noexcept;
  void arm_ready(slot_index s);
  /// The deadline may have moved to an earlier time.
  void sooner(slot_index s);
  void keep_alive_changed(slot_index peer);

  // ending.cpp
  void on(const events::disconnect_wanted& e);
  void on(const events::remote_refused& e);
  void on(const events::closed& e);
  void connection_expired(slot_index s);
  duration retry_after(cause why);
  void close(slot_index s, cause why);
  void cut(slot_index s, cause why);
  void end_connection(slot_index s, cause reported, bool local, duration retry_after);
  void count_end(slot_index s, cause why);

  // operator_commands.cpp
  void on(const events::peer_marked& e);
  void on(const events::subnet_marked& e);
  void on(const events::backoff_overridden& e);
  void on(const events::configured& e);
  void on(const events::shutdown_wanted& e);
  void on(const events::network_changed& e);
  void on(const events::pressure& e);
  void on(const events::accept_failed& e);
  void listen_or_pause();
  void node_timer_expired(slot_index which);
  void abort_everything();
  void complete_shutdown();

  // checkpoint.cpp
  void write_checkpoint(trace_sink& to);

  // explain.cpp
  explanation explain(const peer_id& peer, time_point at) const;
  connection_explanation explain(connection_id id, time_point at) const;
  dial_stage dial_stage_of(slot_index d) const;
  void explain_dial(slot_index peer, time_point at, explanation& x) const;

  /// Every field below but the options, which are written apart, and the queue, which is empty
  /// between steps: whoever adds one adds it here.
  void fields(auto& a) {
    a(random), a(now), a(counters), a(peers), a(subnets), a(connections), a(dials), a(requests);
    a(access_rules), a(addresses), a(known_addresses), a(uplink), a(by_connection), a(by_request);
    a(timers), a(waiting_dials), a(waiting_requests), a(decisions), a(ready_slots), a(newcomers);
    a(victims), a(holders), a(next_eviction), a(node_rate), a(subnet_rate), a(node_bucket_full);
    a(next_attempt), a(next_sequence), a(last_redial), a(redials), a(paused), a(memory_pressure),
        a(descriptor_pressure);
    a(stopping), a(stopped), a(drain_until);
  }

  manager_options options;
  const peer_id self;
  const std::uint64_t seed;
  const std::uint64_t self_hash;  ///< as the peers' hashes are
  trace_sink* const sink;
  std::uint64_t inputs = 0;  ///< handle() and advance() so far
  random_stream random;
  time_point now{};

  // Destroyed in reverse: the connections give their permits back to the ledger, it counts in the
  // peers and subnets.
  manager_counters counters;
  detail::peer_table peers;
  detail::subnet_table subnets;
  detail::permit_ledger ledger;
  detail::slot_table<detail::connection> connections;
  detail::slot_table<detail::dial> dials;
  detail::slot_table<detail::request> requests;
  detail::access_list access_rules;
  detail::address_pool addresses;
  detail::address_records known_addresses;
  detail::uplink_guard uplink;
  detail::index_table by_connection;
  detail::index_table by_request;
  detail::timer_wheel timers;
  detail::dial_queue waiting_dials{detail::dial_queue::front_is::best};  ///< for a pending slot
  /// The application's, all but one of each dial that is engaged.
  detail::dial_queue waiting_requests{detail::dial_queue::front_is::worst};
  detail::ring<action> queue;
  detail::decision_log decisions;

  /// Ready connections by direction, in no order; each remembers its place.
  std::array<detail::table<slot_index>, 2> ready_slots;
  std::vector<slot_index> newcomers;  ///< in phase waiting, first come first
  std::uint32_t victims = 0;          ///< evicted for newcomers and not over yet; >= newcomers
  std::uint64_t holders = 0;          ///< connections that hold a permit, not counted by the ledger
  time_point next_eviction = time_point::min();

  detail::accept_rate node_rate;
  detail::accept_rate subnet_rate;
  time_point node_bucket_full = time_point::min();
  std::uint64_t next_attempt = 1;
  std::uint64_t next_sequence = 0;  ///< of dials and requests
  std::uint64_t last_redial = 0;
  std::uint64_t redials = 0;  ///< requests of the core itself
  bool paused = false;        ///< listen_pause went out
  bool memory_pressure = false;
  bool descriptor_pressure = false;
  bool stopping = false;
  bool stopped = false;            ///< shutdown_complete went out
  time_point drain_until = never;  ///< of the shutdown
};

}  // namespace tandem
