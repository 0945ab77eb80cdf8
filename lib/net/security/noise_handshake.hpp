// SPDX-License-Identifier: MIT
#pragma once

#include "net/security/known_proofs.hpp"
#include "net/security/noise_crypto.hpp"
#include "tandem/core/actions.hpp"
#include "tandem/net/byte_stream.hpp"

#include <memory>

namespace tandem {

/// The protocol name of the muxer that both ends of a Noise handshake or of TLS may agree on.
inline constexpr std::string_view noise_muxer = "/yamux/1.0.0";

/// What a node says of itself in every handshake: its static key, and the payload that binds it to
/// its identity (libp2p specification, noise/README.md). Signed once, not for every connection.
class noise_credentials {
 public:
  noise_credentials(const identity& self, const noise_key& static_secret);
  /// With a payload made elsewhere.
  noise_credentials(const noise_key& static_secret, byte_buffer payload)
      : static_key_(static_secret), payload_(std::move(payload)) {}
  const noise_key_pair& static_key() const noexcept { return static_key_; }
  byte_view payload() const noexcept { return payload_; }

 private:
  noise_key_pair static_key_;
  byte_buffer payload_;
};

/// What a handshake found out, and the keys it leaves.
struct noise_outcome {
  peer_id peer;
  bool muxer_agreed = false;  ///< both ends named noise_muxer
  noise_key sending, receiving;
};

/// One handshake of the pattern XX, as its messages come and go; nothing else happens in it.
/// Order for the dialer: write, read, write; for the listener: read, write, read. Then outcome().
class noise_handshake {
 public:
  /// `own` and `known` outlive it. `ephemeral_secret` is fresh for every handshake. The signature
  /// of a static key that `known` holds is not verified again; a good one is added to it.
  noise_handshake(direction way, const noise_credentials& own, const noise_key& ephemeral_secret,
                  known_proofs& known);

  void write(byte_buffer& out);
  /// Fails with malformed, not_authentic (wrong key or changed bytes), bad_proof (the identity did
  /// not sign the static key).
  error_code read(byte_view message);
  /// Who the other end is, once its payload was read.
  const peer_id& peer() const noexcept { return peer_; }
  noise_outcome outcome();

 private:
  void mix_hash(byte_view bytes);
  void mix_key(byte_view input);
  bool mix_shared(const noise_key_pair& ours, byte_view theirs);
  void encrypt_and_hash(byte_view plain, byte_buffer& out);
  std::optional<byte_buffer> decrypt_and_hash(byte_view sealed);
  error_code read_payload(byte_view sealed);

  const direction way_;
  const noise_credentials& own_;
  known_proofs& known_;
  noise_key_pair ephemeral_;
  noise_key chaining_, hash_;
  std::optional<noise_cipher> cipher_;  // none before the first key
  int step_ = 0;
  noise_key their_ephemeral_{}, their_static_{};
  peer_id peer_;
  bool muxer_agreed_ = false;
};

}  // namespace tandem
