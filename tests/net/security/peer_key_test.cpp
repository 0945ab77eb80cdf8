// SPDX-License-Identifier: MIT
#include "net/security/peer_key.hpp"
#include "net/vectors.hpp"

#include <string_view>

namespace tandem {
namespace {

constexpr std::string_view said = "said";
byte_view said_bytes() { return {reinterpret_cast<const std::uint8_t*>(said.data()), said.size()}; }

TEST(peer_key, of_rsa_is_taken_from_2048_to_8192_bits) {
  for (const auto& row : rows_of("rsa_keys.txt")) {
    const bool allowed = row[0] == "2048" || row[0] == "8192";
    EXPECT_EQ(is_signed_by(from_hex(row[1]), said_bytes(), from_hex(row[2])), allowed) << row[0];
  }
}

TEST(peer_key, of_another_signature_is_no_signature) {
  for (const auto& row : rows_of("rsa_keys.txt")) {
    auto changed = from_hex(row[2]);
    changed.back() ^= 1;
    EXPECT_FALSE(is_signed_by(from_hex(row[1]), said_bytes(), changed)) << row[0];
  }
}

}  // namespace
}  // namespace tandem
