// SPDX-License-Identifier: MIT
// Limits, access and times of the reference, each counted anew by looking at everything.
#include "reference.hpp"

namespace tandem::reference {

address_bytes bytes_of(const endpoint& e) {
  if (e.v6) return e.address;
  address_bytes a{};
  a[10] = a[11] = 0xff;
  std::copy_n(e.address.begin(), 4, a.begin() + 12);
  return a;
}

bool share(const address_bytes& a, const address_bytes& b, unsigned bits) {
  for (unsigned i = 0; i < bits; ++i)
    if ((a[i / 8] ^ b[i / 8]) >> (7 - i % 8) & 1) return false;
  return true;
}

bool is_mapped(const address_bytes& a) {
  return share(a, bytes_of(endpoint::v4(0, 0, 0, 0, 0)), 96);
}

bool manager::is_protected(const peer_id& peer) const {
  const auto m = marks_.find(peer);
  return m != marks_.end() && now_ < m->second.protect;
}

int manager::access(const peer_id& peer) const {
  for (const rule& r : rules_)
    if (!peer.empty() && r.peer == peer && now_ < r.until) return r.denies ? 1 : -1;
  return 0;
}

int manager::access(const endpoint& where) const {
  const address_bytes a = bytes_of(where);
  const rule* best = nullptr;
  for (const rule& r : rules_) {
    if (!r.peer.empty() || now_ >= r.until || !share(a, r.network, r.bits)) continue;
    if (is_mapped(a) && r.bits < 96) continue;  // a prefix of IPv6 does not mean IPv4
    if (best == nullptr || r.bits > best->bits) best = &r;
  }
  return best == nullptr ? 0 : best->denies ? 1 : -1;
}

bool manager::denies(const peer_id& peer, const endpoint& where) const {
  return access(peer) == 1 || (access(where) == 1 && access(peer) != -1);
}

bool manager::avoids(const endpoint& where, const peer_id& peer) const {
  return denies(peer, where) || subnet_shortage(where).why != cause::none;
}

void manager::set_rule(const rule& r, bool on) {
  const auto same = std::find_if(rules_.begin(), rules_.end(), [&](const rule& x) {
    return x.peer == r.peer && x.bits == r.bits && x.network == r.network;
  });
  if (!on) {
    if (same != rules_.end() && same->denies == r.denies) rules_.erase(same);
    return;
  }
  if (same != rules_.end()) rules_.erase(same);
  rules_.push_back(r);
  std::erase_if(rules_, [&](const rule& x) { return x.until <= now_; });
  if (r.until <= now_ || rules_.size() <= options_.max_access_rules) return;
  // The one that ends soonest makes room; one that never ends makes none.
  auto victim = std::min_element(rules_.begin(), rules_.end(),
                                 [](const rule& a, const rule& b) { return a.until < b.until; });
  if (victim->until == never) victim = rules_.end() - 1;
  if (victim == rules_.end() - 1) ++counted_.ignored_events;
  rules_.erase(victim);
}

bool manager::exempt(const endpoint& where) const {
  if (options_.subnet_exempt == subnet_exemption::none) return false;
  const address_bytes a = bytes_of(where);
  const auto in4 = [&](std::uint8_t x, std::uint8_t y, unsigned bits) {
    return share(a, bytes_of(endpoint::v4(x, y, 0, 0, 0)), 96 + bits);
  };
  address_bytes loopback{};
  loopback[15] = 1;
  if (in4(127, 0, 8) || a == loopback) return true;
  if (options_.subnet_exempt == subnet_exemption::loopback) return false;
  return in4(10, 0, 8) || in4(172, 16, 12) || in4(192, 168, 16) || in4(169, 254, 16) ||
         share(a, {0xfc}, 7) || share(a, {0xfe, 0x80}, 10);
}

unsigned manager::subnet_bits(const address_bytes& a, bool narrow) const {
  if (is_mapped(a))
    return static_cast<unsigned>(96 +
                                 (narrow ? options_.subnet_v4_narrow : options_.subnet_v4_wide));
  return static_cast<unsigned>(narrow ? options_.subnet_v6_narrow : options_.subnet_v6_wide);
}

verdict manager::shortage(const peer_id& peer, bool inbound, const endpoint* where) const {
  const std::uint64_t limit =
      options_.max_connections - (is_protected(peer) ? 0 : options_.reserved_connections);
  if (permits() >= limit) return {cause::limit_reached, permits(), limit};
  const std::uint64_t way_limit =
      inbound ? options_.max_inbound_connections : options_.max_outbound_connections;
  if (way_limit > 0 && permits(inbound) >= way_limit)
    return {inbound ? cause::inbound_limit_reached : cause::outbound_limit_reached,
            permits(inbound), way_limit};
  if (!peer.empty() && permits_of(peer) >= options_.max_connections_per_peer)
    return {cause::per_peer_limit_reached, permits_of(peer), options_.max_connections_per_peer};
  return where == nullptr ? verdict{} : subnet_shortage(*where);
}

verdict manager::subnet_shortage(const endpoint& where) const {
  if (exempt(where)) return {};
  const address_bytes a = bytes_of(where);
  for (const bool narrow : {true, false}) {
    const std::uint64_t most = narrow ? options_.max_connections_per_narrow_subnet
                                      : options_.max_connections_per_wide_subnet;
    std::uint64_t count = 0;
    for (const auto& [id, c] : connections_)
      if (c.permit && share(a, bytes_of(c.remote), subnet_bits(a, narrow)) && !exempt(c.remote))
        ++count;
    if (most > 0 && count >= most) return {cause::subnet_limit_reached, count, most};
  }
  return {};
}

/// Inbound, not ready, and from the same wide subnet.
std::uint64_t manager::pending_near(const endpoint& where) const {
  const address_bytes a = bytes_of(where);
  return static_cast<std::uint64_t>(std::ranges::count_if(connections_, [&](const auto& known) {
    const connection& c = known.second;
    return c.pending && c.inbound && !exempt(c.remote) &&
           share(a, bytes_of(c.remote), subnet_bits(a, false));
  }));
}

verdict manager::memory_shortage(std::uint64_t others) const {
  const std::uint64_t used = others * options_.connection_memory;
  if (options_.max_memory == 0 || used + options_.connection_memory <= options_.max_memory)
    return {};
  return {cause::memory_limit_reached, used, options_.max_memory};
}

/// For one more attempt nobody makes room: when it is too many by one, an arrival may.
verdict manager::memory_crowd(bool had_turn) {
  const verdict v = memory_shortage(reckoned());
  if (v.why == cause::none || memory_shortage(reckoned() - 1).why != cause::none) return v;
  return makes_room_for(false, had_turn) == nullptr ? v : verdict{};
}

/// A dial waits as long as attempts are under way that may give some back.
verdict manager::memory_shortage_of_own() {
  return pending(false) > 0 ? verdict{} : memory_crowd(false);
}

bool manager::places_taken(bool had_turn) {
  const bool ours = pending(false) > 0;
  return pending(false) >= options_.max_pending_outbound || (descriptors_out_ && ours) ||
         ((ours || silent(true) > 0) && memory_crowd(had_turn).why != cause::none);
}

/// For a place, or behind a dial of higher priority that does.
bool manager::must_wait(const dial& d) {
  const auto comes_first = [&](const auto& known) {
    const dial& other = known.second;
    return other.priority > d.priority && other.turns > 0 && waits_in_line(other, false, true);
  };
  return places_taken(d.turns > 0) ||
         (places_taken(true) && std::ranges::any_of(dials_, comes_first));
}

/// Those that memory is reckoned for: not those whose last event alone is missing.
std::uint64_t manager::reckoned() const {
  return static_cast<std::uint64_t>(std::ranges::count_if(
      connections_, [](const auto& known) { return known.second.at != life::ending; }));
}

/// It arrived, or was dialled, and did not say who it is, nor why not.
bool manager::is_silent(const connection& c, bool inbound) const {
  return c.inbound == inbound && c.pending && (inbound || !c.told) &&
         (c.at == life::handshaking || c.at == life::attempting);
}

std::uint64_t manager::silent(bool inbound) const {
  return static_cast<std::uint64_t>(std::ranges::count_if(
      connections_, [&](const auto& known) { return is_silent(known.second, inbound); }));
}

/// Ids of attempts grow; those of arrivals are the driver's.
connection* manager::silent_longest(bool inbound) {
  connection* oldest = nullptr;
  for (auto& [id, c] : connections_)
    if (is_silent(c, inbound) && (oldest == nullptr || (inbound && c.arrival < oldest->arrival)))
      oldest = &c;
  return oldest;
}

/// Of arrivals and attempts, those of whom more are silent; the newcomer's own when it hesitates,
/// until it is two more. Among attempts the line decides.
connection* manager::makes_room_for(bool inbound, bool hesitates) {
  if (silent(!inbound) > silent(inbound) + hesitates) return silent_longest(!inbound);
  return inbound ? silent_longest(true) : nullptr;
}

/// Token buckets as what has flowed into them since: each holds `burst` tokens, one comes back
/// every `period`. `full` is when it would be full again; under other rates an empty one is owed no
/// more than its tokens.
verdict manager::rate(const endpoint& remote) {
  const auto period_of = [](double per_second) {
    return duration(static_cast<duration::rep>(1e9 / per_second + 0.5));
  };
  const auto empty_until = [&](time_point& full, duration period, std::uint64_t burst) {
    full = std::min(full, now_ + period * static_cast<std::int64_t>(burst));
    return full - period * static_cast<std::int64_t>(burst - 1);
  };
  const auto take = [&](time_point& full, duration period) {
    full = std::max(full, now_) + period;
  };
  const duration period = options_.accept_rate > 0 ? period_of(options_.accept_rate) : duration{};
  if (options_.accept_rate > 0 && empty_until(bucket_, period, options_.accept_burst) > now_)
    return {cause::rate_limited, options_.accept_burst, options_.accept_burst,
            empty_until(bucket_, period, options_.accept_burst)};
  if (options_.subnet_accept_rate > 0 && !exempt(remote)) {
    const duration one = period_of(options_.subnet_accept_rate);
    address_bytes key = bytes_of(remote);
    for (unsigned i = subnet_bits(key, true); i < 128; ++i)
      key[i / 8] &= static_cast<std::uint8_t>(~(0x80 >> i % 8));
    auto [bucket, made] = buckets_.try_emplace(key, time_point::min() + std::chrono::hours(1000));
    const time_point wait = empty_until(bucket->second, one, options_.subnet_accept_burst);
    if (wait > now_)
      return {cause::rate_limited, options_.subnet_accept_burst, options_.subnet_accept_burst,
              wait};
    take(bucket->second, one);
  }
  if (options_.accept_rate > 0) take(bucket_, period);
  return {};
}

verdict manager::arrival(const endpoint& remote, std::uint64_t others) {
  if (stopping_) return {cause::shutting_down};
  if (access(remote) == 1) return {cause::denied};
  if (const verdict v = rate(remote); v.why != cause::none) return v;
  if (short_of_memory_)
    return {cause::memory_limit_reached, others * options_.connection_memory, options_.max_memory};
  return {};
}

/// Why one more from `remote` may not be pending, and who has been so longest of those that it is
/// too many beside, without having said who it is: of its own subnet when that has its share.
std::pair<verdict, connection*> manager::crowd(const endpoint& remote) {
  const std::uint64_t share_of_subnet = options_.max_pending_per_wide_subnet;
  const std::uint64_t nearby = exempt(remote) ? 0 : pending_near(remote);
  const bool of_subnet = share_of_subnet > 0 && nearby >= share_of_subnet;
  const std::uint64_t count = of_subnet ? nearby : pending(true);
  const std::uint64_t limit = of_subnet ? share_of_subnet : options_.max_pending_inbound;
  if (count < limit) {
    const verdict v = memory_shortage(reckoned());
    if (v.why == cause::none || memory_shortage(reckoned() - 1).why != cause::none)
      return {v, nullptr};
    const connection* attempt = silent_longest(false);
    const bool hesitates =
        attempt == nullptr || now_ < later(attempt->last_received, attempt->patience);
    return {v, makes_room_for(true, hesitates)};
  }
  const address_bytes a = bytes_of(remote);
  connection* oldest = nullptr;
  for (auto& [id, c] : connections_) {
    if (!c.inbound || !c.pending || c.at != life::handshaking) continue;
    if (of_subnet && (exempt(c.remote) || !share(a, bytes_of(c.remote), subnet_bits(a, false))))
      continue;
    if (oldest == nullptr || c.arrival < oldest->arrival) oldest = &c;
  }
  return {{cause::pending_limit_reached, count, limit}, oldest};
}

verdict manager::dialling(const peer_id& peer) {
  verdict v = shortage(peer, false, nullptr);
  if (v.why == cause::none) v = memory_shortage_of_own();
  return v.why != cause::none ? v : backing_off(peer);
}

/// The same of a dial that waits: its own trial lets it pass.
verdict manager::dialling(const dial& d, bool refuses) {
  verdict v = shortage(d.peer, false, nullptr);
  if (v.why == cause::none) v = memory_shortage_of_own();
  return v.why != cause::none || d.trial || brings_news(d, refuses) ? v : backing_off(d.peer);
}

duration manager::probe_timeout(const connection& c) const {
  using namespace std::chrono_literals;
  if (!c.has_rtt) return 1s;
  return std::min<duration>(60s, c.srtt + std::max<duration>(4 * c.rttvar, 1ms));
}

/// When a connection that is closed now is aborted. Who makes room for another has no longer.
time_point manager::drained_at(const connection& c) const {
  if (stopping_) return drain_until_;
  duration timeout = probe_timeout(c);
  if (!c.has_rtt) timeout = std::max<duration>(timeout, 3 * (c.ready_at - c.connected_at));
  const duration patience = std::min<duration>(3 * timeout, std::chrono::seconds(60));
  return later(now_, c.victim ? options_.close_linger : std::max(options_.close_linger, patience));
}

time_point manager::idle_at(const connection& c) const {
  if (c.streams > 0) return never;
  const duration floor = probe_timeout(c) * static_cast<std::int64_t>(options_.idle_floor_probes);
  const time_point by_use = later(c.last_app, std::max(c.idle_timeout, floor));
  const time_point by_streams = later(c.last_stream_end, floor);
  const auto m = marks_.find(c.peer);
  const time_point kept = m == marks_.end() ? time_point::min() : m->second.keep_alive;
  return std::max({by_use, by_streams, kept});
}

time_point manager::probe_at(const connection& c) const {
  const time_point at = silent_until(c);
  return c.asked_for == at ? later(c.asked_at, duration(1)) : at;  // the answer takes no time
}

bool manager::to_be_asked(const connection& c) const {
  return c.unacknowledged && c.asked_for != silent_until(c);
}

time_point manager::silent_until(const connection& c) const {
  if (c.probes == 0) return later(c.last_received, options_.liveness_interval);
  // As long as the transport takes to send a lost packet three times again: 1 + 2 + 4 timeouts.
  const duration patience = std::min<duration>(7 * probe_timeout(c), std::chrono::seconds(60));
  return later(c.last_probe, std::max(options_.liveness_timeout, patience));
}

}  // namespace tandem::reference
