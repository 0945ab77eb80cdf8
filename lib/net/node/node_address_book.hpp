// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/ids.hpp"
#include "tandem/net/host_name.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace tandem {

/// The addresses a node remembers, and the names that stand for some: at most addresses_max and
/// names_max for each of at most `peers_max` peers. The
/// peer least recently added to goes first; of one peer the oldest addresses go first.
class address_book {
 public:
  static constexpr std::size_t names_max = 8;

  explicit address_book(std::size_t peers_max) : peers_max_(peers_max) {}

  void add(const peer_id& peer, std::span<const endpoint> addresses);
  void add(const peer_id& peer, std::span<const host_name> names);
  /// Nothing when the peer is not known.
  std::vector<endpoint> find(const peer_id& peer) const;
  std::vector<host_name> names_of(const peer_id& peer) const;
  std::size_t size() const noexcept { return entries_.size(); }

 private:
  struct entry {
    std::uint64_t added = 0;  ///< key in order_
    std::vector<endpoint> addresses;
    std::vector<host_name> names;
  };

  template <class Value>
  void add_to(std::vector<Value> entry::*list, const peer_id& peer, std::span<const Value> more,
              std::size_t most);

  std::size_t peers_max_;
  std::uint64_t last_ = 0;
  std::map<peer_id, entry> entries_;
  std::map<std::uint64_t, peer_id> order_;
};

}  // namespace tandem
