// SPDX-License-Identifier: MIT
#pragma once

#include "net/protocol/varint.hpp"
#include "tandem/net/identity.hpp"

#include <openssl/evp.h>

#include <memory>

namespace tandem {

struct free_openssl {
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const noexcept { EVP_PKEY_CTX_free(context); }
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
template <class T>
using openssl_ptr = std::unique_ptr<T, free_openssl>;

/// The PublicKey message of libp2p (peer-ids/peer-ids.md): `08 type 12 length data`, type RSA 0,
/// Ed25519 1, Secp256k1 2 or ECDSA 3; an Ed25519 key has 32 bytes (RFC 8032, 5.1.5).
bool is_public_key_message(byte_view in);

/// Whether the key of a PublicKey message signed `text`, as the specification says for its type:
/// Ed25519 as RFC 8032; RSA PKCS #1 v1.5, ECDSA and Secp256k1 (DER) over SHA-256.
bool is_signed_by(byte_view public_key_message, byte_view text, byte_view signature);

/// The Ed25519 signature of `self` over `text`: 64 bytes.
byte_buffer sign(const identity& self, byte_view text);

}  // namespace tandem
