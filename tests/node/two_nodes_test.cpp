// SPDX-License-Identifier: MIT
#include "node/two_nodes.hpp"
#include "node/byte_by_byte.hpp"
#include "node/village.hpp"

#include <memory>

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

/// The same, and a read is given one byte at most.
struct modelled_byte_by_byte : modelled {
  modelled_byte_by_byte() {
    for (std::uint32_t i = 0; i < 2; ++i)
      hosts[i] = std::make_unique<byte_by_byte>(modelled::host(i));
  }
  network& host(std::uint32_t index) { return *hosts[index]; }
  std::unique_ptr<byte_by_byte> hosts[2];
};
INSTANTIATE_TYPED_TEST_SUITE_P(byte_by_byte, two_nodes, at_place_by_each<modelled_byte_by_byte>,
                               name_of_kind);

}  // namespace
}  // namespace tandem::test
