// SPDX-License-Identifier: MIT
#include "identity_file.hpp"
#include "operator_options.hpp"
#include "record_options.hpp"
#include "tandem/asio/metrics_exporter.hpp"
#include "tandem/asio/network.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/command/command.hpp"
#include "tandem/command/option_text.hpp"
#include "tandem/command/units.hpp"
#include "tandem/net/node.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/system/system_error.hpp>

#include <cstdio>
#include <map>
#include <random>
#include <stdexcept>

namespace tandem::cli {
namespace {

// Prints what happens, a line each.
class printer final : public node_observer {
 public:
  void on_notification(time_point now, const notification& what) override {
    line(now, std::string(name_of(what.kind)), what.conn, what.peer,
         what.why == cause::none ? std::string() : describe(what));
  }
  void on_step(time_point, const connection_manager&) override {}
  void on_message(time_point now, const received_message& message) override {
    line(now, "message", message.conn, message.peer,
         std::to_string(message.bytes.size()) + " bytes");
  }

 private:
  static void line(time_point now, const std::string& what, connection_id conn, const peer_id& peer,
                   const std::string& more) {
    std::string text = what;
    if (conn != connection_id::none)
      text += " #" + std::to_string(static_cast<std::uint64_t>(conn));
    if (!peer.empty()) text += " " + to_string(peer);
    if (!more.empty()) text += " " + more;
    const auto at = std::chrono::duration<double>(now.time_since_epoch()).count();
    std::printf("%10.3f %s\n", at, text.c_str());
    std::fflush(stdout);
  }
};

dial_address address_of(const std::string& option, const std::string& text) {
  const auto parsed = parse_address(text);
  if (!parsed)
    throw bad_input(option + " " + text,
                    "no address; write 127.0.0.1:4001 or /ip4/127.0.0.1/tcp/4001");
  return *parsed;
}

std::size_t bytes_of(const std::string& option, const std::string& text) {
  const auto parsed = parse_bytes(text);
  if (!parsed) throw bad_input(option + " " + text, "no size; write 134217728 or 128MiB");
  return static_cast<std::size_t>(*parsed);
}

std::string dashed(std::string_view name) {
  std::string text(name);
  for (auto& c : text)
    if (c == '_') c = '-';
  return "--" + text;
}

class node_command final : public command {
 public:
  explicit node_command(CLI::App& parent)
      : app_(*parent.add_subcommand("node", "Run a real node: listen, dial, serve metrics")) {
    app_.add_option("--listen", listen_, "Address to listen on: 127.0.0.1:4001 or a multiaddr");
    app_.add_option("--dial", dial_, "Peer to dial: /ip4/127.0.0.1/tcp/4001/p2p/ID");
    app_.add_option("--identity-file", identity_file_,
                    "File of the 32 secret bytes of the identity; made when missing "
                    "(default: a new identity each time)");
    app_.add_option("--metrics-address", metrics_.metrics_address, "Address that serves metrics")
        ->capture_default_str();
    app_.add_option("--metrics-port", metrics_.metrics_port, "Port that serves metrics; 0: any")
        ->capture_default_str();
    app_.add_flag("--no-metrics", no_metrics_, "Serve no metrics");
    app_.add_flag("--allow-plaintext", allow_plaintext_,
                  "Allow /plaintext/2.0.0: nothing is encrypted, nobody is authenticated");
    app_.add_option("--connection-buffers-max", connection_buffers_,
                    "Memory that the buffers of one connection take at most, both directions; "
                    "beyond it streams are reset and messages refused")
        ->default_str("4MiB");
    app_.add_option("--buffers-max", buffers_,
                    "Memory that all buffers take at most beyond 40 KiB each, if max_memory leaves "
                    "as much; for more whoever took most loses a stream. Default: go-libp2p's")
        ->default_str("128MiB");
    operator_.add_to(app_);
    record_.add_to(app_);
    for (const auto& row : option_table())
      app_.add_option(dashed(row.name), texts_[std::string(row.name)], std::string(row.doc))
          ->type_name(std::string(option_kind(row)))
          ->default_str(option_text(row, {}))
          ->group("Manager options");
    app_.footer(
        "Ends on SIGINT or SIGTERM: peers are told, and all is over within --shutdown-timeout.\n"
        "Examples:\n"
        "  tandem node --listen 127.0.0.1:4001 --allow-plaintext\n"
        "  tandem node --dial /ip4/127.0.0.1/tcp/4001/p2p/12D3KooW... --allow-plaintext "
        "--metrics-port 9101\n"
        "  tandem node --listen 0.0.0.0:4001 --allow-plaintext --deny 203.0.113.0/24 "
        "--eviction scored\n"
        "  tandem node --listen 127.0.0.1:4001 --allow-plaintext --record /var/tmp/node; "
        "tandem replay /var/tmp/node\n"
        "  curl http://127.0.0.1:9100/metrics");
  }
  CLI::App& app() override { return app_; }

  int run() override {
    auto options = read_options();
    std::vector<dial_address> peers;
    for (const auto& text : dial_) {
      peers.push_back(address_of("--dial", text));
      if (peers.back().peer.empty())
        throw bad_input("--dial " + text, "who should be there? end the address in /p2p/ID");
    }
    operator_.check();
    boost::asio::io_context context(1);
    const auto net = make_asio_network(context);
    // Before anything is printed: whoever reads it may send a signal.
    boost::asio::signal_set signals(context, SIGINT, SIGTERM);
    printer out;
    const auto recording = record_.start();
    node self(*net, std::move(options), &out, recording.get());
    operator_.apply(self);
    start(self);
    const auto exporter = start_metrics(context, self);
    for (const auto& peer : peers) self.dial(peer.peer, {{peer.at}, dial_mode::join, 0, never});
    run_until_signal(context, signals, self, recording_watch(recording.get()));
    return exit_held;
  }

 private:
  node_options read_options() const {
    node_options options;
    for (const auto& row : option_table())
      if (const auto& text = texts_.at(std::string(row.name)); !text.empty()) try {
          set_option(row, text, options.manager);
        } catch (const std::invalid_argument& e) {
          throw bad_input(dashed(row.name) + " " + text, e.what());
        }
    for (const auto& problem : problems_of(options.manager))
      throw bad_input(dashed(problem.field), problem.message);
    if (!connection_buffers_.empty())
      options.connection_buffers_max = bytes_of("--connection-buffers-max", connection_buffers_);
    if (options.connection_buffers_max < options.message_size_max)
      throw bad_input("--connection-buffers-max " + connection_buffers_,
                      "a message has up to 1MiB and would never fit; give as much at least");
    if (!buffers_.empty()) options.buffers_max = bytes_of("--buffers-max", buffers_);
    for (const auto& text : listen_) options.listen.push_back(address_of("--listen", text).at);
    options.self = identity_file_.empty() ? identity::generate() : identity_from(identity_file_);
    options.allow_plaintext = allow_plaintext_;
    options.seed = std::random_device{}();
    return options;
  }

  void start(node& self) const {
    if (!allow_plaintext_)
      throw bad_input("tandem node",
                      "this version has no other security than plaintext; "
                      "allow it with --allow-plaintext");
    try {
      self.start();
    } catch (const boost::system::system_error& e) {
      // Boost appends ` [system:98 at file:line …]`, which helps nobody here.
      const std::string what = e.what();
      const auto tail = what.find(std::string(" [") + e.code().category().name() + ":");
      throw bad_input("--listen: " + what.substr(0, tail));
    }
    std::printf("peer id %s\n", to_string(self.self().id()).c_str());
    for (const auto& at : self.listening())
      std::printf("listening on %s/p2p/%s\n", to_multiaddr(at).c_str(),
                  to_string(self.self().id()).c_str());
    std::fflush(stdout);
  }

  std::unique_ptr<metrics_exporter> start_metrics(boost::asio::io_context& context,
                                                  node& self) const {
    if (no_metrics_) return nullptr;
    auto exporter = std::make_unique<metrics_exporter>(context, metrics_, counters_of(self));
    const bool v6 = metrics_.metrics_address.find(':') != std::string::npos;
    std::printf(v6 ? "metrics on http://[%s]:%u/metrics\n" : "metrics on http://%s:%u/metrics\n",
                metrics_.metrics_address.c_str(), static_cast<unsigned>(exporter->port()));
    std::fflush(stdout);
    return exporter;
  }

  static void run_until_signal(boost::asio::io_context& context, boost::asio::signal_set& signals,
                               node& self, recording_watch recording) {
    std::shared_future<void> over;
    signals.async_wait([&](boost::system::error_code failed, int) {
      if (failed) return;
      std::printf("shutting down\n");
      over = self.shutdown();
    });
    const auto done = [&over] {
      return over.valid() && over.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    };
    while (!done()) {
      context.restart();
      context.run_for(std::chrono::milliseconds(100));
      recording.look();
    }
  }

  CLI::App& app_;
  std::vector<std::string> listen_;
  std::vector<std::string> dial_;
  std::string identity_file_;
  std::string connection_buffers_;
  std::string buffers_;
  operator_options operator_;
  record_options record_;
  metrics_options metrics_;
  bool no_metrics_ = false;
  bool allow_plaintext_ = false;
  std::map<std::string, std::string> texts_;  ///< manager options as given
};

}  // namespace

std::unique_ptr<command> make_node_command(CLI::App& parent) {
  return std::make_unique<node_command>(parent);
}

}  // namespace tandem::cli
