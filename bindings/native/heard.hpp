// SPDX-License-Identifier: MIT
#pragma once

#include "native.hpp"
#include "tandem/core/actions.hpp"
#include "tandem/scenarios/world.hpp"

#include <cstdint>
#include <optional>

namespace tandem::bindings {

/// A notification, or a message that arrived, as a callback hears it.
struct heard {
  std::int64_t time_ns = 0;
  scenarios::node_index node = 0;
  std::int32_t peer = -1;
  notification what;
  std::optional<std::uint64_t> bytes{};  ///< of a message
};

void add_heard(pybind11::module_& m);

/// Seconds, or None for never; as a person writes it, or None where it is not known.
pybind11::object seconds_or_none(time_point at);
pybind11::object text_or_none(const endpoint& where);

}  // namespace tandem::bindings
