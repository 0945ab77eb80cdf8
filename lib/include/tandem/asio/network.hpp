// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/net/network.hpp"

#include <memory>

namespace boost::asio {
class io_context;
}

namespace tandem {

/// The operating system's TCP, IPv4 and IPv6, with the steady clock counted from this call.
/// `context` outlives it and is run by one thread. Sockets are TCP_NODELAY; connects leave the
/// choice of the local port to the kernel.
std::unique_ptr<network> make_asio_network(boost::asio::io_context& context);

}  // namespace tandem
