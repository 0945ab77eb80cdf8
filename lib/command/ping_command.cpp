// SPDX-License-Identifier: MIT
#include "peer_options.hpp"
#include "run_call.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/command/command.hpp"
#include "tandem/command/json_text.hpp"
#include "tandem/command/units.hpp"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

namespace tandem::cli {
namespace {

using steady = std::chrono::steady_clock;

/// The smallest of `sorted` that at least the part `q` of them does not exceed.
duration quantile(const std::vector<duration>& sorted, double q) {
  const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(sorted.size())));
  return sorted[std::max<std::size_t>(rank, 1) - 1];
}

class ping_command final : public command {
 public:
  explicit ping_command(CLI::App& parent)
      : app_(*parent.add_subcommand("ping", "Measure round trips to a peer with libp2p's ping")) {
    peer_.add_to(app_);
    app_.add_option("--count", count_, "Pings, one after the other: 1 to 1 million")
        ->type_name("COUNT")
        ->capture_default_str();
    app_.add_option("--interval", interval_, "From the end of a ping to the next")
        ->type_name("DURATION")
        ->capture_default_str();
    app_.add_flag("--json", json_, "Print one JSON object at the end");
    app_.footer(
        "32 random bytes that must come back, over a connection made for them. Ctrl-C ends it "
        "early.\n"
        "Exit codes: 0 all were answered, 1 some were not or there was no connection, 2 bad "
        "input.\n"
        "Examples:\n"
        "  tandem ping /ip4/192.0.2.1/tcp/4001/p2p/12D3KooW...\n"
        "  tandem ping 127.0.0.1:4001 --count 100 --interval 10ms --json");
  }
  CLI::App& app() override { return app_; }

  int run() override {
    const auto count = parse_count(count_);
    if (!count || *count < 1 || *count > 1'000'000)
      throw bad_input("--count " + count_, "must be a whole number from 1 to 1000000");
    const auto interval = parse_duration(interval_);
    if (!interval || *interval < duration::zero() || *interval > std::chrono::hours(24))
      throw bad_input("--interval " + interval_, "must be a time up to 24h, as 100ms or 0");
    return run_call(peer_.settings(), [this, count = *count, interval = *interval](
                                          peer_call& call) { return ping(call, count, interval); });
  }

 private:
  asio::awaitable<int> ping(peer_call& call, std::uint64_t count, duration interval) {
    co_await call.connect();
    co_await call.secure();
    co_await call.mux();
    peer_id_ = to_string(call.peer());
    try {
      auto stream = co_await call.open("/ipfs/ping/1.0.0");
      do {
        co_await one(call, stream);
      } while (sent_ < count && co_await call.pause(interval));
    } catch (const call_failed& failed) {
      if (!call.stopped()) why_ = failed.what();
      if (call.stopped() && sent_ > trips_.size()) --sent_;  // nobody waited for its answer
    }
    std::ranges::sort(trips_);
    if (json_)
      say_json();
    else
      say();
    co_return why_.empty() && !trips_.empty() ? exit_held : exit_failed;
  }

  asio::awaitable<void> one(peer_call& call, byte_stream& stream) {
    std::array<std::uint8_t, 32> bytes;
    system_entropy(bytes);
    ++sent_;
    const auto began = steady::now();
    if (!co_await call.echo(stream, std::as_bytes(std::span(bytes))))
      throw call_failed("ping: other bytes came back than were sent");
    trips_.push_back(steady::now() - began);
    if (json_) co_return;
    std::printf("%llu: 32 bytes in %s\n", static_cast<unsigned long long>(sent_),
                milliseconds_text(trips_.back()).c_str());
    std::fflush(stdout);
  }

  std::uint64_t lost() const { return sent_ - trips_.size(); }

  void say() const {
    if (!why_.empty()) std::fprintf(stderr, "tandem: %s\n", why_.c_str());
    std::printf(
        "%s: %llu sent, %zu answered, %.3g%% lost\n", peer_id_.c_str(),
        static_cast<unsigned long long>(sent_), trips_.size(),
        100 * static_cast<double>(lost()) / static_cast<double>(std::max(sent_, std::uint64_t{1})));
    if (trips_.empty()) return;
    std::printf("round trip: min %s, p50 %s, p99 %s, max %s\n",
                milliseconds_text(trips_.front()).c_str(),
                milliseconds_text(quantile(trips_, 0.5)).c_str(),
                milliseconds_text(quantile(trips_, 0.99)).c_str(),
                milliseconds_text(trips_.back()).c_str());
  }

  void say_json() const {
    boost::json::object told{
        {"peer", peer_id_}, {"sent", sent_}, {"answered", trips_.size()}, {"lost", lost()}};
    if (!trips_.empty())
      told["round_trip_us"] = {{"min", microseconds_of(trips_.front())},
                               {"p50", microseconds_of(quantile(trips_, 0.5))},
                               {"p99", microseconds_of(quantile(trips_, 0.99))},
                               {"max", microseconds_of(trips_.back())}};
    if (!why_.empty()) told["error"] = why_;
    std::puts(json_text(told).c_str());
  }

  CLI::App& app_;
  peer_options peer_;
  std::string count_ = "5";
  std::string interval_ = "1s";
  bool json_ = false;
  std::string peer_id_;
  std::string why_;  ///< there is no going on
  std::uint64_t sent_ = 0;
  std::vector<duration> trips_;
};

}  // namespace

std::unique_ptr<command> make_ping_command(CLI::App& parent) {
  return std::make_unique<ping_command>(parent);
}

}  // namespace tandem::cli
