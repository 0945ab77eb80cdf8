// SPDX-License-Identifier: MIT
#include "identity_file.hpp"
#include "tandem/command/command.hpp"

#include <CLI/CLI.hpp>
#include <boost/algorithm/hex.hpp>
#include <boost/json.hpp>

#include <cstdio>
#include <iterator>
#include <string>

namespace tandem::cli {
namespace {

class id_command final : public command {
 public:
  explicit id_command(CLI::App& parent)
      : app_(*parent.add_subcommand("id", "Print the peer id of an identity")) {
    app_.add_option("--identity-file", identity_file_,
                    "File of the 32 secret bytes of the identity, readable by its owner only; "
                    "made when missing (default: a new identity, which is not kept)");
    app_.add_flag("--json", json_, "Print one JSON object: peer, key, public_key");
    app_.footer(
        "It is who `tandem node` is with the same file.\n"
        "Exit codes: 0 printed, 2 the file cannot be used.\n"
        "Examples:\n"
        "  tandem id --identity-file /var/lib/tandem/identity\n"
        "  tandem id --identity-file id --json\n"
        "  echo /ip4/192.0.2.1/tcp/4001/p2p/$(tandem id --identity-file id)");
  }
  CLI::App& app() override { return app_; }

  int run() override {
    const auto self =
        identity_file_.empty() ? identity::generate() : identity_file(identity_file_).take();
    const auto peer = to_string(self.id());
    if (!json_) {
      std::puts(peer.c_str());
      return exit_held;
    }
    const auto key = self.public_key_message().last(32);
    std::string hex;
    boost::algorithm::hex_lower(key.begin(), key.end(), std::back_inserter(hex));
    const boost::json::object told{{"peer", peer}, {"key", "Ed25519"}, {"public_key", hex}};
    std::puts(boost::json::serialize(told).c_str());
    return exit_held;
  }

 private:
  CLI::App& app_;
  std::string identity_file_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<command> make_id_command(CLI::App& parent) {
  return std::make_unique<id_command>(parent);
}

}  // namespace tandem::cli
