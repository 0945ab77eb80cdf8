// SPDX-License-Identifier: MIT
#include "node_arguments.hpp"
#include "tandem/command/command.hpp"

#include <CLI/CLI.hpp>

namespace tandem::cli {
namespace {

class node_command final : public command {
 public:
  explicit node_command(CLI::App& parent)
      : app_(*parent.add_subcommand("node", "Run a real node: listen, dial, serve metrics")) {
    arguments_.add_to(app_);
    app_.footer(
        "Ends on SIGINT, SIGTERM, SIGQUIT, and without --config on SIGHUP: peers are told, and all "
        "is over within\n"
        "--shutdown-timeout; at once on a second SIGINT. Of each kind of line 100 a second are "
        "printed;\nwhat nobody reads is lost and counted, and keeps the node from nothing.\n"
        "Exit codes: 0 it ended when it was told to, 2 it could not begin.\n"
        "Examples:\n"
        "  tandem node --listen 127.0.0.1:4001\n"
        "  tandem node --listen [::]:4001 --identity-file /var/lib/tandem/id\n"
        "  tandem node --dial /ip4/127.0.0.1/tcp/4001/p2p/12D3KooW... "
        "--metrics-port 9101\n"
        "  tandem node --dial /ip4/127.0.0.1/tcp/4001/p2p/12D3KooW... --once --no-metrics\n"
        "  tandem node --listen 0.0.0.0:4001 --deny 203.0.113.0/24 "
        "--eviction scored --max-memory 64MiB\n"
        "  tandem node --listen 127.0.0.1:4001 --record /var/tmp/node; "
        "tandem replay /var/tmp/node\n"
        "  tandem node --config /etc/tandem/node.yaml\n"
        "  curl http://127.0.0.1:9100/metrics");
  }
  CLI::App& app() override { return app_; }
  int run() override { return run_node(arguments_.read(app_)); }

 private:
  CLI::App& app_;
  node_arguments arguments_;
};

}  // namespace

std::unique_ptr<command> make_node_command(CLI::App& parent) {
  return std::make_unique<node_command>(parent);
}

}  // namespace tandem::cli
