// SPDX-License-Identifier: MIT
#include "named_network.hpp"

#include <boost/asio/append.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/dispatch.hpp>

#include <utility>

namespace tandem::scenarios {
namespace {

// Nobody ever has it: packets to it vanish.
constexpr endpoint nowhere = endpoint::v4(10, 255, 255, 254, 4001);

class named_acceptor final : public acceptor {
 public:
  named_acceptor(std::unique_ptr<acceptor> inner, const endpoint& local, address_plan& plan)
      : inner_(std::move(inner)), local_(local), plan_(plan) {}

  endpoint local_endpoint() const override { return local_; }

 private:
  void accept(connect_handler done) override {
    const auto slot = asio::get_associated_cancellation_slot(done);
    inner_->async_accept(
        asio::bind_cancellation_slot(slot, [&plan = plan_, local = local_, done = std::move(done)](
                                               error_code error, connected made) mutable {
          if (!error) {
            made.local = local;
            made.remote = plan.seen(plan.owner(made.remote), local.v6, made.remote.port);
          }
          asio::dispatch(asio::append(std::move(done), error, std::move(made)));
        }));
  }

  std::unique_ptr<acceptor> inner_;
  endpoint local_;
  address_plan& plan_;
};

}  // namespace

boost::system::result<std::unique_ptr<acceptor>> named_network::listen(const endpoint& local) {
  auto made = inner_.listen(plan_.real_of(node_, local.v6));
  if (!made) return made.error();
  return std::make_unique<named_acceptor>(std::move(*made), local, plan_);
}

void named_network::connect(const endpoint& remote, connect_handler done) {
  const auto to = plan_.find(remote).value_or(nowhere);
  const auto slot = asio::get_associated_cancellation_slot(done);
  inner_.async_connect(
      to, asio::bind_cancellation_slot(
              slot, [remote, done = std::move(done)](error_code error, connected made) mutable {
                if (!error) made.remote = remote;
                asio::dispatch(asio::append(std::move(done), error, std::move(made)));
              }));
}

}  // namespace tandem::scenarios
