// SPDX-License-Identifier: MIT
#include "asio_clock.hpp"

#include <boost/asio/basic_waitable_timer.hpp>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

namespace tandem {
namespace {

using steady = std::chrono::steady_clock;
using system_timer = boost::asio::basic_waitable_timer<steady, boost::asio::wait_traits<steady>,
                                                       boost::asio::io_context::executor_type>;

/// The system is asked to wait this long at most, far from where its clock overflows.
constexpr duration wait_max = std::chrono::hours(24);

}  // namespace

struct asio_clock::state : std::enable_shared_from_this<state> {
  explicit state(boost::asio::io_context& context) : timer(context.get_executor()) {}

  time_point now() const noexcept { return time_point(duration(steady::now() - start)); }

  void arm() {
    if (tasks.empty()) return;
    const time_point wanted = std::min(tasks.begin()->first.first, now() + wait_max);
    if (wanted >= armed) return;
    armed = wanted;
    timer.expires_at(start + wanted.time_since_epoch());
    timer.async_wait([weak = weak_from_this(), wanted](const boost::system::error_code&) {
      if (const auto self = weak.lock(); self && self->armed == wanted) self->run();
    });
  }

  // As many as there were at the start, so that a task that schedules itself leaves room for I/O.
  void run() {
    const auto self = shared_from_this();
    const time_point upto = now();
    for (auto left = tasks.size(); left > 0 && !tasks.empty(); --left) {
      const auto first = tasks.begin();
      if (first->first.first > upto) break;
      task what = std::move(first->second);
      due.erase(first->first.second);
      tasks.erase(first);
      what();
    }
    armed = never;
    arm();
  }

  const steady::time_point start = steady::now();
  system_timer timer;
  time_point armed = never;
  std::uint64_t last_id = 0;
  std::map<std::pair<time_point, std::uint64_t>, task> tasks;
  std::unordered_map<std::uint64_t, time_point> due;  // where a task stands in `tasks`
};

asio_clock::asio_clock(boost::asio::io_context& context)
    : state_(std::make_shared<state>(context)) {}

asio_clock::~asio_clock() {
  // Tasks may own what refers to this clock: they go while it still stands.
  state_->due.clear();
  std::exchange(state_->tasks, {}).clear();
}

time_point asio_clock::now() const noexcept { return state_->now(); }

timer_id asio_clock::at(time_point when, task what) {
  const std::uint64_t id = ++state_->last_id;
  state_->tasks.emplace(std::pair(when, id), std::move(what));
  state_->due.emplace(id, when);
  state_->arm();
  return timer_id{id};
}

void asio_clock::cancel(timer_id id) {
  const auto found = state_->due.find(static_cast<std::uint64_t>(id));
  if (found == state_->due.end()) return;
  const auto node = state_->tasks.extract(std::pair(found->second, found->first));
  state_->due.erase(found);
}

}  // namespace tandem
