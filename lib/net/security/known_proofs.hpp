// SPDX-License-Identifier: MIT
#pragma once

#include "net/protocol/varint.hpp"

#include <array>
#include <cstdint>
#include <initializer_list>
#include <set>

namespace tandem {

/// What a node found rightly signed, so that a peer that comes back costs no public-key operation
/// for what it showed before. It says that the very same bytes were verified, and nothing more:
/// that the peer has the keys of a handshake is proved in each handshake.
class known_proofs {
 public:
  using digest = std::array<std::uint8_t, 32>;
  /// Of how many it knows at most, in about 80 KiB; one more, and it begins anew.
  static constexpr std::size_t proofs_max = 1024;

  /// SHA-256 of the parts, each behind its length: of the key, of what it signed, of the signature.
  static digest digest_of(std::initializer_list<byte_view> parts);

  bool holds(const digest& proof) const { return good_.contains(proof); }
  void add(const digest& proof) {
    if (good_.size() == proofs_max) good_.clear();
    good_.insert(proof);
  }

 private:
  std::set<digest> good_;
};

}  // namespace tandem
