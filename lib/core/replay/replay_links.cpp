// SPDX-License-Identifier: MIT
#include "core/replay/replay_links.hpp"

#include <algorithm>

namespace tandem::detail {

replay_links::pointer replay_links::arrived(connection_id id, const endpoint& where) {
  auto link = std::make_shared<replay_link>();
  link->recorded_side.id = link->open_side.id = id;
  link->recorded_side.connected = link->open_side.connected = true;
  link->who.recorded_conn = link->who.open_conn = id;
  link->who.where = where;
  recorded_[id] = open_[id] = link;
  return link;
}

void replay_links::both(const checkpoint::open_connection& c) {
  const auto link = arrived(c.id, c.where);
  link->who.peer = c.peer;
  link->ready = c.ready;
  for (auto* side : {&link->recorded_side, &link->open_side}) {
    side->connected = c.connected;
    side->established = c.established;
    side->ending = c.ending;
  }
}

replay_links::pointer replay_links::take(waiting& from, const key& of) {
  const auto found = from.find(of);
  if (found == from.end()) return std::make_shared<replay_link>();
  auto link = std::move(found->second.front());
  found->second.pop_front();
  if (found->second.empty()) from.erase(found);
  return link;
}

void replay_links::remove(waiting& from, const pointer& link) {
  const auto found = from.find({link->who.peer, link->who.where});
  if (found == from.end()) return;
  std::erase(found->second, link);
  if (found->second.empty()) from.erase(found);
}

replay_links::pointer replay_links::recorded_attempt(const actions::start_attempt& what) {
  const key of{what.peer, what.address};
  const auto link = take(open_waiting_, of);
  link->recorded_side.id = link->who.recorded_conn = what.attempt;
  link->who.peer = what.peer;
  link->who.where = what.address;
  if (!link->open_side.alive()) recorded_waiting_[of].push_back(link);
  return recorded_[what.attempt] = link;
}

replay_links::pointer replay_links::open_attempt(const actions::start_attempt& what) {
  const key of{what.peer, what.address};
  const auto link = take(recorded_waiting_, of);
  link->open_side.id = link->who.open_conn = what.attempt;
  link->who.peer = what.peer;
  link->who.where = what.address;
  if (!link->recorded_side.alive()) open_waiting_[of].push_back(link);
  return open_[what.attempt] = link;
}

void replay_links::settle(const pointer& link) {
  if (link->recorded_side.ended) remove(recorded_waiting_, link);
  if (link->open_side.ended) remove(open_waiting_, link);
  if (link->recorded_side.alive() || link->open_side.alive()) return;
  recorded_.erase(link->recorded_side.id);
  open_.erase(link->open_side.id);
}

void replay_resolves::recorded(const actions::resolve& what) {
  request_id partner{};
  if (const auto found = open_waiting_.find(what.peer); found != open_waiting_.end()) {
    partner = found->second.front();
    found->second.pop_front();
    if (found->second.empty()) open_waiting_.erase(found);
  } else {
    recorded_waiting_[what.peer].push_back(what.request);
  }
  pairs_[what.request] = {what.peer, partner};
}

void replay_resolves::open(const actions::resolve& what) {
  const auto found = recorded_waiting_.find(what.peer);
  if (found == recorded_waiting_.end()) return open_waiting_[what.peer].push_back(what.request);
  pairs_[found->second.front()].second = what.request;
  found->second.pop_front();
  if (found->second.empty()) recorded_waiting_.erase(found);
}

std::pair<replay_resolves::answer, request_id> replay_resolves::answered(request_id recorded,
                                                                         bool final) {
  const auto found = pairs_.find(recorded);
  if (found == pairs_.end()) return {answer::unknown, recorded};
  const request_id partner = found->second.second;
  if (final) over(recorded);
  return {partner == request_id::none ? answer::skip : answer::mapped, partner};
}

void replay_resolves::over(request_id recorded) {
  const auto found = pairs_.find(recorded);
  if (found == pairs_.end()) return;
  const auto waiting = recorded_waiting_.find(found->second.first);
  if (waiting != recorded_waiting_.end()) {
    std::erase(waiting->second, recorded);
    if (waiting->second.empty()) recorded_waiting_.erase(waiting);
  }
  pairs_.erase(found);
}

void replay_resolves::open_over(request_id open, const peer_id& peer) {
  const auto waiting = open_waiting_.find(peer);
  if (waiting == open_waiting_.end()) return;
  std::erase(waiting->second, open);
  if (waiting->second.empty()) open_waiting_.erase(waiting);
}

}  // namespace tandem::detail
