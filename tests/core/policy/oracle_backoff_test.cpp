// SPDX-License-Identifier: MIT
#include "core/driver.hpp"
#include "core/policy/backoff.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>
#include <numbers>
#include <queue>
#include <string>

namespace tandem::test {
namespace {

using detail::next_backoff;

/// The delay, in milliseconds, after the n-th failure of a client, its last delay being `previous`.
using delay_rule = std::function<double(std::uint32_t n, double& previous)>;

/// The model of Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015), as its
/// published simulator (aws-samples/aws-arch-backoff-simulator) plays it: every client reads the
/// version of one row, then writes it back with that version; a write whose version is no longer
/// the row's fails, and the client reads again after its answer and its backoff. Every message,
/// request or answer, takes |Normal(10, 2)| ms. A call is a write that reached the server.
class contention {
 public:
  struct outcome {
    double time = 0;   ///< ms until the last client is done
    double calls = 0;  ///< writes
  };

  static outcome run(int clients, const delay_rule& rule, random_stream& random) {
    struct client {
      std::uint64_t version = 0;
      std::uint32_t failures = 0;
      double previous = 0;
    };
    enum class message { read, read_answer, write, write_answer };
    struct event {
      double at;
      std::uint64_t sequence;
      int client;
      message what;
      bool succeeded;
      bool operator>(const event& o) const {
        return at != o.at ? at > o.at : sequence > o.sequence;
      }
    };
    std::vector<client> all(static_cast<std::size_t>(clients));
    std::priority_queue<event, std::vector<event>, std::greater<>> queue;
    std::uint64_t sequence = 0;
    std::uint64_t row = 0;
    outcome result;
    const auto send = [&](double at, int who, message what, bool succeeded = false) {
      queue.push({at + message_delay(random), sequence++, who, what, succeeded});
    };
    for (int i = 0; i < clients; ++i) send(0, i, message::read);
    while (!queue.empty()) {
      const event e = queue.top();
      queue.pop();
      client& c = all[static_cast<std::size_t>(e.client)];
      result.time = e.at;
      switch (e.what) {
        case message::read:
          c.version = row;
          send(e.at, e.client, message::read_answer);
          break;
        case message::read_answer:
          send(e.at, e.client, message::write);
          break;
        case message::write: {
          ++result.calls;
          const bool succeeds = c.version == row;
          if (succeeds) ++row;
          send(e.at, e.client, message::write_answer, succeeds);
          break;
        }
        case message::write_answer:
          if (e.succeeded) break;
          send(e.at + rule(++c.failures, c.previous), e.client, message::read);
          break;
      }
    }
    return result;
  }

 private:
  static double message_delay(random_stream& random) {
    // Box and Muller, 1958.
    const double radius = std::sqrt(-2 * std::log1p(-random.unit()));
    return std::abs(10 + 2 * radius * std::cos(2 * std::numbers::pi * random.unit()));
  }
};

struct published {
  backoff_strategy strategy;
  int clients;
  double time;
  double calls;
};

// FIELD.md, section 4: means of so many runs.
constexpr int published_runs = 100;
constexpr std::array table{
    published{backoff_strategy::none, 10, 377, 50.4},
    published{backoff_strategy::exponential, 10, 3515, 51.1},
    published{backoff_strategy::equal, 10, 740, 42.5},
    published{backoff_strategy::full, 10, 465, 39.0},
    published{backoff_strategy::decorrelated, 10, 449, 38.1},
    published{backoff_strategy::none, 50, 1144, 692},
    published{backoff_strategy::exponential, 50, 36359, 623},
    published{backoff_strategy::equal, 50, 4205, 347},
    published{backoff_strategy::full, 50, 2869, 333},
    published{backoff_strategy::decorrelated, 50, 2259, 377},
    published{backoff_strategy::none, 100, 2017, 2422},
    published{backoff_strategy::exponential, 100, 62881, 1848},
    published{backoff_strategy::equal, 100, 6631, 813},
    published{backoff_strategy::full, 100, 4900, 797},
    published{backoff_strategy::decorrelated, 100, 4619, 1002},
};

struct sample {
  double mean = 0;
  double variance = 0;  ///< of one run

  static sample of(const std::vector<double>& values) {
    sample s;
    for (const double v : values) s.mean += v / static_cast<double>(values.size());
    for (const double v : values)
      s.variance += (v - s.mean) * (v - s.mean) / static_cast<double>(values.size() - 1);
    return s;
  }
  /// Of the difference between two means of as many runs as were published.
  double standard_error() const { return std::sqrt(2 * variance / published_runs); }
};

/// Our code as the simulator calls it: it counts attempts from 1 and starts at 2 * base, so its n
/// is our n + 1; base 5 ms, cap 2000 ms.
delay_rule ours(backoff_strategy strategy, random_stream& random) {
  backoff_options options;
  options.backoff_strategy = strategy;
  options.backoff_base = 5ms;
  options.backoff_cap = 2000ms;
  return [options, &random](std::uint32_t n, double& previous) {
    const duration before(static_cast<duration::rep>(previous * 1e6));
    const duration delay = next_backoff(options, n + 1, before, random).delay;
    return previous = static_cast<double>(delay.count()) / 1e6;
  };
}

/// `rule` in the model against the published row, in standard errors of the difference. More runs
/// than were published, so that the outcome hangs on the code and not on the seed.
void compare(const published& row, const delay_rule& rule, random_stream& random) {
  constexpr int runs = 3 * published_runs;
  std::vector<double> times;
  std::vector<double> calls;
  for (int i = 0; i < runs; ++i) {
    const contention::outcome o = contention::run(row.clients, rule, random);
    times.push_back(o.time);
    calls.push_back(o.calls);
  }
  const sample time = sample::of(times);
  const sample call = sample::of(calls);
  const double time_errors = (time.mean - row.time) / time.standard_error();
  const double call_errors = (call.mean - row.calls) / call.standard_error();
  std::printf("%3d clients, strategy %d: %6.0f ms (%+.1f), %6.1f calls (%+.1f)\n", row.clients,
              static_cast<int>(row.strategy), time.mean, time_errors, call.mean, call_errors);
  EXPECT_LE(std::abs(time_errors), 3);
  EXPECT_LE(std::abs(call_errors), 3);
}

TEST(oracle, the_contention_model_without_backoff_is_the_published_one) {
  // Before ours is judged: the model alone, no delay.
  random_stream random(2015);
  const delay_rule none = [](std::uint32_t, double&) { return 0.0; };
  for (const published& row : table)
    if (row.strategy == backoff_strategy::none) compare(row, none, random);
}

TEST(oracle, every_strategy_does_in_the_contention_model_what_aws_published) {
  for (const published& row : table) {
    SCOPED_TRACE(std::to_string(row.clients) + " clients, strategy " +
                 std::to_string(static_cast<int>(row.strategy)));
    random_stream random(2015);
    compare(row, ours(row.strategy, random), random);
  }
}

TEST(oracle, the_grpc_sequence) {
  // gRPC connection backoff: 1 s, x 1.6, at most 120 s, each within 20 %. Ours without jitter.
  manager_options options;
  options.backoff_strategy = backoff_strategy::exponential;
  options.backoff_multiplier = 1.6;
  options.backoff_cap = 120s;
  const double expected[] = {1,      1.6,    2.56,   4.096,  6.554,   10.486,
                             16.777, 26.844, 42.950, 68.719, 109.951, 120};
  random_stream random(2015);
  for (std::uint32_t n = 1; n <= 12; ++n) {
    const auto [delay, ceiling] = next_backoff(options, n, {}, random);
    EXPECT_NEAR(std::chrono::duration<double>(delay).count(), expected[n - 1], 0.0005) << n;
    EXPECT_EQ(ceiling, delay);
  }
  EXPECT_EQ(next_backoff(options, 1, {}, random).delay, 1s);
  EXPECT_EQ(next_backoff(options, 2, {}, random).delay, 1600ms);
  EXPECT_EQ(next_backoff(options, 3, {}, random).delay, 2560ms);
  EXPECT_EQ(next_backoff(options, 13, {}, random).delay, 120s);
}

}  // namespace
}  // namespace tandem::test
