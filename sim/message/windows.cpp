// SPDX-License-Identifier: MIT
// Shards side by side, in windows as long as the least latency: what a host sends in one arrives
// after it, so nobody waits for another within it (Chandy and Misra, "Distributed simulation: a
// case study in design and verification of distributed programs", 1979; Bryant, "Simulation of
// packet communication architecture computer systems", 1977).
#include "message/crew.hpp"
#include "message/shard.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

namespace tandem::sim {

namespace {

constexpr duration tick{1};

}  // namespace

thread_local unsigned message_network::crew::running_ = 0;

message_network::crew::crew(state& of)
    : all_(of), meet_(static_cast<std::ptrdiff_t>(of.shards.size())), thrown_(of.shards.size()) {
  threads_.reserve(of.shards.size());
  const auto go_without = [&] {  // nobody waits for those that did not come
    for (auto missing = of.shards.size() - 1 - threads_.size(); missing > 0; --missing)
      meet_.arrive_and_drop();
    send_home();
  };
  try {
    for (std::uint32_t i = 1; i < of.shards.size(); ++i)
      threads_.emplace_back([this, i] { work(i); });
  } catch (const std::system_error& e) {
    go_without();
    throw std::runtime_error("the machine has no " + std::to_string(of.shards.size()) +
                             " threads to give, fewer may do: " + e.what());
  } catch (...) {
    go_without();
    throw;
  }
}

message_network::crew::~crew() { send_home(); }

void message_network::crew::run_before(time_point end) {
  end_ = end;
  for (auto& each : all_.shards) each->parity ^= 1U;
  all_.side_by_side = true;
  if (all_.on_window) all_.on_window(true);
  meet_.arrive_and_wait();
  run(0);
  meet_.arrive_and_wait();
  all_.side_by_side = false;
  if (all_.on_window) all_.on_window(false);
  throw_first();
}

// As one thread, which would have come no further.
void message_network::crew::throw_first() {
  std::exception_ptr first;
  time_point at = never;
  for (std::size_t i = 0; i < thrown_.size(); ++i) {
    const auto thrown = std::exchange(thrown_[i], nullptr);
    if (!thrown || all_.shards[i]->time.now() >= at) continue;
    first = thrown;
    at = all_.shards[i]->time.now();
  }
  if (first) std::rethrow_exception(first);
}

void message_network::crew::work(std::uint32_t i) {
  for (;;) {
    meet_.arrive_and_wait();
    if (over_) return;
    run(i);
    meet_.arrive_and_wait();
  }
}

void message_network::crew::run(std::uint32_t i) {
  running_ = i + 1;
  try {
    shard& mine = *all_.shards[i];
    mine.collect();
    mine.time.run_until(end_ - tick);
  } catch (...) {
    thrown_[i] = std::current_exception();
  }
  running_ = 0;
}

void message_network::crew::send_home() {
  over_ = true;
  meet_.arrive_and_wait();
  threads_.clear();
}

// Tasks that never ran name what shards have.
message_network::state::~state() {
  threads.reset();
  time.clear();
  for (auto& clock : clocks) clock->clear();
}

void message_network::state::run_until(time_point until, const std::function<bool()>& stop) {
  if (shards.size() == 1)
    time.run_until(until, stop);
  else
    run_in_windows(until, stop);
}

time_point message_network::state::next_of_shards() const {
  time_point first = never;
  for (const auto& each : shards) first = std::min(first, each->next());
  return first;
}

void message_network::state::begin(time_point now) {
  for (auto& clock : clocks) clock->begin(std::max(now, clock->now()));
}

void message_network::state::run_in_windows(time_point until, const std::function<bool()>& stop) {
  if (!threads) threads = std::make_unique<crew>(*this);
  for (;;) {
    const time_point outside = time.next();
    const time_point inside = next_of_shards();
    if (std::min(outside, inside) > until || std::min(outside, inside) == never) break;
    if (outside <= inside) {
      begin(outside);
      bool stopped = false;
      time.run_until(outside, [&] { return stopped = stop && stop(); });
      if (stopped) return;
      continue;
    }
    const time_point window = later(inside, least_latency);
    const time_point end = std::min({window, outside, until == never ? never : until + tick});
    threads->run_before(end);
    time.begin(end - tick);
    if (stop && stop()) return;
  }
  if (until == never) return;
  begin(until);
  time.run_until(until);
}

}  // namespace tandem::sim
