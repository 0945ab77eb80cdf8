// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "engine/loop.hpp"
#include "engine/simulator.hpp"

#include <ns3/node-list.h>
#include <ns3/simulator.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <stdexcept>

namespace tandem::packet {

/// Takes ns-3, which must be idle, for one fabric. Throws std::logic_error when it is not.
class exclusive_ns3 {
 public:
  exclusive_ns3() : simulator_(ns3::CreateObject<stepping_simulator>()) {
    if (ns3::NodeList::GetNNodes() != 0 || !ns3::Simulator::IsFinished())
      throw std::logic_error(busy);
    ns3::Simulator::Destroy();
    ns3::Simulator::SetImplementation(simulator_);
    ns3::Simulator::Run();  // of nothing: from here on ns-3 keeps no list of every Time there is
  }
  ~exclusive_ns3() { ns3::Simulator::Destroy(); }
  exclusive_ns3(const exclusive_ns3&) = delete;
  exclusive_ns3& operator=(const exclusive_ns3&) = delete;

  std::uint64_t events() const { return simulator_->GetEventCount(); }
  /// What sim::fabric::run_until() promises; handlers are those of `handlers`.
  void run_until(time_point until, const std::function<bool()>& stop, loop& handlers) {
    const auto end = static_cast<std::uint64_t>(until.time_since_epoch().count());
    handlers.run_ready();
    while (simulator_->step(end)) {
      if (handlers.woken()) handlers.run_ready();
      if (stop && stop()) return;
    }
    simulator_->advance(end);
  }

 private:
  static constexpr const char* busy =
      "a packet fabric or another ns-3 simulation is alive in this process, and ns-3 is one per "
      "process: destroy it first, or use another process";
  // Two threads may ask at the same time, and nothing of ns-3 may be touched by the one refused.
  struct claim {
    claim() {
      if (taken.exchange(true)) throw std::logic_error(busy);
    }
    ~claim() { taken = false; }
    claim(const claim&) = delete;
    claim& operator=(const claim&) = delete;
    inline static std::atomic<bool> taken = false;
  };

  claim claim_;  // first in, last out
  ns3::Ptr<stepping_simulator> simulator_;
};

}  // namespace tandem::packet
