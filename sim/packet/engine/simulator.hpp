// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <ns3/simulator-impl.h>

#include <cstdint>
#include <list>
#include <utility>
#include <vector>

namespace tandem::packet {

/// The event loop of ns-3, one event at a time and up to a given time. Unlike DefaultSimulatorImpl
/// it refuses to go backwards: a negative delay counts as zero. Order is (time, sequence) with a
/// 64-bit sequence, so that it never wraps.
class stepping_simulator final : public ns3::SimulatorImpl {
 public:
  /// Nothing, or from ns-3.42 on the event that will stop it.
  using stop_result = decltype(std::declval<ns3::SimulatorImpl&>().Stop(ns3::Time()));

  static ns3::TypeId GetTypeId();
  stepping_simulator() = default;

  /// Runs the next event if it is due at `until` (nanoseconds) or before; false when there is none.
  bool step(std::uint64_t until);
  /// Sets the time to `when` when that is later than now; no event may be due before.
  void advance(std::uint64_t when);

  void Destroy() override;
  bool IsFinished() const override;
  void Stop() override;
  stop_result Stop(const ns3::Time& delay) override;
  ns3::EventId Schedule(const ns3::Time& delay, ns3::EventImpl* event) override;
  void ScheduleWithContext(std::uint32_t context, const ns3::Time& delay,
                           ns3::EventImpl* event) override;
  ns3::EventId ScheduleNow(ns3::EventImpl* event) override;
  ns3::EventId ScheduleDestroy(ns3::EventImpl* event) override;
  void Remove(const ns3::EventId& id) override;
  void Cancel(const ns3::EventId& id) override;
  bool IsExpired(const ns3::EventId& id) const override;
  void Run() override;
  ns3::Time Now() const override;
  ns3::Time GetDelayLeft(const ns3::EventId& id) const override;
  ns3::Time GetMaximumSimulationTime() const override;
  void SetScheduler(ns3::ObjectFactory) override {}
  std::uint32_t GetSystemId() const override { return 0; }
  std::uint32_t GetContext() const override { return context_; }
  std::uint64_t GetEventCount() const override { return count_; }

 private:
  struct entry {
    std::uint64_t when;
    std::uint64_t sequence;
    ns3::EventImpl* event;  // one reference is ours
    std::uint32_t context;
  };

  void DoDispose() override;
  ns3::EventId insert(std::uint32_t context, const ns3::Time& delay, ns3::EventImpl* event);
  static bool before(const entry& a, const entry& b) {
    return a.when != b.when ? a.when < b.when : a.sequence < b.sequence;
  }
  void sift_up(std::size_t hole, const entry& what);
  entry pop();

  std::vector<entry> heap_;  // 4-ary
  std::list<ns3::EventId> at_destroy_;
  std::uint64_t now_ = 0;
  std::uint64_t next_sequence_ = ns3::EventId::VALID;
  std::uint64_t current_sequence_ = 0;
  std::uint64_t count_ = 0;
  std::uint32_t context_ = 0xffffffff;  // Simulator::NO_CONTEXT
  bool stopped_ = false;
};

}  // namespace tandem::packet
