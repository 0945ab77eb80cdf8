// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::scenarios {

/// The values that one place of a scenario may take, rising: each whole number of a range, or
/// values of any kind about a percent apart, or those that somebody lists.
class candidates {
 public:
  /// `1..1024`, `10ms..2s`, `0%..5%`, `10ms..2s/log/40`, `64,128,256`. Throws
  /// std::invalid_argument.
  static candidates between(std::string_view text);
  /// From a 64th of a value to 64 times it. Throws std::invalid_argument.
  static candidates around(std::string_view text);

  std::size_t size() const noexcept { return count_; }
  std::string text(std::size_t at) const;  ///< as `--set` takes it
  double value(std::size_t at) const;
  /// The first one that is at least that; size() when there is none.
  std::size_t at_least(double value) const;
  /// Drops what is not from `first` to `last`.
  void keep(std::size_t first, std::size_t last);

 private:
  std::size_t count_ = 0;
  std::uint64_t first_ = 0;         ///< of whole numbers
  std::vector<std::string> texts_;  ///< empty: whole numbers
};

}  // namespace tandem::scenarios
