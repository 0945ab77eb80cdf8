// SPDX-License-Identifier: MIT
#pragma once

#include "asio/loop.hpp"
#include "node/recorder.hpp"
#include "tandem/net/node.hpp"

namespace tandem::test {

inline node_options options_of(std::uint64_t index, bool listens = true) {
  node_options out;
  out.self = identity::of_node(7, index);
  out.security = {security::plaintext};
  if (listens) out.listen = {any_port};
  return out;
}

inline dial_options to(const node& other) {
  dial_options out;
  out.addresses = other.listening();
  return out;
}

}  // namespace tandem::test
