// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/time.hpp"
#include "tandem/sim/distribution.hpp"
#include "tandem/sim/link.hpp"
#include "tandem/sim/topology.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tandem::scenarios {

/// A link as a file gives it: what is not given is for others to say.
struct link_spec {
  std::optional<sim::distribution> latency;  ///< one way, ns; drawn once for a pair, or for a node
  std::optional<sim::distribution> jitter;   ///< ns, drawn for each packet
  std::optional<std::uint64_t> up;           ///< bit/s out of a node; 0: unlimited
  std::optional<std::uint64_t> down;         ///< bit/s into a node; 0: unlimited
  std::optional<sim::link_queue> queue;      ///< of each direction
  std::optional<double> loss;
  double mean_burst = 0;
  std::optional<double> reorder;
  duration reorder_by{};
  std::optional<double> duplicate;

  /// What `over` gives, and of the rest what this gives.
  link_spec with(const link_spec& over) const;

  friend bool operator==(const link_spec&, const link_spec&) = default;
};

/// A link that has a name; scenarios/reference/network.md says where each figure is from.
struct named_link {
  std::string name;
  link_spec spec;
};
const std::vector<named_link>& named_links();

/// One-way latency between nodes of regions.
struct region_latency {
  std::size_t from = 0;
  std::size_t to = 0;
  sim::distribution one_way;  ///< ns, drawn once for each pair of nodes
};

/// Where groups are in the world.
struct region_map {
  std::vector<std::string> names;
  std::vector<region_latency> latencies;  ///< of each ordered pair at most one

  const sim::distribution* between(std::size_t from, std::size_t to) const noexcept;
};

/// The routers between the nodes.
struct router_network {
  /// What a file calls routers: each by its name, and some together ("leaf").
  struct name_of_some {
    std::string name;
    std::vector<sim::router_index> routers;
  };
  sim::topology made;
  std::vector<name_of_some> named;
  std::optional<std::string> usual;  ///< where a group is that does not say it
};

}  // namespace tandem::scenarios
