// SPDX-License-Identifier: MIT
// Any bytes are a trace to replay(): it reads them or says where it cannot, and never crashes.
#include "tandem/core/trace.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const tandem::replay_result r = tandem::replay(std::as_bytes(std::span(data, size)));
  if (r.identical && !r.error.empty()) std::abort();
  if (!r.identical && r.mismatch_at > size) std::abort();
  return 0;
}
