// SPDX-License-Identifier: MIT
// Swarm testing (Groce et al., ISSTA 2012): each seed leaves some features out, so that the others
// get further.
#include "player.hpp"

namespace tandem::reference {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class chooser {
 public:
  explicit chooser(std::uint64_t seed) : random_(random_stream::of(seed, "setting", 0)) {}
  bool coin() { return random_.up_to(1) == 0; }
  std::uint64_t between(std::uint64_t least, std::uint64_t most) {
    return least + random_.up_to(most - least);
  }
  duration ms(std::uint64_t least, std::uint64_t most) {
    return milliseconds(between(least, most));
  }

 private:
  random_stream random_;
};

void limits(chooser& c, manager_options& o) {
  o.max_connections = c.between(1, 8);
  o.max_connections_per_peer = c.between(1, std::min<std::uint64_t>(3, o.max_connections));
  o.max_pending_inbound = c.between(1, 8);
  o.max_pending_outbound = c.between(1, 5);
  o.max_lingering_refusals = c.between(0, 3);
  o.max_queued_requests = c.between(0, 6);
  const bool one_way = c.coin();
  o.max_inbound_connections = one_way && c.coin() ? c.between(1, o.max_connections) : 0;
  o.max_outbound_connections = one_way && c.coin() ? c.between(1, o.max_connections) : 0;
  o.reserved_connections = c.coin() ? 0 : c.between(0, o.max_connections - 1);
  o.max_memory = c.coin() ? 0 : o.connection_memory * c.between(2, 20);
}

void subnets(chooser& c, manager_options& o) {
  o.subnet_exempt = static_cast<subnet_exemption>(c.between(0, 2));
  o.max_connections_per_narrow_subnet = c.between(0, 3);
  o.max_connections_per_wide_subnet =
      c.coin() ? 0 : o.max_connections_per_narrow_subnet + c.between(0, 3);
  o.max_pending_per_wide_subnet = c.coin() ? 0 : c.between(1, 5);
  o.subnet_v4_wide = c.coin() ? 24 : 8;
  o.subnet_v6_narrow = c.coin() ? 64 : 128;
}

void rates(chooser& c, manager_options& o) {
  o.accept_rate = c.coin() ? 0 : 0.5 * static_cast<double>(c.between(1, 40));
  o.accept_burst = c.between(1, 6);
  o.subnet_accept_rate = c.coin() ? 0 : 0.25 * static_cast<double>(c.between(1, 40));
  o.subnet_accept_burst = c.between(1, 4);
}

void evictions(chooser& c, manager_options& o) {
  o.eviction = c.coin() ? eviction_mode::scored : eviction_mode::off;
  o.eviction_sample = c.between(1, 12);
  o.eviction_interval = c.ms(1, 2000);
  o.eviction_penalty = c.coin() ? duration{} : c.ms(1, 5000);
  o.churn_interval = c.coin() ? duration{} : c.ms(100, 5000);
}

void times(chooser& c, manager_options& o) {
  o.handshake_timeout = c.ms(200, 4000);
  o.refusal_linger = c.ms(50, 1000);
  o.close_linger = c.ms(50, 1000);
  o.connection_timeout = c.ms(300, 8000);
  o.idle_jitter = c.coin() ? 0 : 0.05 * static_cast<double>(c.between(1, 20));
  o.idle_floor_probes = c.between(0, 3);
  o.liveness_interval = c.ms(100, 5000);
  o.liveness_timeout = c.ms(50, 2000);
  o.liveness_misses = c.between(1, 3);
  o.attempt_timeout = c.ms(200, 3000);
  o.dial_timeout = c.ms(500, 9000);
  o.start_spread = c.coin() ? duration{} : c.ms(1, 3000);
}

void failures(chooser& c, manager_options& o) {
  o.backoff_base = c.ms(10, 1000);
  o.backoff_multiplier = c.coin() ? 2.0 : 1.5;
  o.backoff_cap = o.backoff_base * static_cast<std::int64_t>(c.between(1, 30));
  o.backoff_reset_after = c.ms(100, 8000);
  // Room for every peer: the reference does not yet know which record goes within an event (the
  // tests of peer_records do).
  o.max_remembered_peers = 64;
  o.breaker_failures = c.between(1, 6);
  o.breaker_open = c.ms(100, 3000);
  o.breaker_open_max = o.breaker_open * static_cast<std::int64_t>(c.between(1, 8));
  o.breaker_trials = c.between(1, 3);
  o.subnet_breaker_failures = c.coin() ? 0 : c.between(1, 6);
  o.uplink_failures = c.coin() ? 0 : c.between(1, 4);
  o.uplink_retry = c.ms(100, 20'000);
  o.backoff_strategy = static_cast<backoff_strategy>(c.between(0, 4));
  o.backoff_refund = c.coin() ? std::chrono::minutes(10) : c.ms(500, 20'000);
}

}  // namespace

setting setting_of(std::uint64_t seed) {
  chooser c(seed);
  setting s;
  limits(c, s.options);
  times(c, s.options);
  failures(c, s.options);
  s.options.attempt_delay = c.ms(10, 1000);
  s.options.max_attempts_per_peer = c.between(1, 4);
  if (c.coin()) subnets(c, s.options);
  if (c.coin()) rates(c, s.options);
  if (c.coin()) evictions(c, s.options);
  if (c.coin()) s.options.max_access_rules = c.between(0, 5);
  for (std::size_t k = 0; k < step_kinds; ++k)
    s.weights[k] = static_cast<std::uint32_t>(c.coin() ? 0 : c.between(1, 4));
  const auto at_least = [&s](step_kind k, std::uint32_t weight) {
    auto& w = s.weights[static_cast<std::size_t>(k)];
    w = std::max(w, weight);
  };
  if (c.coin()) at_least(step_kind::arrive, 6);
  if (c.coin()) at_least(step_kind::dial, 6);
  at_least(step_kind::authenticate, 6);
  at_least(step_kind::ready, 6);
  at_least(step_kind::connect, 4);
  at_least(step_kind::close, 3);
  at_least(step_kind::advance, 1);
  // Nothing much happens after the first, so few seeds have one before the end.
  s.weights[static_cast<std::size_t>(step_kind::shutdown)] = c.between(0, 7) == 0 ? 1 : 0;
  s.weights[static_cast<std::size_t>(step_kind::configure)] = c.coin() ? 1 : 0;
  s.time_chance = static_cast<std::uint32_t>(c.between(3, 40));
  s.options.max_marked_peers = c.coin() ? 1000 : c.between(0, 4);
  s.outages = c.coin();
  if (s.outages) s.options.uplink_failures = c.between(1, 4);
  return s;
}

manager_options changed(const manager_options& from, std::uint64_t seed) {
  chooser c(seed);
  manager_options o = from;
  limits(c, o);
  if (c.coin()) times(c, o);
  if (c.coin()) failures(c, o);
  if (c.coin()) subnets(c, o);
  if (c.coin()) rates(c, o);
  if (c.coin()) evictions(c, o);
  return o;
}

std::vector<step> script_of(std::uint64_t seed, const setting& of, std::size_t steps) {
  random_stream random = random_stream::of(seed, "script", 0);
  std::uint64_t total = 0;
  for (const std::uint32_t w : of.weights) total += w;
  std::vector<step> script(steps);
  std::uint64_t outage = 0;  // so many steps more
  for (step& s : script) {
    std::uint64_t n = random.up_to(total - 1);
    std::size_t k = 0;
    for (; n >= of.weights[k]; ++k) n -= of.weights[k];
    s.kind = static_cast<step_kind>(k);
    const std::uint64_t bits = random.next();
    s.a = static_cast<std::uint8_t>(bits);
    s.b = static_cast<std::uint8_t>(bits >> 8);
    s.c = static_cast<std::uint8_t>(bits >> 16);
    if (of.outages && outage == 0 && random.up_to(199) == 0) outage = 120;
    if (outage > 0) {
      --outage;
      s.kind = s.a < 120   ? step_kind::dial
               : s.a < 190 ? step_kind::fail_attempt
                           : step_kind::advance;
      s.a %= 10;  // few addresses, so that what was silent is tried again
      if (s.kind == step_kind::fail_attempt) s.b = 0;  // the last event of what was cancelled
    }
    if (random.up_to(99) >= (outage > 0 ? 60 : of.time_chance)) continue;
    const std::uint64_t how = random.up_to(5);
    s.time = how < 3 ? static_cast<std::uint32_t>(how + (how == 0))
                     : static_cast<std::uint32_t>(3 + random.up_to(how == 3 ? 50'000 : 2'000'000));
  }
  return script;
}

}  // namespace tandem::reference
