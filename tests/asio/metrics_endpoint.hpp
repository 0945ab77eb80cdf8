// SPDX-License-Identifier: MIT
#pragma once

#include "asio/http_client.hpp"
#include "asio/loop.hpp"
#include "tandem/asio/metrics_exporter.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace tandem::test {

inline constexpr const char* get_metrics = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
// The last sample of a page.
inline constexpr const char* end_of_page = "icn_p2p_buffers_reset_total 0\n";

/// An exporter on a loop of its own; counts how often it was asked.
struct endpoint_under_test {
  loop io;
  int asked = 0;
  std::unique_ptr<metrics_exporter> exporter;

  explicit endpoint_under_test(const metrics_options& options = {"127.0.0.1", 0}) {
    exporter = std::make_unique<metrics_exporter>(io.context, options, [this] {
      ++asked;
      return manager_counters();
    });
  }

  http_client connect() { return {io, exporter->port()}; }
  /// What comes back until the other side ends.
  std::string answer_to(std::string_view request) {
    auto client = connect();
    client.send(request);
    EXPECT_TRUE(io.run_until([&] { return client.ended(); })) << client.heard();
    return client.heard();
  }
  bool serves() {
    auto client = connect();
    client.send(get_metrics);
    return io.run_until([&] { return client.heard().ends_with(end_of_page); });
  }
};

}  // namespace tandem::test
