// SPDX-License-Identifier: GPL-2.0-only
#include "engine/simulator.hpp"

#include <ns3/simulator.h>

#include <algorithm>

namespace tandem::packet {

using ns3::EventId;
using ns3::EventImpl;
using ns3::Time;
using ns3::TimeStep;

namespace {

constexpr std::size_t arity = 4;

}  // namespace

ns3::TypeId stepping_simulator::GetTypeId() {
  static ns3::TypeId id = ns3::TypeId("ns3::TandemSteppingSimulator")
                              .SetParent<ns3::SimulatorImpl>()
                              .SetGroupName("Tandem")
                              .AddConstructor<stepping_simulator>();
  return id;
}

void stepping_simulator::sift_up(std::size_t hole, const entry& what) {
  while (hole != 0) {
    const std::size_t parent = (hole - 1) / arity;
    if (!before(what, heap_[parent])) break;
    heap_[hole] = heap_[parent];
    hole = parent;
  }
  heap_[hole] = what;
}

stepping_simulator::entry stepping_simulator::pop() {
  const entry top = heap_.front();
  const entry last = heap_.back();
  heap_.pop_back();
  std::size_t hole = 0;
  while (!heap_.empty()) {
    const std::size_t first = hole * arity + 1;
    if (first >= heap_.size()) break;
    std::size_t least = first;
    for (std::size_t i = first + 1; i < std::min(first + arity, heap_.size()); ++i)
      if (before(heap_[i], heap_[least])) least = i;
    if (!before(heap_[least], last)) break;
    heap_[hole] = heap_[least];
    hole = least;
  }
  if (!heap_.empty()) heap_[hole] = last;
  return top;
}

bool stepping_simulator::step(std::uint64_t until) {
  if (heap_.empty() || heap_.front().when > until) return false;
  const entry next = pop();
  now_ = next.when;
  context_ = next.context;
  current_sequence_ = next.sequence;
  ++count_;
  next.event->Invoke();
  next.event->Unref();
  return true;
}

void stepping_simulator::advance(std::uint64_t when) { now_ = std::max(now_, when); }

EventId stepping_simulator::insert(std::uint32_t context, const Time& delay, EventImpl* event) {
  const std::int64_t wait = std::max<std::int64_t>(delay.GetTimeStep(), 0);
  // Uids below VALID mean something else to EventId.
  while (static_cast<std::uint32_t>(next_sequence_) < EventId::VALID) ++next_sequence_;
  const entry what{now_ + static_cast<std::uint64_t>(wait), next_sequence_++, event, context};
  heap_.push_back(what);
  sift_up(heap_.size() - 1, what);
  return {event, what.when, context, static_cast<std::uint32_t>(what.sequence)};
}

EventId stepping_simulator::Schedule(const Time& delay, EventImpl* event) {
  return insert(context_, delay, event);
}

void stepping_simulator::ScheduleWithContext(std::uint32_t context, const Time& delay,
                                             EventImpl* event) {
  insert(context, delay, event);
}

EventId stepping_simulator::ScheduleNow(EventImpl* event) { return Schedule(TimeStep(0), event); }

EventId stepping_simulator::ScheduleDestroy(EventImpl* event) {
  EventId id(ns3::Ptr<EventImpl>(event, false), now_, 0xffffffff, EventId::DESTROY);
  at_destroy_.push_back(id);
  return id;
}

void stepping_simulator::Remove(const EventId& id) {
  if (id.GetUid() == EventId::DESTROY)
    at_destroy_.remove(id);
  else
    Cancel(id);
}

void stepping_simulator::Cancel(const EventId& id) {
  if (!IsExpired(id)) id.PeekEventImpl()->Cancel();
}

bool stepping_simulator::IsExpired(const EventId& id) const {
  if (id.PeekEventImpl() == nullptr || id.PeekEventImpl()->IsCancelled()) return true;
  if (id.GetUid() == EventId::DESTROY)
    return std::find(at_destroy_.begin(), at_destroy_.end(), id) == at_destroy_.end();
  if (id.GetTs() != now_) return id.GetTs() < now_;
  // At the same time sequences are close together: their difference tells across a wrap of the uid.
  return static_cast<std::int32_t>(id.GetUid() - static_cast<std::uint32_t>(current_sequence_)) <=
         0;
}

void stepping_simulator::Run() {
  stopped_ = false;
  while (!stopped_ && step(~std::uint64_t{0})) {
  }
}

void stepping_simulator::Stop() { stopped_ = true; }

stepping_simulator::stop_result stepping_simulator::Stop(const Time& delay) {
  return stop_result(ns3::Simulator::Schedule(delay, [this] { Stop(); }));
}

bool stepping_simulator::IsFinished() const { return heap_.empty() || stopped_; }

Time stepping_simulator::Now() const { return TimeStep(now_); }

Time stepping_simulator::GetDelayLeft(const EventId& id) const {
  return TimeStep(IsExpired(id) ? 0 : id.GetTs() - now_);
}

Time stepping_simulator::GetMaximumSimulationTime() const { return TimeStep(0x7fffffffffffffff); }

void stepping_simulator::Destroy() {
  while (!at_destroy_.empty()) {
    const ns3::Ptr<EventImpl> event = at_destroy_.front().PeekEventImpl();
    at_destroy_.pop_front();
    if (!event->IsCancelled()) event->Invoke();
  }
}

void stepping_simulator::DoDispose() {
  for (const entry& e : heap_) e.event->Unref();
  heap_.clear();
  SimulatorImpl::DoDispose();
}

}  // namespace tandem::packet
