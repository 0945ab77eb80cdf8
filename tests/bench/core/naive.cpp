// SPDX-License-Identifier: MIT
#include "naive.hpp"

#include <algorithm>

namespace tandem::bench {

using detail::first_bits;
using detail::prefix_of;

naive_manager::naive_manager(const manager_options& options, const peer_id&, std::uint64_t)
    : options_(options) {
  bucket_.tokens = static_cast<double>(options.accept_burst);
}

void naive_manager::handle(time_point now, const event& what) {
  now_ = std::max(now_, now);
  std::visit([this](const auto& e) { on(e); }, what);
}

std::optional<action> naive_manager::poll_action() {
  if (actions_.empty()) return std::nullopt;
  action a = std::move(actions_.front());
  actions_.pop_front();
  return a;
}

time_point naive_manager::next_deadline() const noexcept {
  return deadlines_.empty() ? never : deadlines_.begin()->first;
}

naive_manager::subnet naive_manager::subnet_of(const endpoint& where, unsigned length) {
  const detail::prefix net = first_bits(prefix_of(where), length);
  return {length, {net.high, net.low}};
}

bool naive_manager::has_token(bucket& b, double rate, std::uint64_t burst) const {
  const double more = std::chrono::duration<double>(now_ - b.at).count() * rate;
  b.tokens = std::min(static_cast<double>(burst), b.tokens + more);
  b.at = now_;
  if (b.tokens < 1) return false;
  --b.tokens;
  return true;
}

naive_manager::shortage naive_manager::arrival_shortage(const endpoint& remote) {
  for (const subnet& denied : denied_networks_)
    if (subnet_of(remote, denied.first) == denied) return {cause::denied};
  if (options_.accept_rate > 0 && !has_token(bucket_, options_.accept_rate, options_.accept_burst))
    return {cause::rate_limited};
  if (options_.subnet_accept_rate > 0) {
    const subnet net = subnet_of(remote, 128);
    const auto [found, fresh] = bucket_of_subnet_.try_emplace(net);
    if (fresh) found->second.tokens = static_cast<double>(options_.subnet_accept_burst);
    if (!has_token(found->second, options_.subnet_accept_rate, options_.subnet_accept_burst))
      return {cause::rate_limited};
    while (bucket_of_subnet_.size() > options_.max_remembered_subnets + permits_)
      bucket_of_subnet_.erase(bucket_of_subnet_.begin());
  }
  const std::uint64_t memory = connections_.size() * options_.connection_memory;
  if (options_.max_memory > 0 && memory > options_.max_memory)
    return {cause::memory_limit_reached, memory, options_.max_memory};
  if (pending_ >= options_.max_pending_inbound)
    return {cause::pending_limit_reached, pending_, options_.max_pending_inbound};
  return {};
}

void naive_manager::on(const events::arrived& e) {
  const shortage no = arrival_shortage(e.remote);
  connection& c = connections_[e.conn];
  c.remote = e.remote;
  c.deadline = deadlines_.end();
  ++pending_;
  if (no.why != cause::none) return refuse(e.conn, c, no, refuse_how::reset);
  set_deadline(e.conn, c, now_ + options_.handshake_timeout);
  actions_.push_back(actions::admit{e.conn, stage::handshake});
}

naive_manager::shortage naive_manager::permit_shortage(const connection& c) const {
  const std::uint64_t room = options_.max_connections - options_.reserved_connections;
  if (permits_ >= room) return {cause::limit_reached, permits_, room};
  const auto count_in = [](const auto& counts, const auto& key) {
    const auto found = counts.find(key);
    return found == counts.end() ? 0 : found->second;
  };
  const std::uint64_t of_peer = count_in(permits_of_peer_, c.peer);
  if (of_peer >= options_.max_connections_per_peer)
    return {cause::per_peer_limit_reached, of_peer, options_.max_connections_per_peer};
  for (const auto& [limit, length] : {std::pair(options_.max_connections_per_narrow_subnet, 128U),
                                      std::pair(options_.max_connections_per_wide_subnet, 120U)}) {
    if (limit == 0) continue;
    const std::uint64_t of_subnet = count_in(permits_of_subnet_, subnet_of(c.remote, length));
    if (of_subnet >= limit) return {cause::subnet_limit_reached, of_subnet, limit};
  }
  return {};
}

void naive_manager::count(const connection& c, bool more) {
  const auto change = [more](auto& counts, const auto& key) {
    if (more)
      ++counts[key];
    else if (const auto found = counts.find(key); --found->second == 0)
      counts.erase(found);
  };
  permits_ += more ? 1 : -1;
  change(permits_of_peer_, c.peer);
  if (options_.max_connections_per_narrow_subnet > 0)
    change(permits_of_subnet_, subnet_of(c.remote, 128));
  if (options_.max_connections_per_wide_subnet > 0)
    change(permits_of_subnet_, subnet_of(c.remote, 120));
}

void naive_manager::on(const events::authenticated& e) {
  connection& c = connections_.at(e.conn);
  c.peer = e.peer;
  if (denied_.contains(e.peer)) return refuse(e.conn, c, {cause::denied}, refuse_how::tell);
  if (const shortage no = permit_shortage(c); no.why != cause::none)
    return refuse(e.conn, c, no, refuse_how::tell);
  c.permit = true;
  count(c, true);
  c.at = life::authenticated;
  actions_.push_back(actions::admit{e.conn, stage::established});
}

void naive_manager::refuse(connection_id id, connection& c, const shortage& no, refuse_how how) {
  --pending_;
  c.at = life::ending;
  c.told = how == refuse_how::tell;
  if (c.told) {
    ++lingering_;
    set_deadline(id, c, now_ + options_.refusal_linger);
  }
  actions_.push_back(actions::refuse{id, no.why, how, {}});
  say(notice::inbound_refused, id, c, no);
}

void naive_manager::say(notice kind, connection_id id, const connection& c, const shortage& no) {
  notification n;
  n.kind = kind;
  n.why = no.why;
  n.current = no.current;
  n.limit = no.limit;
  n.way = direction::inbound;
  n.conn = id;
  n.peer = c.peer;
  n.where = c.remote;
  actions_.push_back(actions::notify{n});
}

void naive_manager::set_deadline(connection_id id, connection& c, time_point at) {
  if (c.deadline != deadlines_.end()) deadlines_.erase(c.deadline);
  c.deadline = at == never ? deadlines_.end() : deadlines_.emplace(at, id);
}

time_point naive_manager::wait_of(const connection& c) const {
  return c.probes == 0 ? c.last_received + options_.liveness_interval
                       : c.last_probe + options_.liveness_timeout;
}

void naive_manager::set_ready_deadline(connection_id id, connection& c) {
  set_deadline(id, c, std::min(c.last_app + options_.connection_timeout, wait_of(c)));
}

void naive_manager::on(const events::ready& e) {
  connection& c = connections_.at(e.conn);
  --pending_;
  c.at = life::ready;
  c.last_received = c.last_app = now_;
  set_ready_deadline(e.conn, c);
  say(notice::connection_established, e.conn, c, {});
}

void naive_manager::on(const events::traffic& e) {
  connection& c = connections_.at(e.conn);
  c.bytes += e.sent + e.received;
  if (e.received > 0) c.last_received = e.last_received_at, c.probes = 0;
  if (e.app_bytes > 0) c.last_app = e.last_app_at;
  set_ready_deadline(e.conn, c);
}

void naive_manager::on(const events::rtt_sampled& e) {
  connection& c = connections_.at(e.conn);
  const auto rtt = static_cast<double>(e.rtt.count());
  c.rttvar = c.srtt == 0 ? rtt / 2 : 0.75 * c.rttvar + 0.25 * std::abs(c.srtt - rtt);
  c.srtt = c.srtt == 0 ? rtt : 0.875 * c.srtt + 0.125 * rtt;
  set_ready_deadline(e.conn, c);
}

void naive_manager::on(const events::probe_answered& e) {
  connection& c = connections_.at(e.conn);
  c.last_received = now_;
  c.probes = 0;
  set_ready_deadline(e.conn, c);
}

void naive_manager::on(const events::closed& e) {
  const auto found = connections_.find(e.conn);
  connection& c = found->second;
  if (c.at != life::ready && c.at != life::ending) --pending_;
  if (c.told) --lingering_;
  if (c.permit) {
    count(c, false);
    say(notice::connection_closed, e.conn, c, {e.why});
  }
  set_deadline(e.conn, c, never);
  connections_.erase(found);
}

void naive_manager::on(const events::peer_marked& e) {
  if (e.what == mark::deny) denied_.insert(e.peer);
}

void naive_manager::on(const events::subnet_marked& e) {
  const unsigned length = e.prefix + (e.network.v6 ? 0U : detail::prefix::v4_from);
  if (e.what == mark::deny) denied_networks_.push_back(subnet_of(e.network, length));
}

void naive_manager::advance(time_point now) {
  now_ = std::max(now_, now);
  while (next_deadline() <= now_) {
    const connection_id id = deadlines_.begin()->second;
    connection& c = connections_.at(id);
    if (c.at != life::ready || now_ >= c.last_app + options_.connection_timeout) {
      set_deadline(id, c, never);
      const cause why = c.at == life::ready ? cause::idle_timeout : cause::handshake_timeout;
      actions_.push_back(actions::abort{id, why});
    } else {
      ++c.probes;
      c.last_probe = now_;
      actions_.push_back(actions::probe{id, ++c.nonce});
      set_ready_deadline(id, c);
    }
  }
}

}  // namespace tandem::bench
