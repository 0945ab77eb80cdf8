// SPDX-License-Identifier: MIT
#pragma once

#include "run/behaviour/behaviour.hpp"
#include "tandem/net/network.hpp"

#include <memory>

namespace tandem::scenarios {

/// The network as a node that misbehaves shows it to others: the node itself does not know.
class misbehaving_network final : public network {
 public:
  /// `inner` outlives it.
  misbehaving_network(network& inner, const behaviour& how, random_stream random)
      : inner_(inner), node_(how.start({inner.clock(), random})) {}

  asio::any_io_executor executor() override { return inner_.executor(); }
  tandem::clock& clock() override { return inner_.clock(); }
  boost::system::result<std::unique_ptr<acceptor>> listen(const endpoint& local) override;

 private:
  void connect(const endpoint& remote, connect_handler done) override;

  network& inner_;
  std::shared_ptr<misbehaving> node_;
};

}  // namespace tandem::scenarios
