// SPDX-License-Identifier: GPL-2.0-only
// Bulk flows over every bandwidth, number of flows, latency, loss and queue of a grid; compares the
// bytes received with those sent. Prints what is wrong, and the number of points; exit code 1 if
// anything is. `bulk_grid FROM STEP` runs each STEP-th point from FROM: one share of several.
#include "packet/bulk.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>

namespace {

/// More than TCP's buffers of 128 KiB, but no more than the link carries in 100 s: a flow that
/// meets a full queue each time gives up after 9 minutes, and is right.
std::size_t bytes(std::uint64_t bandwidth, int flows) {
  const std::size_t wanted = flows == 1 ? 1'048'568 : 200'000;
  return std::min(wanted, static_cast<std::size_t>(bandwidth / 8 * 100) / flows);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace tandem::packet;
  const std::size_t from = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 0;
  const std::size_t step = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 1;
  std::vector<bulk> points;
  for (const std::uint64_t bandwidth : {128'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000})
    for (const int flows : {1, 6, 40})
      for (const tandem::duration latency : {1ms, 10ms, 100ms, 600ms})
        for (const double loss : {0.0, 0.001, 0.01, 0.05})
          for (const tandem::duration queue : {50ms, 200ms, 1000ms})
            points.push_back({bandwidth, flows, latency, loss, queue, bytes(bandwidth, flows)});
  std::size_t ran = 0, bad = 0;
  for (std::size_t i = from; i < points.size(); i += step) {
    std::cerr << "point " << i << ": " << points[i] << '\r';
    const std::string wrong = bulk_run(points[i])();
    ++ran;
    if (wrong.empty()) continue;
    ++bad;
    std::cout << "point " << i << ": " << points[i] << '\n' << wrong << std::flush;
  }
  std::cout << ran << " points, " << bad << " wrong\n";
  return bad == 0 ? 0 : 1;
}
