// SPDX-License-Identifier: GPL-2.0-only
#include "bulk.hpp"
#include "padhye.hpp"

#include <tuple>

namespace tandem::packet {
namespace {

/// Writes for ever.
struct endless_source {
  explicit endless_source(byte_stream& to) : to_(to) { next(); }

 private:
  void next() {
    asio::async_write(to_, asio::buffer(text_), [this](error_code e, std::size_t) {
      if (!e) next();
    });
  }
  byte_stream& to_;
  std::string text_ = std::string(65536, 'x');
};

class packet_throughput : public testing::TestWithParam<std::tuple<duration, double>> {};

TEST_P(packet_throughput, is_within_a_factor_of_one_and_a_half_of_padhye) {
  const auto [round_trip, loss] = GetParam();
  constexpr int seeds = 2;
  double rate = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    two_hosts net({.latency = round_trip / 2, .loss = loss}, seed);
    net.connect();
    net.run(10s);
    sink in(net.server_end, net.fabric->clock());
    endless_source out(net.dialer_end);
    net.run(20s);
    const auto before = in.bytes.size();
    net.run(50s);
    rate += static_cast<double>(in.bytes.size() - before) * 8 / 30 / seeds;
  }
  // An acknowledgement stands for two segments or nearly; so bare sockets with NewReno show.
  const double theory = padhye(std::chrono::duration<double>(round_trip).count(), loss, 2);
  EXPECT_GT(rate, theory / 1.5);
  EXPECT_LT(rate, theory * 1.5);
}

INSTANTIATE_TEST_SUITE_P(lossy, packet_throughput,
                         testing::Combine(testing::Values(20ms, 100ms),
                                          testing::Values(0.001, 0.003, 0.01, 0.03, 0.05)));

}  // namespace
}  // namespace tandem::packet
