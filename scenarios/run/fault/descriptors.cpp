// SPDX-License-Identifier: MIT
#include "run/fault/ailing.hpp"

namespace tandem::scenarios {

/// No file descriptor is left (EMFILE): dials fail as a local failure, what arrives waits in the
/// backlog, and the connections that are there go on.
std::unique_ptr<fault> read_descriptors(const yaml_value& value, const scenario& of) {
  auto out = read_ailing(value, of, "descriptors", "no descriptors left of ");
  out->what = ailment::no_descriptors;
  out->touches_connections = false;
  return out;
}

}  // namespace tandem::scenarios
