// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tandem {

/// The most characters or bytes these functions take: base58 is quadratic.
inline constexpr std::size_t multibase_size_max = 128;

/// base58btc (Bitcoin alphabet), without a multibase prefix.
std::string to_base58(std::span<const std::uint8_t> bytes);
/// Nothing for a character outside the alphabet, or more than multibase_size_max characters.
std::optional<std::vector<std::uint8_t>> from_base58(std::string_view text);
/// base32, RFC 4648 section 6, lower case without padding; non-zero left-over bits are refused.
std::optional<std::vector<std::uint8_t>> from_base32(std::string_view text);

}  // namespace tandem
