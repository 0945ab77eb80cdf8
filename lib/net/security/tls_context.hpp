// SPDX-License-Identifier: MIT
#pragma once

#include "net/security/certificate.hpp"
#include "tandem/net/byte_stream.hpp"

#include <openssl/ssl.h>

namespace tandem {

struct free_ssl {
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
  void operator()(BIO_METHOD* method) const noexcept { BIO_meth_free(method); }
};
template <class T>
using ssl_ptr = std::unique_ptr<T, free_ssl>;

/// What one connection's verification needs and finds.
struct tls_peer {
  peer_id expected;  ///< empty: anybody
  peer_id found;
  error_code failure;
  known_proofs& known;
};

/// The settings of TLS of one node: its certificate, TLS 1.3 alone, our own verification.
class tls_context {
 public:
  tls_context(const identity& self, certificate_key kind);
  /// One connection; `peer` outlives it.
  ssl_ptr<SSL> make(tls_peer& peer) const;
  SSL_CTX& native() const noexcept { return *context_; }

 private:
  ssl_ptr<SSL_CTX> context_;
};

/// The bytes that an SSL reads next, and where those it writes go: instead of a BIO's own memory,
/// which would stay with every connection.
struct tls_bytes {
  byte_view in;
  byte_buffer* out = nullptr;
};
/// Makes `ssl` read from and write to `bytes`, which outlives it.
void attach(SSL& ssl, tls_bytes& bytes);

}  // namespace tandem
