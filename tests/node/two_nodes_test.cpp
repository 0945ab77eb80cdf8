// SPDX-License-Identifier: MIT
#include "node/two_nodes.hpp"
#include "node/village.hpp"

namespace tandem::test {
namespace {

/// Modelled byte streams, 20 ms of round trip apart and nothing else between them.
struct modelled {
  static constexpr duration round_trip = 20ms;
  static constexpr duration late = 100ms;
  static constexpr duration idle = 30s;

  modelled() {
    for (int i = 0; i < 2; ++i) town.net->add_host();
  }
  network& host(std::uint32_t index) { return town.net->host(sim::host_index{index}); }
  endpoint listen_address(std::uint32_t index) {
    return town.net->listen_address(sim::host_index{index});
  }
  bool run_until(const std::function<bool()>& done, duration patience) {
    town.net->run_until(town.now() + patience, done);
    return done();
  }
  village town;
};
INSTANTIATE_TYPED_TEST_SUITE_P(modelled, two_nodes, at_place_by_each<modelled>, name_of_kind);

}  // namespace
}  // namespace tandem::test
