// SPDX-License-Identifier: MIT
#pragma once

#include <prometheus/metric_family.h>

#include <string_view>
#include <utility>
#include <vector>

namespace tandem {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

inline MetricFamily family(std::string_view name, std::string_view help, MetricType type) {
  MetricFamily out;
  out.name = name;
  out.help = help;
  out.type = type;
  return out;
}

inline void add(MetricFamily& to, auto value, std::vector<ClientMetric::Label> labels = {}) {
  ClientMetric sample;
  sample.label = std::move(labels);
  (to.type == MetricType::Gauge ? sample.gauge.value : sample.counter.value) =
      static_cast<double>(value);
  to.metric.push_back(std::move(sample));
}

}  // namespace tandem
