// SPDX-License-Identifier: MIT
#include "net/protocol/identify.hpp"
#include "peer_options.hpp"
#include "printable.hpp"
#include "run_call.hpp"
#include "tandem/asio/network.hpp"
#include "tandem/command/command.hpp"
#include "tandem/command/json_text.hpp"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include <cstdio>
#include <utility>

namespace tandem::cli {
namespace {

using steady = std::chrono::steady_clock;

class dial_command final : public command {
 public:
  explicit dial_command(CLI::App& parent)
      : app_(*parent.add_subcommand("dial", "Connect to a peer once and say who and how it is")) {
    peer_.add_to(app_);
    app_.add_flag("--json", json_, "Print one JSON object");
    app_.footer(
        "Says how long TCP, security, muxer and identify took, and what identify tells.\n"
        "Exit codes: 0 it answered, 1 it did not, or is somebody else, 2 bad input.\n"
        "Examples:\n"
        "  tandem dial /ip4/192.0.2.1/tcp/4001/p2p/12D3KooW...\n"
        "  tandem dial 127.0.0.1:4001                        whoever is there\n"
        "  tandem dial /dnsaddr/example.org/p2p/12D3KooW...  where its names lead\n"
        "  tandem dial 127.0.0.1:4001 --security noise --timeout 2s --json");
  }
  CLI::App& app() override { return app_; }

  int run() override {
    return run_call(peer_.settings(), [this](peer_call& call) { return look(call); });
  }

 private:
  struct step {
    const char* name;
    duration took;
  };

  asio::awaitable<int> look(peer_call& call) {
    if (call.named()) co_await timed("name", call.resolve());
    co_await timed("tcp", call.connect());
    co_await timed("security", call.secure());
    co_await timed("muxer", call.mux());
    auto answer = co_await timed("identify", identified(call));
    const byte_view bytes(reinterpret_cast<const std::uint8_t*>(answer.data()), answer.size());
    const auto said = parse_identify(bytes);
    if (!said) throw call_failed("identify: what the peer says of itself is malformed");
    if (json_)
      say_json(call, *said);
    else
      say(call, *said);
    co_return exit_held;
  }

  template <class Value>
  asio::awaitable<Value> timed(const char* name, asio::awaitable<Value> what) {
    const auto began = steady::now();
    if constexpr (std::is_void_v<Value>) {
      co_await std::move(what);
      steps_.push_back({name, steady::now() - began});
    } else {
      auto value = co_await std::move(what);
      steps_.push_back({name, steady::now() - began});
      co_return value;
    }
  }

  static asio::awaitable<std::vector<std::byte>> identified(peer_call& call) {
    auto stream = co_await call.open(identify_protocol);
    co_return co_await call.read_all(stream, identify_size_max);
  }

  static std::string observed(const identify_answer& said) {
    return said.observed.port == 0 ? "" : to_multiaddr(said.observed);
  }

  void say(const peer_call& call, const identify_answer& said) const {
    const auto line = [](const char* what, const std::string& value) {
      std::printf("%-10s %s\n", what, value.c_str());
    };
    line("peer", to_string(call.peer()));
    line("security", std::string(name_of(call.upgrade().secured)));
    line("muxer", muxer(call));
    for (const auto& each : steps_) line("took", milliseconds_text(each.took) + "  " + each.name);
    line("agent", printable(said.agent));
    line("version", printable(said.protocol_version));
    for (const auto each : said.protocols) line("protocol", printable(each));
    for (const auto& each : said.listening) line("address", to_multiaddr(each));
    line("sees us at", observed(said));
  }

  static std::string muxer(const peer_call& call) {
    return std::string("/yamux/1.0.0") +
           (call.upgrade().muxer_agreed ? ", agreed on while securing" : "");
  }

  void say_json(const peer_call& call, const identify_answer& said) const {
    boost::json::object took;
    boost::json::array protocols, addresses;
    for (const auto& each : steps_) took[each.name] = microseconds_of(each.took);
    for (const auto each : said.protocols) protocols.emplace_back(printable(each));
    for (const auto& each : said.listening) addresses.emplace_back(to_multiaddr(each));
    const boost::json::object told{{"peer", to_string(call.peer())},
                                   {"security", name_of(call.upgrade().secured)},
                                   {"muxer", "/yamux/1.0.0"},
                                   {"muxer_agreed_early", call.upgrade().muxer_agreed},
                                   {"took_us", std::move(took)},
                                   {"agent", printable(said.agent)},
                                   {"version", printable(said.protocol_version)},
                                   {"protocols", std::move(protocols)},
                                   {"addresses", std::move(addresses)},
                                   {"observed", observed(said)}};
    std::puts(json_text(told).c_str());
  }

  CLI::App& app_;
  peer_options peer_;
  bool json_ = false;
  std::vector<step> steps_;
};

}  // namespace

std::unique_ptr<command> make_dial_command(CLI::App& parent) {
  return std::make_unique<dial_command>(parent);
}

}  // namespace tandem::cli
