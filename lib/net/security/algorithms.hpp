// SPDX-License-Identifier: MIT
#pragma once

#include <openssl/evp.h>

namespace tandem {

/// A context of OpenSSL's own implementations, of the few algorithms that secure connections, made
/// once for the process as OpenSSL's default context is, and from any thread. OpenSSL 3.0 looks
/// through all that a context has for every key that it reads or makes: with the default context
/// that is a third of a handshake of TLS. System-wide settings of providers do not reach it.
struct algorithms {
  OSSL_LIB_CTX* context;
  EVP_MD* sha256;
  EVP_CIPHER* chacha20_poly1305;
};
const algorithms& own_algorithms();

}  // namespace tandem
