// SPDX-License-Identifier: MIT
#include "tandem/net/security.hpp"

#include <openssl/rand.h>
#include <boost/algorithm/string/classification.hpp>
#include <boost/algorithm/string/split.hpp>
#include <boost/algorithm/string/trim.hpp>

#include <algorithm>
#include <stdexcept>

namespace tandem {

std::string_view name_of(security kind) noexcept {
  switch (kind) {
    case security::tls:
      return "tls";
    case security::noise:
      return "noise";
    case security::plaintext:
      return "plaintext";
  }
  return "unknown";
}

std::vector<security> parse_securities(std::string_view text) {
  std::vector<std::string> names;
  const std::string all(text);
  boost::split(names, all, boost::is_any_of(","));
  std::vector<security> chosen;
  for (auto& name : names) {
    boost::trim(name);
    const auto found = std::ranges::find(every_security, name, &name_of);
    if (found == every_security.end())
      throw std::invalid_argument("'" + name +
                                  "' is no security; there are tls, noise and plaintext");
    if (std::ranges::find(chosen, *found) != chosen.end())
      throw std::invalid_argument("'" + name + "' is named twice");
    chosen.push_back(*found);
  }
  return chosen;
}

void system_entropy(std::span<std::uint8_t> into) {
  if (RAND_priv_bytes(into.data(), static_cast<int>(into.size())) != 1)
    throw std::runtime_error("the operating system gave no random bytes");
}

}  // namespace tandem
