// SPDX-License-Identifier: MIT
// The connections of a node: where they come from, what their sessions report, how they end.
#include "net/node/node_impl.hpp"
#include "tandem/core/assert.hpp"

#include <algorithm>
#include <utility>

namespace tandem {

std::vector<endpoint> node::impl::listening() const {
  std::vector<endpoint> out;
  for (const auto& each : listeners_) out.push_back(each.socket->local_endpoint());
  return out;
}

void node::impl::accept_all() {
  for (std::size_t i = 0; i < listeners_.size(); ++i) accept(i);
}

void node::impl::accept(std::size_t index) {
  if (dead_ || paused_ || index >= listeners_.size()) return;
  if (std::exchange(listeners_[index].accepting, true)) return;
  listeners_[index].socket->async_accept(
      [weak = weak_from_this(), index](const error_code& error, connected made) {
        if (const auto self = weak.lock()) self->accepted(index, error, std::move(made));
      });
}

void node::impl::accepted(std::size_t index, const error_code& error, connected made) {
  if (dead_ || index >= listeners_.size()) return;
  listeners_[index].accepting = false;
  if (!error) {
    const connection_id id{last_inbound_ += 2};
    link& fresh = add_link(id);
    fresh.stream = std::move(made.stream);
    fresh.remote = made.remote;
    submit(events::arrived{id, made.remote});
    return accept(index);
  }
  submit(events::accept_failed{cause::local_resource});
  accept(index);  // does nothing when the core chose to pause
}

node::impl::link& node::impl::add_link(connection_id id) {
  return *(links_[id] = std::make_unique<link>());
}

node::impl::link* node::impl::find(connection_id id) {
  const auto found = links_.find(id);
  return found == links_.end() ? nullptr : found->second.get();
}

/// Ends a connection that has no session yet, so that nobody else reports it.
void node::impl::end_link(connection_id id, cause why) {
  auto* of = find(id);
  TANDEM_ASSERT(of && !of->session);
  of->ended = true;
  of->stream.abort();
  submit(events::closed{id, why});
}

void node::impl::erase(connection_id id) {
  const auto found = links_.find(id);
  if (found == links_.end()) return;
  const auto ending = std::move(found->second);  // the session may call back while it goes
  links_.erase(found);
}

/// In the order of ids: what the network sees must not depend on a hash.
void node::impl::drop_links() {
  std::vector<connection_id> ids;
  for (const auto& [id, begun] : attempts_) ids.push_back(id);
  std::ranges::sort(ids);
  for (const auto id : ids) {
    const auto begun = std::move(attempts_.at(id));
    begun->cancel.emit(asio::cancellation_type::terminal);
  }
  attempts_.clear();
  ids.clear();
  for (const auto& [id, of] : links_) ids.push_back(id);
  std::ranges::sort(ids);
  for (const auto id : ids) erase(id);
  dirty_.clear();
}

send_result node::impl::send(connection_id conn, std::span<const std::byte> message) {
  const auto* of = find(conn);
  return of && of->ready ? of->session->send(message) : send_result::gone;
}

send_result node::impl::send(const peer_id& peer, std::span<const std::byte> message) {
  return send(core_.ready_connection(peer), message);
}

void node::impl::open_stream(connection_id conn) {
  if (auto* of = find(conn); of && of->ready) of->session->open_stream();
}

void node::impl::close_stream(connection_id conn) {
  if (auto* of = find(conn); of && of->session && !of->ended) of->session->close_stream();
}

void node::impl::on_authenticated(connection_id conn, const peer_id& peer) {
  if (auto* of = find(conn)) of->peer = peer;
  submit(events::authenticated{conn, peer});
}

void node::impl::on_ready(connection_id conn) {
  if (auto* of = find(conn); of && !of->ended) of->ready = true;
  submit(events::ready{conn});
  if (options_.identify_dialled && is_outbound(conn) && !dead_)
    identify(conn, request_timeout_default, [](error_code, const peer_facts&) {});
}

void node::impl::on_remote_refused(connection_id conn, cause reason, duration retry_after) {
  submit(events::remote_refused{conn, reason, retry_after});
}

void node::impl::on_rtt(connection_id conn, duration rtt) {
  submit(events::rtt_sampled{conn, rtt});
}

void node::impl::on_probe_answered(connection_id conn, std::uint32_t nonce) {
  submit(events::probe_answered{conn, nonce});
}

void node::impl::on_stream(connection_id conn, bool opened) {
  if (opened)
    submit(events::stream_opened{conn, true});
  else
    submit(events::stream_closed{conn, true});
}

void node::impl::on_message(connection_id conn, std::span<const std::byte> message) {
  const auto* of = find(conn);
  if (dead_ || !of || (!observer_ && subscribers_.empty())) return;
  const auto self = shared_from_this();  // the observer may destroy the node
  const received_message arrived{conn, of->peer, {message.begin(), message.end()}};
  if (observer_) observer_->on_message(net_.clock().now(), arrived);
  if (!dead_ && !subscribers_.empty()) publish(arrived);
}

void node::impl::on_closed(connection_id conn, cause why) {
  if (auto* of = find(conn)) {
    of->ended = true;
    of->ready = false;
  }
  submit(events::closed{conn, why});
}

}  // namespace tandem
