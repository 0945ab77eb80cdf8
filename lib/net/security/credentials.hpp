// SPDX-License-Identifier: MIT
#pragma once

#include "net/security/noise_handshake.hpp"
#include "net/security/tls_context.hpp"
#include "tandem/net/security.hpp"

#include <optional>

namespace tandem {

/// What one node proves itself with, the same for all its connections, made when first needed; and
/// what others proved to it.
class credentials {
 public:
  /// Without `entropy` from the operating system; with it, what is said has the same length in
  /// every run, and its handshakes of Noise the same bytes.
  explicit credentials(const identity& self, entropy_source entropy = {})
      : self_(self),
        certificate_key_(entropy ? certificate_key::ed25519 : certificate_key::p256),
        entropy_(entropy ? std::move(entropy) : &system_entropy) {}

  const identity& self() const noexcept { return self_; }
  const noise_credentials& noise() {
    if (!noise_) noise_.emplace(self_, fresh_secret());
    return *noise_;
  }
  const tls_context& tls() {
    if (!tls_) tls_.emplace(self_, certificate_key_);
    return *tls_;
  }
  known_proofs& known() noexcept { return known_; }
  /// 32 bytes that nobody else has.
  noise_key fresh_secret() {
    noise_key secret;
    entropy_(secret);
    return secret;
  }

 private:
  const identity self_;
  const certificate_key certificate_key_;
  const entropy_source entropy_;
  std::optional<noise_credentials> noise_;
  std::optional<tls_context> tls_;
  known_proofs known_;
};

}  // namespace tandem
