// SPDX-License-Identifier: MIT
#pragma once

#include "buffer_arguments.hpp"
#include "config_file.hpp"
#include "run_node.hpp"
#include "tandem/core/option_table.hpp"

#include <functional>
#include <string>
#include <vector>

namespace tandem::cli {

/// Every option of `tandem node`, from the command line and from the file of --config. One that
/// nothing was read with may be assigned to another, which then reads as if for the first time.
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
  std::vector<security> read_securities() const;
  metrics_options read_metrics() const;
  log_level read_level() const;
  /// A manager option as given.
  const std::string& text_of(const option_row& row) const {
    return texts_[static_cast<std::size_t>(&row - option_table().data())];
  }
  std::string& text_of(const option_row& row) {
    return texts_[static_cast<std::size_t>(&row - option_table().data())];
  }

  std::string config_;
  std::vector<std::string> listen_;
  std::vector<std::string> dial_;
  std::string dns_;
  std::string identity_file_;
  buffer_arguments buffers_;
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
  std::vector<std::string> texts_ = std::vector<std::string>(option_table().size());
};

}  // namespace tandem::cli
