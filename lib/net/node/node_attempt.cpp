// SPDX-License-Identifier: MIT
#include "net/node/node_attempt.hpp"

#include <boost/asio/error.hpp>

namespace tandem {

attempt_failure failure_of(const boost::system::error_code& error) noexcept {
  namespace errors = boost::asio::error;
  namespace errc = boost::system::errc;
  if (error == errors::connection_refused) return {cause::connection_refused, false};
  if (error == errors::timed_out) return {cause::connect_timeout, false};
  if (error == errors::operation_aborted) return {cause::abandoned, false};
  if (error == errors::connection_reset || error == errors::connection_aborted)
    return {cause::reset, false};
  if (error == errors::network_unreachable || error == errors::network_down ||
      error == errors::address_family_not_supported || error == errors::access_denied ||
      error == errc::operation_not_permitted)
    return {cause::unreachable, true};
  if (error == errors::no_descriptors || error == errors::no_memory ||
      error == errors::no_buffer_space || error == errc::address_not_available)
    return {cause::local_resource, true};
  return {cause::unreachable, false};
}

}  // namespace tandem
