// SPDX-License-Identifier: MIT
#include "http_text.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace tandem {
namespace {

/// The part before `end`, which goes with it from `text`.
std::string_view take_until(std::string_view& text, char end) {
  const auto at = std::min(text.find(end), text.size());
  const auto part = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return part;
}

std::string_view trimmed(std::string_view text) {
  const auto begin = std::min(text.find_first_not_of(" \t"), text.size());
  return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned char byte = 0;
    const auto* digits = text.data() + i + 1;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

std::string_view path_of(std::string_view target) {
  if (const auto scheme = target.find("://"); !target.starts_with('/') && scheme != target.npos) {
    const auto path = target.find('/', scheme + 3);
    target = path == target.npos ? "/" : target.substr(path);
  }
  return target.substr(0, target.find('?'));
}

std::map<std::string, std::string> query_of(std::string_view target) {
  std::map<std::string, std::string> out;
  take_until(target, '?');
  while (!target.empty()) {
    auto value = take_until(target, '&');
    const auto name = take_until(value, '=');
    out.emplace(decoded(name), decoded(value));
  }
  return out;
}

bool prefers_openmetrics(std::string_view accept) {
  double openmetrics = 0, plain = 0;
  while (!accept.empty()) {
    auto range = take_until(accept, ',');
    const auto type = trimmed(take_until(range, ';'));
    double quality = 1;
    while (!range.empty())
      if (const auto parameter = trimmed(take_until(range, ';')); parameter.starts_with("q="))
        quality = std::strtod(std::string(parameter.substr(2)).c_str(), nullptr);
    if (type == "application/openmetrics-text") openmetrics = std::max(openmetrics, quality);
    if (type == "text/plain" || type == "text/*") plain = std::max(plain, quality);
  }
  return openmetrics > 0 && openmetrics >= plain;
}

}  // namespace tandem
