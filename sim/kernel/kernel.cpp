// SPDX-License-Identifier: MIT
#include "tandem/sim/kernel.hpp"

#include "kernel/radix_queue.hpp"
#include "kernel/task_slab.hpp"
#include "tandem/core/assert.hpp"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

namespace tandem::sim {

namespace {

constexpr std::uint64_t dead_before_sweep = 4096;

std::uint64_t ticks_of(time_point t) {
  return static_cast<std::uint64_t>(t.time_since_epoch().count());
}

time_point time_of(std::uint64_t ticks) {
  return time_point(duration(static_cast<duration::rep>(ticks)));
}

// One of several tasks of the same time; that which runs first is the greatest.
struct rival {
  std::uint64_t born;
  std::uint32_t place;
  std::uint32_t from;
  std::uint64_t sequence;
  radix_queue::entry what;

  friend bool operator<(const rival& a, const rival& b) {
    return std::tie(b.place, b.born, b.from, b.sequence) <
           std::tie(a.place, a.born, a.from, a.sequence);
  }
};

timer_id id_of(const task_slab::name& n) {
  return static_cast<timer_id>(std::uint64_t{n.generation} << 32 | n.slot);
}

task_slab::name name_of(timer_id id) {
  const auto bits = static_cast<std::uint64_t>(id);
  return {static_cast<std::uint32_t>(bits), static_cast<std::uint32_t>(bits >> 32)};
}

}  // namespace

// Cancelling frees the slot at once and leaves a dead entry in the queue, recognised by its
// generation; when the dead outnumber the living the queue is swept.
struct kernel::state {
  bool run_next(time_point until) {
    TANDEM_ASSERT(!running && "a task must not run the kernel");
    if (pending == 0) return false;
    radix_queue::entry next;
    if (!take(ticks_of(until), next)) return false;
    now = time_of(next.when);
    slab.retire_name(next.slot);
    --pending;
    ++run;
    const finish done{*this, next.slot};
    slab.at(next.slot).what();
    if (hook) hook();
    return true;
  }

  bool pop(std::uint64_t until, radix_queue::entry& next) {
    return queue.pop(
        until, next, [this](const auto& e) { return dead(e); },
        [this](const auto& e, unsigned steps) { soon(e, steps); });
  }

  bool take(std::uint64_t until, radix_queue::entry& next) {
    if (rivals.empty()) {
      if (!pop(until, next)) return false;
      if (!queue.more_now()) return true;
      rivals.push_back(rival_of(next));
    } else if (rivals.front().what.when > until) {
      return false;
    }
    const std::uint64_t when = rivals.front().what.when;
    while (queue.more_now() && pop(when, next)) {
      rivals.push_back(rival_of(next));
      std::push_heap(rivals.begin(), rivals.end());
    }
    while (!rivals.empty()) {
      next = rivals.front().what;
      std::pop_heap(rivals.begin(), rivals.end());
      rivals.pop_back();
      if (!dead(next)) return true;
    }
    return take(until, next);
  }

  rival rival_of(const radix_queue::entry& e) {
    const auto& of = slab.at(e.slot);
    return {of.born, static_cast<std::uint32_t>(of.about), of.from, sequence++, e};
  }

  bool dead(const radix_queue::entry& e) {
    if (dead_entries == 0) {
      slab.prefetch(e.slot);  // an entry that is looked at runs soon
      return false;
    }
    if (slab.holds({e.slot, e.generation})) return false;
    --dead_entries;
    return true;
  }

  void soon(const radix_queue::entry& e, unsigned steps) const {
    if (told_ahead == nullptr) return;
    if (const std::uint64_t about = slab.at(e.slot).about; about != 0)
      told_ahead->soon(about, steps);
  }

  void forget(const task_slab::name& n) {
    slab.retire_name(n.slot);
    --pending;
    ++dead_entries;
    const task dying = std::move(slab.at(n.slot).what);
    slab.release(n.slot);
  }

  void clear() {
    clearing = true;
    for (std::uint32_t i = 0; i < slab.used(); ++i)
      if (const auto generation = slab.at(i).generation; generation % 2 != 0)
        forget({i, generation});
    queue.clear();
    rivals.clear();
    dead_entries = 0;
    clearing = false;
  }

  struct finish {
    state& of;
    std::uint32_t slot;
    explicit finish(state& s, std::uint32_t i) : of(s), slot(i) { of.running = true; }
    finish(const finish&) = delete;
    ~finish() {
      of.running = false;
      of.slab.release(slot);
    }
  };

  radix_queue queue;
  std::vector<rival> rivals;  // a heap: those of the time of the last one popped
  std::uint64_t sequence = 0;
  task_slab slab;
  time_point now{};
  std::uint64_t run = 0;
  std::uint64_t pending = 0;
  std::uint64_t dead_entries = 0;
  std::function<void()> hook;
  foresight* told_ahead = nullptr;
  bool running = false;
  bool clearing = false;
};

kernel::kernel() : state_(std::make_unique<state>()) {}
kernel::~kernel() { state_->clear(); }

time_point kernel::now() const noexcept { return state_->now; }

timer_id kernel::at(time_point when, task what) { return at(when, std::move(what), label{}); }

timer_id kernel::at(time_point when, task what, const label& of) {
  return at(when, std::move(what), of, state_->now);
}

timer_id kernel::at(time_point when, task what, const label& of, time_point born) {
  state& s = *state_;
  if (s.clearing) return timer_id::none;
  const task_slab::name name = s.slab.put(std::move(what), of.about, of.from, ticks_of(born));
  s.queue.push({ticks_of(std::max(when, s.now)), name.slot, name.generation});
  ++s.pending;
  return id_of(name);
}

void kernel::cancel(timer_id id) {
  state& s = *state_;
  if (id == timer_id::none || !s.slab.holds(name_of(id))) return;
  s.forget(name_of(id));
  if (s.dead_entries > dead_before_sweep && s.dead_entries > s.pending)
    s.queue.sweep([&s](const auto& e) { return s.dead(e); });
}

void kernel::look_ahead(foresight* told) { state_->told_ahead = told; }

void kernel::after_each(std::function<void()> hook) { state_->hook = std::move(hook); }

bool kernel::run_one() { return state_->run_next(never); }

void kernel::run_until(time_point until, const std::function<bool()>& stop) {
  state& s = *state_;
  while (s.run_next(until))
    if (stop && stop()) return;
  if (until != never) s.now = std::max(s.now, until);
}

time_point kernel::next() const noexcept {
  const state& s = *state_;
  if (!s.rivals.empty()) return s.now;
  return s.pending == 0 ? never : time_of(s.queue.first());
}

void kernel::begin(time_point now) {
  TANDEM_ASSERT(now >= state_->now && "time goes on");
  state_->now = now;
}

void kernel::clear() { state_->clear(); }

std::uint64_t kernel::tasks_run() const noexcept { return state_->run; }
std::uint64_t kernel::tasks_pending() const noexcept { return state_->pending; }

}  // namespace tandem::sim
