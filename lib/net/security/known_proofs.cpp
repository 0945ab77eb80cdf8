// SPDX-License-Identifier: MIT
#include "net/security/known_proofs.hpp"

#include "net/security/algorithms.hpp"
#include "net/security/peer_key.hpp"

#include <stdexcept>

namespace tandem {

known_proofs::digest known_proofs::digest_of(std::initializer_list<byte_view> parts) {
  const openssl_ptr<EVP_MD_CTX> context(EVP_MD_CTX_new());
  digest out;
  bool worked = context && EVP_DigestInit_ex(context.get(), own_algorithms().sha256, nullptr) == 1;
  for (const auto part : parts) {
    const std::uint64_t size = part.size();
    worked = worked && EVP_DigestUpdate(context.get(), &size, sizeof size) == 1 &&
             EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
  }
  if (!worked || EVP_DigestFinal_ex(context.get(), out.data(), nullptr) != 1)
    throw std::runtime_error("OpenSSL cannot compute SHA-256");
  return out;
}

}  // namespace tandem
