// SPDX-License-Identifier: MIT
#include "node/two_nodes.hpp"
#include "asio/loop.hpp"

namespace tandem::test {
namespace {

/// The system's sockets on loopback. Real time passes, so that no lower bound but nothing holds.
struct loopback {
  static constexpr duration round_trip{};
  static constexpr duration late = 2s;
  static constexpr duration idle = 100ms;

  network& host(std::uint32_t) { return *io.net; }
  endpoint listen_address(std::uint32_t) { return any_port; }
  bool run_until(const std::function<bool()>& done, duration patience) {
    return io.run_until(done, std::chrono::duration_cast<std::chrono::milliseconds>(patience));
  }
  loop io;
};
INSTANTIATE_TYPED_TEST_SUITE_P(loopback, two_nodes, at_place_by_each<loopback>, name_of_kind);

}  // namespace
}  // namespace tandem::test
