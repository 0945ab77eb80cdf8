// SPDX-License-Identifier: MIT
#include "node_arguments.hpp"

#include "peer_options.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/command/node_file.hpp"
#include "tandem/command/option_text.hpp"
#include "tandem/command/units.hpp"
#include "tandem/command/version.hpp"
#include "tandem/net/error.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <random>
#include <stdexcept>

namespace tandem::cli {
namespace {

dial_address address_of(const std::string& option, const std::string& text) {
  const auto parsed = parse_address(text);
  if (!parsed && parsed.error() == net_error::bad_peer_id)
    throw bad_input(option + " " + text, no_peer_id);
  if (!parsed)
    throw bad_input(option + " " + text,
                    "no address; write 127.0.0.1:4001 or /ip4/127.0.0.1/tcp/4001");
  return *parsed;
}

dial_address dialled(const std::string& text) {
  const auto parsed = parse_dial_address(text);
  if (!parsed && parsed.error() == net_error::bad_peer_id)
    throw bad_input("--dial " + text, no_peer_id);
  const auto address = parsed && parsed->named() ? *parsed : address_of("--dial", text);
  if (address.peer.empty())
    throw bad_input("--dial " + text, "who should be there? end the address in /p2p/ID");
  if (!dials_a_port(address))
    throw bad_input("--dial " + text, "nobody can be dialled at port 0; ports are 1 to 65535");
  return address;
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
  std::ranges::replace(text, '_', '-');
  return "--" + text;
}

}  // namespace

void node_arguments::add_to(CLI::App& app) {
  app.add_option("--config", config_,
                 "YAML file of options: each of these, with _ for -, as in max_connections: 64; "
                 "what stands on the command line holds. SIGHUP has it read again")
      ->type_name("FILE");
  app.add_option("--listen", listen_,
                 "Address to listen on: 127.0.0.1:4001 or a multiaddr; [::]:4001 is "
                 "every address of both families; repeatable");
  app.add_option(
      "--dial", dial_,
      "Peer to dial: /ip4/127.0.0.1/tcp/4001/p2p/ID, or with a name: "
      "/dns4/example.org/tcp/4001/p2p/ID, /dnsaddr/example.org/p2p/ID; kept connected: "
      "dialled again "
      "for ever, with backoff, protected and never idle at this end (the other closes it "
      "after its connection_timeout, unless it has --keep-alive with the id of this node); "
      "repeatable");
  app.add_option("--dns", dns_,
                 "Name servers for /dns, /dns4, /dns6 and /dnsaddr, with commas: "
                 "192.0.2.1,[2001:db8::1]:5353 (default: those of /etc/resolv.conf)")
      ->type_name("SERVERS");
  app.add_flag("--once", once_, "Dial each --dial once, and let it go like any other peer");
  app.add_flag("--no-identify", no_identify_, "Do not ask the peers that are dialled who they are");
  app.add_option("--identity-file", identity_file_,
                 "File of the 32 secret bytes of the identity, readable by its owner only; "
                 "made when missing (default: a new identity each time)");
  app.add_option("--metrics-address", metrics_.metrics_address, "Address that serves metrics")
      ->capture_default_str();
  app.add_option("--metrics-port", metrics_port_, "Port that serves metrics; 0: any")
      ->type_name("PORT")
      ->capture_default_str();
  app.add_flag("--no-metrics", no_metrics_, "Serve no metrics");
  app.add_option("--log-level", log_level_,
                 "What is printed of what happens: debug (all), info (connections and failures of "
                 "dials), warning (what an operator may have to look after)")
      ->type_name("LEVEL")
      ->capture_default_str();
  app.add_flag("--quiet", quiet_, "Print nothing but warnings and what stops it: warning");
  app.add_flag("--json", json_,
               "Print each line as a JSON object: time, what, peer, address, connection, cause");
  app.add_option("--security", security_,
                 "What connections are secured with, in order of preference, with commas: "
                 "tls, noise, plaintext")
      ->capture_default_str();
  app.add_flag("--allow-plaintext", allow_plaintext_,
               "Also allow /plaintext/2.0.0, last: nothing is encrypted, nobody is "
               "authenticated");
  buffers_.add_to(app);
  operator_.add_to(app);
  record_.add_to(app);
  for (const auto& row : option_table())
    app.add_option(dashed(row.name), text_of(row), std::string(row.doc))
        ->type_name(std::string(option_kind(row)))
        ->default_str(option_text(row, {}))
        ->group("Manager options");
}

node_settings node_arguments::read(CLI::App& app) {
  const given_options line(app);
  auto given = line;
  std::vector<std::string> wrong;
  if (!config_.empty()) wrong = given.read(config_, app);
  auto settings = read_all([&](const auto& part) {
    try {
      part();
    } catch (const bad_input& e) {
      wrong.push_back(given.placed(e.what()));
    }
  });
  if (wrong.size() == 1) throw bad_input(wrong.front());
  if (!wrong.empty()) throw bad_inputs(given.in_order(std::move(wrong)));
  settings.config = config_;
  settings.given = std::move(given);
  settings.read_again = [line] {
    CLI::App again;
    node_arguments all;
    all.add_to(again);
    line.give_to(again);
    return all.read(again);
  };
  return settings;
}

node_settings node_arguments::read_all(const attempt& each) const {
  node_settings settings;
  auto& options = settings.options;
  read_manager(each, options.manager);
  each([&] { buffers_.read_buffers(options); });
  each([&] { buffers_.read_streams(options); });
  for (const auto& text : listen_)
    each([&] { options.listen.push_back(address_of("--listen", text).at); });
  add_ipv4_of_any(options.listen);
  each([&] { options.security = read_securities(); });
  options.agent = "tandem/" + build_version();
  options.identify_dialled = !no_identify_;
  options.seed = std::random_device{}();
  settings.identity_file = identity_file_;
  for (const auto& text : dial_) each([&] { settings.peers.push_back(dialled(text)); });
  each([&] { settings.dns = read_dns(dns_); });
  settings.dial_once = once_;
  settings.json = json_;
  each([&] { settings.level = read_level(); });
  settings.marks = operator_;
  each([&] { settings.marks.check(); });
  settings.recording = record_;
  each([&] { settings.recording.check(); });
  if (!no_metrics_) each([&] { settings.metrics = read_metrics(); });
  return settings;
}

void node_arguments::read_manager(const attempt& each, manager_options& into) const {
  bool good = true;
  for (const auto& row : option_table())
    if (const auto& text = text_of(row); !text.empty())
      each([&] {
        try {
          set_option(row, text, into);
        } catch (const std::invalid_argument& e) {
          good = false;
          throw bad_input(dashed(row.name) + " " + text, e.what());
        }
      });
  if (!good) return;  // what one option says may be about another
  // Of two that contradict each other the one that was given is told.
  for (const auto& problem : problems_of(into))
    each([&] {
      std::string_view told = problem.field;
      if (text_of(*option_named(told)).empty())
        for (const auto& row : option_table())
          if (!text_of(row).empty() && problem.message.find(row.name) != std::string::npos)
            told = row.name;
      throw bad_input(dashed(told), problem.message);
    });
}

std::vector<security> node_arguments::read_securities() const {
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

metrics_options node_arguments::read_metrics() const {
  boost::system::error_code failed;
  boost::asio::ip::make_address(metrics_.metrics_address, failed);
  const auto port = parse_count(metrics_port_);
  if (!port || *port > 65535)
    throw bad_input("--metrics-port " + metrics_port_, "must be a whole number from 0 to 65535");
  if (!failed) return {metrics_.metrics_address, static_cast<std::uint16_t>(*port)};
  throw bad_input("--metrics-address " + metrics_.metrics_address,
                  "no numeric IPv4 or IPv6 address; write 127.0.0.1 or ::1");
}

log_level node_arguments::read_level() const {
  if (quiet_) return log_level::warning;
  for (const auto each : every_log_level)
    if (name_of(each) == log_level_) return each;
  throw bad_input("--log-level " + log_level_,
                  "no such level" + suggestion(log_level_, {"debug", "info", "warning"}));
}

bool changes_while_running(const std::string& option) {
  constexpr std::string_view others[] = {"--dial", "--protect",   "--keep-alive", "--allow",
                                         "--deny", "--log-level", "--quiet"};
  return std::ranges::count(others, option) != 0 ||
         std::ranges::count(option_table(), key_in_file(option), &option_row::name) != 0;
}

}  // namespace tandem::cli

namespace tandem {

node_file read_node_file(const std::string& path) {
  CLI::App app;
  cli::node_arguments all;
  all.add_to(app);
  app.get_option("--config")->add_result(path)->run_callback();
  const auto settings = all.read(app);
  node_file out{settings.options.manager, {}};
  for (const auto& [option, where] : settings.given->places()) out.where.emplace(option, where);
  return out;
}

std::vector<std::string> node_file_keys() {
  CLI::App app;
  cli::node_arguments all;
  all.add_to(app);
  return cli::keys_of(app);
}

}  // namespace tandem
