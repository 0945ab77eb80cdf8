// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/net/clock.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <memory>

namespace tandem {

/// The steady clock counted from construction, and timers on the thread that runs `context`. One
/// timer of the system serves all tasks. Tasks that never ran die with the clock.
class asio_clock final : public clock {
 public:
  explicit asio_clock(boost::asio::io_context& context);
  ~asio_clock() override;

  time_point now() const noexcept override;
  timer_id at(time_point when, task what) override;
  void cancel(timer_id id) override;

 private:
  struct state;
  std::shared_ptr<state> state_;  // shared with the handler of the pending wait
};

}  // namespace tandem
