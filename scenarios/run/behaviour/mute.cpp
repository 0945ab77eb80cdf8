// SPDX-License-Identifier: MIT
#include "run/behaviour/filtered_stream.hpp"
#include "run/behaviour/staged.hpp"

namespace tandem::scenarios {

/// Says nothing any more from a stage on. It goes on reading.
std::unique_ptr<behaviour> read_mute(const yaml_value& value) {
  struct mute_stream final : staged_stream {
    using staged_stream::staged_stream;
    void shutdown_send() override {
      if (!reached()) staged_stream::shutdown_send();
    }
  };
  return from_stage<mute_stream>(value);
}

}  // namespace tandem::scenarios
