// SPDX-License-Identifier: MIT
#include "tandem/net/identity.hpp"

#include "net/protocol/multibase.hpp"
#include "net/security/algorithms.hpp"
#include "tandem/net/error.hpp"
#include "tandem/net/security.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

namespace tandem {
namespace {

// Multihash codes and PublicKey protobuf of libp2p's peer-ids.md.
constexpr std::uint8_t identity_code = 0x00;
constexpr std::uint8_t sha256_code = 0x12;
constexpr std::size_t inline_key_max = 42;
constexpr std::array<std::uint8_t, 4> ed25519_prefix{0x08, 0x01, 0x12, 0x20};
constexpr std::array<std::uint8_t, 2> cid_prefix{0x01, 0x72};

bool is_peer_multihash(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < 3 || bytes.size() > peer_id::size_max) return false;
  if (bytes[1] != bytes.size() - 2) return false;
  return bytes[0] == identity_code ? bytes[1] <= inline_key_max
                                   : bytes[0] == sha256_code && bytes[1] == SHA256_DIGEST_LENGTH;
}

}  // namespace

identity identity::from_seed(std::span<const std::uint8_t, seed_size> seed) {
  identity made;
  std::copy(seed.begin(), seed.end(), made.seed_.begin());
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      EVP_PKEY_new_raw_private_key_ex(own_algorithms().context, "ED25519", nullptr, seed.data(),
                                      seed.size()),
      &EVP_PKEY_free);
  std::copy(ed25519_prefix.begin(), ed25519_prefix.end(), made.message_.begin());
  std::size_t size = made.message_.size() - ed25519_prefix.size();
  if (!key || EVP_PKEY_get_raw_public_key(key.get(), made.message_.data() + ed25519_prefix.size(),
                                          &size) != 1)
    throw std::runtime_error("OpenSSL cannot make an Ed25519 key");
  made.id_ = peer_id_of_public_key(made.message_);
  return made;
}

identity identity::of_node(std::uint64_t seed, std::uint64_t node) {
  std::array<std::uint8_t, 16> input;
  for (std::size_t i = 0; i < 8; ++i) {
    input[i] = static_cast<std::uint8_t>(seed >> 8 * i);
    input[8 + i] = static_cast<std::uint8_t>(node >> 8 * i);
  }
  std::array<std::uint8_t, seed_size> secret;
  SHA256(input.data(), input.size(), secret.data());
  return from_seed(secret);
}

identity identity::generate() {
  std::array<std::uint8_t, seed_size> secret;
  system_entropy(secret);
  auto made = from_seed(secret);
  OPENSSL_cleanse(secret.data(), secret.size());
  return made;
}

identity::~identity() { OPENSSL_cleanse(seed_.data(), seed_.size()); }

peer_id peer_id_of_public_key(std::span<const std::uint8_t> message) {
  std::array<std::uint8_t, peer_id::size_max> hash;
  std::size_t size;
  if (message.size() <= inline_key_max) {
    hash[0] = identity_code;
    size = message.size();
    std::copy(message.begin(), message.end(), hash.begin() + 2);
  } else {
    hash[0] = sha256_code;
    size = SHA256_DIGEST_LENGTH;
    SHA256(message.data(), message.size(), hash.data() + 2);
  }
  hash[1] = static_cast<std::uint8_t>(size);
  return peer_id::from_bytes(std::span(hash).first(size + 2));
}

std::string to_string(const peer_id& id) { return to_base58(id.bytes()); }

boost::system::result<peer_id> parse_peer_id(std::string_view text) {
  std::optional<std::vector<std::uint8_t>> bytes;
  if (text.starts_with("1") || text.starts_with("Qm")) {
    bytes = from_base58(text);
  } else if (text.starts_with("b")) {
    bytes = from_base32(text.substr(1));
    if (bytes && bytes->size() > 2 &&
        std::equal(cid_prefix.begin(), cid_prefix.end(), bytes->begin()))
      bytes->erase(bytes->begin(), bytes->begin() + 2);
    else
      bytes.reset();
  }
  if (!bytes || !is_peer_multihash(*bytes)) return net_error::bad_peer_id;
  return peer_id::from_bytes(*bytes);
}

}  // namespace tandem
