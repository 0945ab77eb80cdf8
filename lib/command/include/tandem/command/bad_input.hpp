// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace tandem {

/// Something a person gave cannot be used. what() is one line that says where (`file:line:column`
/// or `--set path=value`), what is wrong and the remedy.
class bad_input : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  bad_input(const std::string& where, const std::string& message)
      : std::runtime_error(where + ": " + message) {}
};

/// All that is wrong with one file, at least one line of bad_input each; what() has them all.
class bad_inputs : public bad_input {
 public:
  explicit bad_inputs(std::vector<std::string> lines)
      : bad_input(joined(lines)), lines_(std::move(lines)) {}
  const std::vector<std::string>& lines() const noexcept { return lines_; }

 private:
  static std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const auto& line : lines) text += (text.empty() ? "" : "\n") + line;
    return text;
  }

  std::vector<std::string> lines_;
};

}  // namespace tandem
