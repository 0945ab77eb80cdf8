// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/trace.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace tandem::scenarios {

/// Hashes the trace of one manager as it is recorded.
class hash_sink final : public trace_sink {
 public:
  void record(std::span<const std::byte> bytes) override { hash_.add(bytes); }
  std::uint64_t value() const noexcept { return hash_.value(); }

 private:
  trace_hash hash_;
};

/// The hash of a world: FNV-1a over (node index, hash of its trace), in the order of the nodes.
template <class Nodes, class HashOf>
std::string world_hash(const Nodes& nodes, HashOf hash_of) {
  trace_hash all;
  std::uint64_t index = 0;
  for (const auto& node : nodes) {
    all.add(index++);
    all.add(hash_of(node));
  }
  return all.text();
}

}  // namespace tandem::scenarios
