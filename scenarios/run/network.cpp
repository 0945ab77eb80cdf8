// SPDX-License-Identifier: MIT
#include "tandem/scenarios/network.hpp"

#include <algorithm>

namespace tandem::scenarios {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr std::uint64_t kilobit = 1000, megabit = 1000 * kilobit, gigabit = 1000 * megabit;

link_spec access(duration one_way, std::uint64_t up, std::uint64_t down) {
  link_spec out;
  out.latency = sim::distribution::constant(one_way.count());
  out.up = up;
  out.down = down;
  return out;
}

link_spec long_haul(duration one_way) {
  link_spec out;
  out.latency = sim::distribution::constant(one_way.count());
  return out;
}

// Half of a round trip over the hop: half of all above 20 ms, a tenth above 100 ms, up to 250 ms.
link_spec congested_wifi() {
  link_spec out = access({}, 15 * megabit, 30 * megabit);
  const auto ms = [](double n) { return static_cast<std::int64_t>(n * 1e6); };
  out.jitter = sim::distribution::quantiles({{0, 0}, {0.5, ms(10)}, {0.9, ms(50)}, {1, ms(125)}});
  return out;
}

}  // namespace

const std::vector<named_link>& named_links() {
  // One way: half of the round trips that the sources give.
  static const std::vector<named_link> known{
      {"datacentre", access(microseconds(65), 10 * gigabit, 10 * gigabit)},
      {"fibre", access(milliseconds(2), 5 * megabit, 20 * megabit)},
      {"cable", access(milliseconds(14), 1 * megabit, 5 * megabit)},
      {"dsl", access(milliseconds(25), 384 * kilobit, 1500 * kilobit)},
      {"lte", access(milliseconds(35), 12 * megabit, 12 * megabit)},
      {"3g", access(milliseconds(150), 768 * kilobit, 1600 * kilobit)},
      {"wifi_congested", congested_wifi()},
      {"starlink", access(milliseconds(25), 13'540 * kilobit, 87'250 * kilobit)},
      {"geo_satellite", access(milliseconds(325), 2960 * kilobit, 18'750 * kilobit)},
      {"transatlantic", long_haul(milliseconds(45))},
      {"intercontinental", long_haul(milliseconds(130))},
  };
  return known;
}

link_spec link_spec::with(const link_spec& over) const {
  link_spec out = *this;
  const auto take = [](auto& mine, const auto& other) {
    if (other) mine = other;
  };
  take(out.latency, over.latency);
  take(out.jitter, over.jitter);
  take(out.up, over.up);
  take(out.down, over.down);
  take(out.queue, over.queue);
  take(out.duplicate, over.duplicate);
  if (over.loss) {
    out.loss = over.loss;
    out.mean_burst = over.mean_burst;
  }
  if (over.reorder) {
    out.reorder = over.reorder;
    out.reorder_by = over.reorder_by;
  }
  return out;
}

const sim::distribution* region_map::between(std::size_t from, std::size_t to) const noexcept {
  const auto it = std::ranges::find_if(
      latencies, [&](const auto& each) { return each.from == from && each.to == to; });
  return it == latencies.end() ? nullptr : &it->one_way;
}

}  // namespace tandem::scenarios
