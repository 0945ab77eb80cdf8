// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/actions.hpp"
#include "tandem/core/time.hpp"
#include "tandem/scenarios/scenario.hpp"
#include "tandem/scenarios/world.hpp"

#include <cstdint>
#include <string>

namespace tandem::scenarios {

/// What made a number change: where, when, and what happened to that node.
struct happening {
  enum class source : std::uint8_t { nothing, event, notification, action, deadline, work };
  time_point at{};
  node_index node = 0;
  source from = source::nothing;
  std::uint8_t what = 0;  ///< index of the event or action, the notice
  cause why = cause::none;
  std::int32_t peer = -1;
  std::uint64_t conn = 0;
};

happening happening_of(node_index node, time_point now, const event& what);

/// `server[0]`.
std::string name_of_node(const scenario& of, node_index node);
/// `3.2s on server[0]: connection_closed (IdleTimeout) of connection 4 with peers[2]`; times count
/// from `start`.
std::string text_of(const happening& of, const scenario& in, time_point start);

/// Hears of every change of a number of a node, and of every value of a distribution.
class number_listener {
 public:
  virtual ~number_listener() = default;
  virtual void on_change(std::size_t measure, std::uint64_t up, std::uint64_t down,
                         const happening& why) = 0;
  virtual void on_value(std::size_t measure, double value, const happening& why) = 0;
};

}  // namespace tandem::scenarios
