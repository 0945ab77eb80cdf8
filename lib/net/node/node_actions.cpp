// SPDX-License-Identifier: MIT
// What the node does for each action of the core.
#include "net/node/node_attempt.hpp"
#include "net/node/node_impl.hpp"
#include "tandem/core/assert.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>

#include <algorithm>
#include <utility>

namespace tandem {

void node::impl::carry_out(const actions::resolve& what) {
  const auto names = addresses_.names_of(what.peer);
  submit(events::addresses_found{what.request, {}, names.empty()}, addresses_.find(what.peer));
  if (!names.empty()) look_for(what.request, what.peer, names);
}

void node::impl::look_for(request_id request, const peer_id& peer,
                          std::span<const host_name> names) {
  if (!options_.names)
    return submit(events::addresses_found{request, {}, true, cause::name_failed});
  const auto found = [this, request](std::vector<endpoint> list) {
    submit(events::addresses_found{request, {}, false}, std::move(list));
  };
  const auto over = [this, request](cause why) {
    searches_.erase(request);
    submit(events::addresses_found{request, {}, true, why});
  };
  const auto search =
      std::make_shared<name_search>(options_.names, clock_, peer, name_search::told{found, over});
  searches_[request] = search;
  search->start(names);
}

void node::impl::stop_looking(request_id request) {
  const auto found = searches_.find(request);
  if (found == searches_.end()) return;
  found->second->cancel();
  searches_.erase(found);
}

void node::impl::carry_out(const actions::start_attempt& what) {
  auto begun = std::make_shared<attempt>();
  begun->peer = what.peer;
  begun->address = what.address;
  const bool fresh = attempts_.emplace(what.attempt, begun).second;
  TANDEM_ASSERT(fresh);
  auto slot = begun->cancel.slot();
  net_.async_connect(what.address, asio::bind_cancellation_slot(
                                       slot, [weak = weak_from_this(), id = what.attempt, begun](
                                                 const error_code& error, connected made) {
                                         if (const auto self = weak.lock())
                                           self->attempt_ended(id, error, std::move(made));
                                       }));
}

void node::impl::attempt_ended(connection_id id, const error_code& error, connected made) {
  const auto found = attempts_.find(id);
  if (dead_ || found == attempts_.end()) return;
  const auto begun = std::move(found->second);
  attempts_.erase(found);
  if (error) {
    const auto failure = failure_of(error);
    return submit(events::attempt_failed{id, failure.why, failure.local, {}});
  }
  link& made_link = add_link(id);
  made_link.stream = std::move(made.stream);
  made_link.peer = begun->peer;
  made_link.remote = begun->address;
  submit(events::attempt_connected{id});
}

void node::impl::carry_out(const actions::cancel_attempt& what) {
  // When it is not there, its success is in the inbox: the core closes it.
  if (const auto found = attempts_.find(what.attempt); found != attempts_.end()) {
    const auto keep = found->second;
    keep->cancel.emit(asio::cancellation_type::terminal);
  }
}

void node::impl::carry_out(const actions::admit& what) {
  auto* of = find(what.conn);
  if (!of || of->ended) return;
  // Admitted twice: to the handshake, which makes the session, and then for good.
  TANDEM_ASSERT((what.stage == stage::established) == (of->session != nullptr));
  if (what.stage == stage::established) return of->session->admit();
  of->session = std::make_unique<tandem::session>(
      what.conn, is_outbound(what.conn) ? direction::outbound : direction::inbound,
      std::move(of->stream), session_options_, net_.clock(), of->peer, *this, of->remote);
  of->session->start();
}

void node::impl::carry_out(const actions::refuse& what) {
  auto* of = find(what.conn);
  if (!of || of->ended) return;
  if (!of->session) return end_link(what.conn, what.refusal);
  if (what.how == refuse_how::tell)
    of->session->refuse(what.refusal, what.retry_after);
  else
    of->session->abort(what.refusal);
}

void node::impl::carry_out(const actions::probe& what) {
  if (auto* of = find(what.conn); of && of->session && !of->ended) of->session->probe(what.nonce);
}

void node::impl::carry_out(const actions::ask_progress& what) {
  auto* of = find(what.conn);
  if (!of || !of->session || of->ended) return;
  const auto [at, more] = of->session->progress();
  submit(events::progressed{what.conn, at, more});
}

void node::impl::carry_out(const actions::close& what) {
  auto* of = find(what.conn);
  if (!of || of->ended) return;
  of->ready = false;
  if (!of->session) return end_link(what.conn, what.reason);
  of->session->close(what.reason, what.retry_after);
}

void node::impl::carry_out(const actions::abort& what) {
  auto* of = find(what.conn);
  if (!of || of->ended) return;
  of->ready = false;
  if (!of->session) return end_link(what.conn, what.reason);
  of->session->abort(what.reason);
}

void node::impl::carry_out(const actions::listen_pause&) { paused_ = true; }

void node::impl::carry_out(const actions::listen_resume&) {
  paused_ = false;
  accept_all();
}

void node::impl::carry_out(const actions::notify& what) {
  const auto kind = what.what.kind;
  if (kind == notice::dial_succeeded || kind == notice::dial_failed)
    stop_looking(what.what.request);
  // Where a peer was reached is where it is looked for when it is gone, unless its name tells.
  if (kind == notice::connection_established && what.what.way == direction::outbound &&
      addresses_.names_of(what.what.peer).empty())
    addresses_.add(what.what.peer, std::span<const endpoint>(&what.what.where, 1));
  if (observer_) observer_->on_notification(stepped_, what.what);
  if (!dead_ && !subscribers_.empty()) publish(what.what);
}

void node::impl::carry_out(const actions::shutdown_complete&) { finished_ = true; }

}  // namespace tandem
