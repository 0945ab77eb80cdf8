// SPDX-License-Identifier: MIT
#include "peer_options.hpp"

#include "identity_file.hpp"
#include "operator_options.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/command/units.hpp"
#include "tandem/net/error.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdio>
#include <stdexcept>

namespace tandem::cli {

void peer_options::add_to(CLI::App& app) {
  app.add_option("ADDRESS", address_,
                 "/ip4/127.0.0.1/tcp/4001/p2p/ID, or without /p2p/ID: whoever is there; or with a "
                 "name: /dns4/example.org/tcp/4001, /dnsaddr/example.org")
      ->required();
  app.add_option("--dns", dns_, "Name servers to ask, with commas (default: /etc/resolv.conf's)")
      ->type_name("SERVERS");
  app.add_option("--identity-file", identity_file_,
                 "File of the identity to call with, made when missing (default: a new one)");
  app.add_option("--security", security_,
                 "What the connection may be secured with, in order of preference, with commas: "
                 "tls, noise, plaintext")
      ->capture_default_str();
  app.add_option("--timeout", timeout_, "How long each step, or each ping, may take")
      ->type_name("DURATION")
      ->capture_default_str();
}

call_settings peer_options::settings() const {
  const auto to = parse_dial_address(address_);
  if (!to && to.error() == net_error::bad_peer_id) throw bad_input(address_, no_peer_id);
  if (!to)
    throw bad_input(address_, "no address; write /ip4/127.0.0.1/tcp/4001/p2p/ID or 127.0.0.1:4001");
  if (!dials_a_port(*to))
    throw bad_input(address_, "nobody can be called at port 0; ports are 1 to 65535");
  call_settings read;
  read.to = *to;
  read.dns = read_dns(dns_);
  read.step_timeout = positive_duration("--timeout", timeout_);
  try {
    read.allowed = parse_securities(security_);
  } catch (const std::invalid_argument& e) {
    throw bad_input("--security " + security_, e.what());
  }
  read.self = identity_file_.empty() ? identity::generate() : identity_file(identity_file_).take();
  return read;
}

bool dials_a_port(const dial_address& to) {
  return to.named() ? to.name.kind == name_kind::dnsaddr || to.name.port != 0 : to.at.port != 0;
}

dns_options read_dns(const std::string& servers) {
  const dns_options read{servers};
  if (servers.empty()) return read;  // the system's
  try {
    // Of its own: that of the system would have threads, which a fork cannot end.
    asio::io_context nobodys;
    make_dns(nobodys.get_executor(), read);
  } catch (const std::invalid_argument&) {
    throw bad_input("--dns " + servers, "no name servers; write 192.0.2.1,[2001:db8::1]:5353");
  }
  return read;
}

duration positive_duration(const std::string& option, const std::string& text) {
  const auto read = parse_duration(text);
  if (!read || *read <= duration::zero() || *read > std::chrono::hours(24 * 365))
    throw bad_input(option + " " + text, "must be a time from 1ns to 1 year, as 500ms or 10s");
  return *read;
}

std::int64_t microseconds_of(duration value) {
  return std::chrono::ceil<std::chrono::microseconds>(value).count();
}

std::string milliseconds_text(duration value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f ms",
                std::chrono::duration<double, std::milli>(value).count());
  return text;
}

}  // namespace tandem::cli
