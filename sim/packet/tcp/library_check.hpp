// SPDX-License-Identifier: GPL-2.0-only
#pragma once

namespace ns3 {

/// Looks once whether ns-3's libraries are those whose headers this was compiled with: each class
/// that is derived from here has the size the libraries know. Throws std::runtime_error that names
/// the class otherwise, which would be memory errors later.
void CheckLibrary();

}  // namespace ns3
