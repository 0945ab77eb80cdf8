// SPDX-License-Identifier: MIT
#pragma once

#include "net/security/known_proofs.hpp"
#include "net/security/peer_key.hpp"

#include <openssl/x509.h>

namespace tandem {

struct free_x509 {
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
};
using certificate_ptr = std::unique_ptr<X509, free_x509>;

/// What kind of key a certificate has. All implementations of libp2p take P-256; the signatures of
/// Ed25519 have always the same length, so that a simulation repeats.
enum class certificate_key : std::uint8_t { p256, ed25519 };

/// A certificate as libp2p's tls/tls.md wants it, and its key: self-signed, with the one extension
/// that says who we are.
struct own_certificate {
  certificate_ptr certificate;
  openssl_ptr<EVP_PKEY> key;
};
own_certificate make_certificate(const identity& self, certificate_key kind);
/// With this key, of any kind that own_algorithms() has.
own_certificate make_certificate(const identity& self, openssl_ptr<EVP_PKEY> key);

/// Who shows this certificate. Fails with certificate_early, certificate_expired,
/// certificate_extension, certificate_repeats, certificate_critical, certificate_identity,
/// certificate_signature, bad_proof.
/// Valid from and to are compared with the wall clock. Signatures of a certificate that `known`
/// holds are not verified again; a good one is added to it.
boost::system::result<peer_id> peer_of_certificate(X509& certificate, known_proofs& known);

}  // namespace tandem
