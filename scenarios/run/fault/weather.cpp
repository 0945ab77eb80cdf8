// SPDX-License-Identifier: MIT
#include "run/fault/weather.hpp"

#include <utility>

namespace tandem::scenarios {

std::size_t weather::add(pairs where, change how, bool by_pair) {
  layers_.push_back({std::move(where), std::move(how), by_pair});
  return layers_.size() - 1;
}

const sim::link& weather::between(sim::host_index from, sim::host_index to) {
  static const sim::link unspecified;
  const sim::link* link = below_ ? &below_(from, to) : &unspecified;
  for (layer& over : layers_) {
    if (!over.on || !over.where(from, to)) continue;
    const auto [it, fresh] =
        over.changed.try_emplace(over.by_pair ? place(link, from, to) : place(link, 0, 0), *link);
    if (fresh) over.how(it->second, from, to);
    link = &it->second;
  }
  return *link;
}

}  // namespace tandem::scenarios
