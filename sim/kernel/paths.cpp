// SPDX-License-Identifier: MIT
#include "kernel/paths.hpp"

namespace tandem::sim {

namespace {

constexpr std::uint64_t nanoseconds_per_second = 1'000'000'000;

duration time_on_link(std::uint64_t bytes, std::uint64_t bits_per_second) {
  __extension__ using wide = unsigned __int128;
  const wide bits = wide{bytes} * 8 * nanoseconds_per_second;
  return duration(static_cast<duration::rep>((bits + bits_per_second - 1) / bits_per_second));
}

// How long a packet of `bytes` may wait: before it is what else the queue holds.
duration longest_wait(const link_queue& bound, std::uint64_t bits_per_second, std::uint64_t bytes) {
  if (bound.bytes == 0) return bound.time;
  return bound.bytes < bytes ? -duration{1} : time_on_link(bound.bytes - bytes, bits_per_second);
}

constexpr std::uint64_t first(unsigned packets) {
  return packets >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << packets) - 1;
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

paths::ride paths::queue(time_point now, time_point& free_at, std::uint64_t bits_per_second,
                         const std::optional<link_queue>& given, unsigned packets,
                         std::uint64_t bytes) {
  const link_queue bound = given.value_or(link_queue{});
  const duration all = time_on_link(bytes, bits_per_second);
  const duration waits = std::max(free_at - now, duration::zero());
  const duration longest = longest_wait(bound, bits_per_second, (bytes + packets - 1) / packets);
  if (waits > longest) return {now, 0, now};
  const duration each = all / packets;
  const duration room = longest - waits;
  if (packets == 1 || each * (packets - 1) <= room) {
    free_at = now + waits + all;
    return {free_at, first(packets), free_at};
  }
  const auto fit = static_cast<unsigned>(room / each) + 1;
  free_at = now + waits + each * fit;
  return {free_at, first(fit), free_at};
}

paths::ride paths::send(time_point now, host_index from, host_index to, unsigned packets,
                        std::uint64_t bytes, std::uint64_t known) {
  const link& path = between(from, to);
  host& sender = hosts_[from];
  for (unsigned i = 0; i < packets; ++i) path.count_packet();
  ride out{now, first(packets), now};
  if (path.bandwidth != 0)
    out = queue(now, sender.up_free_at, path.bandwidth, path.queue, packets, bytes);
  if (cut(from, to) || known != flows(from, to)) return {out.at, 0, out.left};
  if (path.loss > 0)
    for (unsigned i = 0; i < packets; ++i)
      if (sender.random.unit() < path.loss) out.through &= ~(std::uint64_t{1} << i);
  out.at += path.way == nullptr
                ? path.latency
                : std::max(path.latency - path.way->latency, duration{}) + path.way->before;
  if (path.jitter > duration::zero())
    out.at += duration(sender.random.up_to(static_cast<std::uint64_t>(path.jitter.count())));
  for (const distribution& more : path.delays) out.at += duration(more.draw(sender.random));
  return out;
}

paths::ride paths::stop(time_point now, host_index from, host_index to, unsigned packets,
                        std::uint64_t bytes, unsigned number) {
  const link& path = between(from, to);
  const route* way = path.way;
  // Where they wait: a line between routers, or the receiver's access link.
  std::uint64_t rate = path.down_rate();
  std::optional<link_queue> room = path.down_queue;
  time_point* free_at = &hosts_[to].down_free_at;
  duration then{};
  if (way != nullptr && number < way->stops.size()) {
    const route::stop& line = way->stops[number];
    if (line_free_at_.size() <= line.line) line_free_at_.resize(line.line + 1);
    rate = line.bandwidth, room = line.queue, free_at = &line_free_at_[line.line], then = line.then;
  }
  if (rate == 0) return {now, first(packets), now};
  // They come as they left, one after the other: `now` is the last of them.
  const std::uint64_t each = bytes / packets;
  const std::uint64_t before =
      way == nullptr || number == 0 ? path.bandwidth : way->stops[number - 1].bandwidth;
  time_point begin = now;
  if (before != 0) begin -= time_on_link(each, before) * (packets - 1);
  ride out = queue(begin, *free_at, rate, room, packets, bytes);
  if (out.through != 0) out.at = *free_at = std::max(out.at, now + time_on_link(each, rate));
  out.at += then;
  return out;
}

std::uint64_t paths::tightest(host_index from, host_index to) const {
  const link& path = between(from, to);
  std::uint64_t least = 0;
  for (const std::uint64_t rate :
       {path.bandwidth, path.down_rate(), path.way == nullptr ? 0 : path.way->tightest})
    if (rate != 0) least = least == 0 ? rate : std::min(least, rate);
  return least;
}

duration paths::acknowledgement_delay(host_index from, host_index to) {
  const link& path = between(from, to);
  duration delay = path.latency;
  for (const distribution& more : path.delays) delay += duration(more.draw(hosts_[from].random));
  return delay;
}

void paths::partition(std::function<int(host_index)> side) {
  side_ = std::move(side);
  for (host_index i = 0; i < hosts(); ++i) hosts_[i].side = side_ ? side_(i) : 0;
}

}  // namespace tandem::sim
