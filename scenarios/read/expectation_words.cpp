// SPDX-License-Identifier: MIT
#include "expectation_words.hpp"

#include <cctype>

namespace tandem::scenarios {
namespace {

using kind = expectation_word::kind;

constexpr std::string_view comparisons = "=<>!~";

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }
bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }
bool is_word(char c) { return is_digit(c) || is_letter(c) || c == '_' || c == '.' || c == '%'; }

// A `-` between letters belongs to a name; a `/` before one to a rate, as in `20/s`.
bool goes_on(std::string_view rest, std::size_t at, kind what) {
  if (at == rest.size()) return false;
  if (is_word(rest[at])) return true;
  if (at == 0 || at + 1 == rest.size()) return false;
  const char next = rest[at + 1];
  if (what == kind::name) return rest[at] == '-' && is_word(next);
  return rest[at] == '/' && is_letter(next) && is_letter(rest[at + 1]);
}

std::size_t size_of_sign(std::string_view rest) {
  if (rest.starts_with("+-")) return 2;
  std::size_t size = 0;
  while (size < rest.size() && comparisons.find(rest[size]) != std::string_view::npos) ++size;
  return size == 0 ? 1 : size;
}

}  // namespace

std::vector<expectation_word> words_of(std::string_view text) {
  std::vector<expectation_word> words;
  for (std::size_t at = 0; at < text.size();) {
    const auto rest = text.substr(at);
    if (rest.front() == ' ' || rest.front() == '\t') {
      ++at;
      continue;
    }
    const bool digit =
        is_digit(rest.front()) || (rest.size() > 1 && rest.front() == '.' && is_digit(rest[1]));
    const kind what = digit ? kind::value : is_word(rest.front()) ? kind::name : kind::sign;
    std::size_t size = 0;
    if (what == kind::sign)
      size = size_of_sign(rest);
    else
      while (goes_on(rest, size, what)) ++size;
    words.push_back({what, std::string(rest.substr(0, size)), at});
    at += size;
  }
  words.push_back({kind::end, "", text.size()});
  return words;
}

}  // namespace tandem::scenarios
