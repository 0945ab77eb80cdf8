// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>
#include <string>

namespace tandem {

/// Something a person gave cannot be used. what() is one line that says where (`file:line:column`
/// or `--set path=value`), what is wrong and the remedy.
class bad_input : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  bad_input(const std::string& where, const std::string& message)
      : std::runtime_error(where + ": " + message) {}
};

}  // namespace tandem
