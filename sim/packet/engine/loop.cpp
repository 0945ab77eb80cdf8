// SPDX-License-Identifier: GPL-2.0-only
#include "engine/loop.hpp"

#include "engine/waking_executor.hpp"

#include <ns3/nstime.h>
#include <ns3/simulator.h>

#include <algorithm>

namespace tandem::packet {

loop::~loop() {
  over_ = true;
  tasks_.clear();  // they may own handlers, which need io_
  ns3::Simulator::Cancel(armed_);
  ns3::Simulator::Cancel(poll_);
}

boost::asio::any_io_executor loop::executor() {
  if (how_ == polled::by_owner) return io_.get_executor();
  return waking_executor(*this, io_.get_executor());
}

void loop::wake() {
  if (woken_ || running_ || over_) return;
  woken_ = true;
  if (how_ == polled::by_events) poll_ = ns3::Simulator::ScheduleNow(&loop::run_ready, this);
}

void loop::run_ready() {
  if (running_) return;
  running_ = true;
  io_.restart();
  io_.poll();
  running_ = false;
  woken_ = false;
}

time_point loop::now() const noexcept {
  return time_point(duration(ns3::Simulator::Now().GetNanoSeconds()));
}

timer_id loop::at(time_point when, task what) {
  const timer_id id = tasks_.add(std::max(when, now()), std::move(what));
  arm();
  return id;
}

void loop::cancel(timer_id id) { tasks_.cancel(id); }

void loop::arm() {
  if (in_due_ || over_ || tasks_.empty()) return;
  const time_point first = tasks_.next();
  if (first >= armed_for_) return;
  ns3::Simulator::Cancel(armed_);
  armed_for_ = first;
  if (first == never) return;
  const auto wait = std::max(first - now(), duration::zero());
  armed_ = ns3::Simulator::Schedule(ns3::NanoSeconds(wait.count()), &loop::run_due, this);
}

void loop::run_due() {
  armed_for_ = never;
  in_due_ = true;
  while (!tasks_.empty() && tasks_.next() <= now()) {
    tasks_.take()();
    run_ready();
  }
  in_due_ = false;
  arm();
}

}  // namespace tandem::packet
