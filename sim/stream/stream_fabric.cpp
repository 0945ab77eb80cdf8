// SPDX-License-Identifier: MIT
#include "kernel/paths.hpp"
#include "stream/modelled_host.hpp"
#include "stream/transport.hpp"
#include "tandem/sim/fabric.hpp"
#include "tandem/sim/kernel.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <deque>
#include <optional>
#include <stdexcept>
#include <utility>

namespace tandem::sim {

namespace {

constexpr std::uint16_t node_port = 4001;  // the port libp2p nodes use by habit

class stream_fabric final : public fabric, private listener_directory {
 public:
  explicit stream_fabric(fabric_options options)
      : paths_(options.seed, std::move(options.links)),
        io_(std::in_place, BOOST_ASIO_CONCURRENCY_HINT_UNSAFE),  // one thread: no locks
        transport_(kernel_, *io_, paths_, *this, std::move(options.tcp),
                   std::move(options.on_syn)) {
    asio::use_service<pending_service>(*io_);
    idle_.emplace(asio::make_work_guard(*io_));
    kernel_.after_each([this] { io_->poll(); });
  }

  ~stream_fabric() override {
    // Tasks and pending operations may end streams while they die: time and connections outlive
    // them.
    kernel_.clear();
    idle_.reset();
    io_.reset();
  }

  host_index add_host() override {
    if (hosts_.size() == modelled_hosts_max)
      throw std::length_error("10.0.0.0/8 has no more hosts");
    hosts_.emplace_back(transport_, static_cast<host_index>(hosts_.size()));
    paths_.add_host();
    return static_cast<host_index>(hosts_.size() - 1);
  }
  network& host(host_index index) override { return hosts_.at(index); }
  endpoint listen_address(host_index index) override { return modelled_address(index, node_port); }

  tandem::clock& clock() override { return kernel_; }
  void run_until(time_point until, const std::function<bool()>& stop) override {
    io_->poll();  // what was posted from outside happens now
    kernel_.run_until(until, stop);
  }

  void partition(std::function<int(host_index)> side) override {
    paths_.partition(std::move(side));
  }
  void forget_flows(host_index index) override { paths_.forget_flows(index); }
  void set_manners(host_index host, const host_manners& manners) override {
    hosts_.at(host).set_manners(manners);
  }
  std::uint64_t events() const override { return kernel_.tasks_run(); }

 private:
  modelled_acceptor* listener_on(host_index index, std::uint16_t port) override {
    return hosts_[index].listener_on(port);
  }
  std::optional<host_index> host_at(const endpoint& at) const override {
    if (at.v6 || at.address[0] != 10) return std::nullopt;
    const host_index n = static_cast<host_index>(at.address[1]) << 16 |
                         static_cast<host_index>(at.address[2]) << 8 | at.address[3];
    if (n == 0 || n > hosts_.size()) return std::nullopt;
    return n - 1;
  }
  endpoint address_of(host_index index, std::uint16_t port) const override {
    return modelled_address(index, port);
  }

  const host_manners& manners_of(host_index index) const override {
    return hosts_[index].manners();
  }

  kernel kernel_;
  paths paths_;
  std::optional<asio::io_context> io_;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> idle_;
  transport transport_;
  std::deque<modelled_host> hosts_;
};

}  // namespace

std::unique_ptr<fabric> make_stream_fabric(fabric_options options) {
  return std::make_unique<stream_fabric>(std::move(options));
}

}  // namespace tandem::sim
