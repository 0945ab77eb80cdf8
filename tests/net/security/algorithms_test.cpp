// SPDX-License-Identifier: MIT
#include "net/security/algorithms.hpp"

#include "net/session/session_fixture.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>

namespace tandem {
namespace {

bool connects(security kind) {
  session_pair pair({}, kind);
  pair.connect();
  return pair.dialer.heard("ready") && pair.listener.heard("ready");
}

TEST(own_algorithms, are_those_that_are_used_and_no_others) {
  auto* const ours = own_algorithms().context;
  const auto has = [&](const char* name) {
    auto* const found = EVP_MD_fetch(ours, name, nullptr);
    EVP_MD_free(found);
    return found != nullptr;
  };
  EXPECT_TRUE(has("SHA2-256") && has("SHA2-512"));
  EXPECT_FALSE(has("MD5") || has("SHAKE-256") || has("SM3"));
  const auto makes = [&](const char* kind) {
    auto* const made = EVP_PKEY_Q_keygen(ours, nullptr, kind);
    EVP_PKEY_free(made);
    return made != nullptr;
  };
  EXPECT_TRUE(makes("ED25519") && makes("X25519"));
  EXPECT_FALSE(makes("X448") || makes("SM2"));
  for (const char* cipher : {"AES-128-GCM", "AES-256-GCM", "ChaCha20-Poly1305"}) {
    auto* const found = EVP_CIPHER_fetch(ours, cipher, nullptr);
    EXPECT_NE(found, nullptr) << cipher;
    EVP_CIPHER_free(found);
  }
  EXPECT_EQ(EVP_CIPHER_fetch(ours, "CAMELLIA-256-CBC", nullptr), nullptr);
}

TEST(own_algorithms, are_one_context_for_the_process_beside_the_default_one) {
  EXPECT_EQ(&own_algorithms(), &own_algorithms());
  EXPECT_NE(own_algorithms().context, OSSL_LIB_CTX_get0_global_default());
}

// An operator who needs only validated algorithms cannot have them by OpenSSL's configuration:
// scenarios/reference/commands/node.md says so.
TEST(own_algorithms, do_not_follow_what_the_system_says_of_fips) {
  const struct setting {
    setting() { EVP_default_properties_enable_fips(nullptr, 1); }
    ~setting() { EVP_default_properties_enable_fips(nullptr, 0); }
  } of_fips;
  auto* const of_the_system = EVP_CIPHER_fetch(nullptr, "ChaCha20-Poly1305", nullptr);
  EXPECT_EQ(of_the_system, nullptr) << "or the setting does nothing here";
  EVP_CIPHER_free(of_the_system);
  EXPECT_TRUE(connects(security::tls));
  EXPECT_TRUE(connects(security::noise));
}

}  // namespace
}  // namespace tandem
