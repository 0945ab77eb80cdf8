// SPDX-License-Identifier: MIT
#pragma once

#include "config_file.hpp"
#include "run_node.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace tandem::cli {

/// Every option of `tandem node`, from the command line and from the file of --config.
class node_arguments {
 public:
  void add_to(CLI::App& app);
  /// What `app`, which add_to() was called with, was given. Throws bad_input or bad_inputs: every
  /// mistake, at its place in the file or with its option.
  node_settings read(CLI::App& app);

 private:
  using attempt = std::function<void(const std::function<void()>&)>;

  node_settings read_all(const attempt& each) const;
  void read_manager(const attempt& each, manager_options& into) const;
  void read_buffers(node_options& into) const;
  std::vector<security> read_securities() const;
  metrics_options read_metrics() const;
  log_level read_level() const;

  std::string config_;
  std::vector<std::string> listen_;
  std::vector<std::string> dial_;
  std::string dns_;
  std::string identity_file_;
  std::string connection_buffers_;
  std::string buffers_;
  operator_options operator_;
  record_options record_;
  metrics_options metrics_;
  std::string metrics_port_ = std::to_string(metrics_options().metrics_port);
  bool no_metrics_ = false;
  bool json_ = false;
  bool quiet_ = false;
  std::string log_level_ = "debug";
  std::string security_ = "tls,noise";
  bool allow_plaintext_ = false;
  bool once_ = false;
  bool no_identify_ = false;
  std::map<std::string, std::string> texts_;  ///< manager options as given
};

}  // namespace tandem::cli
