// SPDX-License-Identifier: MIT
// What goes from one host to another, which may be in another shard.
#include "message/shard.hpp"

#include <stdexcept>
#include <utility>

namespace tandem::sim {

namespace {

[[noreturn]] void throw_too_short() {
  throw std::logic_error("a message network with threads has a link below the least latency");
}

}  // namespace

void message_network::shard::at(host_index h, time_point when, task what, end_index e) {
  time.at(when, std::move(what), {about(h, e), h + 1U});
}

void message_network::shard::post(host_index from, host_index to, time_point when, task what,
                                  end_index e) {
  const kernel::label of{about(to, e), from + 1U};
  const std::uint32_t there = all.part_of(to);
  if (there == number) {
    time.at(when, std::move(what), of);
    return;
  }
  if (when < time.now() + all.least_latency) throw_too_short();
  posted[parity][there].push_back({when, time.now(), of, std::move(what)});
  first_posted = std::min(first_posted, when);
}

// Also of two hosts of one shard: what is refused does not depend on the number of shards.
void message_network::shard::check_side_by_side(host_index from, host_index to) const {
  const link& path = net.between(from, to);
  if (!net.quiet(from, to) || !path.counters.empty())
    throw std::logic_error(
        "a message network with threads has a link that loses, limits or counts packets");
  if (path.latency < all.least_latency) throw_too_short();
}

void message_network::shard::collect() {
  first_posted = never;
  for (auto& from : all.shards) {
    auto& letters = from->posted[parity ^ 1U][number];
    for (letter& each : letters) time.at(each.when, std::move(each.what), each.of, each.born);
    letters.clear();
  }
}

time_point message_network::shard::next() const { return std::min(time.next(), first_posted); }

}  // namespace tandem::sim
