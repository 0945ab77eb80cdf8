// SPDX-License-Identifier: MIT
// What an index of slots by hash and a queue of deadlines cost per operation, beside other forms of
// the same by Boost and the standard library: all in one run, in turns, each on the same keys.
// `found` looks for a key that is there and reads its record, anywhere in the table; `replaced`
// adds a new key, which is first looked for, and erases another. Deadlines: `moved` arms one anew,
// `held` takes out the earliest and arms it again up to 30 s later. Figures are medians of batches,
// in ns, of this thread's time.
#include "core/table/deadline_queue.hpp"
#include "core/table/index_table.hpp"
#include "tandem/core/ids.hpp"
#include "tandem/core/random.hpp"

#include <benchmark/benchmark.h>
#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace tandem::bench {
namespace {

constexpr std::array<std::uint32_t, 3> sizes{1'000, 10'000, 100'000};
constexpr std::size_t batch = 200;
constexpr int rounds = 1'000;

double cpu_nanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return 1e9 * static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec);
}

std::uint64_t hash_key(connection_id id) { return detail::hash_of_id(id); }
std::uint64_t hash_key(const peer_id& id) { return detail::hash_of(id, 42); }
template <class Key>
struct hasher {
  using is_avalanching = void;
  std::size_t operator()(const Key& key) const {
    if constexpr (std::is_same_v<Key, connection_id>)
      return detail::mix(static_cast<std::uint64_t>(key));  // it wants the upper bits too
    else
      return hash_key(key);
  }
};

template <class Key>
Key key_of(std::uint64_t n) {
  if constexpr (std::is_same_v<Key, connection_id>) {
    return connection_id{2 * n + 2};
  } else {
    std::array<std::uint8_t, 38> raw{0, 36, 8, 1, 18, 32};
    for (std::size_t i = 0; i < 8; ++i) raw[6 + i] = static_cast<std::uint8_t>(n >> 8 * i);
    return peer_id::from_bytes(raw);
  }
}

/// As large as a connection.
template <class Key>
struct record {
  Key key{};
  std::array<std::byte, 256 - sizeof(Key)> rest{};
};

/// The keys are in the records.
template <class Key>
struct by_slot {
  using slot = detail::slot<record<Key>>;
  explicit by_slot(std::uint32_t size) : records(size) {
    for (std::uint32_t s = 0; s < size; ++s) add(key_of<Key>(s), s);
  }
  void add(const Key& key, std::uint32_t s) {
    records[s].key = key;
    index.insert(hash_key(key), slot(s));
  }
  slot find(const Key& key) const {
    return index.find(hash_key(key), [&](slot s) { return records[s.index()].key == key; });
  }
  const record<Key>& look(const Key& key) const { return records[find(key).index()]; }
  void replace(std::uint32_t s, const Key& key) {
    if (find(key) != detail::no_slot) return;
    index.erase(hash_key(records[s].key), slot(s));
    add(key, s);
  }
  detail::index_table<record<Key>> index;
  std::vector<record<Key>> records;
};

/// The keys are in the map as well.
template <class Key>
struct by_flat_map {
  explicit by_flat_map(std::uint32_t size) : records(size) {
    for (std::uint32_t s = 0; s < size; ++s) index.emplace(records[s].key = key_of<Key>(s), s);
  }
  const record<Key>& look(const Key& key) const { return records[index.find(key)->second]; }
  void replace(std::uint32_t s, const Key& key) {
    if (!index.emplace(key, s).second) return;
    index.erase(records[s].key);
    records[s].key = key;
  }
  boost::unordered_flat_map<Key, std::uint32_t, hasher<Key>> index;
  std::vector<record<Key>> records;
};

/// One form of a table at one size: what it is called, and a batch of its operation.
struct form {
  const char* name;
  std::function<void()> run;
  std::vector<double> times{};
  double median() {
    std::ranges::nth_element(times, times.begin() + rounds / 2);
    return times[rounds / 2];
  }
};

void compare(const char* operation, std::uint32_t size, std::vector<form> forms) {
  for (int round = 0; round < rounds; ++round) {
    for (form& f : forms) {
      const double start = cpu_nanoseconds();
      f.run();
      f.times.push_back((cpu_nanoseconds() - start) / batch);
    }
  }
  std::printf("%-24s %8u", operation, size);
  const double first = forms.front().median();
  for (form& f : forms) std::printf("  %12s %6.1f (%.2f)", f.name, f.median(), f.median() / first);
  std::puts("");
}

template <class Key, class Table>
form finds(const char* name, std::uint32_t size) {
  return {name, [table = std::make_shared<Table>(size), random = random_stream(1), size]() mutable {
            for (std::size_t i = 0; i < batch; ++i)
              benchmark::DoNotOptimize(table->look(key_of<Key>(random.up_to(size - 1))).rest[0]);
          }};
}
template <class Key, class Table>
form replaces(const char* name, std::uint32_t size) {
  return {name, [table = std::make_shared<Table>(size), random = random_stream(1),
                 next = std::uint64_t{size}, size]() mutable {
            for (std::size_t i = 0; i < batch; ++i)
              table->replace(static_cast<std::uint32_t>(random.up_to(size - 1)),
                             key_of<Key>(next++));
          }};
}

template <class Key>
void compare_indices(const std::string& keys) {
  using ours = by_slot<Key>;
  using flat_map = by_flat_map<Key>;
  for (const std::uint32_t size : sizes) {
    compare((keys + " found").c_str(), size,
            {finds<Key, ours>("ours", size), finds<Key, flat_map>("flat_map", size)});
    compare((keys + " replaced").c_str(), size,
            {replaces<Key, ours>("ours", size), replaces<Key, flat_map>("flat_map", size)});
  }
}

using deadline_slot = detail::slot<struct deadline>;

/// An ordered set and where each slot is in it.
class ordered_set {
 public:
  void arm(deadline_slot d, time_point at) {
    const std::uint32_t s = d.index();
    if (s >= armed_.size()) armed_.resize(s + 1, never);
    if (armed_[s] != never) order_.erase({armed_[s], s});
    order_.emplace(armed_[s] = at, s);
  }
  time_point next() const { return order_.begin()->first; }
  deadline_slot pop() {
    const std::uint32_t s = order_.begin()->second;
    order_.erase(order_.begin());
    armed_[s] = never;
    return deadline_slot(s);
  }

 private:
  std::set<std::pair<time_point, std::uint32_t>> order_;
  std::vector<time_point> armed_;
};

template <class Queue>
struct deadlines {
  explicit deadlines(std::uint32_t many) : size(many) {
    for (std::uint32_t s = 0; s < size; ++s) arm(s);
  }
  void arm(std::uint32_t s) {
    queue.arm(deadline_slot(s), now + duration(random.up_to(30'000'000'000)));
  }
  void move() {
    for (std::size_t i = 0; i < batch; ++i) arm(static_cast<std::uint32_t>(random.up_to(size - 1)));
  }
  void hold() {
    for (std::size_t i = 0; i < batch; ++i) {
      now = queue.next();
      arm(queue.pop().index());
    }
  }
  std::uint32_t size;
  random_stream random{1};
  time_point now{};
  Queue queue{};
};

void compare_deadlines() {
  using heap = deadlines<detail::deadline_queue<deadline_slot>>;
  using set = deadlines<ordered_set>;
  for (const std::uint32_t size : sizes) {
    const auto h = std::make_shared<heap>(size);
    const auto s = std::make_shared<set>(size);
    compare("deadline held", size,
            {{"ours", [h] { h->hold(); }}, {"std::set", [s] { s->hold(); }}});
    compare("deadline moved", size,
            {{"ours", [h] { h->move(); }}, {"std::set", [s] { s->move(); }}});
  }
}

}  // namespace
}  // namespace tandem::bench

int main() {
  using namespace tandem;
  bench::compare_indices<connection_id>("connection");
  bench::compare_indices<peer_id>("peer");
  bench::compare_deadlines();
}
