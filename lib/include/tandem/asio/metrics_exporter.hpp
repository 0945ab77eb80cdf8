// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/net/node.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace tandem {

/// Where scrapes are served, and how long a client may take.
struct metrics_options {
  /// Numeric address to bind. Default: this host only; `0.0.0.0` shows the metrics to everyone over
  /// IPv4, `::` over both families.
  std::string metrics_address = "127.0.0.1";
  /// TCP port; 9100 as the original node. 0 lets the system choose (see metrics_exporter::port).
  std::uint16_t metrics_port = 9100;
  /// From the connection to the end of its first request. Default: a scraper asks at once.
  std::chrono::milliseconds request_timeout = std::chrono::seconds(10);
  /// For taking an answer. Default: the scrape_timeout of Prometheus.
  std::chrono::milliseconds answer_timeout = std::chrono::seconds(10);
  /// From an answer to the end of the next request. Default: twice the scrape_interval of
  /// Prometheus, so that a kept connection is used again.
  std::chrono::milliseconds idle_timeout = std::chrono::seconds(120);
};

/// Gives the counters at the time of a scrape, on the context's thread.
using counters_source = std::function<node_counters()>;

/// The counters of `which`, which outlives the source.
counters_source counters_of(node& which);

/// A counter of the program around the node, served beside the node's own.
struct program_counter {
  std::string name;
  std::string help;
  std::function<std::uint64_t()> value;  ///< asked at each scrape, on the context's thread
};

class node_meter;

/// A page that the program serves beside the metrics, at `path`: `/peers`.
struct exporter_page {
  struct answer {
    unsigned status = 200;
    std::string body;
    std::string content_type = "application/json";
  };
  using query = std::map<std::string, std::string>;  ///< `?name=value`, decoded

  std::string path;
  std::function<answer(const query& asked)> answer_to;  ///< on the context's thread
};

/// What is served beside the counters of a node.
struct exporter_extras {
  std::vector<program_counter> counters{};
  /// Also shows what that has followed, and figures of this process; outlives the exporter.
  const node_meter* meter = nullptr;
  std::vector<exporter_page> pages{};
};

/// Serves `GET /metrics` (and HEAD) over HTTP/1.1 and 1.0, in Prometheus' text format or, to those
/// who rather have that, as OpenMetrics 1.0: every row of
/// metric_table(), the counter `icn_p2p_refusals_total{reason}` with one sample for each refusal,
/// and the gauge `icn_p2p_slot_drift` (permits issued - released - held; anything but 0 is a bug).
///
/// Runs on `context`, with the node's loop: a stuck node is seen as one that does not answer. At
/// most 32 clients are served at a time; beyond that, and when descriptors are out, the one that
/// has been silent longest gives way to the newest, or, when all are being answered, the one that
/// has not taken its answer for longest. One descriptor is held back for scrapes. No client delays
/// another, and none stays beyond its timeout.
///
/// `context` outlives it and is run by one thread, which also destroys it.
class metrics_exporter {
 public:
  /// Throws std::runtime_error naming address, port and reason when it cannot listen.
  metrics_exporter(boost::asio::io_context& context, const metrics_options& options,
                   counters_source source, exporter_extras extras = {});
  /// Stops serving at once: open clients are closed, the sources are not asked again.
  ~metrics_exporter();
  metrics_exporter(const metrics_exporter&) = delete;
  metrics_exporter& operator=(const metrics_exporter&) = delete;

  /// The port in use.
  std::uint16_t port() const;

 private:
  class server;
  std::shared_ptr<server> server_;  // shared with operations in flight
};

}  // namespace tandem
