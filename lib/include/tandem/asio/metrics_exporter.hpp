// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/connection_manager.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace tandem {

class node;

/// Where scrapes are served.
struct metrics_options {
  /// Numeric address to bind. Default: this host only; `0.0.0.0` or `::` shows the metrics to
  /// everyone.
  std::string metrics_address = "127.0.0.1";
  /// TCP port; 9100 as the original node. 0 lets the system choose (see metrics_exporter::port).
  std::uint16_t metrics_port = 9100;
};

/// Gives the counters at the time of a scrape; nothing when they cannot be had. Called from the
/// exporter's threads, by several at a time.
using counters_source = std::function<std::optional<manager_counters>()>;

/// Asks `which` on its executor's thread and waits for the answer up to `patience` (a loop that is
/// stuck or stopped must not block scrapes for ever). `which` outlives the source.
counters_source counters_of(node& which,
                            std::chrono::milliseconds patience = std::chrono::milliseconds(500));

/// Serves `GET /metrics` in Prometheus' text format on threads of its own: every row of
/// metric_table(), the counter `icn_p2p_refusals_total{reason}` with one sample for each refusal,
/// and the gauge `icn_p2p_slot_drift` (permits issued - released - held; anything but 0 is a bug).
/// A scrape without counters serves none of them, so that a stuck node is seen as absent.
class metrics_exporter {
 public:
  /// Throws std::runtime_error naming address, port and reason when it cannot listen.
  metrics_exporter(const metrics_options& options, counters_source source);
  /// Stops serving; waits for scrapes in progress, so not longer than the source's patience, and for
  /// clients that connected and say nothing, so not longer than 1 s.
  ~metrics_exporter();
  metrics_exporter(const metrics_exporter&) = delete;
  metrics_exporter& operator=(const metrics_exporter&) = delete;

  /// The port in use.
  std::uint16_t port() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace tandem
