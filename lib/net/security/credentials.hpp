// SPDX-License-Identifier: MIT
#pragma once

#include "net/security/noise_handshake.hpp"
#include "tandem/net/security.hpp"

#include <optional>

namespace tandem {

/// What one node proves itself with, the same for all its connections; made when first needed.
class credentials {
 public:
  explicit credentials(const identity& self, entropy_source entropy = &system_entropy)
      : self_(self), entropy_(std::move(entropy)) {}

  const identity& self() const noexcept { return self_; }
  const noise_credentials& noise() {
    if (!noise_) noise_.emplace(self_, fresh_secret());
    return *noise_;
  }
  /// 32 bytes that nobody else has.
  noise_key fresh_secret() {
    noise_key secret;
    entropy_(secret);
    return secret;
  }

 private:
  const identity self_;
  const entropy_source entropy_;
  std::optional<noise_credentials> noise_;
};

}  // namespace tandem
