// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/net/names.hpp"

#include <string>

namespace tandem {

/// How the domain name system is asked.
struct dns_options {
  /// Servers in the order in which they are asked, with commas: `192.0.2.1,[2001:db8::1]:5353`.
  /// Empty: those of /etc/resolv.conf, which is read again whenever nothing is being asked.
  std::string servers;
};

/// The domain name system (c-ares), and /etc/hosts, for node_options::names. A server has 2 s to
/// answer, then 4 s and 8 s; search domains are left alone, as a multiaddr's name is a whole one.
/// `on` is run by one thread, and its context outlives the source and every copy of it. Throws
/// std::invalid_argument for servers that are none.
name_source make_dns(asio::any_io_executor on, dns_options options = {});

}  // namespace tandem
