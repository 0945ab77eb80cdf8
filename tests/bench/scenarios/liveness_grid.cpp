// SPDX-License-Identifier: MIT
// Liveness at the stream level: for round trips of 20 ms to 5 s and losses of 0 to 5 %, how many
// ends were closed though their peer was there (must be 0), and how long it took to find the peers
// that vanished, beside the stated bound: liveness_interval + liveness_misses *
// max(liveness_timeout, probe timeout) after the last byte received. Fails when an end closed
// falsely or was found late. `silenced`: connections whose transport brought nothing
// for longer than the bound, a stall of 10 s whose retransmissions were lost twice more; allowed
// only there. Arguments: CONNECTIONS per cell (10) SEED (1).
#include "node/liveness_grid.hpp"

#include <cstdio>
#include <cstdlib>

namespace {

using namespace tandem;
using namespace tandem::test;

double seconds(duration d) { return std::chrono::duration<double>(d).count(); }

}  // namespace

int main(int argc, char** argv) {
  const auto connections = static_cast<unsigned>(argc > 1 ? std::atoi(argv[1]) : 10);
  const auto seed = static_cast<std::uint64_t>(argc > 2 ? std::atoll(argv[2]) : 1);
  std::printf("%6s %5s | false closes of %u ends each              | dead peers found\n", "RTT",
              "loss", 2 * connections);
  std::printf("%6s %5s | %9s %9s %9s %8s | %7s %9s %9s\n", "", "", "quiet 1h", "bulk 5min",
              "stalls 1h", "silenced", "found", "slowest", "bound");
  bool good = true;
  for (const duration round_trip : {20ms, 200ms, 1000ms, 2000ms, 5000ms})
    for (const double loss : {0.0, 0.01, 0.05}) {
      const auto run = [&](pastime what, duration length, unsigned n) {
        const auto sum = liveness_grid({round_trip, loss, what, n, length, seed}).run();
        good = good && sum.ready == 2 * n && sum.false_closes == 0 && sum.found == sum.dead;
        return sum;
      };
      const auto quiet = run(pastime::quiet, 1h, connections);
      const auto bulk = run(pastime::bulk, 5min, std::min(connections, 4U));
      const auto stalls = run(pastime::stalls, 1h, connections);
      const auto dead = run(pastime::vanishing, 20min, connections);
      good = good && quiet.silenced == 0 && bulk.silenced == 0;
      std::printf("%4.2f s %3.0f %% | %9u %9u %9u %8u | %3u/%-3u %7.2f s %7.2f s\n",
                  seconds(round_trip), loss * 100, quiet.false_closes, bulk.false_closes,
                  stalls.false_closes, stalls.silenced, dead.found, dead.dead,
                  seconds(dead.slowest), seconds(dead.bound));
    }
  std::printf("%s\n", good ? "no false close, every dead peer found within its bound" : "BAD");
  return good ? 0 : 1;
}
