// SPDX-License-Identifier: MIT
#pragma once

#include "run/fault/fault.hpp"
#include "run/fault/reading.hpp"
#include "run/fault/weather.hpp"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace tandem::scenarios {

/// Which of all nodes some are.
class node_set {
 public:
  node_set(const fault_plan& in, const fault_nodes& which);
  bool has(node_index node) const { return members_[node]; }
  const std::vector<node_index>& nodes() const noexcept { return nodes_; }

 private:
  std::vector<bool> members_;
  std::vector<node_index> nodes_;  // ascending
};

/// Ordered pairs of nodes: from one set to another, and back unless it is one way.
class node_pairs {
 public:
  /// Who is meant when nobody is named.
  enum class others : std::uint8_t {
    outside,  ///< all that are not in the first set
    all,      ///< everybody
  };
  node_pairs(const fault_plan& in, const fault_nodes& from, others to, bool one_way)
      : from_(in, from), others_(to), one_way_(one_way) {}
  node_pairs(const fault_plan& in, const fault_nodes& from, const fault_nodes& to, bool one_way)
      : from_(in, from), to_(node_set(in, to)), one_way_(one_way) {}

  bool has(node_index from, node_index to) const {
    return turned_ ? goes(to, from) : goes(from, to) || (!one_way_ && goes(to, from));
  }
  /// The same pairs of one way in the other direction.
  node_pairs turned() && {
    turned_ = true;
    return std::move(*this);
  }

 private:
  bool goes(node_index from, node_index to) const {
    if (!from_.has(from)) return false;
    return to_ ? to_->has(to) : others_ == others::all || !from_.has(to);
  }
  node_set from_;
  std::optional<node_set> to_{};
  others others_ = others::outside;
  bool one_way_;
  bool turned_ = false;
};

/// While it lasts the links of some pairs are others. Counts the packets sent over them.
class changed_links final : public ongoing_fault {
 public:
  using change = weather::change;
  changed_links(fault_plan& in, std::size_t index, node_pairs where, change how,
                bool by_pair = false);

  void begin() override;
  void end() override;
  bool concerns(node_index one, node_index other) const override {
    return where_.has(one, other) || where_.has(other, one);
  }

 private:
  fault_plan& in_;
  node_pairs where_;
  std::size_t layer_ = 0;
};

}  // namespace tandem::scenarios
