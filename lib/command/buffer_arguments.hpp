// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/net/node.hpp"

#include <string>

namespace CLI {
class App;
}

namespace tandem::cli {

/// The options of `tandem node` about what its connections hold for their peers.
class buffer_arguments {
 public:
  void add_to(CLI::App& app);
  /// Throw bad_input.
  void read_buffers(node_options& into) const;
  void read_streams(node_options& into) const;  ///< after read_buffers()

 private:
  std::string connection_buffers_;
  std::string buffers_;
  std::string streams_;
  std::string receive_window_;
};

}  // namespace tandem::cli
