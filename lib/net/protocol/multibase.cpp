// SPDX-License-Identifier: MIT
#include "net/protocol/multibase.hpp"

#include <algorithm>

namespace tandem {
namespace {

constexpr std::string_view alphabet58 =
    "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::string_view alphabet32 = "abcdefghijklmnopqrstuvwxyz234567";

/// Multiplies the big-endian-reversed number by `factor` and adds `carry`, both in base `base`.
void multiply_add(std::vector<std::uint8_t>& digits, unsigned base, unsigned factor,
                  unsigned carry) {
  for (auto& digit : digits) {
    carry += digit * factor;
    digit = static_cast<std::uint8_t>(carry % base);
    carry /= base;
  }
  for (; carry != 0; carry /= base) digits.push_back(static_cast<std::uint8_t>(carry % base));
}

}  // namespace

std::string to_base58(std::span<const std::uint8_t> bytes) {
  std::vector<std::uint8_t> digits;
  for (const auto byte : bytes) multiply_add(digits, 58, 256, byte);
  const auto zeros = std::find_if(bytes.begin(), bytes.end(), [](auto b) { return b != 0; });
  std::string text(static_cast<std::size_t>(zeros - bytes.begin()), '1');
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) text += alphabet58[*digit];
  return text;
}

std::optional<std::vector<std::uint8_t>> from_base58(std::string_view text) {
  if (text.size() > multibase_size_max) return std::nullopt;
  std::vector<std::uint8_t> bytes;
  for (const char c : text) {
    const auto value = alphabet58.find(c);
    if (value == alphabet58.npos) return std::nullopt;
    multiply_add(bytes, 256, 58, static_cast<unsigned>(value));
  }
  bytes.insert(bytes.end(), std::min(text.find_first_not_of('1'), text.size()), 0);
  std::reverse(bytes.begin(), bytes.end());
  return bytes;
}

std::optional<std::vector<std::uint8_t>> from_base32(std::string_view text) {
  if (text.size() > multibase_size_max) return std::nullopt;
  std::vector<std::uint8_t> bytes;
  unsigned bits = 0, held = 0;
  for (const char c : text) {
    const auto value = alphabet32.find(c);
    if (value == alphabet32.npos) return std::nullopt;
    held = (held << 5 | static_cast<unsigned>(value)) & 0xfff;
    if ((bits += 5) >= 8) bytes.push_back(static_cast<std::uint8_t>(held >> (bits -= 8)));
  }
  if (bits >= 5 || (held & ((1u << bits) - 1)) != 0) return std::nullopt;
  return bytes;
}

}  // namespace tandem
