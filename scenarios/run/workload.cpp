// SPDX-License-Identifier: MIT
#include "workload.hpp"

#include <algorithm>

namespace tandem::scenarios {

workload::workload(const scenario& what, world& in, tracker& ledger, judge& lines,
                   std::uint64_t seed, time_point start, thread_split split)
    : scenario_(what),
      world_(in),
      tracker_(ledger),
      judge_(lines),
      seed_(seed),
      start_(start),
      split_(split),
      alive_(ledger.nodes(), true),
      leaving_(ledger.nodes(), false),
      lives_(ledger.nodes(), 0) {
  node_index next = 0;
  for (const auto& group : what.groups) {
    first_node_.push_back(next);
    next += group.count;
  }
}

workload::~workload() = default;

void workload::begin(std::unique_ptr<doing> more) {
  for (std::size_t i = 0; i < scenario_.workload.size(); ++i)
    add(*scenario_.workload[i], i).begin();
  keep(std::move(more)).begin();
}

doing& workload::add(const work& what, std::uint64_t entry) {
  entries_[entry] = &what;
  return keep(what.start(*this, entry));
}

doing& workload::keep(std::unique_ptr<doing> what) {
  what->index = doings_.size();
  if (what->hears()) hearing_.push_back(what.get());
  return *doings_.emplace_back(std::move(what));
}

void workload::on_notification(node_index node, time_point now, const notification& what) {
  for (auto* each : hearing_) each->on_notification(node, now, what);
}

void workload::add_warnings(std::vector<std::string>& to) const {
  for (const auto& each : doings_)
    if (auto warning = each->warning(); !warning.empty()) to.push_back(std::move(warning));
}

node_list workload::nodes_of(const node_selection& which) const {
  if (which.neighbours()) return {};
  return scenarios::nodes_of(which, first_node_[which.group],
                             static_cast<std::uint32_t>(size_of(which.group)), seed_);
}

node_index workload::target_of(const node_list& to, node_index from, std::uint64_t k) const {
  const auto target = to[k % to.size()];
  return target != from ? target : to[(k + 1) % to.size()];
}

void workload::when(const expectation& condition, std::function<void()> what) {
  judge_.watch(condition, [this, what = std::move(what)] { at(now(), what); });
}

void workload::when(std::uint64_t entry, const schedule& is, std::function<void()> what) {
  waiting_.emplace(entry, &is);
  judge_.watch(*is.on, [this, entry, what = std::move(what)] {
    waiting_.erase(entry);
    at(now(), what);
  });
}

void workload::add_untested(std::vector<check_result>& to) const {
  for (const auto& [entry, schedule] : waiting_) {
    const auto& allowed = schedule->allow_untested;
    check_result found{entries_.at(entry)->path + " when " + schedule->on->text,
                       allowed.empty() ? verdict::untested : verdict::ok, "nothing",
                       "it never held, and so nothing of this was done"};
    if (!allowed.empty()) found.why += ", allowed: " + allowed;
    to.push_back(std::move(found));
  }
}

void workload::at_node(time_point when, node_index node, std::function<void()> what) {
  world_.at(node, when, [this, node, life = lives_[node], what = std::move(what)] {
    if (!alive_[node] || lives_[node] != life) return;
    if (!stands(node)) return what();
    turn(node, [this, node, life, what] {
      if (alive_[node] && lives_[node] == life) what();
    });
  });
}

request_id workload::dial(node_index from, node_index to, dial_mode mode, duration deadline) {
  const auto now = world_.now();
  const auto until = deadline > duration{} ? later(now, deadline) : never;
  const auto request = world_.dial(from, to, mode, until);
  tracker_.on_dial(from, request, now);
  return request;
}

void workload::wants(node_index node, node_index peer) {
  tracker_.on_wanted(node, peer, world_.now());
}

// A number on its way is the entry's number behind the entry.
constexpr unsigned entry_shift = 48;

void workload::send(const doing& whose, node_index from, node_index to, std::uint64_t bytes,
                    std::uint64_t number) {
  turn(from, [this, from, to, bytes, sent = (whose.index + 1) << entry_shift | number] {
    if (!alive_[from]) return;
    if (ear_) on_their_way_.insert_or_assign(sent, message{from, bytes});
    world_.send(from, to, bytes, sent);
  });
}

void workload::send(node_index from, node_index to, std::uint64_t bytes) {
  const std::uint64_t number = ear_ ? ++unnamed_ : 0;
  if (ear_) on_their_way_.insert_or_assign(number, message{from, bytes});
  world_.send(from, to, bytes, number);
}

void workload::on_send(std::uint64_t number, send_result result) {
  if (ear_ && result != send_result::accepted) on_their_way_.erase(number);
  if (const auto entry = number >> entry_shift; entry != 0)
    doings_[entry - 1]->on_sent(number & ~(entry << entry_shift), result);
}

void workload::on_message(node_index node, std::uint64_t number) {
  if (const auto entry = number >> entry_shift; entry != 0)
    doings_[entry - 1]->on_arrived(node, number & ~(entry << entry_shift));
  if (const auto it = on_their_way_.find(number); it != on_their_way_.end()) {
    ear_(node, it->second.from, it->second.bytes);
    on_their_way_.erase(it);
  }
}

connection_id workload::connection(node_index from, node_index to) const {
  if (!alive_[from]) return connection_id::none;
  return world_.manager(from).ready_connection(world_.id(to));
}

void workload::open_stream(node_index node, connection_id conn) {
  if (alive_[node] && conn != connection_id::none) world_.open_stream(node, conn);
}

void workload::close_stream(node_index node, connection_id conn) {
  if (alive_[node] && conn != connection_id::none) world_.close_stream(node, conn);
}

void workload::operate(node_index node, const operation& what) {
  orders_[node].keep(what);
  tell(node, what);
}

void workload::tell(node_index node, const operation& what) {
  if (const auto* is = std::get_if<events::configured>(&what))
    tracker_.on_configured(node, now(), is->options);
  if (const auto* marked = std::get_if<events::peer_marked>(&what)) {
    const auto peer = static_cast<node_index>(tracker_.index_of(marked->peer));
    if (marked->what == mark::keep_alive) tracker_.on_kept_alive(node, peer);
    world_.introduce(node, peer);
  }
  world_.operate(node, what);
}

void workload::shutdown(node_index node) {
  leaving_[node] = true;
  tracker_.on_leaving(node, world_.now());
  if (alive_[node]) world_.shutdown(node);
}

void workload::kill(node_index node) {
  if (const auto it = down_.find(node); it != down_.end()) it->second.comes_back = false;
  if (!alive_[node]) return;
  alive_[node] = false;
  tracker_.on_killed(node, world_.now());
  world_.kill(node);
  ++lives_[node];
  for (const auto& each : doings_) each->on_killed(node);
}

void workload::restart(node_index node, const new_life& with) {
  if (const auto it = down_.find(node); it != down_.end()) {
    it->second.comes_back = true;
    it->second.with.identity |= with.identity;
    it->second.with.address |= with.address;
    return;
  }
  kill(node);
  world_.restart(node, with);
  tracker_.on_restarted(node, world_.now());
  alive_[node] = true;
  leaving_[node] = false;
  if (const auto it = orders_.find(node); it != orders_.end())
    for (const auto& what : it->second.at(now())) tell(node, what);
  for (const auto& each : doings_) each->on_restarted(node);
}

bool workload::power_off(node_index node) {
  if (const auto it = down_.find(node); it != down_.end()) {
    ++it->second.reasons;
    return false;
  }
  const bool lived = alive_[node];
  kill(node);
  down_[node] = {1, lived, {}};
  return lived;
}

void workload::power_on(node_index node) {
  const auto it = down_.find(node);
  if (--it->second.reasons != 0) return;
  const auto was = it->second;
  down_.erase(it);
  if (was.comes_back) restart(node, was.with);
}

void workload::turn(node_index node, task what) {
  if (const auto it = standing_.find(node); it != standing_.end())
    it->second.push_back(std::move(what));
  else
    what();
}

void workload::suffer(node_index node, const ailments& now) {
  tracker_.on_suffering(node, world_.now(), now);
  world_.suffer(node, now);
  const auto it = standing_.find(node);
  if (now.stands) {
    standing_.try_emplace(node);
  } else if (it != standing_.end()) {
    auto waited = std::move(it->second);
    standing_.erase(it);
    for (auto& each : waited) each();
  }
}

}  // namespace tandem::scenarios
