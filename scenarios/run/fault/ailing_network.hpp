// SPDX-License-Identifier: MIT
#pragma once

#include "run/fault/process_clock.hpp"
#include "tandem/net/network.hpp"
#include "tandem/scenarios/world.hpp"

#include <memory>

namespace tandem::scenarios {

/// The network as the process of a node has it while something ails that process: what the network
/// has done waits until the process comes to it. Does to byte streams, clocks and sockets what
/// every level with them shows alike.
class ailing_network final : public network {
 public:
  /// `inner` outlives it.
  ailing_network(network& inner, const ailments& now);
  ~ailing_network() override;

  void suffer(const ailments& now);

  asio::any_io_executor executor() override { return inner_.executor(); }
  tandem::clock& clock() override { return time_; }
  boost::system::result<std::unique_ptr<acceptor>> listen(const endpoint& local) override;

  struct process;

 private:
  void connect(const endpoint& remote, connect_handler done) override;

  network& inner_;
  process_clock time_;
  std::shared_ptr<process> process_;
};

}  // namespace tandem::scenarios
