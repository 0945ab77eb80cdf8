// SPDX-License-Identifier: MIT
#include "permit.hpp"

#include "tandem/core/assert.hpp"

namespace tandem::detail {

permit::~permit() {
  if (ledger_ != nullptr) ledger_->release(peer_);
}

permit_ledger::shortage permit_ledger::shortage_for(slot_index peer,
                                                    const manager_options& options) const noexcept {
  if (counters_.permits_live >= options.max_connections)
    return {cause::limit_reached, counters_.permits_live, options.max_connections};
  if (peer != no_slot && peers_[peer].permits >= options.max_connections_per_peer)
    return {cause::per_peer_limit_reached, peers_[peer].permits, options.max_connections_per_peer};
  return {};
}

permit permit_ledger::issue(slot_index peer) noexcept {
  ++counters_.permits_issued;
  ++counters_.permits_live;
  ++peers_[peer].permits;
  return permit(this, peer);
}

void permit_ledger::release(slot_index peer) noexcept {
  TANDEM_ASSERT(counters_.permits_live > 0 && peers_[peer].permits > 0);
  ++counters_.permits_released;
  --counters_.permits_live;
  --peers_[peer].permits;
}

}  // namespace tandem::detail
