// SPDX-License-Identifier: MIT
#pragma once

#include <boost/system/error_code.hpp>

#include <type_traits>

namespace tandem {

/// Failures of the outside world that Tandem itself detects, one sentence each.
enum class net_error {
  message_too_long = 1,   ///< a length prefix above its bound
  malformed,              ///< bytes that are not what the protocol allows here
  not_multistream,        ///< the peer does not speak multistream-select
  no_common_protocol,     ///< the peer accepts none of the protocols proposed
  wrong_peer,             ///< somebody else answered than was dialled
  key_mismatch,           ///< the peer id sent is not the key's
  security_not_allowed,   ///< this node's options allow no security
  window_exceeded,        ///< a yamux peer sent beyond the window
  unknown_frame,          ///< a yamux frame of unknown version or type
  too_many_streams,       ///< the bound on streams of one connection
  bad_address,            ///< text that is no address
  bad_peer_id,            ///< text that is no peer id
  out_of_memory,          ///< the buffers of this node's connections may take no more
  not_authentic,          ///< bytes that were not sealed with the key agreed on
  certificate_missing,    ///< no certificate
  certificate_chain,      ///< more than one certificate
  certificate_early,      ///< a certificate that is not valid yet
  certificate_expired,    ///< a certificate that is valid no more
  certificate_extension,  ///< a certificate without libp2p's extension
  certificate_repeats,    ///< a certificate with several of libp2p's extensions
  certificate_identity,   ///< a certificate whose extension does not hold a signed key
  certificate_critical,   ///< a certificate with a critical extension that nobody knows
  certificate_signature,  ///< a certificate that its key did not sign
  alerted,                ///< the peer ended TLS with an alert
  bad_proof,              ///< a signature that is not the one of the identity claimed
  name_unknown,           ///< a name without what was asked about it
  cut_off,                ///< the end of a connection that its peer did not announce
};

const boost::system::error_category& net_category() noexcept;

inline boost::system::error_code make_error_code(net_error e) noexcept {
  return {static_cast<int>(e), net_category()};
}

}  // namespace tandem

template <>
struct boost::system::is_error_code_enum<tandem::net_error> : std::true_type {};
