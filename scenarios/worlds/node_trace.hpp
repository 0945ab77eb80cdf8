// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/trace.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace tandem::scenarios {

/// Hears the trace of one manager: hashes it, and hands it to whoever else hears it. What only that
/// one asked for, a header and a checkpoint where a segment begins, is not in the hash.
class node_trace final : public trace_sink {
 public:
  /// `also` may be null, and outlives this.
  void begin(trace_sink* also) noexcept { also_ = also; }

  void record(std::span<const std::byte> bytes) override {
    const auto kind = static_cast<trace_record>(bytes.front());
    if (kind != trace_record::header && kind != trace_record::checkpoint) asked_ = false;
    if (!asked_) hash_.add(bytes);
    if (also_ != nullptr) also_->record(bytes);
  }
  bool checkpoint_due() const noexcept override {
    return asked_ = also_ != nullptr && also_->checkpoint_due();
  }
  bool is_heard() const noexcept { return also_ != nullptr; }
  std::uint64_t hash() const noexcept { return hash_.value(); }

 private:
  trace_hash hash_;
  trace_sink* also_ = nullptr;
  mutable bool asked_ = false;  ///< since the last step
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
