// SPDX-License-Identifier: GPL-2.0-only
#include "node/two_nodes.hpp"
#include "two_hosts.hpp"

namespace tandem::test {
namespace {

/// ns-3's TCP over a satellite: 600 ms of round trip, and 2 % of the packets lost.
struct satellite {
  static constexpr duration round_trip = 600ms;
  static constexpr duration late = 10s;
  static constexpr duration idle = 30s;

  network& host(std::uint32_t index) { return net.fabric->host(index); }
  endpoint listen_address(std::uint32_t index) { return net.fabric->listen_address(index); }
  bool run_until(const std::function<bool()>& done, duration patience) {
    net.fabric->run_until(net.now() + patience, done);
    return done();
  }
  packet::two_hosts net{{.latency = 300ms, .loss = 0.02}, 7};
};
INSTANTIATE_TYPED_TEST_SUITE_P(satellite, two_nodes, at_place_by_each<satellite>, name_of_kind);

}  // namespace
}  // namespace tandem::test
