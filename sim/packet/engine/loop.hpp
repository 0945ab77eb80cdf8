// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "tandem/net/clock.hpp"
#include "tandem/net/timed_tasks.hpp"

#include <ns3/event-id.h>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>

namespace tandem::packet {

/// Where Asio's handlers run inside a simulation of ns-3: an io_context that is polled between
/// events, and the clock that reads and waits in ns-3's time.
///
/// Handlers never run inside a call of ns-3: whoever completes an operation says wake(), and the
/// handlers run after the event, at its time. So do commands of a node.
class loop final : public tandem::clock {
 public:
  enum class polled {
    by_owner,   ///< the owner of the event loop calls run_ready() after each event that woke()
    by_events,  ///< through events of ns-3, for simulations that others run
  };

  explicit loop(polled how) : how_(how) {}
  ~loop() override;

  boost::asio::io_context& io() { return io_; }
  /// For a node and its streams. By events: what is posted with it from anywhere wakes the loop.
  boost::asio::any_io_executor executor();

  /// Handlers became ready.
  void wake();
  bool woken() const { return woken_; }
  /// Runs the ready handlers, and those they make ready; nothing when called by one of them.
  void run_ready();

  /// The simulation is over: nothing runs any more, and what goes away says so to nobody, for the
  /// network may be gone before.
  void end() { over_ = true; }
  bool over() const { return over_; }

  time_point now() const noexcept override;
  timer_id at(time_point when, task what) override;
  void cancel(timer_id id) override;

 private:
  void arm();
  void run_due();

  polled how_;
  bool over_ = false;
  bool woken_ = false;
  bool running_ = false;
  bool in_due_ = false;

  // One event of ns-3 waits for the earliest task. Cancelled tasks leave at once, which those of
  // ns-3's queue do not.
  timed_tasks tasks_;
  time_point armed_for_ = never;
  ns3::EventId armed_;
  ns3::EventId poll_;

  boost::asio::io_context io_{1};  // dies first: its handlers use all of the above
};

}  // namespace tandem::packet
