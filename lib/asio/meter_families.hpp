// SPDX-License-Identifier: MIT
#pragma once

#include "metric_family.hpp"
#include "tandem/asio/node_meter.hpp"

namespace tandem {

/// What a meter has to show. Labels are causes, sides, directions, states and resources: no label
/// has a value that a stranger chooses, so there are as many series however many peers there are.
class meter_families {
 public:
  explicit meter_families(const node_meter& of) : of_(of) {}
  void add_to(std::vector<MetricFamily>& to) const;

 private:
  void add_causes(std::vector<MetricFamily>& to) const;
  void add_times(std::vector<MetricFamily>& to) const;
  void add_states(std::vector<MetricFamily>& to) const;
  void add_resources(std::vector<MetricFamily>& to) const;

  const node_meter& of_;
};

}  // namespace tandem
