// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

namespace tandem::packet {

/// What is said of a node's options, said of its attributes: `node_options.buffers.buffers_max` is
/// `BuffersMax`.
std::string in_attributes(const std::string& message);

}  // namespace tandem::packet
