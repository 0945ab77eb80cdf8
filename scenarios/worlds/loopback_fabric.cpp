// SPDX-License-Identifier: MIT
#include "tandem/asio/network.hpp"
#include "tandem/scenarios/level.hpp"
#include "tandem/sim/fabric.hpp"

#include <sys/resource.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <memory>
#include <stdexcept>

namespace tandem::scenarios {
namespace {

// How often a run that waits for real time asks whether to stop.
constexpr duration slice = std::chrono::milliseconds(20);

// Every connection costs two descriptors in this one process: take what the hard limit allows.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);  // a refusal shows later, as a connection without descriptor
}

class loopback_fabric final : public sim::fabric {
 public:
  loopback_fabric() : network_(make_asio_network(context_)) { raise_descriptor_limit(); }

  sim::host_index add_host() override { return hosts_++; }
  // One machine, one stack: every host is the same network object, and so has the same clock.
  network& host(sim::host_index) override { return *network_; }
  endpoint listen_address(sim::host_index) override { return endpoint::v4(127, 0, 0, 1, 0); }
  tandem::clock& clock() override { return network_->clock(); }

  void run_until(time_point until, const std::function<bool()>& stop) override {
    const auto work = boost::asio::make_work_guard(context_);
    for (auto now = clock().now(); now < until && !(stop && stop()); now = clock().now()) {
      context_.restart();
      context_.run_for(std::min<duration>(until - now, slice));
    }
  }

  void partition(std::function<int(sim::host_index)>) override {
    throw std::logic_error("loopback cannot cut packets");
  }
  void forget_flows(sim::host_index) override {
    throw std::logic_error("loopback cannot lose packets");
  }
  void set_manners(sim::host_index, const sim::host_manners&) override {
    throw std::logic_error("loopback cannot tell its kernel how to answer");
  }
  std::uint64_t events() const override { return 0; }

 private:
  boost::asio::io_context context_{1};
  std::unique_ptr<network> network_;
  sim::host_index hosts_ = 0;
};

}  // namespace

std::unique_ptr<sim::fabric> make_loopback_fabric() { return std::make_unique<loopback_fabric>(); }

}  // namespace tandem::scenarios
