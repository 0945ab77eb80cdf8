// SPDX-License-Identifier: MIT
#include "tandem/core/ids.hpp"

#include "core/table/hash.hpp"

std::size_t std::hash<tandem::peer_id>::operator()(const tandem::peer_id& id) const noexcept {
  return tandem::detail::hash_of(id);
}
