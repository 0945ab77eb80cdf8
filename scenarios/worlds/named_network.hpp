// SPDX-License-Identifier: MIT
#pragma once

#include "address_plan.hpp"
#include "tandem/net/network.hpp"

namespace tandem::scenarios {

/// The network of one node under the names of a plan: it listens, dials and is seen by them.
class named_network final : public network {
 public:
  /// Both outlive the network and what it makes.
  named_network(network& inner, address_plan& plan, node_index node)
      : inner_(inner), plan_(plan), node_(node) {}

  asio::any_io_executor executor() override { return inner_.executor(); }
  tandem::clock& clock() override { return inner_.clock(); }
  boost::system::result<std::unique_ptr<acceptor>> listen(const endpoint& local) override;

 private:
  void connect(const endpoint& remote, connect_handler done) override;

  network& inner_;
  address_plan& plan_;
  node_index node_;
};

}  // namespace tandem::scenarios
