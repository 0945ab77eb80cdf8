// SPDX-License-Identifier: MIT
// The hold model (Jones, "An empirical comparison of priority-queue and event-set implementations",
// 1986): with N tasks pending, each task that runs schedules one; 80 % short and 20 % long delays.
// Prints a line for each N: million events a second of the kernel and of a std::priority_queue of
// (time, sequence, std::function). Arguments: the numbers of pending tasks.
#include "tandem/core/random.hpp"
#include "tandem/sim/kernel.hpp"

#include <sys/resource.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <queue>
#include <vector>

namespace {

using tandem::duration;
using tandem::random_stream;
using tandem::time_point;

double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_utime.tv_sec) +
         static_cast<double>(used.ru_utime.tv_usec) * 1e-6;
}

// 1 to 100 ms, or 1 to 30 s.
duration delay(random_stream& random) {
  const bool is_long = random.up_to(4) == 0;
  return duration(is_long ? 1'000'000'000 + random.up_to(29'000'000'000)
                          : 1'000'000 + random.up_to(99'000'000));
}

double hold_kernel(std::uint64_t pending, std::uint64_t events) {
  tandem::sim::kernel k;
  random_stream random(1);
  struct hold {
    tandem::sim::kernel* k;
    random_stream* random;
    void operator()() const { k->at(k->now() + delay(*random), *this); }
  };
  for (std::uint64_t i = 0; i < pending; ++i) k.at(time_point(delay(random)), hold{&k, &random});
  for (std::uint64_t i = 0; i < events; ++i) k.run_one();
  const double start = cpu_seconds();
  for (std::uint64_t i = 0; i < events; ++i) k.run_one();
  return static_cast<double>(events) / (cpu_seconds() - start) * 1e-6;
}

double hold_heap(std::uint64_t pending, std::uint64_t events) {
  struct entry {
    time_point when;
    std::uint64_t sequence;
    std::function<void()> what;
    bool operator<(const entry& o) const {
      return when != o.when ? when > o.when : sequence > o.sequence;
    }
  };
  std::priority_queue<entry> queue;
  random_stream random(1);
  std::uint64_t sequence = 0;
  time_point now{};
  std::function<void()> again = [&] {
    queue.push({now + delay(random), ++sequence, [&again] { again(); }});
  };
  for (std::uint64_t i = 0; i < pending; ++i) again();
  const auto run_one = [&] {
    const auto what = queue.top().what;
    now = queue.top().when;
    queue.pop();
    what();
  };
  for (std::uint64_t i = 0; i < events; ++i) run_one();
  const double start = cpu_seconds();
  for (std::uint64_t i = 0; i < events; ++i) run_one();
  return static_cast<double>(events) / (cpu_seconds() - start) * 1e-6;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::uint64_t> sizes;
  for (int i = 1; i < argc; ++i) sizes.push_back(std::strtoull(argv[i], nullptr, 10));
  if (sizes.empty()) sizes = {10'000, 100'000, 1'000'000};
  for (const std::uint64_t pending : sizes) {
    const std::uint64_t events = 2'000'000;
    std::printf("kernel_hold pending=%llu kernel=%.2f priority_queue=%.2f Mevents/s\n",
                static_cast<unsigned long long>(pending), hold_kernel(pending, events),
                hold_heap(pending, events));
    std::fflush(stdout);
  }
}
