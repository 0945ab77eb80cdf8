// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::scenarios {

/// A piece of an expectation's text.
struct expectation_word {
  enum class kind : std::uint8_t {
    name,   ///< `server.active.max`, `from`
    value,  ///< begins with a digit: `30s`, `20/s`, `0..9`
    sign,   ///< an operator, a bracket, a comma
    end,
  };
  kind what = kind::end;
  std::string text{};
  std::size_t column = 0;  ///< where it begins

  bool is(std::string_view other) const noexcept { return what != kind::value && text == other; }
};

/// The words of a line; the last one is the end.
std::vector<expectation_word> words_of(std::string_view text);

}  // namespace tandem::scenarios
