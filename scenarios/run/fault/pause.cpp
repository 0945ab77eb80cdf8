// SPDX-License-Identifier: MIT
#include "run/fault/ailing.hpp"

namespace tandem::scenarios {

/// A process that is stopped (SIGSTOP), hangs, or waits for its garbage collector: its host goes on
/// and acknowledges what comes, and what happened meanwhile it finds all at once.
std::unique_ptr<fault> read_pause(const yaml_value& value, const scenario& of) {
  auto out = read_ailing(value, of, "pause", "pause of ");
  out->what = ailment::stands;
  out->touches_nodes = true;
  return out;
}

}  // namespace tandem::scenarios
