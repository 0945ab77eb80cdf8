// SPDX-License-Identifier: MIT
#include "run_node.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/command/command.hpp"
#include "tandem/command/option_text.hpp"
#include "tandem/command/units.hpp"
#include "tandem/command/version.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <stdexcept>

namespace tandem::cli {
namespace {

dial_address address_of(const std::string& option, const std::string& text) {
  const auto parsed = parse_address(text);
  if (!parsed)
    throw bad_input(option + " " + text,
                    "no address; write 127.0.0.1:4001 or /ip4/127.0.0.1/tcp/4001");
  return *parsed;
}

dial_address dialled(const std::string& text) {
  auto address = address_of("--dial", text);
  if (address.peer.empty())
    throw bad_input("--dial " + text, "who should be there? end the address in /p2p/ID");
  if (address.at.port == 0)
    throw bad_input("--dial " + text, "nobody can be dialled at port 0; ports are 1 to 65535");
  return address;
}

std::uint64_t bytes_of(const std::string& option, const std::string& text) {
  const auto parsed = parse_bytes(text);
  if (!parsed) throw bad_input(option + " " + text, "no size; write 134217728 or 128MiB");
  if (*parsed > buffer_options::most)
    throw bad_input(option + " " + text,
                    "must be at most " + std::to_string(buffer_options::most) + " bytes");
  return *parsed;
}

/// `[::]` is both families: the system's IPv6 sockets take IPv6 only, so IPv4 has its own.
void add_ipv4_of_any(std::vector<endpoint>& listen) {
  const auto given = listen;
  for (const auto& at : given) {
    const bool any_v6 =
        at.v6 && std::ranges::all_of(at.address, [](auto byte) { return byte == 0; });
    const auto any_v4 = endpoint::v4(0, 0, 0, 0, at.port);
    if (any_v6 && std::ranges::count(given, any_v4) == 0) listen.push_back(any_v4);
  }
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
    app_.add_option("--listen", listen_,
                    "Address to listen on: 127.0.0.1:4001 or a multiaddr; [::]:4001 is "
                    "every address of both families; repeatable");
    app_.add_option("--dial", dial_,
                    "Peer to dial: /ip4/127.0.0.1/tcp/4001/p2p/ID; kept connected: dialled again "
                    "for ever, with backoff, protected and never idle; repeatable");
    app_.add_flag("--once", once_, "Dial each --dial once, and let it go like any other peer");
    app_.add_option("--identity-file", identity_file_,
                    "File of the 32 secret bytes of the identity, readable by its owner only; "
                    "made when missing (default: a new identity each time)");
    app_.add_option("--metrics-address", metrics_.metrics_address, "Address that serves metrics")
        ->capture_default_str();
    app_.add_option("--metrics-port", metrics_port_, "Port that serves metrics; 0: any")
        ->type_name("PORT")
        ->capture_default_str();
    app_.add_flag("--no-metrics", no_metrics_, "Serve no metrics");
    app_.add_flag("--json", json_,
                  "Print each line as a JSON object: what, more, at, connection, peer");
    app_.add_option("--security", security_,
                    "What connections are secured with, in order of preference, with commas: "
                    "tls, noise, plaintext")
        ->capture_default_str();
    app_.add_flag("--allow-plaintext", allow_plaintext_,
                  "Also allow /plaintext/2.0.0, last: nothing is encrypted, nobody is "
                  "authenticated");
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
        "Ends on SIGINT, SIGTERM, SIGHUP or SIGQUIT: peers are told, and all is over within\n"
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
        "  curl http://127.0.0.1:9100/metrics");
  }
  CLI::App& app() override { return app_; }

  int run() override {
    node_settings settings;
    settings.options = read_options();
    settings.identity_file = identity_file_;
    for (const auto& text : dial_) settings.peers.push_back(dialled(text));
    settings.dial_once = once_;
    settings.json = json_;
    settings.marks = operator_;
    settings.marks.check();
    settings.recording = record_;
    settings.recording.check();
    if (!no_metrics_) settings.metrics = read_metrics();
    return run_node(settings);
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
    auto& buffers = options.buffers;
    if (!connection_buffers_.empty())
      buffers.connection_buffers_max = bytes_of("--connection-buffers-max", connection_buffers_);
    if (buffers.connection_buffers_max < options.message_size_max)
      throw bad_input("--connection-buffers-max " + connection_buffers_,
                      "a message has up to 1MiB and would never fit; give as much at least");
    if (!buffers_.empty()) buffers.buffers_max = bytes_of("--buffers-max", buffers_);
    for (const auto& text : listen_) options.listen.push_back(address_of("--listen", text).at);
    add_ipv4_of_any(options.listen);
    options.security = read_securities();
    options.agent = "tandem/" + build_version();
    options.seed = std::random_device{}();
    return options;
  }

  std::vector<security> read_securities() const {
    std::vector<security> read;
    try {
      read = parse_securities(security_);
    } catch (const std::invalid_argument& e) {
      throw bad_input("--security " + security_, e.what());
    }
    if (allow_plaintext_ && std::ranges::find(read, security::plaintext) == read.end())
      read.push_back(security::plaintext);
    return read;
  }

  metrics_options read_metrics() const {
    boost::system::error_code failed;
    boost::asio::ip::make_address(metrics_.metrics_address, failed);
    const auto port = parse_count(metrics_port_);
    if (!port || *port > 65535)
      throw bad_input("--metrics-port " + metrics_port_, "must be a whole number from 0 to 65535");
    if (!failed) return {metrics_.metrics_address, static_cast<std::uint16_t>(*port)};
    throw bad_input("--metrics-address " + metrics_.metrics_address,
                    "no numeric IPv4 or IPv6 address; write 127.0.0.1 or ::1");
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
  std::string metrics_port_ = std::to_string(metrics_options().metrics_port);
  bool no_metrics_ = false;
  bool json_ = false;
  std::string security_ = "tls,noise";
  bool allow_plaintext_ = false;
  bool once_ = false;
  std::map<std::string, std::string> texts_;  ///< manager options as given
};

}  // namespace

std::unique_ptr<command> make_node_command(CLI::App& parent) {
  return std::make_unique<node_command>(parent);
}

}  // namespace tandem::cli
