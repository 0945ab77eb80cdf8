// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <ns3/type-id.h>

#include <cstddef>

namespace ns3 {

/// Throws std::runtime_error that names the class unless it is as large there as in its header.
void CheckClass(TypeId id, std::size_t header);

/// Looks once whether ns-3's libraries are those whose headers this was compiled with: each class
/// that is derived from here has the size the libraries know. Throws std::runtime_error that names
/// the class otherwise, which would be memory errors later.
void CheckLibrary();

}  // namespace ns3
