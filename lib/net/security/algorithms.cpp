// SPDX-License-Identifier: MIT
#include "net/security/algorithms.hpp"

#include <openssl/core_dispatch.h>
#include <openssl/provider.h>

#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tandem {
namespace {

void must(bool worked) {
  if (!worked) throw std::runtime_error("OpenSSL has no default provider");
}

using names = std::set<std::string_view>;

/// By operation of a provider, the first names of what TLS 1.3, Noise and certificates use: those
/// of libp2p have keys of P-256, others may come; tickets of TLS are encrypted with CBC.
std::map<int, names> used() {
  const names certificate_keys{"EC", "ED25519", "ED448", "RSA", "RSA-PSS"};
  auto keys = certificate_keys;
  keys.insert("X25519");
  return {
      {OSSL_OP_DIGEST, {"SHA1", "SHA2-224", "SHA2-256", "SHA2-384", "SHA2-512"}},
      {OSSL_OP_CIPHER, {"AES-128-GCM", "AES-256-CBC", "AES-256-GCM", "ChaCha20-Poly1305"}},
      {OSSL_OP_MAC, {"HMAC"}},
      {OSSL_OP_KDF, {"HKDF", "TLS13-KDF"}},
      {OSSL_OP_RAND, {"CTR-DRBG", "SEED-SRC"}},
      {OSSL_OP_KEYMGMT, keys},
      {OSSL_OP_KEYEXCH, {"ECDH", "X25519"}},
      {OSSL_OP_SIGNATURE, {"ECDSA", "ED25519", "ED448", "RSA"}},
      {OSSL_OP_ENCODER, certificate_keys},
      {OSSL_OP_DECODER, certificate_keys},
  };
}

bool is_used(int operation, const names& wanted, const OSSL_ALGORITHM& one) {
  const std::string_view all(one.algorithm_names), definition(one.property_definition);
  if (!wanted.contains(all.substr(0, all.find(':')))) return false;
  if (operation != OSSL_OP_ENCODER && operation != OSSL_OP_DECODER) return true;
  // Of keys, those of certificates alone.
  return definition.find("put=der") != std::string_view::npos &&
         definition.find("structure=SubjectPublicKeyInfo") != std::string_view::npos;
}

/// OpenSSL's default provider, in a context of its own, and what of it is used.
struct selection {
  selection() : provider(OSSL_PROVIDER_load(OSSL_LIB_CTX_new(), "default")) {
    must(provider);
    for (const auto& [operation, wanted] : used()) {
      auto& kept = by_operation[operation];
      int no_cache = 0;
      const auto* one = OSSL_PROVIDER_query_operation(provider, operation, &no_cache);
      for (; one && one->algorithm_names; ++one)
        if (is_used(operation, wanted, *one)) kept.push_back(*one);
      kept.push_back({});  // the end
    }
  }

  OSSL_PROVIDER* const provider;
  std::map<int, std::vector<OSSL_ALGORITHM>> by_operation;
};

/// Lives as long as the process: connections of static objects may end after any destructor.
const selection& selected() {
  static const auto* const made = new selection;
  return *made;
}

// The provider that offers the selection: its functions, and what they are called with, are those
// of the default provider.

const OSSL_ALGORITHM* query(void*, int operation, int* no_cache) {
  *no_cache = 0;
  const auto found = selected().by_operation.find(operation);
  return found == selected().by_operation.end() ? nullptr : found->second.data();
}

/// The groups of TLS, of which OpenSSL takes those whose keys there are.
int capabilities(void*, const char* which, OSSL_CALLBACK* tell, void* whom) {
  return OSSL_PROVIDER_get_capabilities(selected().provider, which, tell, whom);
}

void end(void*) {}

int begin(const OSSL_CORE_HANDLE*, const OSSL_DISPATCH*, const OSSL_DISPATCH** functions,
          void** context) {
  using function = void (*)();
  static const OSSL_DISPATCH table[] = {
      {OSSL_FUNC_PROVIDER_QUERY_OPERATION, reinterpret_cast<function>(&query)},
      {OSSL_FUNC_PROVIDER_GET_CAPABILITIES, reinterpret_cast<function>(&capabilities)},
      {OSSL_FUNC_PROVIDER_TEARDOWN, reinterpret_cast<function>(&end)},
      {}};
  *functions = table;
  *context = OSSL_PROVIDER_get0_provider_ctx(selected().provider);
  return 1;
}

algorithms load() {
  auto* const context = OSSL_LIB_CTX_new();
  must(context && OSSL_PROVIDER_add_builtin(context, "tandem", &begin) == 1 &&
       OSSL_PROVIDER_load(context, "tandem"));
  const algorithms made{context, EVP_MD_fetch(context, "SHA2-256", nullptr),
                        EVP_CIPHER_fetch(context, "ChaCha20-Poly1305", nullptr)};
  must(made.sha256 && made.chacha20_poly1305);
  return made;
}

}  // namespace

const algorithms& own_algorithms() {
  static const auto* const made = new algorithms(load());
  return *made;
}

}  // namespace tandem
