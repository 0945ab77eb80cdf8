// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}
namespace tandem {
class node;
class peer_id;
}  // namespace tandem

namespace tandem::cli {

inline constexpr const char* no_peer_id =
    "what follows /p2p/ is no peer id; write the one that `tandem id` says there: 12D3KooW...";

/// What the operator of `tandem node` thinks of peers and networks: --protect, --keep-alive,
/// --allow and --deny.
class operator_options {
 public:
  void add_to(CLI::App& app);
  /// Throws bad_input naming the option and its value; call before the node starts.
  void check() const;
  /// Call once check() has passed. `before` holds so far: what is no more is taken back.
  void apply(node& to, const operator_options& before = {}) const;
  bool protects(const peer_id& peer) const;

 private:
  std::vector<std::string> protected_;
  std::vector<std::string> kept_alive_;
  std::vector<std::string> allowed_;
  std::vector<std::string> denied_;
};

}  // namespace tandem::cli
