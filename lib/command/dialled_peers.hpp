// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/net/identity.hpp"

#include <functional>
#include <string>
#include <vector>

namespace tandem {
class node;
}

namespace tandem::cli {

/// The peers that a node was told to dial: kept connected (protected, never idle, dialled again for
/// ever), or each dialled once.
class dialled_peers {
 public:
  /// `own` hears of an address that is the node's own.
  dialled_peers(tandem::node& node, bool once, std::function<void(const std::string&)> own)
      : node_(node), once_(once), own_(std::move(own)) {}

  /// Those that are not among `peers` may go. What the operator thinks of them is to be said after.
  void let_go_of_others_than(const std::vector<dial_address>& peers);
  /// Those that are new are dialled.
  void become(const std::vector<dial_address>& peers);

 private:
  void dial(const dial_address& peer);
  void keep(const peer_id& peer, bool kept);

  tandem::node& node_;
  bool once_;
  std::function<void(const std::string&)> own_;
  std::vector<dial_address> peers_;
};

}  // namespace tandem::cli
