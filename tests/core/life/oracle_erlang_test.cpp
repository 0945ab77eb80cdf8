// SPDX-License-Identifier: MIT
// The limit alone against closed forms. A node with max_connections c that is offered Poisson
// arrivals is an M/G/c/c loss system: the share refused is Erlang's B, whatever the distribution of
// the holding times (Erlang 1917; Sevastyanov 1957). Without a limit it is M/G/infinity: the
// connections open at a random time are Poisson with mean lambda E[S].
#include "tandem/core/connection_manager.hpp"
#include "tandem/core/random.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>
#include <numeric>
#include <queue>
#include <vector>

namespace tandem {
namespace {

/// Erlang's B by its recursion B(0) = 1, B(k) = a B(k-1) / (k + a B(k-1)).
double erlang_b(int servers, double erlangs) {
  double b = 1;
  for (int k = 1; k <= servers; ++k) b = erlangs * b / (k + erlangs * b);
  return b;
}

struct estimate {
  double mean = 0;
  double error = 0;  ///< standard error, from the means of batches
};

estimate estimate_of(const std::vector<double>& batches) {
  const auto n = static_cast<double>(batches.size());
  const double mean = std::accumulate(batches.begin(), batches.end(), 0.0) / n;
  double squares = 0;
  for (const double b : batches) squares += (b - mean) * (b - mean);
  return {mean, std::sqrt(squares / (n - 1) / n)};
}

using draw = std::function<double(random_stream&)>;

/// Holding times of mean 1.
double exponential(random_stream& r) { return r.exponential(1); }
double constant(random_stream&) { return 1; }
/// Two exponential phases with equal load, squared coefficient of variation 4.
double hyperexponential(random_stream& r) {
  const double p = 0.5 * (1 + std::sqrt(3.0 / 5.0));
  return r.unit() < p ? r.exponential(0.5 / p) : r.exponential(0.5 / (1 - p));
}

/// A node, its clock, and whoever calls it: every connection is of another peer.
class exchange {
 public:
  explicit exchange(const manager_options& options) : manager_(options, peer(0), 1) {}

  /// An arrival at `t` seconds that stays for `holding`. Returns whether it got in.
  bool call(double t, double holding) {
    pass(t);
    const connection_id id{2 * ++calls_};
    tell(events::arrived{id, endpoint::v4(10, 0, 0, 1, 1)});
    refused_ = false;
    tell(events::authenticated{id, peer(calls_)});
    if (refused_) {
      tell(events::closed{id, cause::limit_reached});
      return false;
    }
    tell(events::ready{id});
    departures_.emplace(holding + t, id);
    return true;
  }
  /// Lets time pass to `t`: departures and the manager's own deadlines, in order.
  void pass(double t) {
    for (;;) {
      const double leaves = departures_.empty() ? t : departures_.top().first;
      const time_point due = manager_.next_deadline();
      if (due <= at(std::min(t, leaves))) {
        now_ = std::max(now_, due);
        manager_.advance(now_);
        drain();
      } else if (!departures_.empty() && leaves <= t) {
        now_ = at(leaves);
        const connection_id id = departures_.top().second;
        departures_.pop();
        tell(events::closed{id, cause::remote_closed});
      } else {
        break;
      }
    }
    now_ = at(t);
  }
  std::uint64_t open() const { return manager_.counters().active_connections; }
  std::uint64_t drift() const { return manager_.counters().slot_drift; }

 private:
  static peer_id peer(std::uint64_t n) {
    std::array<std::uint8_t, 10> raw{0, 8};
    for (std::size_t i = 0; i < 8; ++i) raw[2 + i] = static_cast<std::uint8_t>(n >> 8 * i);
    return peer_id::from_bytes(raw);
  }
  static time_point at(double seconds) {
    return time_point(duration(static_cast<duration::rep>(seconds * 1e9)));
  }
  void tell(const event& what) {
    manager_.handle(now_, what);
    drain();
  }
  void drain() {
    std::vector<connection_id> over;
    while (const auto a = manager_.poll_action()) {
      refused_ = refused_ || std::holds_alternative<actions::refuse>(*a);
      if (const auto* x = std::get_if<actions::close>(&*a)) over.push_back(x->conn);
      ASSERT_FALSE(std::holds_alternative<actions::abort>(*a));
    }
    for (const connection_id id : over) tell(events::closed{id, cause::remote_closed});
  }

  using departure = std::pair<double, connection_id>;
  connection_manager manager_;
  time_point now_{};
  std::uint64_t calls_ = 0;
  bool refused_ = false;
  std::priority_queue<departure, std::vector<departure>, std::greater<>> departures_;
};

manager_options with_limit(std::uint64_t c) {
  manager_options options;
  options.max_connections = c;
  options.connection_timeout = std::chrono::hours(24 * 365);
  options.liveness_interval = std::chrono::hours(24 * 365);
  return options;
}

estimate blocking(int servers, double erlangs, const draw& holding, std::uint64_t seed) {
  constexpr int batches = 40;
  const int batch = std::max(5'000, 10 * servers);
  exchange node(with_limit(static_cast<std::uint64_t>(servers)));
  random_stream random(seed);
  double t = 0;
  const auto call = [&] {
    t += random.exponential(1 / erlangs);
    return node.call(t, holding(random));
  };
  while (t < 30) call();  // 30 holding times: the empty start is forgotten
  std::vector<double> shares;
  for (int b = 0; b < batches; ++b) {
    int refused = 0;
    for (int i = 0; i < batch; ++i) refused += call() ? 0 : 1;
    shares.push_back(static_cast<double>(refused) / batch);
  }
  EXPECT_EQ(node.drift(), 0U);
  return estimate_of(shares);
}

struct row {
  int servers;
  double erlangs;
  double expected;  ///< FIELD: B(servers, erlangs)
};

class oracle_erlang : public testing::TestWithParam<row> {};

TEST_P(oracle_erlang, refuses_the_share_erlang_b_says_whatever_the_holding_times) {
  const row r = GetParam();
  ASSERT_NEAR(erlang_b(r.servers, r.erlangs), r.expected, 5e-7);
  const std::array<std::pair<const char*, draw>, 3> kinds{
      {{"exponential", exponential}, {"constant", constant}, {"hyper", hyperexponential}}};
  for (const auto& [name, holding] : kinds) {
    const estimate e = blocking(r.servers, r.erlangs, holding, 7);
    EXPECT_NEAR(e.mean, r.expected, 3 * e.error) << name;
    EXPECT_LT(e.error, r.expected / 10) << name << ": the estimate says something";
  }
}

INSTANTIATE_TEST_SUITE_P(rows, oracle_erlang,
                         testing::Values(row{10, 8, 0.121661}, row{50, 50, 0.104787},
                                         row{100, 90, 0.026957}, row{100, 100, 0.075700},
                                         row{1000, 1000, 0.024812}),
                         [](const auto& of) {
                           return "c" + std::to_string(of.param.servers) + "_e" +
                                  std::to_string(static_cast<int>(of.param.erlangs));
                         });

TEST(oracle_erlang, without_a_limit_open_connections_are_poisson) {
  // The peers fall silent at once, so the manager's own idle timeout is the holding time: uniform
  // in [T, T (1 + idle_jitter)]. The number open follows its mean alone.
  constexpr double rate = 4;
  constexpr double idle = 10;
  constexpr double jitter = 0.2;
  manager_options options = with_limit(100'000);
  options.connection_timeout = std::chrono::seconds(10);
  options.idle_jitter = jitter;
  exchange node(options);
  random_stream random(11);
  constexpr int samples = 4'000;
  std::vector<double> open;
  double t = 0;
  double next_arrival = random.exponential(1 / rate);
  for (int i = 1; i <= samples; ++i) {
    // Samples more than a holding time apart are independent.
    const double sample = 30 + i * (idle * (1 + jitter) + 0.5);
    for (; next_arrival < sample; next_arrival += random.exponential(1 / rate))
      node.call(t = next_arrival, 1e9);
    node.pass(t = sample);
    open.push_back(static_cast<double>(node.open()));
  }
  const estimate mean = estimate_of(open);
  EXPECT_NEAR(mean.mean, rate * idle * (1 + jitter / 2), 3 * mean.error);
  // Index of dispersion: 1 for Poisson; its standard error is sqrt(2 / (n - 1)).
  const double dispersion = mean.error * mean.error * samples / mean.mean;
  EXPECT_NEAR(dispersion, 1, 3 * std::sqrt(2.0 / (samples - 1)));
}

}  // namespace
}  // namespace tandem
