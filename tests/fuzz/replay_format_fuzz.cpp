// SPDX-License-Identifier: MIT
// Any bytes are a trace to replay() and to replay_open(): they read it or say where they cannot, and
// never crash.
#include "tandem/core/replay.hpp"

#include <cstdlib>
#include <stdexcept>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const tandem::replay_result r = tandem::replay(bytes);
  if (r.identical && !r.error.empty()) std::abort();
  if (!r.identical && r.mismatch_at > size) std::abort();

  try {
    tandem::memory_source source(bytes);
    tandem::replay_options quick;
    quick.own_deadlines_max = 1000;
    tandem::replay_open(
        source,
        [](tandem::manager_options& options) {
          options.max_connections_per_peer = options.max_inbound_connections = 1;
        },
        quick);
  } catch (const std::invalid_argument&) {  // the recorded options contradict that
  }
  return 0;
}
