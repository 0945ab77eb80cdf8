// SPDX-License-Identifier: MIT
#include "standing_orders.hpp"

namespace tandem::scenarios {

void standing_orders::keep(const operation& told) {
  if (const auto* options = std::get_if<events::configured>(&told)) options_ = *options;
  if (const auto* lacks = std::get_if<events::pressure>(&told)) pressure_ = *lacks;
  if (const auto* network = std::get_if<events::subnet_marked>(&told))
    networks_.push_back(*network);
  if (const auto* peer = std::get_if<events::peer_marked>(&told)) peers_.push_back(*peer);
}

std::vector<operation> standing_orders::at(time_point now) const {
  std::vector<operation> out;
  if (options_) out.emplace_back(*options_);
  if (pressure_) out.emplace_back(*pressure_);
  for (const auto& mark : networks_)
    if (mark.until > now) out.emplace_back(mark);
  for (const auto& mark : peers_)
    if (mark.until > now) out.emplace_back(mark);
  return out;
}

}  // namespace tandem::scenarios
