// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/net/identity.hpp"

#include <optional>
#include <string>

namespace tandem::cli {

/// The file of an identity's 32 secret bytes, which nobody but its owner may read.
class identity_file {
 public:
  /// Reads `path`; when nothing is there, prepares an identity beside it, and `path` is not made
  /// before take(). Throws bad_input.
  explicit identity_file(std::string path);
  /// Removes what was prepared.
  ~identity_file();
  identity_file(const identity_file&) = delete;
  identity_file& operator=(const identity_file&) = delete;

  /// The identity, whose file is there from now on. Of several that start for the first time at
  /// once one makes it, whole, and the others take it. Throws bad_input.
  identity take();

 private:
  std::optional<identity> read() const;
  void prepare();

  const std::string path_;
  std::string prepared_;  ///< the file that becomes `path`, if none is there
  std::optional<identity> identity_;
};

}  // namespace tandem::cli
