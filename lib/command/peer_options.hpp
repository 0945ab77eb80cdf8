// SPDX-License-Identifier: MIT
#pragma once

#include "peer_call.hpp"
#include "tandem/asio/dns.hpp"

#include <string>

namespace CLI {
class App;
}

namespace tandem::cli {

/// Whom `tandem dial` and `tandem ping` call, and how: their options.
class peer_options {
 public:
  void add_to(CLI::App& app);
  /// Throws bad_input.
  call_settings settings() const;

 private:
  std::string address_;
  std::string dns_;
  std::string identity_file_;
  std::string security_ = "tls,noise,plaintext";
  std::string timeout_ = "10s";
};

/// Whether there is a port to dial, or names will say which.
bool dials_a_port(const dial_address& to);
/// Of `--dns SERVERS`. Throws bad_input.
dns_options read_dns(const std::string& servers);
/// A duration above zero. Throws bad_input that names the option.
duration positive_duration(const std::string& option, const std::string& text);
/// `0.42 ms`.
std::string milliseconds_text(duration value);
/// Whole ones, rounded up: JSON has them so.
std::int64_t microseconds_of(duration value);

}  // namespace tandem::cli
