// SPDX-License-Identifier: MIT
#include "core/policy/rtt_estimator.hpp"

#include "core/driver.hpp"
#include "core/kept_fields.hpp"

#include <gtest/gtest.h>

namespace tandem::test {
namespace {

using detail::rtt_estimator;

struct row {
  duration sample, smoothed, variation, timeout;
};

void follows(const std::vector<row>& rows) {
  rtt_estimator rtt;
  for (const row& r : rows) {
    rtt.sample(r.sample);
    EXPECT_EQ(rtt.smoothed(), r.smoothed) << r.sample.count();
    EXPECT_EQ(rtt.variation(), r.variation) << r.sample.count();
    EXPECT_EQ(rtt.probe_timeout(), r.timeout) << r.sample.count();
  }
}

// Worked out by hand from RFC 6298: (2.2) SRTT = R, RTTVAR = R/2; (2.3) RTTVAR = 3/4 RTTVAR + 1/4
// |SRTT - R'| with the old SRTT, then SRTT = 7/8 SRTT + 1/8 R'; RTO = SRTT + max(G, 4 RTTVAR).
TEST(rtt_estimator, follows_rfc_6298_when_the_path_is_steady) {
  follows({{100ms, 100ms, 50ms, 300ms},
           {100ms, 100ms, 37'500us, 250ms},
           {100ms, 100ms, 28'125us, 212'500us},
           {100ms, 100ms, 21'093'750ns, 184'375us}});
}

TEST(rtt_estimator, follows_rfc_6298_when_the_path_slows_down_and_recovers) {
  follows({{100ms, 100ms, 50ms, 300ms},
           {200ms, 112'500us, 62'500us, 362'500us},
           {400ms, 148'437'500ns, 118'750us, 623'437'500ns},
           {100ms, 142'382'812ns, 101'171'875ns, 547'070'312ns}});
}

TEST(rtt_estimator, is_the_same_in_a_checkpoint_before_and_after_its_first_sample) {
  using numbers = std::vector<std::int64_t>;
  rtt_estimator rtt;
  EXPECT_EQ(fields_of(rtt), (numbers{0, 0, 0}));
  EXPECT_FALSE(rtt.measured());
  const auto fresh = with_fields<rtt_estimator>({0, 0, 0});
  EXPECT_FALSE(fresh.measured());
  EXPECT_EQ(fresh.probe_timeout(), 1s);

  rtt.sample(0ns);
  EXPECT_EQ(fields_of(rtt), (numbers{0, 0, 1}));
  rtt = {};
  rtt.sample(100ms);
  EXPECT_EQ(fields_of(rtt), (numbers{100'000'000, 50'000'000, 1}));
  const auto same = with_fields<rtt_estimator>(fields_of(rtt));
  EXPECT_TRUE(same.measured());
  EXPECT_EQ(same.probe_timeout(), 300ms);
}

TEST(rtt_estimator, follows_rfc_6298_at_five_seconds) {
  follows({{5s, 5s, 2500ms, 15s}, {5s, 5s, 1875ms, 12500ms}, {15s, 6250ms, 3906'250us, 21'875ms}});
}

TEST(rtt_estimator, waits_one_second_before_the_first_sample) {
  const rtt_estimator rtt;
  EXPECT_FALSE(rtt.measured());
  EXPECT_EQ(rtt.smoothed(), 0s);
  EXPECT_EQ(rtt.probe_timeout(), 1s);
}

TEST(rtt_estimator, never_takes_the_variation_for_less_than_its_granularity) {
  rtt_estimator rtt;
  for (int i = 0; i < 100; ++i) rtt.sample(20ms);
  EXPECT_LT(rtt.variation(), 250us);
  EXPECT_EQ(rtt.probe_timeout(), 21ms);
  rtt_estimator none;
  none.sample(0s);
  EXPECT_TRUE(none.measured());
  EXPECT_EQ(none.probe_timeout(), 1ms);
}

TEST(rtt_estimator, is_bounded_whatever_it_is_told) {
  rtt_estimator rtt;
  rtt.sample(duration::max());
  EXPECT_EQ(rtt.smoothed(), 60s);
  EXPECT_EQ(rtt.probe_timeout(), 60s);
  rtt.sample(duration::min());  // not counted
  EXPECT_EQ(rtt.smoothed(), 60s);
  rtt_estimator at_most, below, above;
  at_most.sample(20s);  // 20 s + 4 * 10 s
  below.sample(20s - 4ns);
  above.sample(20s + 4ns);
  EXPECT_EQ(at_most.probe_timeout(), 60s);
  EXPECT_EQ(below.probe_timeout(), 60s - 12ns);
  EXPECT_EQ(above.probe_timeout(), 60s);
}

}  // namespace
}  // namespace tandem::test
