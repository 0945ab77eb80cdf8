// SPDX-License-Identifier: MIT
#include "tandem/net/error.hpp"

#include <string>

namespace tandem {
namespace {

class category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "tandem.net"; }

  std::string message(int value) const override {
    switch (static_cast<net_error>(value)) {
      case net_error::message_too_long:
        return "a length prefix is above its bound";
      case net_error::malformed:
        return "the bytes are not what the protocol allows here";
      case net_error::not_multistream:
        return "the peer does not speak multistream-select";
      case net_error::no_common_protocol:
        return "the peer accepts none of the protocols proposed";
      case net_error::wrong_peer:
        return "somebody else answered than was dialled";
      case net_error::key_mismatch:
        return "the peer id sent is not the one of the key sent";
      case net_error::security_not_allowed:
        return "this node allows no security";
      case net_error::window_exceeded:
        return "the peer sent beyond the yamux window";
      case net_error::unknown_frame:
        return "a yamux frame has an unknown version or type";
      case net_error::too_many_streams:
        return "the bound on streams of one connection is reached";
      case net_error::bad_address:
        return "the text is no address";
      case net_error::bad_peer_id:
        return "the text is no peer id";
      case net_error::out_of_memory:
        return "the buffers of this node's connections may take no more memory";
      case net_error::not_authentic:
        return "the bytes were not sealed with the key agreed on";
      case net_error::certificate_missing:
        return "the peer showed no certificate";
      case net_error::certificate_chain:
        return "the peer showed more than one certificate";
      case net_error::certificate_early:
        return "the peer's certificate is not valid yet";
      case net_error::certificate_expired:
        return "the peer's certificate is not valid any more";
      case net_error::certificate_extension:
        return "the peer's certificate does not say who it is, in libp2p's extension";
      case net_error::certificate_repeats:
        return "the peer's certificate says more than once who it is, in libp2p's extension";
      case net_error::certificate_identity:
        return "what the peer's certificate says of who it is, is no signed key";
      case net_error::certificate_critical:
        return "the peer's certificate has a critical extension that nobody knows";
      case net_error::certificate_signature:
        return "the peer's certificate is not signed with its own key";
      case net_error::alerted:
        return "the peer ended TLS with an alert";
      case net_error::bad_proof:
        return "the peer's signature is not the one of the identity it claims";
      case net_error::name_unknown:
        return "the name does not exist, or has nothing of the kind";
      case net_error::cut_off:
        return "the connection ended without a word of its peer";
    }
    return "unknown error " + std::to_string(value);
  }
};

}  // namespace

const boost::system::error_category& net_category() noexcept {
  static const category instance;
  return instance;
}

}  // namespace tandem
