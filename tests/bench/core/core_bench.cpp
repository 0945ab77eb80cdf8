// SPDX-License-Identifier: MIT
// What the core costs per decision with 100 000 connections tracked, and whether it allocates. The
// counter `allocations` is per iteration and must be 0.
#include "tandem/core/connection_manager.hpp"

#include <benchmark/benchmark.h>

#include <array>
#include <cstdlib>
#include <new>

namespace {
std::size_t allocations = 0;
}

[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* p = std::malloc(size)) return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }

namespace {

using namespace tandem;

constexpr std::uint64_t tracked = 100'000;

peer_id peer(std::uint64_t n) {
  std::array<std::uint8_t, 38> raw{0, 36, 8, 1, 18, 32};
  for (std::size_t i = 0; i < 8; ++i) raw[6 + i] = static_cast<std::uint8_t>(n >> 8 * i);
  return peer_id::from_bytes(raw);
}
connection_id conn(std::uint64_t n) { return connection_id{2 * n}; }

/// A manager with `tracked` ready connections of as many peers, and room for one more or for none.
class crowd {
 public:
  explicit crowd(bool room) : manager_(make(room), peer(0), 1) {
    for (std::uint64_t i = 1; i <= tracked; ++i) {
      arrive(i);
      authenticate(i, i);
      ready(i);
    }
    next_ = tracked;
    for (int i = 0; i < 64; ++i) cycle();  // warm
  }

  void arrive(std::uint64_t c) { tell(events::arrived{conn(c), endpoint::v4(10, 0, 0, 1, 1)}); }
  void authenticate(std::uint64_t c, std::uint64_t p) {
    tell(events::authenticated{conn(c), peer(p)});
  }
  void ready(std::uint64_t c) { tell(events::ready{conn(c)}); }
  void close(std::uint64_t c) { tell(events::closed{conn(c), cause::remote_closed}); }
  void traffic(std::uint64_t c) { tell(events::traffic{conn(c), 100, 100, 100, now_, now_}); }
  std::uint64_t next() { return ++next_; }
  void cycle() {
    const std::uint64_t c = next();
    arrive(c);
    authenticate(c, c);
    ready(c);
    close(c);
  }

 private:
  static manager_options make(bool room) {
    manager_options options;
    options.max_connections = tracked + (room ? 1 : 0);
    return options;
  }
  void tell(const event& e) {
    manager_.handle(now_, e);
    while (auto a = manager_.poll_action()) benchmark::DoNotOptimize(a);
  }
  connection_manager manager_;
  time_point now_{};
  std::uint64_t next_ = 0;
};

void report(benchmark::State& state, std::size_t before) {
  state.counters["allocations"] = benchmark::Counter(static_cast<double>(allocations - before) /
                                                     static_cast<double>(state.iterations()));
}

/// arrived + authenticated + ready + closed: one connection's whole life, admitted.
void admitted_life(benchmark::State& state) {
  crowd c(true);
  const std::size_t before = allocations;
  for (auto _ : state) c.cycle();
  report(state, before);
}
BENCHMARK(admitted_life);

/// arrived + authenticated (refused with LimitReached and told) + closed.
void refused_life(benchmark::State& state) {
  crowd c(false);
  const std::size_t before = allocations;
  for (auto _ : state) {
    const std::uint64_t id = c.next();
    c.arrive(id);
    c.authenticate(id, id);
    c.close(id);
  }
  report(state, before);
}
BENCHMARK(refused_life);

/// The admission decision alone: `authenticated` of 200 waiting connections, of which one fits.
void admission_decision(benchmark::State& state) {
  crowd c(true);
  constexpr int batch = 200;
  std::size_t counted = 0;
  std::array<std::uint64_t, batch> ids{};
  const auto arrive = [&] {
    for (auto& id : ids) c.arrive(id = c.next());
  };
  const auto decide = [&] {
    for (const std::uint64_t id : ids) c.authenticate(id, id);
  };
  const auto close = [&] {
    for (const std::uint64_t id : ids) c.close(id);
  };
  arrive(), decide(), close();  // warm
  for (auto _ : state) {
    state.PauseTiming();
    arrive();
    const std::size_t before = allocations;
    state.ResumeTiming();
    decide();
    state.PauseTiming();
    counted += allocations - before;
    close();
    state.ResumeTiming();
  }
  state.counters["allocations"] = static_cast<double>(counted);
  state.counters["per_decision"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * batch,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(admission_decision);

/// Traffic of connections all over the table.
void traffic(benchmark::State& state) {
  crowd c(true);
  std::uint64_t i = 0;
  const std::size_t before = allocations;
  for (auto _ : state) c.traffic(1 + (i = (i + 7919) % tracked));
  report(state, before);
}
BENCHMARK(traffic);

}  // namespace

BENCHMARK_MAIN();
