// SPDX-License-Identifier: MIT
#pragma once

#include "net/security/peer_key.hpp"

#include <array>
#include <cstdint>

namespace tandem {

// The functions that Noise_XX_25519_ChaChaPoly_SHA256 names (noiseprotocol.org, revision 34,
// sections 4, 5 and 12), from OpenSSL.

/// 32 bytes of a key or what keys are made of; wiped when they go.
struct noise_key : std::array<std::uint8_t, 32> {
  ~noise_key();
};
inline constexpr std::size_t noise_tag_size = 16;

/// An X25519 key pair (RFC 7748).
class noise_key_pair {
 public:
  explicit noise_key_pair(const noise_key& secret);
  const noise_key& public_key() const noexcept { return public_key_; }
  /// Nothing when the shared secret would be zero: the other key is of low order.
  std::optional<noise_key> shared_with(byte_view other) const;

 private:
  openssl_ptr<EVP_PKEY> key_;
  noise_key public_key_{};
};

/// One direction's key and counter. Move-only; forgets its key when it goes.
class noise_cipher {
 public:
  explicit noise_cipher(const noise_key& key);

  /// Appends `plain` encrypted, and its tag.
  void encrypt(byte_view associated, byte_view plain, byte_buffer& out);
  /// In place, tag at the end of `sealed`: what is left at its front, or nothing when it is not
  /// authentic.
  std::optional<std::span<std::uint8_t>> decrypt(byte_view associated,
                                                 std::span<std::uint8_t> sealed);

 private:
  std::array<std::uint8_t, 12> next_nonce();

  openssl_ptr<EVP_CIPHER_CTX> context_;
  std::uint64_t counter_ = 0;
};

/// HKDF with two outputs, as Noise defines it.
struct noise_two_keys {
  noise_key first, second;
};
noise_two_keys noise_hkdf(const noise_key& chaining, byte_view input);

/// SHA-256 of both, one after the other.
noise_key noise_hash(byte_view first, byte_view second);

}  // namespace tandem
