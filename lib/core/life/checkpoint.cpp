// SPDX-License-Identifier: MIT
#include "core/life/checkpoint.hpp"

#include "core/life/state.hpp"
#include "core/trace/trace_encoder.hpp"
#include "core/trace/trace_fields.hpp"
#include "tandem/core/assert.hpp"
#include "tandem/core/replay.hpp"

namespace tandem {

using detail::no_slot;
using detail::phase;

void connection_manager::state::write_checkpoint(trace_sink& to) {
  TANDEM_ASSERT(queue.empty() && "drain poll_action() before a checkpoint");
  using detail::trace_codec::encoder;
  using detail::trace_codec::record_kind;
  detail::trace_codec::write_header(to, options, self, seed);
  std::vector<std::byte> content;
  encoder whole(content);
  fields(whole);
  trace_hash sum;
  sum.add(inputs);
  sum.add(content);
  std::vector<std::byte> record;
  record.reserve(content.size() + 32);
  encoder framed(record);
  framed(record_kind::checkpoint), framed(inputs), framed(content.size()), framed(sum.value());
  record.insert(record.end(), content.begin(), content.end());
  to.record(record);
}

namespace detail {

bool checkpoint::restore(connection_manager& into, std::uint64_t inputs,
                         trace_codec::trace_reader& from) {
  connection_manager::state& state = *into.state_;
  state.fields(from);
  state.inputs = inputs;
  if (from.ok() && !from.at_state_end()) from.refuse("a checkpoint of another build");
  return from.ok();
}

void checkpoint::copy(const connection_manager& from, connection_manager& into) {
  memory_trace trace;
  from.write_checkpoint(trace);
  memory_source source(trace.bytes());
  trace_codec::trace_reader reader(source);
  reader.next_kind();
  reader.read_header();
  reader.next_kind();
  const auto inputs = reader.read_checkpoint();
  const bool restored = inputs && restore(into, *inputs, reader);
  TANDEM_ASSERT(restored && "what was just written can be read");
}

void checkpoint::visit(const connection_manager& of, const visitor& to) {
  const connection_manager::state& state = *of.state_;
  const auto peer_of = [&](peer_slot peer) {
    return peer == no_slot ? peer_id{} : state.peers[peer].id;
  };
  for (const connection_slot conn_at : state.connections) {
    const connection& conn = state.connections[conn_at];
    if (!conn.used) continue;
    peer_slot peer = conn.peer;
    if (peer == no_slot && conn.dial != no_slot) peer = state.dials[conn.dial].peer;
    open_connection seen{conn.id, peer_of(peer), conn.remote};
    seen.connected = conn.connected();
    seen.established = bool(conn.right) || conn.was_ready();
    seen.ready = conn.was_ready();
    seen.ending = conn.at == phase::refusing || conn.at == phase::closing || conn.is_over();
    to.on_connection(seen);
  }
  for (const request_slot request_at : state.requests)
    if (state.requests[request_at].used)
      to.on_request(state.requests[request_at].id,
                    peer_of(state.dials[state.requests[request_at].dial].peer));
}

time_point checkpoint::time_of(const connection_manager& of) { return of.state_->now; }
std::uint64_t checkpoint::inputs(const connection_manager& of) { return of.state_->inputs; }

}  // namespace detail
}  // namespace tandem
