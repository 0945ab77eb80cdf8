// SPDX-License-Identifier: MIT
// Random events to a manager and to the reference, 10 million in all. To run one seed again:
//   TANDEM_MODEL_SEED=n build/release/tests/core/model/model_test --gtest_filter='*one_seed*'
// With TANDEM_MODEL_HASH=n each range prints a hash of all traces of n events (see ci/hashes).
#include "player.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <sstream>

namespace tandem::reference {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t events_all = 1'000'000;
constexpr std::uint64_t reached_least = 0;  // too few events for what is rare
#else
constexpr std::uint64_t events_all = 10'000'000;
constexpr std::uint64_t reached_least = 10;
#endif
constexpr std::uint64_t ranges = 20;
constexpr std::size_t steps_per_seed = 4'000;

void expect_agreement(std::uint64_t seed, reached& sum) {
  const setting s = setting_of(seed);
  const auto script = script_of(seed, s, steps_per_seed);
  if (!play(seed, s.options, script, &sum)) {
    if (std::getenv("TANDEM_MODEL_SEED")) std::cout << sum.events << " events\n";
    return;
  }
  const auto small = shrunk(seed, s.options, script);
  std::ostringstream steps;
  const auto again = play(seed, s.options, small, nullptr, &steps);
  FAIL() << (again ? again->what : "it did not fail again") << "\nin seed " << seed << ", options "
         << text_of(s.options) << "\n"
         << small.size() << " of " << script.size() << " steps, then the shutdown:\n"
         << steps.str() << "re-run: TANDEM_MODEL_SEED=" << seed
         << " build/release/tests/core/model/model_test --gtest_filter='*one_seed*'";
}

/// Each range reaches every notice and refusal.
void expect_reached(const reached& sum) {
  for (std::size_t i = 0; i < notices_count; ++i) {
    const auto k = static_cast<notice>(i);
    EXPECT_GE(sum.notices[i], reached_least) << name_of(k);
  }
  for (const cause_row& row : causes()) {
    if (row.value == cause::none || row.value > cause::offline ||
        row.value == cause::unknown_request)
      continue;
    EXPECT_GE(sum.counters.refused[static_cast<std::size_t>(row.value)], reached_least) << row.name;
  }
  EXPECT_GE(sum.counters.evicted_total, reached_least);
}

class model : public testing::TestWithParam<std::uint64_t> {};

TEST_P(model, manager_does_what_the_reference_expects) {
  reached sum;
  const char* hashed = std::getenv("TANDEM_MODEL_HASH");
  if (hashed != nullptr) sum.traces.emplace();
  const std::uint64_t events =
      hashed == nullptr ? events_all / ranges : std::strtoull(hashed, nullptr, 10);
  for (std::uint64_t seed = GetParam() * 100'000 + 1; sum.events < events && !HasFailure(); ++seed)
    expect_agreement(seed, sum);
  RecordProperty("events", std::to_string(sum.events));
  if (hashed != nullptr) {
    std::cout << "model " << GetParam() << " " << sum.traces->text() << "\n";
    return;
  }
  if (!HasFailure()) expect_reached(sum);
}
INSTANTIATE_TEST_SUITE_P(seeds, model, testing::Range(std::uint64_t{0}, ranges));

TEST(model_once, one_seed) {
  const char* seed = std::getenv("TANDEM_MODEL_SEED");
  reached sum;
  expect_agreement(seed == nullptr ? 1 : std::strtoull(seed, nullptr, 10), sum);
}

}  // namespace
}  // namespace tandem::reference
