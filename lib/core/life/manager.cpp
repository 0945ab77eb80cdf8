// SPDX-License-Identifier: MIT
#include "core/life/state.hpp"
#include "core/trace/trace_codec.hpp"
#include "tandem/core/assert.hpp"

#include <algorithm>
#include <stdexcept>

namespace tandem {
using namespace detail;

namespace {

const manager_options& checked(const manager_options& options) {
  std::string text;
  for (const option_problem& problem : problems_of(options))
    text += (text.empty() ? "" : "; ") + problem.message;
  if (!text.empty()) throw std::invalid_argument(text);
  return options;
}

}  // namespace

connection_manager::state::state(const manager_options& given, const peer_id& own,
                                 std::uint64_t seed_given, trace_sink* trace)
    : options(checked(given)),
      self(own),
      seed(seed_given),
      random(seed),
      peers(mix(seed)),
      subnets(mix(seed)),
      gate(together),
      reputations(together, *this, mix(seed)),
      sink(trace) {
  counters.connection_limit = options.max_connections;
  if (sink != nullptr) trace_codec::write_header(*sink, options, self, seed);
}

connection_manager::state::~state() {
  for (std::uint32_t i = 0; i < connections.bound(); ++i)
    connections[connection_slot(i)].right.forget();
}

void connection_manager::state::step_begins(time_point at) {
  TANDEM_ASSERT(queue.empty() && "drain poll_action() before the next event");
  if (sink != nullptr && sink->checkpoint_due()) write_checkpoint(*sink);
  ++inputs;
  now = std::max(now, std::min(at, never - duration(1)));
}

void connection_manager::state::step_ends() {
  serve_waiting();
  if (stopping && !stopped && connections.size() == 0) complete_shutdown();
  // The ledger's word against that of the connections.
  const std::uint64_t live = counters.permits_issued - counters.permits_released;
  counters.slot_drift = std::max(live, holders) - std::min(live, holders);
#ifndef NDEBUG
  // Looks at every peer, so while there are few: wherever slots leak, they leak there too.
  TANDEM_ASSERT(peers.bound() > 256 ||
                (gate.conserved() && permits_held() == live && counters.slot_drift == 0));
#endif
}

/// Counted where they are, one connection after the other.
std::uint64_t connection_manager::state::permits_held() const noexcept {
  std::uint64_t held = 0;
  for (const connection_slot conn_at : connections) held += connections[conn_at].right ? 1 : 0;
  return held;
}

void connection_manager::state::handle(time_point at, const event& what) {
  step_begins(at);
  if (sink != nullptr) trace_codec::write_event(*sink, now, what);
  std::visit([this](const auto& event) { on(event); }, what);
  step_ends();
}

void connection_manager::state::advance(time_point at) {
  step_begins(at);
  if (sink != nullptr) trace_codec::write_advance(*sink, now);
  while (timers.next() <= now) expired(timers.pop());
  step_ends();
}

void connection_manager::state::expired(timer_owner what) {
  switch (what.kind()) {
    case timer_kind::connection:
      return connection_expired(connection_slot(what.index()));
    case timer_kind::dial:
      return dial_expired(dial_slot(what.index()));
    case timer_kind::request:
      return request_expired(request_slot(what.index()));
    case timer_kind::node:
      return node_timer_expired(static_cast<node_timer>(what.index()));
    case timer_kind::peer:
      return redial(peer_slot(what.index()));
  }
}

void connection_manager::state::record(const action& what) {
  trace_codec::write_action(*sink, what);
}

void connection_manager::state::notify(const notification& what) {
  if (decision_log::keeps(what.kind)) decisions.add(now, what);
  emit(actions::notify{what});
}

connection_slot connection_manager::state::find(connection_id id) const {
  return by_connection.find(hash_of_id(id),
                            [&](connection_slot conn_at) { return connections[conn_at].id == id; });
}

request_slot connection_manager::state::find(request_id id) const {
  return by_request.find(hash_of_id(id),
                         [&](request_slot request_at) { return requests[request_at].id == id; });
}

notification connection_manager::state::about(notice kind, connection_slot conn_at,
                                              const refusal& no) const {
  const connection& conn = connections[conn_at];
  peer_slot peer = conn.peer;
  if (peer == no_slot && conn.dial != no_slot) peer = dials[conn.dial].peer;
  notification told{.kind = kind,
                    .way = conn.way,
                    .conn = conn.id,
                    .peer = peer == no_slot ? peer_id{} : peers[peer].id,
                    .where = conn.remote};
  no.tell(told);
  return told;
}

void connection_manager::state::settle(peer_slot peer) {
  counters.records_dropped += peers.settle(peer, now, options);
  counters.remembered_peers = peers.records();
  if (peer != no_slot) tend(peer);
}

connection_manager::connection_manager(const manager_options& options, const peer_id& self,
                                       std::uint64_t seed, trace_sink* sink)
    : state_(std::make_unique<state>(options, self, seed, sink)) {}
connection_manager::~connection_manager() = default;
connection_manager::connection_manager(connection_manager&&) noexcept = default;
connection_manager& connection_manager::operator=(connection_manager&&) noexcept = default;

void connection_manager::handle(time_point now, const event& what) { state_->handle(now, what); }
void connection_manager::advance(time_point now) { state_->advance(now); }

std::optional<action> connection_manager::poll_action() {
  if (state_->queue.empty()) return std::nullopt;
  return std::optional<action>(std::in_place, state_->queue.pop());
}

time_point connection_manager::next_deadline() const noexcept { return state_->timers.next(); }
const manager_counters& connection_manager::counters() const noexcept { return state_->counters; }
const manager_options& connection_manager::options() const noexcept { return state_->options; }
const peer_id& connection_manager::self() const noexcept { return state_->self; }
bool connection_manager::shutting_down() const noexcept { return state_->stopping; }
std::size_t connection_manager::queued_requests() const noexcept { return state_->line.size(); }
limit_uses connection_manager::uses() const noexcept {
  limit_uses out;
  const auto most = [](std::uint64_t& of, std::uint64_t taken) { of = std::max(of, taken); };
  for (const peer_slot p : state_->peers) {
    most(out.connections_of_peer, state_->peers[p].permits);
    most(out.attempts_of_peer, state_->peers[p].attempts);
  }
  for (const detail::subnet_slot s : state_->subnets) {
    const auto& subnet = state_->subnets[s];
    const bool wide = subnet.width == detail::subnet_width::wide;
    most(wide ? out.connections_of_wide_subnet : out.connections_of_narrow_subnet, subnet.permits);
    if (wide) most(out.pending_of_wide_subnet, subnet.pending);
  }
  out.remembered_subnets = state_->subnets.remembered();
  out.access_rules = state_->gate.access_rules();
  out.marked_peers = state_->peers.marked();
  return out;
}
std::uint64_t connection_manager::draws() const noexcept {
  return state_->random.drawn_since(random_stream(state_->seed));
}
connection_id connection_manager::ready_connection(const peer_id& peer) const {
  const peer_slot p = state_->peers.find(peer);
  const connection_slot s = p == no_slot ? no_slot : state_->oldest(p, phase::ready);
  return s == no_slot ? connection_id::none : state_->connections[s].id;
}
explanation connection_manager::explain(const peer_id& peer, time_point now) const {
  return state_->explain(peer, now);
}
connection_explanation connection_manager::explain(connection_id conn, time_point now) const {
  return state_->explain(conn, now);
}
void connection_manager::write_checkpoint(trace_sink& sink) const {
  state_->write_checkpoint(sink);
}

}  // namespace tandem
