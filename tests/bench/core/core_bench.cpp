// SPDX-License-Identifier: MIT
// What the core costs per operation with 1 000 to 100 000 connections tracked, beside a naive
// manager over std::map, and its heap. Each operation is timed in batches. Those on connections
// take them from all over the table: their slots, peers and subnets are seldom in a cache. An
// admitted newcomer replaces a connection from anywhere, whose end (not timed) leaves little else
// in the caches; `at rest` it leaves again instead. The counter `allocations` is per operation and
// must be 0 for the core. The table at the end shows how the time grows and how the naive manager
// compares, and what one look into memory costs here.
// --benchmark_filter and the other options of Google Benchmark work.
#include "core/table/index_table.hpp"
#include "heap.hpp"
#include "naive.hpp"
#include "tandem/core/connection_manager.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

namespace tandem::bench {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::uint64_t, 3> sizes{1'000, 10'000, 100'000};
constexpr std::size_t batch = 200;

peer_id peer(std::uint64_t n) {
  std::array<std::uint8_t, 38> raw{0, 36, 8, 1, 18, 32};
  const std::uint64_t mixed = detail::mix(n);  // as keys are: nothing in common
  for (std::size_t i = 0; i < 8; ++i) raw[6 + i] = static_cast<std::uint8_t>(mixed >> 8 * i);
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

manager_options options_of(limits which, std::uint64_t connections) {
  manager_options options;
  options.max_connections = connections;
  options.connection_timeout = 24h;
  options.liveness_interval = 1h;
  if (which == limits::few) {
    options.max_connections_per_narrow_subnet = options.max_connections_per_wide_subnet = 0;
    options.max_pending_per_wide_subnet = 0;
    options.subnet_accept_rate = 0;
    return options;
  }
  options.reserved_connections = 16;
  options.max_connections += options.reserved_connections;
  options.max_inbound_connections = options.max_connections;
  options.max_outbound_connections = options.max_connections;
  options.max_memory = 2 * options.max_connections * options.connection_memory;
  options.accept_rate = 1e9;
  return options;
}

/// A manager with so many ready connections of as many peers, and room for one batch more.
template <class Manager>
class crowd {
 public:
  crowd(limits which, std::uint64_t size)
      : full_(options_of(which, size)),
        roomy_(options_of(which, size + batch)),
        manager_(roomy_, peer(0), 1),
        size_(size) {
    if (which == limits::all) add_rules();
    for (std::uint64_t i = 0; i < size; ++i) {
      const std::uint64_t c = next();
      admit(c);
      sample(c);
      live_.push_back(c);
    }
  }

  void arrive(std::uint64_t c) { tell<events::arrived>(conn(c), where(c)); }
  void authenticate(std::uint64_t c) { authenticate(c, peer(c)); }
  void authenticate(std::uint64_t c, const peer_id& who) {
    tell<events::authenticated>(conn(c), who);
  }
  void ready(std::uint64_t c) { tell<events::ready>(conn(c)); }
  void close(std::uint64_t c) { tell<events::closed>(conn(c), cause::remote_closed); }
  void traffic(std::uint64_t c) { tell<events::traffic>(conn(c), 100, 100, 100, now_, now_); }
  void sample(std::uint64_t c) { tell<events::rtt_sampled>(conn(c), 20ms); }
  void admit(std::uint64_t c) { arrive(c), authenticate(c), ready(c); }
  void fill(bool full) { tell<events::configured>(full ? full_ : roomy_); }

  /// Advances to the next deadline, and whoever is probed answers.
  void advance() {
    now_ = std::max(now_, manager_.next_deadline());
    manager_.advance(now_);
    connection_id probed{};
    while (auto a = manager_.poll_action())
      if (const auto* p = std::get_if<actions::probe>(&*a)) probed = p->conn;
    if (probed != connection_id::none) traffic(static_cast<std::uint64_t>(probed) / 2);
  }

  std::uint64_t next() { return ++next_; }
  /// One of the tracked connections, in an order without a pattern; each once in `size` calls.
  std::uint64_t& any() { return live_[turn_ = (turn_ + 618'033) % size_]; }

 private:
  void add_rules() {
    for (std::uint64_t i = 0; i < 1000; ++i)
      tell<events::peer_marked>(peer(1'000'000'000 + i), mark::deny);
    for (const std::uint8_t length : {16, 24, 32})
      tell<events::subnet_marked>(endpoint::v4(192, 0, 2, 0, 0), length, mark::deny);
  }
  /// The event is made where the manager finds it, not copied there.
  template <class Event>
  void tell(const auto&... fields) {
    now_ += 100ns;
    manager_.handle(now_, event(std::in_place_type<Event>, fields...));
    while (auto a = manager_.poll_action()) benchmark::DoNotOptimize(a);
  }

  const manager_options full_;
  const manager_options roomy_;
  Manager manager_;
  const std::uint64_t size_;
  time_point now_{};
  std::uint64_t next_ = 0;
  std::uint64_t turn_ = 0;
  std::vector<std::uint64_t> live_;
};

/// CPU time of this thread: others on the machine count less.
double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

enum class figure { median, mean };

/// Times `operation(i)` for i below `batch`, again and again; `before` and `after` each batch are
/// not timed. The median of the batches goes into the table at the end, or the mean where a few
/// batches do what others are spared; the longest is printed.
void timed(benchmark::State& state, auto&& before, auto&& operation, auto&& after,
           figure shown = figure::median) {
  std::vector<double> times;
  times.reserve(1 << 20);
  std::size_t allocated = 0;
  bool warm = false;
  while (state.KeepRunningBatch(batch)) {
    do {
      before();
      const std::size_t allocated_before = allocations();
      const double start = cpu_seconds();
      for (std::size_t i = 0; i < batch; ++i) operation(i);
      const double took = cpu_seconds() - start;
      allocated += warm ? allocations() - allocated_before : 0;
      if (warm) state.SetIterationTime(took);
      if (warm) times.push_back(took / batch);
      after();
    } while (!std::exchange(warm, true));
  }
  std::ranges::nth_element(times, times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2));
  const double mean = std::accumulate(times.begin(), times.end(), 0.0) / double(times.size());
  state.counters["figure"] = 1e9 * (shown == figure::mean ? mean : times[times.size() / 2]);
  state.counters["longest_batch_us"] = 1e6 * batch * *std::ranges::max_element(times);
  state.counters["allocations"] =
      static_cast<double>(allocated) / static_cast<double>(state.iterations());
}

using batch_ids = std::array<std::uint64_t, batch>;

template <class Manager>
struct operations {
  using crowd_type = crowd<Manager>;
  static void nothing() {}

  /// `arrived`: denied networks, rates, memory, pending.
  static void arrival(benchmark::State& state, crowd_type& c) {
    batch_ids ids{};
    timed(
        state,
        [&] {
          for (auto& id : ids) id = c.next();
        },
        [&](std::size_t i) { c.arrive(ids[i]); },
        [&] {
          for (const auto id : ids) c.close(id);
        });
  }
  enum class afterwards { leave, replace, refused };
  /// `authenticated`: denied peers, every limit; a permit is taken, or not.
  static void admission(benchmark::State& state, crowd_type& c, afterwards what) {
    batch_ids ids{};
    std::array<peer_id, batch> peers;
    if (what == afterwards::refused) c.fill(true);
    timed(
        state,
        [&] {
          for (std::size_t i = 0; i < batch; ++i) {
            c.arrive(ids[i] = c.next());
            peers[i] = peer(ids[i]);
          }
        },
        [&](std::size_t i) { c.authenticate(ids[i], peers[i]); },
        [&] {
          for (const auto id : ids) {
            if (what != afterwards::refused) c.ready(id);
            c.close(what == afterwards::replace ? std::exchange(c.any(), id) : id);
          }
        });
    if (what == afterwards::refused) c.fill(false);
  }
  /// `closed`, of a ready connection from anywhere in the table.
  static void close(benchmark::State& state, crowd_type& c) {
    batch_ids ids{};
    timed(
        state,
        [&] {
          for (auto& id : ids) c.admit(id = c.next()), std::swap(c.any(), id);
        },
        [&](std::size_t i) { c.close(ids[i]); }, nothing);
  }
  /// `say`, of connections anywhere in the table.
  static void update(benchmark::State& state, crowd_type& c, auto say) {
    batch_ids ids{};
    timed(
        state,
        [&] {
          for (auto& id : ids) id = c.any();
        },
        [&](std::size_t i) { say(ids[i]); }, nothing);
  }
  static void traffic(benchmark::State& state, crowd_type& c) {
    update(state, c, [&](std::uint64_t id) { c.traffic(id); });
  }
  static void rtt(benchmark::State& state, crowd_type& c) {
    update(state, c, [&](std::uint64_t id) { c.sample(id); });
  }
  /// advance() to the next deadline, which probes somebody, who answers, or finds it need not.
  static void advance(benchmark::State& state, crowd_type& c) {
    timed(
        state, nothing, [&](std::size_t) { c.advance(); }, nothing, figure::mean);
  }
};

/// One load of a random line of so much memory, whose address the load before it gave.
double look_ns(std::size_t bytes) {
  struct alignas(64) line {
    std::uint32_t next;
  };
  std::vector<line> lines(bytes / sizeof(line));
  const auto count = static_cast<std::uint32_t>(lines.size());
  for (std::uint32_t i = 0; i < count; ++i) lines[i].next = i;
  for (std::uint32_t i = count - 1; i > 0; --i)  // one cycle (Sattolo)
    std::swap(lines[i].next, lines[detail::mix(i) % i].next);
  constexpr int looks = 1'000'000;
  std::uint32_t at = 0;
  double took = 0;
  for (int round = 0; round < 2; ++round) {
    const double start = cpu_seconds();
    for (int i = 0; i < looks; ++i) at = lines[at].next;
    took = cpu_seconds() - start;
    benchmark::DoNotOptimize(at);
  }
  return took * 1e9 / looks;
}

std::string with_spaces(std::uint64_t n) {
  std::string text = std::to_string(n);
  for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, " ");
  return text;
}

/// Prints each benchmark as it ends, and what they say together at the end.
class beside : public benchmark::ConsoleReporter {
 public:
  beside() : ConsoleReporter(OO_Tabular) {}
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      const std::string& name = run.run_name.function_name;
      const auto first = name.find('|');
      const auto second = name.rfind('|');
      if (run.run_type == Run::RT_Iteration && first != second) {
        double& least = times_[name.substr(0, first)][std::stoull(name.substr(first + 1))]
                              [name.substr(second + 1)];
        const double time = run.counters.at("figure");
        least = least == 0 ? time : std::min(least, time);
      }
    }
    ConsoleReporter::ReportRuns(runs);
  }
  void Finalize() override {
    std::puts(
        "\nns per operation (the median of the batches, of advance the mean; the least of the");
    std::puts(
        "repetitions), and the naive manager's time as a multiple of it; growth: from 1 000 to");
    std::puts("100 000 connections");
    std::printf("%-32s", "operation");
    for (const std::uint64_t size : sizes) std::printf(" %16s", with_spaces(size).c_str());
    std::printf(" %8s\n", "growth");
    for (auto& [name, of_size] : times_) {
      std::printf("%-32s", name.c_str());
      for (const std::uint64_t size : sizes) {
        const double ours = of_size[size]["core"];
        const double naive = of_size[size]["naive"];
        std::printf(" %7s %8s", ours > 0 ? text("%.0f", ours).c_str() : "-",
                    ours > 0 && naive > 0 ? text("(x %.2f)", naive / ours).c_str() : "");
      }
      const double least = of_size[sizes.front()]["core"];
      const double most = of_size[sizes.back()]["core"];
      std::printf(" %8s\n", least > 0 && most > 0 ? text("%.1fx", most / least).c_str() : "-");
    }
    std::printf("\none look into memory, ns:");
    for (const std::size_t kib : {16, 256, 2048, 16384, 262144})
      std::printf("  %s KiB %.0f", with_spaces(kib).c_str(), look_ns(kib * 1024));
    std::puts("");
  }

 private:
  static std::string text(const char* format, double value) {
    std::array<char, 32> buffer{};
    std::snprintf(buffer.data(), buffer.size(), format, value);
    return buffer.data();
  }

  std::map<std::string, std::map<std::uint64_t, std::map<std::string, double>>> times_;
};

/// The managers under test, made when the first of their benchmarks runs; others make room.
template <class Manager>
crowd<Manager>& the_crowd(limits which, std::uint64_t size) {
  static std::unique_ptr<crowd<Manager>> made;
  static std::pair<limits, std::uint64_t> made_for;
  if (!made || made_for != std::pair(which, size)) {
    made.reset();
    made = std::make_unique<crowd<Manager>>(which, size);
    made_for = {which, size};
  }
  return *made;
}

template <class Manager>
void add(const std::string& name, limits which, std::uint64_t size, const char* who, auto run) {
  const std::string full = name + '|' + std::to_string(size) + '|' + who;
  benchmark::RegisterBenchmark(full.c_str(), [=](benchmark::State& state) {
    run(state, the_crowd<Manager>(which, size));
  })->UseManualTime();
}

template <class Manager>
void add_operation(const std::string& name, limits which, std::uint64_t size, const char* who) {
  using of = operations<Manager>;
  const auto add_this = [&](auto run) { add<Manager>(name, which, size, who, run); };
  if (name.starts_with("arrival")) add_this(of::arrival);
  const auto add_admission = [&](auto what) {
    add_this([=](auto& s, auto& c) { of::admission(s, c, what); });
  };
  if (name.starts_with("admission,")) add_admission(of::afterwards::replace);
  if (name.starts_with("admission at rest")) add_admission(of::afterwards::leave);
  if (name.starts_with("refusal")) add_admission(of::afterwards::refused);
  if (name.starts_with("close")) add_this(of::close);
  if (name == "traffic") add_this(of::traffic);
  if (name == "rtt") add_this(of::rtt);
  if (name == "advance") add_this(of::advance);
}

void add_operations() {
  for (const std::uint64_t size : sizes)
    for (const limits which : {limits::few, limits::all}) {
      const char* const suffix = which == limits::few ? ", few limits" : ", all limits";
      for (const char* operation :
           {"arrival", "admission", "admission at rest", "refusal", "close"}) {
        add_operation<connection_manager>(std::string(operation) + suffix, which, size, "core");
        add_operation<naive_manager>(std::string(operation) + suffix, which, size, "naive");
      }
      if (which == limits::all) continue;
      for (const char* operation : {"traffic", "rtt", "advance"}) {
        add_operation<connection_manager>(operation, which, size, "core");
        add_operation<naive_manager>(operation, which, size, "naive");
      }
    }
}

void report_bytes(benchmark::State& state, std::size_t bytes, std::uint64_t things) {
  state.counters["bytes_each"] = static_cast<double>(bytes) / static_cast<double>(things);
}

/// Heap of each ready connection with all limits on.
template <class Manager>
void memory_of_connections(benchmark::State& state, std::uint64_t size) {
  for (auto _ : state) {
    const std::size_t empty = heap_bytes();
    const auto c = std::make_unique<crowd<Manager>>(limits::all, size);
    report_bytes(state, heap_bytes() - empty - size * sizeof(std::uint64_t), size);
  }
}

/// Heap of each peer that failed, with its address.
void memory_of_records(benchmark::State& state, std::uint64_t size) {
  manager_options options;
  options.max_remembered_peers = options.max_remembered_addresses = size;
  options.uplink_failures = 0;
  options.subnet_breaker_failures = 0;
  const std::size_t before = heap_bytes();
  connection_manager manager(options, peer(0), 1);
  const auto tell = [&](const event& e) {
    manager.handle(time_point{}, e);
    connection_id attempt{};
    while (auto a = manager.poll_action())
      if (const auto* start = std::get_if<actions::start_attempt>(&*a)) attempt = start->attempt;
    return attempt;
  };
  for (auto _ : state)
    for (std::uint64_t i = 1; i <= size; ++i) {
      const endpoint at = where(i);
      const connection_id attempt = tell(events::dial_wanted{request_id{i}, peer(i), {&at, 1}});
      tell(events::attempt_failed{attempt, cause::connection_refused});
    }
  if (manager.counters().remembered_peers != size) state.SkipWithError("not all are remembered");
  report_bytes(state, heap_bytes() - before, size);
}

/// Heap of a whole manager with few connections.
void memory_of_a_manager(benchmark::State& state, std::uint64_t size) {
  for (auto _ : state) {
    const std::size_t before = heap_bytes();
    const auto c = std::make_unique<crowd<connection_manager>>(limits::few, size);
    const std::size_t own =
        sizeof(*c) + (size > 0 ? std::bit_ceil(size) * sizeof(std::uint64_t) : 0);
    const auto bytes = static_cast<double>(heap_bytes() - before - own);
    state.SetLabel(with_spaces(static_cast<std::uint64_t>(bytes)) + " bytes");
  }
}

void add_memory() {
  for (const std::uint64_t size : {0, 1, 16}) {
    const std::string name = "memory of a manager, connections " + std::to_string(size);
    benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& s) {
      memory_of_a_manager(s, size);
    })->Iterations(1);
  }
  for (const std::uint64_t size : sizes) {
    const auto add = [size](const char* name, auto run) {
      const std::string full = name + (' ' + std::to_string(size));
      benchmark::RegisterBenchmark(full.c_str(), [=](benchmark::State& s) {
        run(s, size);
      })->Iterations(1);
    };
    add("memory of connections, core", memory_of_connections<connection_manager>);
    add("memory of connections, naive", memory_of_connections<naive_manager>);
    add("memory of remembered peers, core", memory_of_records);
  }
}

}  // namespace
}  // namespace tandem::bench

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  tandem::bench::add_operations();
  tandem::bench::add_memory();
  tandem::bench::beside reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter);
}
