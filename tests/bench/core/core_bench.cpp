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

/// An address of its own for every connection, public, 64 of them in each /24.
endpoint where(std::uint64_t c) {
  const std::uint64_t bits = (std::uint64_t{11} << 24) + c * 4;
  return endpoint::v4(static_cast<std::uint8_t>(bits >> 24), static_cast<std::uint8_t>(bits >> 16),
                      static_cast<std::uint8_t>(bits >> 8), static_cast<std::uint8_t>(bits), 1);
}

/// The node's limit and the peer's alone, or with them in and out, reserved slots, memory, both
/// subnets, both rates, and rules about peers and networks.
enum class limits { few, all };

manager_options options_of(limits which, std::uint64_t room) {
  manager_options options;
  options.max_connections = tracked + room;
  if (which == limits::few) {
    options.max_connections_per_narrow_subnet = options.max_connections_per_wide_subnet = 0;
    options.subnet_accept_rate = 0;
    return options;
  }
  options.reserved_connections = 16;
  options.max_connections += options.reserved_connections;
  options.max_inbound_connections = options.max_connections;
  options.max_outbound_connections = options.max_connections;
  options.max_memory = 2 * options.max_connections * options.connection_memory;
  options.accept_rate = 1e6;
  options.subnet_accept_burst = 4;
  return options;
}

/// A manager with `tracked` ready connections of as many peers, and room for some more or for none.
class crowd {
 public:
  explicit crowd(std::uint64_t room, limits which = limits::few)
      : manager_(options_of(which, room), peer(0), 1) {
    if (which == limits::all) add_rules();
    for (std::uint64_t i = 1; i <= tracked; ++i) {
      arrive(i);
      authenticate(i, i);
      ready(i);
    }
    next_ = tracked;
    for (int i = 0; i < 64; ++i) cycle();  // warm
  }

  void arrive(std::uint64_t c) {
    now_ += std::chrono::microseconds(10);
    tell(events::arrived{conn(c), where(c)});
  }
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
  void add_rules() {
    for (std::uint64_t i = 0; i < 1000; ++i)
      tell(events::peer_marked{peer(1'000'000'000 + i), mark::deny});
    for (const std::uint8_t length : {16, 24, 32})
      tell(events::subnet_marked{endpoint::v4(192, 0, 2, 0, 0), length, mark::deny});
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
  crowd c(1);
  const std::size_t before = allocations;
  for (auto _ : state) c.cycle();
  report(state, before);
}
BENCHMARK(admitted_life);

/// arrived + authenticated (refused with LimitReached and told) + closed.
void refused_life(benchmark::State& state) {
  crowd c(0);
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

/// One decision alone, of 200 waiting connections that are all admitted or all refused: whether the
/// node hears one that arrived, or takes one that authenticated.
template <class Prepare, class Decide>
void decision(benchmark::State& state, crowd& c, Prepare&& prepare, Decide&& decide) {
  constexpr int batch = 200;
  std::size_t counted = 0;
  std::array<std::uint64_t, batch> ids{};
  const auto run = [&] {
    for (const std::uint64_t id : ids) decide(id);
  };
  const auto begin = [&] {
    for (auto& id : ids) prepare(id = c.next());
  };
  const auto end = [&] {
    for (const std::uint64_t id : ids) c.close(id);
  };
  begin(), run(), end();  // warm
  for (auto _ : state) {
    state.PauseTiming();
    begin();
    const std::size_t before = allocations;
    state.ResumeTiming();
    run();
    state.PauseTiming();
    counted += allocations - before;
    end();
    state.ResumeTiming();
  }
  state.counters["allocations"] = static_cast<double>(counted);
  state.counters["per_decision"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * batch,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
void arrival_decision(benchmark::State& state, limits which) {
  crowd c(1000, which);
  decision(
      state, c, [](std::uint64_t) {}, [&](std::uint64_t id) { c.arrive(id); });
}
void admission_decision(benchmark::State& state, limits which, std::uint64_t room) {
  crowd c(room, which);
  decision(
      state, c, [&](std::uint64_t id) { c.arrive(id); },
      [&](std::uint64_t id) { c.authenticate(id, id); });
}
BENCHMARK_CAPTURE(arrival_decision, few_limits, limits::few);
BENCHMARK_CAPTURE(arrival_decision, all_limits, limits::all);
BENCHMARK_CAPTURE(admission_decision, few_limits_admitted, limits::few, 1000);
BENCHMARK_CAPTURE(admission_decision, few_limits_refused, limits::few, 0);
BENCHMARK_CAPTURE(admission_decision, all_limits_admitted, limits::all, 1000);
BENCHMARK_CAPTURE(admission_decision, all_limits_refused, limits::all, 0);

/// Traffic of connections all over the table.
void traffic(benchmark::State& state) {
  crowd c(1);
  std::uint64_t i = 0;
  const std::size_t before = allocations;
  for (auto _ : state) c.traffic(1 + (i = (i + 7919) % tracked));
  report(state, before);
}
BENCHMARK(traffic);

}  // namespace

BENCHMARK_MAIN();
