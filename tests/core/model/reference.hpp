// SPDX-License-Identifier: MIT
#pragma once

#include "core/policy/failure_class.hpp"
#include "tandem/core/connection_manager.hpp"
#include "text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

/// A connection manager written to be read: maps, lists and loops over everything, no code shared
/// with lib/core but the types of events, actions and options, and the class of a cause. It hears
/// what a manager hears, works out what must follow, and compares that with what the manager does.
namespace tandem::reference {

/// The manager did something else than it should.
struct violation {
  std::string what;
};

enum class life {
  attempting,     ///< start_attempt went out
  handshaking,    ///< until `authenticated`
  waiting,        ///< authenticated, until somebody's place is free
  authenticated,  ///< holds a permit, until `ready`
  superseded,     ///< lost a simultaneous open
  ready,
  refusing,  ///< being told why
  closing,   ///< draining
  ending,    ///< only the last event is missing
};

struct connection {
  connection_id id{};
  bool inbound = false;
  endpoint remote{};
  life at = life::handshaking;
  peer_id peer{};             ///< once authenticated
  std::uint64_t arrival = 0;  ///< in which inbound ones came
  std::uint64_t order = 0;    ///< in which connections were authenticated
  std::uint64_t dial = 0;     ///< key of the dial it serves, 0 none
  bool connected = false;
  bool was_ready = false;
  bool refused = false;
  bool told = false;
  bool yielded = false;          ///< gave way to another connection of its dial
  bool gave_way = false;         ///< to another dial, or to an arrival
  bool for_arrival = false;      ///< its descriptor is for one who comes
  unsigned turn = 0;             ///< of its dial
  duration patience{};           ///< then it may give way
  bool victim = false;           ///< evicted for a newcomer
  bool returning = false;        ///< waits for the place of another of its peer's
  time_point answer_by = never;  ///< asked whether it lives, for such a one
  time_point returned_at{};      ///< when that was
  bool answer_asked = false;     ///< what its peer acknowledged was asked then, or it was no use
  bool spoken = false;           ///< there was an application byte or stream
  std::uint64_t bytes = 0;
  bool subnet_trial = false;  ///< of the circuit of its wide subnet
  bool pending = false;
  bool lingering = false;
  bool permit = false;
  cause end = cause::none;
  duration retry_after{};
  time_point deadline = never;  ///< of the attempt, handshake or draining

  time_point began{};
  time_point connected_at{};  ///< or arrived
  time_point ready_at{};
  time_point last_received{};
  time_point last_app{};
  time_point last_stream_end{};
  time_point last_probe{};
  std::uint64_t probes = 0;
  std::uint32_t last_chance = 0;             ///< lost unless this probe is answered
  bool unacknowledged = false;               ///< something that was said
  time_point asked_for = time_point::min();  ///< the deadline that was about
  time_point asked_at{};
  std::uint32_t nonce = 0;
  std::uint32_t streams = 0;
  duration idle_timeout{};  ///< as the manager drew it, within its bounds
  bool has_rtt = false;
  duration srtt{};
  duration rttvar{};
};

struct dial {
  std::uint64_t key = 0;
  peer_id peer{};
  dial_mode mode{};
  std::list<request_id> requests;
  std::vector<endpoint> addresses;
  std::set<endpoint> tried;
  std::set<endpoint> ever;  ///< tried, though they may be again
  std::map<endpoint, int> gave_way;
  unsigned turns = 0;
  bool waited = false;                       ///< for a trial, when the last event was over
  bool by_uplink = false;                    ///< one of those of the uplink
  time_point waited_at = time_point::min();  ///< when it last did so
  bool only_new = false;      ///< its peer is in backoff: addresses that never failed
  std::set<endpoint> denied;  ///< or full, at any time
  std::set<endpoint> proven;  ///< connected once
  bool last_was_v6 = false;
  time_point next_at = time_point::min();  ///< of the next attempt beside others
  bool complete = false;
  bool started = false;
  bool blames = false;
  bool trial = false;
  cause last = cause::none;
  endpoint last_tried{};
  duration retry_after{};
  time_point silent_since{};
  connection_id adopted{};
  time_point pausing_until = time_point::min();
  int pauses = 0;
  std::int32_t priority = 0;
};

struct request {
  std::uint64_t dial = 0;
  time_point deadline = never;
  std::int32_t priority = 0;
  std::uint64_t order = 0;
  bool resolving = false;
  bool hurried = false;  ///< by its caller
};

/// What is remembered of an address.
struct path {
  std::uint32_t failures = 0;        ///< at most
  std::uint32_t failures_least = 0;  ///< less, when it was not known whether others were over
  time_point until_most = time_point::min();     ///< of its backoff
  time_point backed_off_at = time_point::min();  ///< the last of them
  time_point silent_at = time_point::min();
  time_point failed_at = time_point::min();
  time_point tried_at = time_point::min();
  time_point worked_at = time_point::min();
  bool doubtful = false;  ///< options changed while it was not known whether it was over
};

/// 16 bytes, IPv4 as ::ffff:a.b.c.d.
using address_bytes = std::array<std::uint8_t, 16>;
address_bytes bytes_of(const endpoint& e);
bool share(const address_bytes& a, const address_bytes& b, unsigned bits);
bool is_mapped(const address_bytes& a);

/// The operator's word about a peer, or about a network when that is empty.
struct rule {
  peer_id peer{};
  address_bytes network{};
  unsigned bits = 0;
  bool denies = false;
  time_point until = never;
};

struct marks {
  time_point protect = time_point::min();
  time_point keep_alive = time_point::min();
  time_point tag = time_point::min();
  time_point tagged_at{};
  std::int32_t weight = 0;
  time_point last() const { return std::max({protect, keep_alive, tag}); }
};

/// The class of each cause is the core's (failure_record_test has it in full); what follows from it
/// is written anew.
using detail::failure_class;

/// What a peer did lately.
struct memory {
  std::uint32_t failures = 0;
  time_point last = time_point::min();
  duration previous{};
  bool previous_known = true;  ///< false when the peer asked for a longer delay than was drawn
  duration ceiling{};
  time_point until = time_point::min();
  time_point penalty_until = time_point::min();
  cause why = cause::none;
  failure_class kind = failure_class::none;
  circuit_state state = circuit_state::closed;
  std::uint32_t breaker_failures = 0;
  time_point breaker_last = time_point::min();
  std::uint32_t openings = 0;
  time_point open_until = time_point::min();
  std::uint64_t trials = 0;
  time_point silent_at = time_point::min();

  circuit_state circuit(time_point now) const;
  time_point next_dial() const;
  time_point expiry(duration refund) const;
};

struct blame {
  failure_class kind{};
  cause why{};
  duration retry_after{};
};

/// Why not, with the numbers.
struct verdict {
  cause why = cause::none;
  std::uint64_t current = 0;
  std::uint64_t limit = 0;
  time_point until = never;
};

class manager {
 public:
  manager(const manager_options& options, const peer_id& self);

  /// To be called in this order for each event; each throws `violation`.
  void hears(time_point at, const event& what);
  void advances(time_point at);
  void does(const action& what);
  void rests(const connection_manager& real);

  /// What the player chooses from.
  const std::map<connection_id, connection>& connections() const { return connections_; }
  const std::map<request_id, request>& requests() const { return requests_; }
  bool completed() const { return completed_; }
  bool joins(request_id r) const;
  std::uint32_t peer_number_of(request_id r) const;
  /// The peer that connection was dialled for, if any.
  peer_id dialled(connection_id id) const;

 private:
  // Counting, each time anew.
  std::uint64_t permits() const;
  std::uint64_t permits(bool inbound) const;
  std::uint64_t permits_of(const peer_id& peer) const;
  std::uint64_t active_of(const peer_id& peer) const;
  std::uint64_t pending(bool inbound) const;
  std::uint64_t pending_near(const endpoint& where) const;
  std::uint64_t lingering() const;
  std::uint64_t asked() const;
  std::uint64_t queued() const;
  bool engaged(const dial& d) const;
  request_id least_waiting() const;
  bool lives(const dial& d) const;
  std::uint64_t attempts_at(const dial& d) const;
  std::vector<connection_id> connections_of(const peer_id& peer) const;
  std::vector<connection_id> attempts_of(std::uint64_t dial) const;
  std::uint64_t joinable_dial(const peer_id& peer) const;
  connection* find(connection_id id);

  // Events.
  void on(const events::dial_wanted& e);
  void on(const events::dial_abandoned& e);
  void on(const events::disconnect_wanted& e);
  void on(const events::peer_marked& e);
  void on(const events::subnet_marked& e);
  void on(const events::backoff_overridden& e);
  void on(const events::configured& e);
  void on(const events::shutdown_wanted& e);
  void on(const events::addresses_found& e);
  void on(const events::attempt_connected& e);
  void on(const events::attempt_failed& e);
  void on(const events::arrived& e);
  void on(const events::authenticated& e);
  void on(const events::ready& e);
  void on(const events::traffic& e);
  void on(const events::rtt_sampled& e);
  void on(const events::probe_answered& e);
  void on(const events::progressed& e);
  void on(const events::stream_opened& e);
  void on(const events::stream_closed& e);
  void on(const events::remote_refused& e);
  void on(const events::closed& e);
  void on(const events::network_changed& e);
  void on(const events::pressure& e);
  void on(const events::accept_failed& e);
  void ends(connection_id id, cause reported, bool local, duration retry_after);
  void dial_lost(const connection& c, cause why, bool local, duration retry_after);
  void refuses(connection& c, const verdict& v);
  bool crosses(connection& c);
  void add_addresses(dial& d, std::span<const endpoint> list);

  // Policies.
  verdict shortage(const peer_id& peer, bool inbound, const endpoint* where) const;
  verdict subnet_shortage(const endpoint& where) const;
  verdict memory_shortage(std::uint64_t others) const;
  verdict memory_crowd(bool had_turn);
  verdict memory_shortage_of_own();
  bool places_taken(bool had_turn);
  bool must_wait(const dial& d);
  std::uint64_t reckoned() const;
  bool is_silent(const connection& c, bool inbound) const;
  std::uint64_t silent(bool inbound) const;
  connection* silent_longest(bool inbound);
  connection* makes_room_for(bool inbound, bool hesitates);
  verdict rate(const endpoint& remote);
  verdict arrival(const endpoint& remote, std::uint64_t others);
  std::pair<verdict, connection*> crowd(const endpoint& remote);
  void listen_or_pause();
  connection* gives_descriptor(bool inbound, bool hesitates);
  bool finds_descriptor(dial& d);
  void displaces(connection& c, const verdict& v);
  void cut_short(connection& c);
  void address_over(const connection& c, cause why, bool local);
  path* path_to(const endpoint& e);
  /// Whether it is remembered that it failed; that depends on a delay which is the manager's
  /// secret.
  enum class known { no, perhaps, yes };
  known failed_lately(const endpoint& e);
  known failed_lately(const path& p) const;
  void forget_paths();
  bool brings_news(const dial& d, bool surely);
  bool may_try(const dial& d, const endpoint& e, bool surely = true);
  bool has_turn(const dial& d, const endpoint& e, bool surely);
  void note_denied(dial& d);
  /// Whether another's trial of the peer's circuit decides about the dial.
  bool held(const dial& d);
  bool waits_in_line(const dial& d, bool surely, bool beside);
  bool gives_way(const connection& c, const dial& mine, bool surely);
  void tells_untried(const notification& n);
  void check_order(const dial& d, const endpoint& chosen);
  void lowered(const manager_options& before);
  cause limit_above(const connection& c) const;
  bool turned_out(connection& c, cause reason);
  void drains(const actions::close& a);
  std::pair<std::uint64_t, std::uint64_t> against(const connection& c, cause limit) const;
  verdict dialling(const peer_id& peer);
  verdict dialling(const dial& d, bool refuses = false);
  memory* recall(const peer_id& peer);
  verdict backing_off(const peer_id& peer);
  verdict held_back(const peer_id& peer);
  void clear_if_proven(const connection& c);
  static void forgive(memory& m);
  static void outlasts(memory& m);
  void blamed(const notification& n, failure_class kind, duration retry_after);
  void feed_breaker(memory& m, circuit_state before, const notification& n);
  memory* circuit_of(const endpoint& where, bool make);
  void subnet_failed(const endpoint& where);
  void subnet_told(const notification& n);
  void subnet_works(const endpoint& where);
  void subnet_trial_over(connection& c);
  verdict guarded(const peer_id& peer, const endpoint& where, bool surely = false);
  known was_silent(const peer_id& peer, const endpoint& where);
  static bool waits(const verdict& v);
  void life_sign(time_point at);
  bool suspects(const peer_id& peer, const endpoint& where, time_point since);
  void hears_from(connection& c, time_point when, bool answers);
  bool excuses(const peer_id& peer, bool silent, time_point since);
  void uplink_lost(const notification& n);
  void postpones(const notification& n);
  void permits(dial& d);
  void blame_end(const connection& c, cause why, duration retry_after);
  void blame_dial(const dial& d, cause why, failure_class kind);
  bool may_evict_for(const connection& c, const verdict& no);
  bool eligible(connection_id victim, const connection& newcomer);
  std::int64_t score(const connection& c) const;
  void evicts(const actions::close& a);
  bool decides_newcomer(const action& what);
  bool waits_for_own(connection& c);
  connection* returning(const peer_id& peer);
  bool in_the_way(connection& old, const connection& newcomer);
  bool hopeless(const connection& newcomer);
  bool must_have_answered(const connection& old);
  void check_returning();
  bool is_protected(const peer_id& peer) const;
  /// 1 denied, -1 allowed, 0 nothing said.
  int access(const peer_id& peer) const;
  int access(const endpoint& where) const;
  bool denies(const peer_id& peer, const endpoint& where) const;
  bool now_denied(const connection& c) const;
  bool avoids(const endpoint& where, const peer_id& peer) const;
  bool exempt(const endpoint& where) const;
  unsigned subnet_bits(const address_bytes& a, bool narrow) const;
  void set_rule(const rule& r, bool on);
  duration probe_timeout(const connection& c) const;
  time_point drained_at(const connection& c) const;
  time_point idle_at(const connection& c) const;
  time_point silent_until(const connection& c) const;
  bool to_be_asked(const connection& c) const;  ///< before it is probed or lost
  time_point probe_at(const connection& c) const;

  // Actions that no event owes: are they right?
  void started(const actions::start_attempt& a);
  void cancelled(const actions::cancel_attempt& a);
  bool leaves_its_place(connection& c);
  bool makes_room(const action& what);
  void closes(const actions::close& a);
  void aborts(const actions::abort& a);
  void probes(const actions::probe& a);
  void asks(const actions::ask_progress& a);
  bool looks_at_deadlines() const;
  void resolves(const actions::resolve& a);
  void redials(const actions::resolve& a);
  bool redialled(const peer_id& peer) const;
  void notified(const notification& n);
  void backs_off(const notification& n);
  enum class reason { owed, permit, deadline, exhausted };
  reason dial_failed(const notification& n);
  void request_over(const notification& n, reason how);
  void dial_over(std::uint64_t key, const notification& n, reason how);
  void gives_way(connection& c);
  void adopts(std::uint64_t key, connection_id inbound);

  // What must hold after every event.
  void check_deadlines(time_point next);
  void check_dials();
  void check_idle_timeouts(const connection_manager& real);
  void check_giving_way();
  void check_counters(const manager_counters& c);
  void check_peers(const connection_manager& real);

  void owe(std::string what) { owed_.push_back(std::move(what)); }
  void begin();
  [[noreturn]] void fail(const std::string& what) const { throw violation{what}; }
  void require(bool holds, const char* what) const {
    if (!holds) fail(what);
  }

  manager_options options_;
  peer_id self_;
  time_point now_ = time_point::min();
  time_point advanced_before_ = time_point::min();
  time_point advanced_ = time_point::min();
  peer_id touched_{};  ///< heard when asked, or lost a connection
  std::map<connection_id, connection> connections_;
  std::map<std::uint64_t, dial> dials_;
  std::map<request_id, request> requests_;
  std::set<peer_id> known_peers_;
  std::vector<rule> rules_;
  std::map<peer_id, marks> marks_;
  std::map<peer_id, memory> memories_;
  std::map<std::pair<address_bytes, std::uint16_t>, path> paths_;
  std::map<address_bytes, memory> circuits_;  ///< of wide subnets
  /// Who did not answer in a row, and what was held against them before.
  std::map<std::pair<peer_id, endpoint>, memory> suspects_;
  bool offline_ = false;
  time_point last_sign_ = time_point::min();
  /// The next trial of the silent is due between these: when is the manager's secret.
  time_point next_trial_least_ = time_point::min();
  time_point next_trial_most_ = time_point::min();
  time_point bucket_ = time_point::min() + std::chrono::hours(1000);  ///< when it is full
  std::map<address_bytes, time_point> buckets_;
  time_point last_churn_ = time_point::min();
  std::uint64_t order_before_ = 0;
  bool lowering_ = false;  ///< in this event
  bool ruling_ = false;    ///< a rule came or went in this event
  std::set<connection_id> turned_out_;
  std::set<request_id> turned_out_requests_;
  time_point next_eviction_ = time_point::min();
  bool configured_ = false;  ///< options changed: what there is may be above its limit
  bool short_of_memory_ = false;
  bool short_of_descriptors_ = false;
  std::array<bool, 2> gave_descriptor_{};  ///< to attempts, to arrivals: since somebody arrived
  bool descriptors_out_ = false;           ///< for attempts, until a connection ends or arrives
  manager_counters counted_;               ///< what the reference counts; ledgers are counted anew
  std::uint64_t next_dial_ = 1;
  std::uint64_t next_order_ = 1;
  std::uint64_t rests_ = 0;
  bool stopping_ = false;
  bool completed_ = false;
  bool paused_ = false;
  time_point resume_at_ = never;
  time_point drain_until_ = never;
  time_point stop_by_ = never;
  time_point network_changed_at_ = time_point::min();

  // This event.
  const event* event_ = nullptr;  ///< null while time advances
  std::vector<std::string> owed_;
  std::set<std::uint64_t> dials_over_;  ///< dials that ended in this event
  std::map<std::uint64_t, cause> dial_why_;
  std::map<peer_id, blame> blames_owed_;
  std::optional<notification> blame_;  ///< of a dial that fails next
  std::pair<peer_id, duration>
      postponed_;  ///< ended a connection and asked to be left alone so long
  peer_id opened_{};
  time_point opened_until_{};
  std::set<peer_id> half_opened_;
  bool eased_ = false;        ///< a trial is over, or something else that dials wait for
  connection_id newcomer_{};  ///< for whom somebody may be evicted in this event
  bool must_evict_ = false;
  /// So many more arrivals than attempts were silent when one went for an attempt's memory.
  std::optional<std::uint64_t> room_made_;
  struct opened {
    endpoint where;
    duration period;
  };
  std::optional<opened> subnet_opened_;  ///< without its notice so far
  std::optional<endpoint> subnet_closes_;
  int lost_owed_ = 0;  ///< notices that this node is offline
  int lost_told_ = 0;
  std::uint64_t untried_ = 0;    ///< addresses that were told,
  request_id untried_of_{};      ///< for a request that fails next
  std::uint64_t told_dial_ = 0;  ///< the dial that its peer refused in this event
  request_id joined_{};          ///< joined a dial that began before
  std::uint64_t queued_before_ = 0;
};

}  // namespace tandem::reference
