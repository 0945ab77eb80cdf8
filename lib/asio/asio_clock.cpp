// SPDX-License-Identifier: MIT
#include "asio_clock.hpp"

#include "tandem/net/timed_tasks.hpp"

#include <boost/asio/basic_waitable_timer.hpp>

#include <algorithm>
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
    const time_point wanted = std::min(tasks.next(), now() + wait_max);
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
    for (auto left = tasks.size(); left > 0 && !tasks.empty() && tasks.next() <= upto; --left)
      tasks.take()();
    armed = never;
    arm();
  }

  const steady::time_point start = steady::now();
  system_timer timer;
  time_point armed = never;
  timed_tasks tasks;
};

asio_clock::asio_clock(boost::asio::io_context& context)
    : state_(std::make_shared<state>(context)) {}

// Tasks may own what refers to this clock: they go while it still stands.
asio_clock::~asio_clock() { state_->tasks.clear(); }

time_point asio_clock::now() const noexcept { return state_->now(); }

timer_id asio_clock::at(time_point when, task what) {
  const timer_id id = state_->tasks.add(when, std::move(what));
  state_->arm();
  return id;
}

void asio_clock::cancel(timer_id id) { state_->tasks.cancel(id); }

}  // namespace tandem
