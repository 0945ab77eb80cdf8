// SPDX-License-Identifier: MIT
#pragma once

#include "core/table/slot.hpp"

namespace tandem::detail {

// What the tables of a manager hold, and how each names its slots.
struct connection;
struct dial;
struct peer_entry;
struct request;
struct subnet_entry;

using connection_slot = slot<connection>;
using dial_slot = slot<dial>;
using peer_slot = slot<peer_entry>;
using request_slot = slot<request>;
using subnet_slot = slot<subnet_entry>;

}  // namespace tandem::detail
