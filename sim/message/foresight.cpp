// SPDX-License-Identifier: MIT
#include "tandem/core/foresight.hpp"

#include "message/shard.hpp"

namespace tandem::sim {

void message_network::shard::soon(std::uint64_t about, unsigned steps) noexcept {
  const host_index h = static_cast<host_index>(about) - 1U;
  const auto e = static_cast<end_index>((about >> 32) - 1U);
  if (h >= hosts.size() || e == unforeseen) return;
  const host& at = hosts[h];
  if (steps == 4) {
    detail::bring(&at, 64);
    detail::bring(&at.alive, 1);
    if (e != message::none) detail::bring(&connections.at(e / 2), sizeof(record));
    return;
  }
  if (steps == 3) return detail::foresight::state(at.manager);
  connection_id conn = connection_id::none;
  if (e != message::none) {
    const end_record& end = connections.end(e);
    if (end.host != h || !is_live(end.at)) return;
    conn = connection_id{end.id};
  }
  if (steps == 2)
    detail::foresight::tables(at.manager, conn);
  else
    detail::foresight::records(at.manager, conn);
}

}  // namespace tandem::sim
