// SPDX-License-Identifier: MIT
// Any bytes are a certificate, or the libp2p extension of one that is otherwise without fault.
#include "fuzz.hpp"
#include "net/security/certificate.hpp"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/objects.h>

namespace tandem {
namespace {

identity some_identity() {
  std::array<std::uint8_t, identity::seed_size> seed;
  seed.fill(1);
  return identity::from_seed(seed);
}

/// A key and its certificate, without our extension.
own_certificate without_extension() {
  auto made = make_certificate(some_identity(), certificate_key::ed25519);
  X509_EXTENSION_free(X509_delete_ext(made.certificate.get(), 0));
  return made;
}

void take_extension(byte_view in, bool critical) {
  static const own_certificate bare = without_extension();
  const certificate_ptr made(X509_dup(bare.certificate.get()));
  auto* const value = ASN1_OCTET_STRING_new();
  ASN1_OCTET_STRING_set(value, in.data(), static_cast<int>(in.size()));
  auto* const oid = OBJ_txt2obj("1.3.6.1.4.1.53594.1.1", 1);
  auto* const extension = X509_EXTENSION_create_by_OBJ(nullptr, oid, critical, value);
  must(X509_add_ext(made.get(), extension, -1) == 1);
  X509_EXTENSION_free(extension);
  ASN1_OBJECT_free(oid);
  ASN1_OCTET_STRING_free(value);
  must(X509_sign(made.get(), bare.key.get(), nullptr) > 0);
  known_proofs known;
  const auto found = peer_of_certificate(*made, known);
  must(!found);  // its key is a new one in every run, and nobody signed it
}

}  // namespace
}  // namespace tandem

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem;
  fuzz_input input(data, size);
  const auto kind = input.byte() % 3;
  const auto in = input.rest();
  if (kind != 0) {
    take_extension(in, kind == 1);
    return 0;
  }
  const auto* at = in.data();
  const certificate_ptr read(d2i_X509(nullptr, &at, static_cast<long>(in.size())));
  ERR_clear_error();
  if (!read) return 0;
  known_proofs known;
  const auto found = peer_of_certificate(*read, known);
  must(ERR_peek_error() == 0);  // nothing is left for another connection to find
  if (found) must(!found->empty());
  return 0;
}
