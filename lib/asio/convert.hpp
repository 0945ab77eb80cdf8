// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/ids.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

namespace tandem {

/// An IPv6 scope is not kept: link-local addresses need one and cannot be dialled.
boost::asio::ip::tcp::endpoint to_asio(const endpoint& at);
endpoint from_asio(const boost::asio::ip::tcp::endpoint& at);

/// The system's error as the seam names it: what says that this process or host has run out of
/// sockets or of memory for them is no_descriptors.
boost::system::error_code seam_error(const boost::system::error_code& error);

}  // namespace tandem
