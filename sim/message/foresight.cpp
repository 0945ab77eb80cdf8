// SPDX-License-Identifier: MIT
#include "tandem/core/foresight.hpp"

#include "message/state.hpp"

namespace tandem::sim {

void message_network::state::soon(std::uint64_t about, unsigned steps) noexcept {
  const host_index h = static_cast<host_index>(about) - 1U;
  const auto slot = static_cast<std::uint32_t>((about >> 32) - 1U);
  if (h >= hosts.size()) return;
  const host& at = hosts[h];
  if (steps == 4) {
    detail::bring(&at, 64);
    detail::bring(&at.alive, 1);
    if (slot != message::none) detail::bring(&connections.at(slot), sizeof(record));
    return;
  }
  if (steps == 3) return detail::foresight::state(at.manager);
  connection_id conn = connection_id::none;
  if (slot != message::none) {
    const record& c = connections.at(slot);
    for (const end_record& end : c.ends)
      if (end.host == h && is_live(end.at)) conn = connection_id{end.id};
    if (conn == connection_id::none) return;
  }
  if (steps == 2)
    detail::foresight::tables(at.manager, conn);
  else
    detail::foresight::records(at.manager, conn);
}

}  // namespace tandem::sim
