// SPDX-License-Identifier: MIT
#include "kernel/paths.hpp"

#include <algorithm>
#include <utility>

namespace tandem::sim {

namespace {

constexpr std::uint64_t nanoseconds_per_second = 1'000'000'000;

duration time_on_link(std::uint64_t bytes, std::uint64_t bits_per_second) {
  __extension__ using wide = unsigned __int128;
  const wide bits = wide{bytes} * 8 * nanoseconds_per_second;
  return duration(static_cast<duration::rep>((bits + bits_per_second - 1) / bits_per_second));
}

}  // namespace

paths::paths(std::uint64_t seed, link_map links) : seed_(seed), links_(std::move(links)) {}

void paths::add_host() {
  const host_index index = hosts();
  hosts_.push_back({random_stream::of(seed_, "path", index), {}, {}, side_ ? side_(index) : 0});
}

const link& paths::between(host_index from, host_index to) const {
  static const link unspecified;
  return links_ ? links_(from, to) : unspecified;
}

std::optional<time_point> paths::send(time_point now, host_index from, host_index to,
                                      std::uint64_t bytes) {
  const link& path = between(from, to);
  host& sender = hosts_[from];
  if (path.bandwidth != 0) {
    now = std::max(now, sender.link_free_at) + time_on_link(bytes, path.bandwidth);
    sender.link_free_at = now;
  }
  path.count_packet();
  if (path.cut || cut(from, to)) return std::nullopt;
  if (path.loss > 0 && sender.random.unit() < path.loss) return std::nullopt;
  if (path.down.value_or(0) != 0) {
    // In the time of those who send, so that what is still far away holds up nobody who is near.
    host& receiver = hosts_[to];
    now = std::max(now, receiver.down_free_at) + time_on_link(bytes, *path.down);
    receiver.down_free_at = now;
  }
  duration delay = path.latency;
  if (path.jitter > duration::zero())
    delay += duration(sender.random.up_to(static_cast<std::uint64_t>(path.jitter.count())));
  for (const distribution& more : path.delays) delay += duration(more.draw(sender.random));
  return now + delay;
}

duration paths::retransmission_timeout(host_index from, host_index to, duration least) const {
  const link& path = between(from, to);
  return std::max(least, 4 * path.longest());
}

void paths::partition(std::function<int(host_index)> side) {
  side_ = std::move(side);
  for (host_index i = 0; i < hosts(); ++i) hosts_[i].side = side_ ? side_(i) : 0;
}

}  // namespace tandem::sim
