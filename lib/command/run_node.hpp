// SPDX-License-Identifier: MIT
#pragma once

#include "config_file.hpp"
#include "log_level.hpp"
#include "operator_options.hpp"
#include "record_options.hpp"
#include "tandem/asio/dns.hpp"
#include "tandem/asio/metrics_exporter.hpp"
#include "tandem/net/identity.hpp"
#include "tandem/net/node.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tandem::cli {

/// What was asked of `tandem node`, checked.
struct node_settings {
  node_options options;
  std::string identity_file;  ///< empty: a new identity
  std::vector<dial_address> peers;
  dns_options dns;
  bool dial_once = false;  ///< else peers are kept connected
  operator_options marks;
  record_options recording;
  std::optional<metrics_options> metrics;
  bool json = false;  ///< each line that is printed is a JSON object
  log_level level = log_level::debug;
  std::string config;  ///< the file of options; empty: none
  std::optional<given_options> given;
  /// Reads the file again. Throws bad_input.
  std::function<node_settings()> read_again;
};

/// Whether a running node can have another value of the option `--max-connections`.
bool changes_while_running(const std::string& option);

/// Runs a node until a signal ends it; the exit code. SIGINT, SIGTERM, SIGHUP (unless it was
/// ignored, as under nohup) and SIGQUIT end it gracefully, within `shutdown_timeout` from the
/// signal to the return or exit; another SIGINT or SIGQUIT at once. With a file of options SIGHUP
/// has that read again instead. Throws bad_input when it cannot
/// start.
int run_node(const node_settings& with);

}  // namespace tandem::cli
